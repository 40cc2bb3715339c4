"""Pairs for D_a: balanced, of two people, certain, and a pure function of seed and step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faces import NONE, face_set
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.pairs import Pairs, PairSource, RunSource


def _all(source: PairSource, steps: int = 60, size: int = 32) -> Pairs:
    batches = [source.batch(step, size) for step in range(steps)]
    return Pairs(
        np.concatenate([b.first for b in batches]),
        np.concatenate([b.second for b in batches]),
        np.concatenate([b.same for b in batches]),
    )


def test_soft_labels_agree_in_half_of_the_pairs_and_never_by_identity(tmp_path: Path) -> None:
    values = ["White"] * 20 + ["Black"] * 4 + ["Indian"] * 2  # as unequal as real sets
    rows = [(f"p{i}", "", 0, "", {"race": v}) for i, v in enumerate(values) for _ in range(1 + i % 3)]
    faces = face_set(tmp_path, [*rows, ("nobody", "", 0, "", NONE)])
    pairs = _all(PairSource(faces, "race", np.arange(len(faces)), seed=3))
    race = faces.labels["race"]
    assert pairs.same.mean() == 0.5
    assert np.array_equal(race[pairs.first] == race[pairs.second], pairs.same)
    assert (faces.identity[pairs.first] != faces.identity[pairs.second]).all()
    assert (race[pairs.first] >= 0).all() and (race[pairs.second] >= 0).all()
    shares = np.bincount(race[pairs.first[pairs.same]]) / pairs.same.sum()
    assert shares == pytest.approx([1 / 3] * 3, abs=0.06)  # the rare value as often as the frequent one


def test_pairs_that_lean_on_one_value(tmp_path: Path) -> None:
    values = ["White"] * 9 + ["Black"] * 7 + ["Indian"] * 5
    faces = face_set(tmp_path, [(f"p{i}", "", 0, "", {"race": v}) for i, v in enumerate(values)])
    source = PairSource(faces, "race", np.arange(len(faces)), seed=3)
    race = faces.labels["race"]
    shares = []
    for lean in (0.0, 0.5, 1.0):
        batches = [source.batch(step, 32, lean) for step in range(60)]
        first, second = (np.concatenate([getattr(b, n) for b in batches]) for n in ("first", "second"))
        same = np.concatenate([b.same for b in batches])
        assert same.mean() == 0.5 and np.array_equal(race[first] == race[second], same)
        leaning = np.unique(race[first[same]], return_counts=True)
        one = leaning[0][leaning[1].argmax()]
        shares.append(((race[first] == one) | (race[second] == one)).mean())
        assert 0.4 < (race[first[~same]] == one).mean() / (race[second[~same]] == one).mean() < 2.5
    assert shares[0] < 0.62 < shares[1] < 0.85 and shares[2] == 1


def test_people_are_drawn_equally_however_many_images_they_have(tmp_path: Path) -> None:
    many = [("a", "", 0, "", {"x": "1"})] * 50
    faces = face_set(
        tmp_path, many + [(who, "", 0, "", {"x": "1" if who < "e" else "2"}) for who in "bcdefg"]
    )
    pairs = _all(PairSource(faces, "x", np.arange(len(faces)), seed=0))
    ones = pairs.first[pairs.same & (faces.labels["x"][pairs.first] == 0)]
    assert np.bincount(faces.identity[ones])[:4] / len(ones) == pytest.approx([0.25] * 4, abs=0.06)


def test_pairs_of_a_person_are_of_two_sequences_if_there_are_two(tmp_path: Path) -> None:
    rows = [("a", f"a{k // 3}", k, "c", NONE) for k in range(6)] + [
        ("b", "b0", k, "d", NONE) for k in range(4)
    ]
    faces = face_set(tmp_path, rows)
    pairs = _all(PairSource(faces, "id", np.arange(len(faces)), seed=1))
    assert np.array_equal(faces.identity[pairs.first] == faces.identity[pairs.second], pairs.same)
    assert (pairs.first != pairs.second).all()
    of_a = pairs.same & (faces.identity[pairs.first] == 0)
    assert (faces.sequence[pairs.first[of_a]] != faces.sequence[pairs.second[of_a]]).all()
    assert (pairs.same & ~of_a).any()


def test_two_tracks_are_two_people_only_if_they_share_a_frame_or_differ_in_camera(tmp_path: Path) -> None:
    spans = {"x/0": (0, 4), "x/1": (2, 6), "x/2": (10, 12), "y/0": (20, 22)}  # x/2 may be x/0 come back
    rows = [(s, s, k, s[0], NONE) for s, (first, last) in spans.items() for k in range(first, last + 1)]
    faces = face_set(tmp_path, rows)
    pairs = _all(PairSource(faces, "identity", np.arange(len(faces)), seed=1))
    names = np.array(faces.names["identity"])
    apart = {
        frozenset((names[faces.identity[a]], names[faces.identity[b]]))
        for a, b, same in zip(pairs.first, pairs.second, pairs.same, strict=True)
        if not same
    }
    assert frozenset(("x/0", "x/1")) in apart
    assert all("y/0" in pair for pair in apart - {frozenset(("x/0", "x/1"))})
    alone = [row for row in range(len(rows)) if rows[row][0] in ("x/0", "x/2")]
    with pytest.raises(DatasetError, match="certain"):
        PairSource(faces, "identity", np.array(alone), seed=1).batch(0, 4)


def test_a_batch_depends_on_seed_and_step_alone(tmp_path: Path) -> None:
    faces = face_set(tmp_path, [(f"p{i // 3}", "", 0, "", NONE) for i in range(30)])
    a = PairSource(faces, "id", np.arange(30), seed=5)
    a.batch(0, 8)
    b = PairSource(faces, "id", np.arange(30), seed=5)
    for step in (3, 1):
        assert np.array_equal(a.batch(step, 8).second, b.batch(step, 8).second)
    assert not np.array_equal(a.batch(3, 8).first, a.batch(4, 8).first)
    assert not np.array_equal(
        a.batch(3, 8).first, PairSource(faces, "id", np.arange(30), 6).batch(3, 8).first
    )


def test_only_the_rows_given_are_drawn(tmp_path: Path) -> None:
    faces = face_set(tmp_path, [(f"p{i // 3}", "", 0, "", NONE) for i in range(30)])
    training, held = faces.split(9)
    pairs = _all(PairSource(faces, "id", training, seed=5), steps=10)
    assert not {*pairs.first, *pairs.second} & set(held)


@pytest.mark.parametrize(("rows", "what"), [(["a", "b", "c"], "agree"), (["a", "a"], "disagree")])
def test_a_set_without_pairs_is_refused(tmp_path: Path, rows: list[str], what: str) -> None:
    faces = face_set(tmp_path, [(who, "", 0, "", NONE) for who in rows])
    with pytest.raises(DatasetError, match=f" {what} in 'id'"):
        PairSource(faces, "id", np.arange(len(rows)), seed=0)


def test_runs_are_drawn_by_person(tmp_path: Path) -> None:
    rows = [("long", "l", k, "c", NONE) for k in range(90)] + [("short", "s", k, "c", NONE) for k in range(3)]
    faces = face_set(tmp_path, rows)
    source = RunSource(faces, np.arange(len(faces)), length=3, seed=2)
    runs = np.concatenate([source.batch(step, 16) for step in range(40)])
    assert (np.diff(faces.frame[runs], axis=1) == 1).all()
    assert (faces.sequence[runs] == faces.sequence[runs[:, :1]]).all()
    assert (faces.identity[runs[:, 0]] == 1).mean() == pytest.approx(0.5, abs=0.08)
    assert np.array_equal(source.batch(7, 4), RunSource(faces, np.arange(93), 3, 2).batch(7, 4))
    with pytest.raises(DatasetError, match="consecutive"):
        RunSource(faces, np.arange(90, 93), length=4, seed=2)
