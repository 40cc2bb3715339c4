"""Faces that run, slip aside, stand still or shake: covered in every frame, whatever frames are looked at."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from track_kit import LAYOUT, SIZE, Scripted, Truth, boxes_of, covered, face, movie
from uunet.job import Options
from uunet.track import Tracker
from uunet.types import Detection, Picture, RawFrame


@pytest.mark.parametrize("every", [1, 5, 10, 15, 20, 25])
def test_however_few_looks_are_taken_a_face_is_covered_before_and_after_them(every: int) -> None:
    """It is there from frame 3 to 62; the look before the first that sees it may be `every` frames back."""
    settings = Options(every=every).tracking_at(25)
    detector = Scripted(lambda k: [face(100, 100)] if 3 <= k <= 62 else [])
    boxes = boxes_of(list(Tracker(detector, settings).windows(movie(80, lamp=True))))
    assert [k for k in range(3, 63) if not covered(boxes[k], face(100, 100))] == []


def painted(truth: Truth, count: int) -> Iterator[RawFrame]:
    """A wall of patches, and faces of other patches where they are."""
    rng = np.random.default_rng(0)
    wall = rng.integers(80, 120, (SIZE[1] // 8, SIZE[0] // 8)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    skin = rng.integers(60, 180, (5, 4)).astype(np.uint8)
    for k in range(count):
        luma = wall.copy()
        for one in truth(k):
            x0, y0, x1, y1 = (round(value) for value in (one.x0, one.y0, one.x1, one.y1))
            luma[y0:y1, x0:x1] = np.asarray(cv2.resize(skin, (x1 - x0, y1 - y0)), np.uint8)
        yield RawFrame(Picture((luma,), LAYOUT), k, k)


def bare(truth: Truth, count: int) -> list[int]:
    """The frames in which a face is not covered whole."""
    boxes = boxes_of(list(Tracker(Scripted(truth), Options().tracking_at(25)).windows(painted(truth, count))))
    return [k for k in range(count) for one in truth(k) if not covered(boxes[k], one)]


@pytest.mark.parametrize("begin", range(25, 30))
def test_a_face_that_slips_aside_for_a_quarter_of_a_second_is_covered(begin: int) -> None:
    def truth(k: int) -> list[Detection]:
        aside = 52 * np.sin(np.pi * (k - begin) / 7) if begin <= k <= begin + 7 else 0
        return [face(round(300 + aside), 100)]

    assert bare(truth, 60) == []


@pytest.mark.parametrize("period", [4, 5, 6, 8, 24])
def test_a_face_before_a_shaking_camera_is_covered(period: int) -> None:
    assert bare(lambda k: [face(round(300 + 24 * np.sin(2 * np.pi * k / period)), 100)], 60) == []


@pytest.mark.parametrize("speed", [0.15, 0.3, 0.5])
def test_a_face_that_stands_before_it_goes_or_after_is_covered(speed: float) -> None:
    def comes(k: int) -> list[Detection]:
        return [face(round(200 + 40 * speed * max(k - 30, 0)), 100)] if 26 <= k < 48 else []

    def stops(k: int) -> list[Detection]:
        return [face(round(20 + 40 * speed * min(k, 30)), 100)] if k < 35 else []

    assert bare(comes, 50) == []
    assert bare(stops, 50) == []


@pytest.mark.parametrize(("height", "speed"), [(26, 15), (26, 22), (26, 30), (40, 36), (40, 44), (80, 70)])
def test_a_face_that_runs_is_covered_in_every_frame(height: float, speed: int) -> None:
    def truth(k: int) -> list[Detection]:
        return [face(40 + speed * k, 100, height)] if 40 + speed * k < SIZE[0] - 40 else []

    assert bare(truth, 60) == []


@pytest.mark.parametrize("gone", [28, 30, 31])
@pytest.mark.parametrize("apart", [1.2, 1.5, 1.8])
def test_where_one_face_goes_and_another_comes_beside_it_both_are_covered(gone: int, apart: float) -> None:
    def truth(k: int) -> list[Detection]:
        first = [face(300, 100)] if k < gone else []
        return first + [face(round(300 + 40 * apart), 100)] * (k >= gone + 3)

    assert bare(truth, 60) == []


@pytest.mark.parametrize("begin", range(26, 30))
def test_a_face_that_shows_itself_for_three_frames_is_covered(begin: int) -> None:
    """Between two looks: at 25 and 30, or at 30 and 35."""
    assert bare(lambda k: [face(300, 100, 60)] if begin <= k < begin + 3 else [], 60) == []


@pytest.mark.parametrize("begin", range(25, 30))
def test_a_second_face_close_beside_one_that_walks_is_covered(begin: int) -> None:
    """It shows itself for four frames, between two looks at the earliest."""

    def truth(k: int) -> list[Detection]:
        first = [face(100 + 3 * k, 100, 90)]
        return first + [face(100 + 3 * k + 76, 100, 90)] * (begin <= k < begin + 4)

    assert bare(truth, 60) == []


def test_a_face_that_comes_up_between_two_that_hardly_move_is_covered() -> None:
    def truth(k: int) -> list[Detection]:
        sides = [face(round(200 + x + 0.5 * k), 100, 60) for x in (0, 110)]
        return sides + [face(round(255 + 0.5 * k), 100, 60)] * (29 <= k < 41)

    assert bare(truth, 72) == []
