"""Are faces found, and which detections are right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import uunet.demo
from lab.stand_ins import Blind, Constant, Untouched, packed, pattern
from uunet.detect import CenterFaceDetector
from uunet.types import Box, Detection
from uunet_lab.datasets.packing import pack
from uunet_lab.datasets.records import FaceRecord, decode, fit
from uunet_lab.evaluation.baselines import BASELINES, Name
from uunet_lab.evaluation.detection import DETECTION, FACE, Found, find, overlap
from uunet_lab.evaluation.experiment import Bench
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.measuring.agreement import correlation
from uunet_lab.measuring.mosaic import Mosaic

PORTRAITS = Path(uunet.demo.__file__).parent / "portraits"
FACES = {"collins.jpg": (166, 66, 120), "hopper.jpg": (162, 142, 208)}
"""Where the face is: x, y, side."""


def test_average_precision_is_that_of_scikit_learn_times_recall() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="uunet[judge] is not installed")
    rng = np.random.default_rng(0)
    score = np.sort(rng.random(60))[::-1]
    region = rng.permutation(60)
    right = rng.random(60) < score
    found = Found(np.zeros(60), score, region, right)
    expected = metrics.average_precision_score(right, score) * right.sum() / 60
    assert found.precision(np.ones(60)) == pytest.approx(expected)


def test_average_precision_of_known_cases() -> None:
    score, region = np.array([0.9, 0.8, 0.7]), np.array([0, 1, 1])
    all_right = Found(np.zeros(2), score[:2], region[:2], np.array([True, True]))
    assert all_right.precision(np.ones(2)) == 1.0
    late = Found(np.zeros(2), score, region, np.array([True, False, True]))
    assert late.precision(np.ones(2)) == pytest.approx((1 + 2 / 3) / 2)
    assert late.precision(np.array([2.0, 0.0])) == 1.0
    nothing = Found(np.zeros(2), score[:0], region[:0], np.zeros(0, bool))
    assert nothing.precision(np.ones(2)) == 0.0


def test_a_region_is_found_once_and_what_lies_on_its_surroundings_does_not_count() -> None:
    mosaic = Mosaic.of([np.zeros((96, 96, 3), np.uint8)] * 2, 0.1)

    def face(box: Box, score: float, shift: float = 0.0) -> Detection:
        x0, y0, x1, y1 = (corner * box.w for corner in FACE)
        return Detection(box.x + x0 + shift, box.y + y0, box.x + x1 + shift, box.y + y1, score)

    first, second = mosaic.boxes

    class Scripted:
        def detect(self, *_: object) -> list[Detection]:
            return [face(first, 0.5), face(first, 0.8, 2), face(second, 0.6, 15), face(second, 0.9, 40)]

    found = find(Scripted(), [mosaic])
    assert found.score.tolist() == [0.8, 0.6, 0.5]
    assert found.right.tolist() == [True, False, False]
    assert found.confidence.tolist() == [0.8, 0.0]


def test_overlap_of_the_known_face_is_one() -> None:
    x0, y0, x1, y1 = (corner * 64 for corner in FACE)
    box = Box(10, 20, 64, 64)
    assert overlap(Detection(10 + x0, 20 + y0, 10 + x1, 20 + y1, 1.0), box) == pytest.approx(1)
    wide = Detection(10 + x0, 20 + y0, 10 + 2 * x1 - x0, 20 + y1, 1.0)
    assert overlap(wide, box) == pytest.approx(0.5)
    assert overlap(Detection(0, 0, 5, 5, 1.0), box) == 0


def _portrait_set(folder: Path) -> Gallery:
    """The demonstration's two portraits, cut as `dataset build` cuts faces."""
    whole = [decode((PORTRAITS / name).read_bytes(), name) for name in FACES]
    cut = [
        image[y : y + side, x : x + side] for image, (x, y, side) in zip(whole, FACES.values(), strict=True)
    ]
    faces = pack((FaceRecord(fit(image, 96), str(i)) for i, image in enumerate(cut)), folder)
    return Gallery(faces, np.arange(len(faces)), Untouched(), None)


def test_real_faces_are_found_and_a_constant_one_is_not(tmp_path: Path) -> None:
    gallery = _portrait_set(tmp_path / "set")
    detector = CenterFaceDetector(0.05, scale=1.0)
    raw = find(detector, gallery.mosaics("x"))
    assert (raw.confidence > 0.5).all()
    hidden = [Constant().mask_as(mosaic, []) for mosaic in gallery.mosaics("x")]
    assert find(detector, hidden).confidence.max() < 0.1


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_keep_the_shape_and_lose_the_detail(name: Name) -> None:
    face = pattern(16)
    hidden = BASELINES[name](face)
    assert hidden.shape == face.shape
    assert hidden.dtype == np.uint8
    assert np.abs(hidden.mean((0, 1)) - face.mean((0, 1))).max() < 8
    assert hidden.std() < face.std()


@pytest.mark.parametrize(("name", "most"), [("superpixels-8", 8), ("superpixels-16", 16), ("fill", 1)])
def test_flat_baselines_have_so_many_colours(name: Name, most: int) -> None:
    face = pattern(5)
    colours = np.unique(BASELINES[name](face).reshape(-1, 3), axis=0)
    assert most / 2 <= len(colours) <= most + 1


def test_correlation_is_pearsons_and_of_a_constant_there_is_none() -> None:
    first, second = np.random.default_rng(2).random((2, 30))
    assert correlation(first, second, np.ones(30)) == pytest.approx(np.corrcoef(first, second)[0, 1])
    twice = np.repeat(np.arange(30), 2)
    assert correlation(first, second, np.full(30, 2.0)) == pytest.approx(
        np.corrcoef(first[twice], second[twice])[0, 1]
    )
    assert np.isnan(correlation(first, np.zeros(30), np.ones(30)))


def test_figures_of_an_untouched_face_are_those_of_the_raw_one(tmp_path: Path) -> None:
    faces = packed(tmp_path / "set", people=6)
    gallery = Gallery(faces, np.arange(6), Untouched(), None)
    seen = DETECTION.measure(Bench(gallery, Blind()))
    assert seen["ap"]["x"] == seen["ap"]["a"]
    assert seen["ap"]["x"]["value"] == 0
    assert seen["pearson_x"]["a"]["value"] is None
    assert sum(map(sum, seen["histogram_x_a"]["counts"])) == 6
