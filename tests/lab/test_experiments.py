"""Recognition, consistency, diversity and reversibility of de-identifiers whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.stand_ins import Blind, Constant, PerTrack, Small, Untouched, packed
from uunet_lab.datasets.index import FaceSet
from uunet_lab.evaluation.consistency import CONSISTENCY
from uunet_lab.evaluation.diversity import DIVERSITY
from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Deidentifier, Gallery
from uunet_lab.evaluation.recognition import RECOGNITION, RECOGNITION_TRAINED
from uunet_lab.evaluation.reversibility import BIN, REVERSIBILITY, residuals
from uunet_lab.measuring import lpips
from uunet_lab.measuring.lpips import LPIPS


def _measured(experiment: Experiment, faces: FaceSet, pair: Deidentifier) -> dict[str, Any]:
    gallery = Gallery(faces, np.arange(len(faces)), pair, Small())
    assert experiment.lacks(gallery) is None
    return experiment.measure(Bench(gallery, Blind(), lpips=LPIPS() if lpips.installed() else None))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return packed(tmp_path_factory.mktemp("people") / "set", people=24, images=3, noise=120)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return packed(tmp_path_factory.mktemp("filmed") / "set", people=24, images=3, sequences=2)


def test_who_is_not_touched_is_recognised_as_well_as_before(people: FaceSet) -> None:
    found = _measured(RECOGNITION, people, Untouched())
    assert found["x-x'"] == found["x-a'"] == found["x-r'"]
    assert 0.8 < found["x-x'"]["auc"]["value"] < 1
    assert found["x-x'"]["genuine"] == 24 * 3
    assert found["x-a"]["auc"]["value"] == 1


def test_a_constant_face_is_recognised_by_chance(people: FaceSet) -> None:
    found = _measured(RECOGNITION, people, Constant())
    assert found["x-a"]["auc"]["value"] == 0.5
    assert found["x-a"]["dprime"]["value"] == 0
    assert found["x-a'"]["auc"]["low"] < 0.5 < found["x-a'"]["auc"]["high"]
    assert found["x-x'"]["auc"]["value"] > 0.8


def test_what_is_told_by_the_rim_and_by_what_was_painted(people: FaceSet) -> None:
    """Of faces that nobody touched each tells something, the larger part more; together they tell all."""
    gallery = Gallery(people, np.arange(len(people)), Untouched(), Small())
    found = RECOGNITION_TRAINED.measure(Bench(gallery, Blind(), trained=gallery))
    auc = {name: found[name]["auc"]["value"] for name in ("x-a", "x-inside", "x-rim", "x-inside'", "x-rim'")}
    assert auc["x-a"] == 1
    assert auc["x-inside"] > auc["x-rim"] > 0.55
    assert auc["x-inside'"] < auc["x-inside"]
    assert auc["x-rim'"] < auc["x-rim"]


def test_of_a_constant_face_what_was_painted_tells_nothing(people: FaceSet) -> None:
    gallery = Gallery(people, np.arange(len(people)), Constant(), Small())
    found = RECOGNITION_TRAINED.measure(Bench(gallery, Blind(), trained=gallery))
    assert found["x-inside"]["auc"]["value"] == 0.5


def test_one_image_a_person_has_no_other_to_be_recognised_in(tmp_path: Path) -> None:
    found = _measured(RECOGNITION, packed(tmp_path / "set", people=21), Untouched())
    assert set(found) == {"x-a", "x-r"}


def test_one_identity_a_track_is_consistent_in_it_and_diverse_over_tracks(filmed: FaceSet) -> None:
    frames = _measured(CONSISTENCY, filmed, PerTrack())
    assert frames["a"]["environment"]["auc"]["value"] == 1
    assert frames["a"]["changed"]["value"] == frames["a"]["step"]["value"] == 0
    assert frames["a"]["ks"]["statistic"] == 1
    assert frames["a"]["ks"]["p"] < 1e-8
    assert frames["idi"]["a"]["value"] is None
    assert frames["warping"]["a"]["value"] < frames["warping"]["x"]["value"]
    sessions = _measured(DIVERSITY, filmed, PerTrack())
    assert sessions["a-a'"]["auc"]["low"] < 0.5 < sessions["a-a'"]["auc"]["high"]
    assert sessions["x-x'"]["auc"]["value"] > 0.9
    assert sessions["a-a'"]["genuine"] == 24 * 3 * 3
    again = sessions["a-a' of one image"]
    assert again["auc"]["low"] < 0.5 < again["auc"]["high"]
    assert _measured(DIVERSITY, filmed, Untouched())["a-a' of one image"]["auc"]["value"] == 1


def test_consistency_of_an_untouched_face_is_that_of_the_raw_one(filmed: FaceSet) -> None:
    frames = _measured(CONSISTENCY, filmed, Untouched())
    assert frames["a"] == frames["x"]
    assert frames["idi"]["a"]["value"] == frames["idi"]["r"]["value"] == 1
    assert frames["warping"]["a"] == frames["warping"]["r"] == frames["warping"]["x"]
    assert frames["x"]["changed"]["n"] == 24 * 2 * 2


def test_frames_that_change_identity_are_counted(filmed: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet_lab.evaluation.consistency.SAME_PERSON", 0.0)
    assert _measured(CONSISTENCY, filmed, Untouched())["a"]["changed"]["value"] == 1


def test_stills_have_no_consecutive_frames_and_one_image_no_second_session(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=4)
    gallery = Gallery(faces, np.arange(4), Untouched(), Small())
    assert "there are stills only" in str(CONSISTENCY.lacks(gallery))
    assert "no two sequences, nor two stills" in str(DIVERSITY.lacks(gallery))
    alone = Gallery(faces, np.arange(1), Untouched(), Small())
    assert RECOGNITION.lacks(alone) == "only one person is measured"


def test_what_is_not_touched_comes_back_whole(people: FaceSet) -> None:
    found = _measured(REVERSIBILITY, people, Untouched())
    assert found["ssim"]["value"] == 1
    assert found["psnr"]["value"] > 70
    assert found["gmsd"]["value"] == 0
    if lpips.installed():
        assert found["lpips"]["value"] == found["lpips_x_a"]["value"] == 0
    assert found["residuals"]["r-r'"]["size"]["value"] == 0
    assert found["identity"]["r-r'"]["same_person"]["value"] == 1


def test_fresh_noise_makes_another_identity_where_noise_is_all(people: FaceSet) -> None:
    found = _measured(REVERSIBILITY, people, PerTrack())
    again = found["identity"]["a-a'"]["environment"]["auc"]
    assert again["low"] < 0.5 < again["high"]
    assert found["residuals"]["a-a'"]["sd"] > 0.1


def test_residuals_are_what_the_images_differ_by() -> None:
    dark = [np.full((4, 4, 3), 100, np.uint8)] * 2
    light = [np.full((4, 4, 3), 151, np.uint8), np.full((4, 4, 3), 49, np.uint8)]
    found = residuals(light, dark, np.arange(2))
    assert (found["mean"], found["sd"], found["size"]["value"]) == (0.0, 0.2, 0.2)
    counts = found["histogram"]["counts"]
    middle = len(counts) // 2
    assert (counts[middle - 51 // BIN], counts[middle + 51 // BIN], sum(counts)) == (48, 48, 96)
    assert residuals(dark, dark, np.arange(2))["histogram"]["counts"][middle] == 96
