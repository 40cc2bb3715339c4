"""Figures by groups of people, of de-identifiers and detectors whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.stand_ins import Blind, Constant, PerTrack, Small, Untouched, packed
from uunet.types import Detection, Picture
from uunet_lab.datasets.index import FaceSet
from uunet_lab.evaluation.detection import FACE
from uunet_lab.evaluation.experiment import Bench
from uunet_lab.evaluation.gallery import Deidentifier, Gallery
from uunet_lab.evaluation.groups import GROUPS, by_number
from uunet_lab.measuring.pair import psnr
from uunet_lab.paper.groups import groups, groups_figure, groups_table
from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import save
from uunet_lab.reporting.words import said

PEOPLE = 90


class Choosy:
    """Finds the faces of every second person, wherever it is told that regions lie."""

    def __init__(self, gallery: Gallery) -> None:
        self._boxes = [mosaic.boxes for mosaic in gallery.mosaics("x")]
        self._first = np.cumsum([0, *(len(boxes) for boxes in self._boxes)])
        self._asked = 0

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        number = self._asked % len(self._boxes)
        self._asked += 1
        found = []
        for i, box in enumerate(self._boxes[number]):
            if (self._first[number] + i) % 2 == 0:
                x0, y0, x1, y1 = (share * box.w for share in FACE)
                found.append(Detection(box.x + x0, box.y + y0, box.x + x1, box.y + y1, 0.9))
        return found


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return packed(tmp_path_factory.mktemp("people") / "set", people=PEOPLE, labels={"gender": 2, "race": 8})


def _gallery(faces: FaceSet, pair: Deidentifier) -> Gallery:
    return Gallery(faces, np.arange(len(faces)), pair, Small())


def _measured(faces: FaceSet, pair: Deidentifier) -> dict[str, Any]:
    gallery = _gallery(faces, pair)
    assert GROUPS.lacks(gallery) is None
    return GROUPS.measure(Bench(gallery, Choosy(gallery)))


def test_groups_of_few_people_are_left_out(people: FaceSet) -> None:
    found = _measured(people, Untouched())
    assert len(found["gender"]) == 2
    assert found["ethnicity"] == found["age"] == {}


@pytest.mark.parametrize(("pair", "auc"), [(Untouched(), 1.0), (Constant(), 0.5)])
def test_who_is_untouched_is_known_in_every_group_and_a_constant_face_in_none(
    people: FaceSet, pair: Deidentifier, auc: float
) -> None:
    for group in _measured(people, pair)["gender"].values():
        assert group["auc_x_a"]["value"] == auc


def test_figures_are_those_of_the_groups_own_faces(people: FaceSet) -> None:
    gallery = _gallery(people, PerTrack())
    found = GROUPS.measure(Bench(gallery, Choosy(gallery)))
    codes, values = gallery.label("gender")
    quality = psnr(gallery.images("x"), gallery.images("r"))
    for code, value in enumerate(values):
        rows = np.flatnonzero(codes == code)
        group = found["gender"][value]
        assert group["psnr"]["value"] == pytest.approx(quality[rows].mean(), abs=0.006)
        assert group["found_x"]["value"] == pytest.approx(np.mean(rows % 2 == 0), abs=6e-4)
        assert group["found_x"]["people"] == len(rows)


@pytest.mark.parametrize("labels", [None, {"hair": 2}, {"gender": 30}])
def test_a_set_without_such_groups_is_told_so(tmp_path: Path, labels: dict[str, int] | None) -> None:
    gallery = _gallery(packed(tmp_path / "set", people=60, labels=labels), Untouched())
    assert GROUPS.lacks(gallery) == "no two genders, ethnicities or ages have 20 people each"


def test_groups_are_drawn_and_tabled(people: FaceSet, tmp_path: Path) -> None:
    result = Measured("groups", "set", "model", "d", "c", "x", _measured(people, PerTrack()))
    for path in save(lambda: groups_figure(result), tmp_path / "groups"):
        assert path.stat().st_size > 5000
    table = groups_table([result])
    assert [row[:2] for row in table.rows] == [
        ("set, model: gender v0", "45"),
        ("set, model: gender v1", "45"),
    ]
    assert all(len(row) == len(table.header) for row in table.rows)


def test_words_name_the_best_and_the_worst_group(people: FaceSet) -> None:
    found = _measured(people, PerTrack())
    a, b = found["gender"]
    found["gender"][a]["found_x"]["value"], found["gender"][b]["found_x"]["value"] = 0.2, 0.7
    words = said(Measured("groups", "set", "model", "d", "c", "x", found))
    assert words.index(f"of raw faces labelled {a}") < words.index(f"of {b}; a recogniser")
    assert [label for label, *_ in groups(found)] == ["gender", "gender"]
    assert "too few people" in said(Measured("groups", "set", "model", "d", "c", "x", {}))


def test_nobody_found_is_a_figure_too(people: FaceSet) -> None:
    gallery = _gallery(people, Untouched())
    found = GROUPS.measure(Bench(gallery, Blind()))
    assert {group["found_a"]["value"] for group in found["gender"].values()} == {0}


def test_ages_come_as_in_life() -> None:
    ages = {"more than 70": 0, "10-19": 0, "3-9": 0, "0-2": 0}
    assert [age for age, _ in sorted(ages.items(), key=by_number)] == ["0-2", "3-9", "10-19", "more than 70"]
    assert [one for one, _ in sorted({"M": 0, "F": 0}.items(), key=by_number)] == ["F", "M"]
