"""s: what becomes of each label; and who is seen together."""

from __future__ import annotations

import numpy as np
import pytest

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.methods.uunet.attributes import column, s_vector
from uunet_lab.methods.uunet.sources import labels_of
from uunet_lab.methods.uunet.subjects import SubjectSource
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.parts import parts

FOUR = ("id", "gender", "ethnicity", "hairstyle")


def _faces(identity: list[int], sequence: list[int], **labels: list[int]) -> FaceSet:
    n = len(identity)
    names = {"identity": tuple(f"p{i}" for i in range(max(identity) + 1)), "sequence": (), "camera": ()}
    return FaceSet(
        np.zeros((n, 8, 8, 3), np.uint8),
        np.array(identity),
        np.array(sequence),
        np.arange(n),
        np.full(n, -1),
        {name: np.array(codes) for name, codes in labels.items()},
        names | dict.fromkeys(labels, ("a", "b")),
    )


def test_the_presets_are_the_papers() -> None:
    assert s_vector(FOUR, preset="equal-soft") == (-1, 1, 1, 1)
    assert s_vector(FOUR, preset="all-different") == (-1, -1, -1, -1)


def test_labels_to_keep_go_by_the_papers_name_or_the_sets() -> None:
    faces = _faces([0, 1], [0, 1], race=[0, 1], gender=[1, 0], hat=[0, 0])
    assert labels_of(faces, ["ethnicity", "gender", "race", "hat"]) == ("race", "gender", "hat")
    with pytest.raises(TrainingError, match="no image of the set says 'age'"):
        labels_of(faces, ["age"])
    with pytest.raises(TrainingError, match="identity can't be kept"):
        labels_of(faces, ["gender", "identity"])


def test_what_is_not_named_is_independent() -> None:
    assert s_vector(FOUR, keep=["gender"], change=["hairstyle"]) == (-1, 1, 0, -1)
    assert s_vector(FOUR) == (-1, 0, 0, 0)


def test_names_win_over_the_preset() -> None:
    assert s_vector(FOUR, change=["gender"], preset="equal-soft") == (-1, -1, 1, 1)


def test_the_order_is_that_of_the_matchers() -> None:
    assert s_vector(("age", "id"), keep=["age"]) == (1, -1)


@pytest.mark.parametrize(
    ("labels", "keep", "change", "says"),
    [
        (("gender",), [], [], "no matcher of `id`"),
        (FOUR, ["id"], [], "can't be kept"),
        (FOUR, ["age"], [], "no matcher of age"),
        (FOUR, ["gender"], ["gender"], "both stay and change"),
    ],
)
def test_what_makes_no_sense_is_refused(
    labels: tuple[str, ...], keep: list[str], change: list[str], says: str
) -> None:
    with pytest.raises(TrainingError, match=says) as caught:
        s_vector(labels, keep, change)
    assert caught.value.hint


def test_a_label_is_found_under_the_name_that_the_set_gives_it() -> None:
    faces = _faces([0, 1], [-1, -1], race=[0, 1], hair=[-1, -1])
    assert column(faces, "id") == "identity"
    assert column(faces, "ethnicity") == "race"
    with pytest.raises(TrainingError, match="hairstyle"):
        column(faces, "hairstyle")  # there, but empty


def _drawn(faces: FaceSet, rows: Codes, count: int = 400) -> list[tuple[int, int, int]]:
    batch = SubjectSource(faces, rows, seed=3).batch(0, count)
    return list(
        zip(batch.frame.tolist(), batch.same_sequence.tolist(), batch.other_sequence.tolist(), strict=True)
    )


def test_frames_and_sequences_are_told_apart() -> None:
    faces = _faces([0, 1, 0, 0, 0, 1], [2, 5, 2, 7, 2, 5])
    for at, near, far in _drawn(faces, np.arange(6)):
        assert faces.identity[at] == faces.identity[near] == faces.identity[far]
        if faces.identity[at] == 0:
            assert faces.sequence[at] == faces.sequence[near]
            assert faces.sequence[at] != faces.sequence[far]
            assert (at != near) == (faces.sequence[at] == 2)
        else:
            assert at != near
            assert far == at  # one sequence only


def test_each_still_is_a_sequence_and_each_person_comes_equally_often() -> None:
    faces = _faces([0, 1, 1, 1, 1, 1, 1, 1], [-1] * 8)
    drawn = _drawn(faces, np.arange(8))
    assert {(at, near, far) for at, near, far in drawn if at == 0} == {(0, 0, 0)}
    assert all(near == at != far for at, near, far in drawn if at)
    assert 150 < sum(at == 0 for at, _, _ in drawn) < 250


def test_only_the_rows_that_may_be_drawn_are_and_the_order_is_fixed() -> None:
    faces = _faces([0, 0, 1, 1, 2, 2], [-1] * 6)
    rows = np.array([1, 2, 3])
    assert {row for triple in _drawn(faces, rows) for row in triple} == {1, 2, 3}
    assert _drawn(faces, rows) == _drawn(faces, rows)


@pytest.mark.parametrize("several", [False, True])
def test_nobody_is_in_both_parts(several: bool) -> None:
    identity = [i // 3 for i in range(60)] if several else list(range(60))
    faces = _faces(identity, [-1] * 60)
    training, held_out = parts(faces)
    assert not set(faces.identity[training]) & set(faces.identity[held_out])
    assert len(training) + len(held_out) == 60
    assert 12 <= len(held_out) < 16
