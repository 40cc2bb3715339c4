"""Pose, background and expression: constructed heads, references, and de-identifiers with known answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import uunet.demo
from lab.stand_ins import Blind, Constant, PerTrack, Pointing, Untouched, head_at, packed
from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.records import decode
from uunet_lab.evaluation.experiment import Bench
from uunet_lab.evaluation.gallery import Deidentifier, Gallery
from uunet_lab.evaluation.scene import SCENE, colour_residuals, head, pairs
from uunet_lab.measuring.expression import EXPRESSION, expression
from uunet_lab.measuring.landmarks import DlibLandmarks
from uunet_lab.measuring.pose import HEAD, pose

PORTRAITS = Path(uunet.demo.__file__).parent / "portraits"


@pytest.mark.parametrize("angles", [(0, 0, 0), (0.5, 0, 0), (0, -0.4, 0), (0, 0, 0.7), (-0.3, 0.2, 0.4)])
def test_the_pose_of_a_head_is_that_by_which_it_was_turned(angles: tuple[float, float, float]) -> None:
    found, misfit = pose(head_at(*angles)[None])
    assert found[0] == pytest.approx(angles, abs=0.01)
    assert misfit[0] < 0.01


def test_a_face_that_looks_to_the_right_of_the_image_has_its_nose_there() -> None:
    """Signs: a positive yaw moves what is near to the camera to the left, a positive roll is clockwise."""
    nearest = HEAD[:, 2] < -6
    frontal, turned = (head_at(yaw, 0, 0) for yaw in (0.0, 0.5))
    assert (HEAD[nearest, 2] < 0).all()
    assert turned[[31, 35], 0].mean() < frontal[[31, 35], 0].mean()
    rolled = head_at(0, 0, 0.5)
    assert rolled[45, 1] > rolled[36, 1]


def test_what_is_no_head_fits_badly() -> None:
    rng = np.random.default_rng(0)
    _, misfit = pose(rng.random((20, 68, 2)))
    assert np.median(misfit) > 0.15


def test_a_turned_picture_is_a_turned_head_and_a_mirrored_one_a_mirrored_head() -> None:
    pytest.importorskip("dlib", reason="uunet[judge] is not installed")
    x, y, side = 166, 66, 120
    picture = decode((PORTRAITS / "collins.jpg").read_bytes(), "collins.jpg")
    before = round(side * 0.22 / 0.56)
    middle = (x + side / 2, y + side / 2)
    turn = cv2.getRotationMatrix2D(middle, -12, 1)  # OpenCV counts counter-clockwise
    views = [picture, np.asarray(cv2.warpAffine(picture, turn, picture.shape[1::-1]), np.uint8)]
    cut = [view[y - before : y + side + before, x - before : x + side + before] for view in views]
    cut.append(np.ascontiguousarray(cut[0][:, ::-1]))
    points = DlibLandmarks().find(cut)
    (plain, rolled, mirrored), misfit = pose(points)
    assert misfit.max() < 0.15
    assert rolled[2] - plain[2] == pytest.approx(np.radians(12), abs=0.06)
    assert mirrored == pytest.approx(plain * [-1, 1, -1], abs=0.12)
    shown = expression(points)
    assert shown[2] == pytest.approx(shown[0], abs=0.1)
    inside = head(points[0], 64)
    assert 0.2 < inside.mean() < 0.8
    assert inside[32, 32]
    assert not inside[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_ratios_of_a_face_that_was_drawn() -> None:
    points = np.zeros((1, 68, 2))
    eye = [(0.0, 0.4), (0.033, 0.375), (0.066, 0.375), (0.1, 0.4), (0.066, 0.425), (0.033, 0.425)]
    points[0, 36:42] = np.array(eye) + np.array([0.3, 0])  # .1 wide, .05 high, their middles .3 apart
    points[0, 42:48] = np.array(eye) + np.array([0.6, 0])
    points[0, 17:27] = (0.5, 0.31)  # .09 above the eyes
    points[0, [48, 54]] = (0.4, 0.7), (0.61, 0.7)
    points[0, [51, 57]] = (0.5, 0.7), (0.5, 0.76)
    points[0, [60, 64]] = (0.45, 0.7), (0.55, 0.7)
    points[0, [61, 62, 63]], points[0, [67, 66, 65]] = (0.5, 0.68), (0.5, 0.72)
    expected = [0.5, 0.4, 0.7, 0.1, 0.3]
    assert expression(points)[0] == pytest.approx(expected)
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    assert expression(3 * points @ turn)[0] == pytest.approx(expected)  # neither size nor roll changes them


def test_colour_residuals_are_those_of_scikit_image() -> None:
    color = pytest.importorskip("skimage.color")
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 256, (2, 5, 6, 3)).astype(np.uint8)
    expected = color.deltaE_cie76(color.rgb2lab(first), color.rgb2lab(second))
    assert colour_residuals(first, second) == pytest.approx(expected)
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert colour_residuals(black, white) == pytest.approx(100, abs=1e-3)


def test_strangers_are_raw_faces_of_other_people() -> None:
    identity = np.array([0, 0, 0, 0, 0, 0, 1, 2])
    found = pairs(identity)
    assert found["a"].x.tolist() == found["r"].other.tolist() == list(range(8))
    other = found["stranger"]
    assert other.kind == "x"
    assert len(other.x) == 6 * 2 * 2 + 2  # all there are
    assert (identity[other.x] != identity[other.other]).all()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return packed(tmp_path_factory.mktemp("people") / "set", people=40)


def _measured(faces: FaceSet, pair: Deidentifier) -> dict[str, Any]:
    return SCENE.measure(Bench(Gallery(faces, np.arange(len(faces)), pair, None), Blind(), Pointing()))


def test_who_is_not_touched_keeps_everything(people: FaceSet) -> None:
    found = _measured(people, Untouched())
    assert found["pose"]["rejected"]["value"] == 0
    for kind in ("a", "r"):
        assert found["pose"][kind]["yaw"]["error"]["value"] == 0
        assert found["pose"][kind]["yaw"]["pearson"]["value"] == 1
        assert found["background"][kind]["background"]["value"] == 0
        assert found["expression"][kind]["mouth open"]["pearson"]["value"] == 1
        assert found["expression"][kind]["agree"]["value"] == 1
    stranger = found["pose"]["stranger"]["yaw"]
    assert stranger["pearson"]["low"] < 0 < stranger["pearson"]["high"]
    assert stranger["error"]["value"] > 0.05
    assert found["background"]["stranger"]["background"]["value"] > 10


def test_a_constant_face_keeps_nothing(people: FaceSet) -> None:
    found = _measured(people, Constant())
    assert found["pose"]["a"]["yaw"]["pearson"]["value"] is None
    assert found["pose"]["a"]["yaw"]["error"]["value"] > 0.05
    assert found["expression"]["a"]["mouth open"]["pearson"]["value"] is None
    assert 0.4 <= found["expression"]["a"]["mouth open"]["agree"]["value"] <= 0.6
    assert found["background"]["a"]["background"]["value"] > 5


def test_a_face_of_the_noise_alone_keeps_an_expression_by_chance(people: FaceSet) -> None:
    shown = _measured(people, PerTrack())["expression"]["a"]["mouth open"]["pearson"]
    assert shown["low"] < 0 < shown["high"]


def test_heads_that_fit_nothing_are_rejected(people: FaceSet) -> None:
    class Scattered(Pointing):
        def find(self, faces):  # type: ignore[no-untyped-def]
            return np.random.default_rng(0).random((len(faces), 68, 2))

    bench = Bench(Gallery(people, np.arange(40), Untouched(), None), Blind(), Scattered())
    found = SCENE.measure(bench)["pose"]
    assert found["rejected"]["value"] > 0.5
    assert found["a"]["n"] < 20


def test_without_landmarks_it_is_an_error(people: FaceSet) -> None:
    bench = Bench(Gallery(people, np.arange(4), Untouched(), None), Blind(), Pointing())
    with pytest.raises(ValueError, match="needs landmarks"):
        SCENE.measure(dataclasses.replace(bench, landmarks=None))
    assert len(EXPRESSION) == expression(np.zeros((1, 68, 2))).shape[1]
