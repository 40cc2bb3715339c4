"""Surrogates: of other people, of the kept labels, on the still's landmarks, in its light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lab_media import drawn_faces, drawn_set, made_up_source
from uunet_lab.datasets.landmarks import find_landmarks
from uunet_lab.methods.uunet.surrogates import Surrogates, nearest, traits
from uunet_lab.training.augment import CropProfile, crop, draw_boxes, framed, inside
from uunet_lab.training.errors import TrainingError

PEOPLE = 160
IMAGES, POINTS = drawn_faces(PEOPLE)
FACES = drawn_set(PEOPLE)
ROWS = np.arange(PEOPLE)
NOTHING = np.zeros((PEOPLE, 0), np.int64)
FOUND = traits(IMAGES, POINTS, np.ones(PEOPLE, np.float32), ROWS, NOTHING)


def test_nobody_is_their_own_donor_and_kept_labels_agree() -> None:
    identity, gender = np.maximum(ROWS, 1), ROWS % 2  # the first two stills are of one person
    gender[0] = gender[1]
    faces = replace(FACES, identity=identity, labels={"gender": gender})
    near = nearest(FOUND, faces, ["gender"], ROWS)
    for row, pool in enumerate(near):
        others = pool[pool >= 0]
        assert len(others) >= 8
        assert (identity[others] != identity[row]).all()
        assert (gender[others] == gender[row]).all()


def test_what_is_not_known_of_a_still_binds_nobody() -> None:
    gender, race = ROWS % 2, np.zeros(PEOPLE, np.int64)
    gender[3] = gender[4] = race[5] = -1
    faces = replace(FACES, labels={"gender": gender, "race": race})
    near = nearest(FOUND, faces, ["gender", "race"], ROWS)
    assert set(gender[near[3][near[3] >= 0]]) >= {0, 1}
    assert set(gender[near[5][near[5] >= 0]]) == {gender[5]}
    assert not {3, 4, 5} & set(near[6].tolist())


def test_only_training_rows_are_used() -> None:
    rows = ROWS[:20]
    near = nearest(FOUND, FACES, [], rows)
    assert set(near[near >= 0].tolist()) <= set(rows.tolist())
    assert (near[20:] == -1).all()


def test_too_few_of_a_kind_are_refused() -> None:
    rare = replace(FACES, labels=FACES.labels | {"gender": (ROWS == 3).astype(np.int64)})
    with pytest.raises(TrainingError, match=r"keep \(gender M, race a\), 9 are needed") as caught:
        nearest(FOUND, rare, ["gender", "race"], ROWS)
    assert "any of gender, race, or '' for none" in caught.value.hint
    with pytest.raises(TrainingError, match="people have a sharp face, 9 are needed"):
        nearest(FOUND, FACES, [], ROWS[:8])
    with pytest.raises(TrainingError, match="too few to train on"):
        traits(IMAGES, POINTS, np.zeros(PEOPLE, np.float32), ROWS, NOTHING)


def test_a_surrogate_has_its_stills_landmarks_and_light() -> None:
    images = IMAGES.copy()
    images[0] = images[0] // 2  # a still in the dark
    found = traits(images, POINTS, np.ones(PEOPLE, np.float32), ROWS, NOTHING)
    made = Surrogates(images, POINTS, found).of(0, 7)
    assert abs(float(made.mean()) - float(images[0].mean())) < 6
    places, scores = find_landmarks(np.stack([made]))
    assert scores[0] > 0.15
    assert np.abs(places[0] - POINTS[0]).max() < 0.08


def test_another_donor_is_another_face() -> None:
    surrogates = Surrogates(IMAGES, POINTS, FOUND)
    assert not np.array_equal(surrogates.of(0, 5), surrogates.of(0, 6))


def test_the_code_is_what_pose_and_light_do_not_explain() -> None:
    code = FOUND.look[:, np.abs(FOUND.look).sum(0) > 0]
    assert code.shape[1] > 4
    assert np.abs(code.mean(0)).max() < 0.3
    assert np.abs(FOUND.look).max() <= 3
    pose = FOUND.match[:, :10]
    known = np.concatenate([pose, np.ones((PEOPLE, 1), np.float32)], 1)
    guess = known @ np.linalg.lstsq(known, FOUND.look, rcond=None)[0]
    assert FOUND.look.var() > 0.1
    assert guess.var() < 0.2 * FOUND.look.var()


def test_batches_are_a_pure_function_of_seed_and_step() -> None:
    first, again = (made_up_source().paired(5, 6) for _ in range(2))
    for name in ("stills", "surrogates", "points", "labels", "mouth", "look"):
        assert torch.equal(getattr(first, name), getattr(again, name)), name
    other = made_up_source().paired(4, 6)
    assert not torch.equal(first.stills, other.stills)
    assert first.labels.shape == (6, 1)


def test_landmarks_follow_their_faces_into_the_crop() -> None:
    stills = torch.from_numpy(drawn_set(4).images).permute(0, 3, 1, 2).float() / 255
    rng = torch.Generator().manual_seed(2)
    boxes = draw_boxes(4, CropProfile(turn=0.1), rng)
    mirrored = torch.linalg.det(boxes[:, :, :2]) < 0
    assert mirrored.any() and not mirrored.all()
    cut = (crop(stills, boxes, 96) * 255).byte().permute(0, 2, 3, 1).numpy()
    found, _ = find_landmarks(cut)
    expected = inside(torch.from_numpy(POINTS[:4]), boxes).numpy()
    assert np.abs(found - expected).max() < 0.09


def test_a_framed_still_is_zoomed_about_its_middle_and_shifted() -> None:
    still = torch.zeros(1, 3, 96, 96)
    still[:, :, 40:56, 40:56] = 1  # a square in the middle, a sixth of the side
    for zoom, width in ((1.0, 64 / 6), (1.25, 64 / 7.5)):
        shown = framed(still, zoom, 64)[0, 0]
        assert abs(float(shown[32].sum()) - width) < 0.7
        moved = framed(still, zoom, 64, shift=4)[0, 0]  # the box goes right and down, the square left and up
        assert torch.allclose(moved[10:40, 10:40], shown[14:44, 14:44], atol=0.35)  # a pixel off would be .65
