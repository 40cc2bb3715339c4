"""Soft labels and the embedding of Fig. 8, of de-identifiers whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="uunet[judge] is not installed")
from sklearn import metrics

from lab.stand_ins import Blind, Constant, PerTrack, Small, Untouched, packed
from uunet_lab.datasets.index import FaceSet
from uunet_lab.evaluation.embedding import EMBEDDING, apart, embed, split
from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Deidentifier, Gallery
from uunet_lab.evaluation.labels import LabelProbe
from uunet_lab.evaluation.soft_labels import LEAST, SOFT, UNKNOWN_S, chance, pooled, splits

MEASURED = 60


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    folder = tmp_path_factory.mktemp("people") / "set"
    return packed(folder, people=300, noise=10, labels={"gender": 2, "race": 3})


def _measured(experiment: Experiment, faces: FaceSet, pair: Deidentifier, count: int) -> dict[str, Any]:
    gallery = Gallery(faces, np.arange(count), pair, Small())
    assert experiment.lacks(gallery) is None
    return experiment.measure(Bench(gallery, Blind()))


def test_who_is_not_touched_keeps_all_labels(people: FaceSet) -> None:
    found = _measured(SOFT, people, Untouched(), MEASURED)
    assert found["left_out"] == ["hairstyle"]
    for label, values in (("gender", 2), ("ethnicity", 3)):
        shown = found[label]
        assert len(shown["values"]) == values
        for kind in ("x-a", "x-r"):
            assert shown[kind]["pearson"]["value"] == shown[kind]["agree"]["value"] == 1
            assert shown[kind]["pearson_splits"] == {"mean": 1.0, "sd": 0.0}
            assert shown[kind]["agree_by_chance"] < 0.7
        assert shown["right"]["x"] == shown["right"]["a"]
        assert shown["right"]["x"]["value"] > 0.75
    assert found["ethnicity"]["column"] == "race"


def test_what_the_training_was_told_is_what_the_card_says(people: FaceSet) -> None:
    gallery = Gallery(people, np.arange(20), Untouched(), Small())
    told = {"id": -1, "gender": 1}
    assert SOFT.measure(Bench(gallery, Blind(), labels=told))["s"] == told
    assert SOFT.measure(Bench(gallery, Blind()))["s"] == UNKNOWN_S


def test_a_constant_face_keeps_no_label(people: FaceSet) -> None:
    shown = _measured(SOFT, people, Constant(), MEASURED)["ethnicity"]
    assert shown["x-a"]["pearson"]["value"] is None
    assert shown["x-a"]["pearson_splits"] == {"mean": None, "sd": None}
    assert shown["x-a"]["agree"]["value"] == pytest.approx(shown["x-a"]["agree_by_chance"], abs=1e-3)


def test_a_face_of_the_noise_alone_keeps_labels_by_chance(people: FaceSet) -> None:
    shown = _measured(SOFT, people, PerTrack(), MEASURED)["gender"]["x-a"]
    assert shown["pearson"]["low"] < 0 < shown["pearson"]["high"]


def test_who_is_measured_teaches_no_judge(people: FaceSet) -> None:
    gallery = Gallery(people, np.arange(MEASURED), Untouched(), Small())
    rows, described = gallery.strangers(100)
    assert len(rows) == len(described) == 100
    assert set(people.identity[rows]).isdisjoint(gallery.identity)


def test_a_set_whose_people_are_all_measured_has_nobody_to_learn_from(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=8, labels={"gender": 2})
    assert _measured(SOFT, faces, Untouched(), 8)["left_out"] == ["gender", "ethnicity", "hairstyle"]


def test_a_rare_value_is_left_out(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=120, labels={"gender": 2, "race": 120 // LEAST + 2})
    assert _measured(SOFT, faces, Untouched(), 24)["left_out"] == ["ethnicity", "hairstyle"]


def test_a_set_without_labels_is_told_so(tmp_path: Path) -> None:
    gallery = Gallery(packed(tmp_path / "set", people=3), np.arange(3), Untouched(), Small())
    assert SOFT.lacks(gallery) == "it has no gender, ethnicity or hairstyle"


def test_the_pooled_coefficient_is_pearsons_of_centred_evidence() -> None:
    rng = np.random.default_rng(1)
    x, a = rng.normal(size=(2, 50, 3)) + np.array([0.0, 5.0, -9.0])
    u, v = ((found - found.mean(0)).reshape(-1) for found in (x, a))
    assert pooled(x, a, np.ones(50)) == pytest.approx(np.corrcoef(u, v)[0, 1])
    assert pooled(x, x + np.array([7.0, 0.0, 1.0]), np.ones(50)) == pytest.approx(1)
    both = np.stack([x[:, 0], -x[:, 0]], 1), np.stack([a[:, 0], -a[:, 0]], 1)
    assert pooled(*both, np.ones(50)) == pytest.approx(np.corrcoef(x[:, 0], a[:, 0])[0, 1])
    twice = np.repeat(np.arange(50), 2)
    assert pooled(x, a, np.full(50, 2.0)) == pytest.approx(pooled(x[twice], a[twice], np.ones(100)))
    assert splits(x, x)["mean"] == 1


def test_chance_is_that_of_kappa() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, (2, 400))
    second[:200] = first[:200]
    agree, by_chance = float((first == second).mean()), chance(first, second)
    kappa = (agree - by_chance) / (1 - by_chance)
    assert kappa == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_evidence_of_two_values_is_one_number_with_both_signs() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 100) * 4 + 1
    probe = LabelProbe.fit(rng.normal(size=(100, 3)) + codes[:, None], codes)
    found = probe.evidence(np.array([[9.0, 9.0, 9.0]]))
    assert probe.values.tolist() == [1, 5]
    assert found[0, 1] == -found[0, 0] == probe.scores(np.array([[9.0, 9.0, 9.0]]))[0]
    assert found[0, 1] > 0


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return packed(tmp_path_factory.mktemp("several") / "set", people=20, images=3, noise=30)


def test_in_the_plane_an_untouched_face_lies_on_the_raw_one(several: FaceSet) -> None:
    found = _measured(EMBEDDING, several, Untouched(), 60)
    assert (found["apart"], found["nearest_is_own"]) == (0, 1)
    assert found["spread_x"] == found["spread_a"] > 0
    assert (found["people_learnt"], found["people_shown"], found["faces_shown"]) == (14, 6, 18)
    assert found["points"]["x"] == found["points"]["a"]
    assert np.abs(found["points"]["x"]).max() == 1


def test_in_the_plane_a_virtual_identity_is_one_place_far_from_its_person(several: FaceSet) -> None:
    found = _measured(EMBEDDING, several, PerTrack(), 60)
    assert found["spread_a"] == 0
    assert found["apart"] > 0.3
    assert found["nearest_is_own"] < 1


def test_the_plane_keeps_classes_apart_that_no_principal_axis_shows() -> None:
    rng = np.random.default_rng(3)
    classes = np.repeat(np.arange(3), 60)
    described = rng.normal(size=(180, 8)) * np.array([0.6] * 6 + [0.1] * 2)  # what is large says nothing
    described[:, 6:] += classes[:, None] * np.array([0.4, -0.4])
    places = embed(described[::2], classes[::2], described[1::2])
    _, _, axes = np.linalg.svd(described[::2] - described[::2].mean(0))
    assert metrics.silhouette_score(described[1::2] @ axes[:2].T, classes[1::2]) < 0.1
    assert metrics.silhouette_score(places, classes[1::2]) > 0.5


def test_people_in_the_plane_are_other_than_those_it_was_learnt_on() -> None:
    identity = np.repeat(np.arange(30), [1] * 10 + [2] * 14 + [4] * 6)
    learnt, shown = split(identity)
    assert set(identity[shown]) == set(range(24, 30))
    assert set(identity[learnt]) == set(range(10, 24))


def test_too_few_people_are_no_plane(tmp_path: Path) -> None:
    gallery = Gallery(packed(tmp_path / "set", people=8, images=2), np.arange(16), Untouched(), Small())
    assert EMBEDDING.lacks(gallery) == "fewer than 9 people have two images"


def test_where_all_are_alike_nothing_is_apart() -> None:
    assert apart(np.zeros((4, 2)), np.ones((4, 2)), np.array([0, 0, 1, 1]))["apart"] is None
