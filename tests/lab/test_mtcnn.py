"""MTCNN: finds a photographed face where another detector does; its layers compute what Keras does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cartoon import picture
from uunet.detect import CenterFaceDetector
from uunet.types import Detection
from uunet_lab.measuring import mtcnn
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.mtcnn import MTCNN, Net, installed

pytestmark = pytest.mark.skipif(not installed(), reason="uunet[judge] is not installed")


@pytest.fixture(scope="module")
def detector() -> MTCNN:
    return MTCNN(0.6)


@pytest.fixture(scope="module")
def portrait() -> Image:
    """BGR, 256 × 256, with one face."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[:256, 96:352, ::-1])


def _alike(one: Detection, other: Detection) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    common = max(width, 0) * max(height, 0)
    areas = [(box.x1 - box.x0) * (box.y1 - box.y0) for box in (one, other)]
    return common / (sum(areas) - common)


@pytest.mark.parametrize("side", [96, 256, 400])
def test_it_finds_a_face_where_centerface_does(detector: MTCNN, portrait: Image, side: int) -> None:
    shown = picture(np.asarray(cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA), np.uint8))
    (found,) = detector.detect(shown, 0, 0)
    (other, *_) = CenterFaceDetector(0.5, scale=2.0).detect(shown, 0, 0)
    assert _alike(found, other) > 0.6
    assert found.score > 0.95


def test_two_faces_are_found_strongest_first_and_one_may_be_cut_off(detector: MTCNN, portrait: Image) -> None:
    (alone,) = detector.detect(picture(portrait), 0, 0)
    cut = int(alone.x0 + 0.25 * (alone.x1 - alone.x0))
    both = np.concatenate([portrait[:, cut:], portrait], 1)
    found = detector.detect(picture(np.ascontiguousarray(both[:, : both.shape[1] // 2 * 2])), 0, 0)
    assert len(found) == 2 and found[0].score >= found[1].score
    assert min(face.x0 for face in found) < 20 and max(face.x0 for face in found) > 200


def test_where_there_is_no_face_there_is_none(detector: MTCNN) -> None:
    for image in (np.zeros((64, 96, 3), np.uint8), np.full((10, 10, 3), 99, np.uint8)):
        assert detector.detect(picture(image), 0, 0) == []


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_is_looked_at_upright(detector: MTCNN, portrait: Image, turns: int) -> None:
    wide = np.ascontiguousarray(np.concatenate([portrait, np.zeros_like(portrait[:, :64])], 1))
    (upright,) = detector.detect(picture(wide), 0, 0)
    (found,) = detector.detect(picture(np.ascontiguousarray(np.rot90(wide, -turns))), 0, turns)
    width, height = 320, 256
    x0, y0, x1, y1 = upright.x0, upright.y0, upright.x1, upright.y1
    expected = {
        1: (height - y1, x0, height - y0, x1),
        2: (width - x1, height - y1, width - x0, height - y0),
        3: (y0, width - x1, y1, width - x0),
    }[turns]
    assert _alike(found, Detection(*expected, 1.0)) > 0.85


def test_small_faces_are_found_at_twice_the_resolution(detector: MTCNN, portrait: Image) -> None:
    small = picture(np.asarray(cv2.resize(portrait, (30, 30), interpolation=cv2.INTER_AREA), np.uint8))
    large = picture(np.asarray(cv2.resize(portrait, (60, 60), interpolation=cv2.INTER_AREA), np.uint8))
    assert detector.detect(small, 0, 0) == []
    (found,) = MTCNN(0.6, scale=2).detect(small, 0, 0)
    (other,) = detector.detect(large, 0, 0)
    doubled = Detection(2 * found.x0, 2 * found.y0, 2 * found.x1, 2 * found.y1, found.score)
    assert _alike(doubled, other) > 0.7


def test_a_dense_layer_reads_columns_first() -> None:
    """A net of a layer, a dense one and two heads, against the same by hand, in Keras' order of axes."""
    rng = np.random.default_rng(0)
    shapes = ((3, 3, 3, 5), (5,), (1, 1, 5), (45, 7), (7,), (7,), (7, 4), (4,), (7, 2), (2,))
    weights = [rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes]
    image = rng.normal(0, 1, (5, 5, 3)).astype(np.float32)
    score, move = Net(weights, ())(torch.from_numpy(image.transpose(2, 0, 1))[None])

    def prelu(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, slope.ravel() * x)

    layer = np.array(
        [[np.tensordot(image[i : i + 3, j : j + 3], weights[0], 3) for j in range(3)] for i in range(3)]
    )
    layer = prelu(layer + weights[1], weights[2])
    columns_first = layer.transpose(1, 0, 2).ravel()
    dense = prelu(columns_first @ weights[3] + weights[4], weights[5])
    logits = np.exp(dense @ weights[8] + weights[9])
    np.testing.assert_allclose(move[0, :, 0, 0], dense @ weights[6] + weights[7], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(score[0, 0, 0], logits[1] / logits.sum(), rtol=1e-4)


def test_other_weights_are_refused_before_they_are_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in mtcnn.FILES:
        path = tmp_path / "assets" / "weights" / f"{name}.lz4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    monkeypatch.setattr("uunet_lab.measuring.wheels.package_folder", lambda package: tmp_path)
    monkeypatch.setattr("joblib.load", lambda data: pytest.fail("unpickled"))
    with pytest.raises(MeasuringError, match=r"pnet\.lz4 of the package mtcnn is another file"):
        MTCNN(0.5)
    monkeypatch.setattr("uunet_lab.measuring.wheels.package_folder", lambda package: None)
    assert not installed()
    with pytest.raises(MeasuringError, match="not installed") as caught:
        MTCNN(0.5)
    assert "uunet[judge]" in caught.value.hint
