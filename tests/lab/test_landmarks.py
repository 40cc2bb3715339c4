"""Landmarks of packed stills: found where they are, kept beside the set, refused if they are of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab_media import drawn_faces
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.landmarks import MIRRORED, find_landmarks, landmarks_of

NOTHING = 0.1


def test_they_are_found_where_they_were_drawn() -> None:
    images, points = drawn_faces(20)
    found, scores = find_landmarks(images)
    assert found.shape == (20, 5, 2)
    assert (scores > 2 * NOTHING).all()  # drawn faces are not what the net is surest of
    assert np.abs(found - points).max() < 0.08
    assert np.abs(found - points).mean() < 0.025


def test_the_mirrored_picture_has_them_mirrored() -> None:
    images, _ = drawn_faces(3)
    found, _ = find_landmarks(images)
    other, _ = find_landmarks(np.ascontiguousarray(images[:, :, ::-1]))
    back = other[:, list(MIRRORED)] * [-1, 1] + [1, 0]
    assert np.abs(back - found).max() < 0.04


def test_there_are_none_where_there_is_no_face() -> None:
    assert (find_landmarks(np.full((2, 96, 96, 3), 127, np.uint8))[1] < NOTHING).all()


def test_they_are_kept_beside_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, _ = drawn_faces(3)
    first = landmarks_of(tmp_path, images)
    monkeypatch.setattr("uunet_lab.datasets.landmarks.find_landmarks", lambda *_: pytest.fail("found again"))
    again = landmarks_of(tmp_path, images)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    with pytest.raises(DatasetError, match="not of these 2 images"):
        landmarks_of(tmp_path, images[:2])


def test_of_many_faces_it_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet_lab.datasets.landmarks._TOLD", 16)
    said: list[str] = []
    find_landmarks(np.full((33, 96, 96, 3), 127, np.uint8), said.append)
    assert said == [f"landmarks of faces: {done} of 33" for done in (0, 16, 32)]
