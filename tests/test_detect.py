"""The detector: right boxes at every size, depth, range and rotation; its decoding against a plain one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from cartoon import YUV420, YUV444, Image, draw, picture, street
from uunet.detect import (
    CenterFaceDetector,
    _decode,
    automatic_scale,
    fill_rgb,
    full_precision,
    suppress,
    to_stored,
)
from uunet.errors import DetectionError
from uunet.types import Detection, Layout, Picture

CX, CY, HEIGHT = 190.0, 130.0, 60.0


@pytest.fixture(scope="module")
def detector() -> CenterFaceDetector:
    return CenterFaceDetector(0.3)


def scene(width: int = 320, height: int = 240) -> Image:
    image = street(width, height)
    draw(image, CX, CY, HEIGHT)
    return image


def check(found: list[Detection], cx: float = CX, cy: float = CY, height: float = HEIGHT) -> None:
    assert len(found) == 1, found
    box = found[0]
    assert abs((box.x0 + box.x1) / 2 - cx) < 0.15 * height
    assert abs((box.y0 + box.y1) / 2 - cy) < 0.15 * height
    assert 0.7 * height < box.y1 - box.y0 < 1.3 * height
    assert 0.3 <= box.score <= 1


def test_eight_bits_find_what_full_precision_finds(detector: CenterFaceDetector) -> None:
    exact = CenterFaceDetector(0.3, engine=full_precision())
    image = street(640, 480)
    for cx, cy, height in ((90.0, 100.0, 30.0), (250.0, 150.0, 60.0), (450.0, 250.0, 140.0)):
        draw(image, cx, cy, height)
    shown = picture(image)
    wanted, found = (sorted(d.detect(shown, 0, 0), key=lambda f: f.x0) for d in (exact, detector))
    assert len(wanted) == len(found) >= 2
    for a, b in zip(wanted, found, strict=True):
        assert abs(a.score - b.score) < 0.2  # drawn faces; of real ones 0.05
        corners = np.subtract((a.x0, a.y0, a.x1, a.y1), (b.x0, b.y0, b.x1, b.y1))
        assert np.abs(corners).max() < 0.08 * (a.y1 - a.y0)


LAYOUTS = [
    YUV444,
    YUV420,
    replace(YUV420, name="yuv420p10le", depth=10),
    replace(YUV444, name="yuv444p16le", depth=16),
    Layout("yuv411p", 8, 4, 1, True, True, "bt601"),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout(detector: CenterFaceDetector, layout: Layout) -> None:
    check(detector.detect(picture(scene(), layout), 0, 0))


@pytest.mark.parametrize("depth", [8, 16])
def test_rgb_as_it_is(detector: CenterFaceDetector, depth: int) -> None:
    image: Any = cv2.GaussianBlur(scene(), (0, 0), 0.7)  # as `picture` does
    deep = image if depth == 8 else image.astype(np.uint16) * 256
    blue, green, red = (deep[..., channel] for channel in range(3))
    shown = Picture((green, blue, red), Layout("gbrp", depth, 1, 1, True, True, "gbr"))
    found = detector.detect(shown, 0, 0)
    check(found)
    assert abs(found[0].score - detector.detect(picture(scene()), 0, 0)[0].score) < 0.05


@pytest.mark.parametrize("depth", [8, 12])
def test_grey_is_colour_without_colour(depth: int) -> None:
    detector = CenterFaceDetector(0.05)
    shown = picture(scene(), replace(YUV444, depth=depth))
    neutral = np.full_like(shown.planes[1], 128 << (depth - 8))
    colour = Picture((shown.planes[0], neutral, neutral), shown.layout)
    grey = Picture(shown.planes[:1], Layout("gray", depth, 1, 1, False, True, "bt709"))
    found = detector.detect(grey, 0, 0)
    assert found == detector.detect(colour, 0, 0)
    assert len(found) > 0


@pytest.mark.parametrize("size", [(320, 240), (333, 251), (641, 361)])
def test_odd_sizes(detector: CenterFaceDetector, size: tuple[int, int]) -> None:
    check(detector.detect(picture(scene(*size), YUV420), 0, 0))


@pytest.mark.parametrize("rotation", range(4))
def test_rotation(detector: CenterFaceDetector, rotation: int) -> None:
    upright = scene(352, 240)
    stored = np.ascontiguousarray(np.rot90(upright, -rotation))
    height, width = stored.shape[:2]
    where = {
        0: (CX, CY),
        1: (width - CY, CX),
        2: (width - CX, height - CY),
        3: (CY, height - CX),
    }[rotation]
    check(detector.detect(picture(stored), 0, rotation), *where)


def test_rotation_of_corners() -> None:
    """A pixel of the turned picture comes from the pixel that numpy took it from."""
    width, height = 5, 3
    labels = np.arange(width * height).reshape(height, width)
    for rotation in range(4):
        turned = np.rot90(labels, rotation)
        for y, x in np.ndindex(turned.shape):
            ((x0, y0, x1, y1),) = to_stored(np.array([[x, y, x + 1, y + 1.0]]), (width, height), rotation)
            assert (x1 - x0, y1 - y0) == (1, 1)
            assert labels[int(y0), int(x0)] == turned[y, x]


def test_scale_finds_smaller_faces() -> None:
    image = street(640, 480)
    draw(image, 300, 200, 13)
    shown = picture(image)
    engine = CenterFaceDetector(0.3)
    assert len(CenterFaceDetector(0.3, scale=2.0, engine=engine.engine).detect(shown, 0, 0)) == 1
    assert CenterFaceDetector(0.3, scale=0.5, engine=engine.engine).detect(shown, 0, 0) == []


def test_automatic_scale() -> None:
    assert automatic_scale((480, 270)) == 2.0
    assert automatic_scale((1, 1)) == 2.0
    assert 1.7 < automatic_scale((752, 416)) < 1.8
    assert automatic_scale((1280, 736)) == automatic_scale((3840, 2160)) == 1.0
    assert automatic_scale((7680, 4320)) == pytest.approx(0.518, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 900), (31, 33)])
def test_tiny_pictures(detector: CenterFaceDetector, size: tuple[int, int]) -> None:
    assert detector.detect(picture(street(*size), YUV420), 0, 0) == []


def test_edge_of_the_frame(detector: CenterFaceDetector) -> None:
    image = street(320, 240)
    draw(image, 12, 120, 70)  # a third of the face is outside
    found = detector.detect(picture(image), 0, 0)
    assert len(found) == 1
    assert found[0].x1 > 25


def test_colour_conversion() -> None:
    """Studio range and BT.709, against the textbook."""
    layout = Layout("yuv444p", 8, 1, 1, True, False, "bt709")
    red = (62.56, 102.30, 240.0)  # Y, Cb, Cr of (255, 0, 0) by ITU-R BT.709
    planes = tuple(np.full((32, 32), round(v), np.uint8) for v in red)
    rgb = np.empty((3, 32, 32), np.uint8)
    fill_rgb(Picture(planes, layout), rgb)
    np.testing.assert_allclose(rgb[:, 0, 0], (255, 0, 0), atol=2.5)
    grey = Picture((np.full((32, 32), 235, np.uint8),), Layout("gray", 8, 1, 1, False, False, "bt601"))
    fill_rgb(grey, rgb)
    np.testing.assert_allclose(rgb, 255, atol=1e-3)


def test_decoding_against_a_plain_one() -> None:
    rng = np.random.default_rng(1)
    heat = rng.uniform(0, 1, (1, 1, 12, 16)).astype(np.float32) ** 6
    extent = rng.uniform(0, 2, (1, 2, 12, 16)).astype(np.float32)
    offset = rng.uniform(-0.5, 0.5, (1, 2, 12, 16)).astype(np.float32)
    plain = []
    for r, c in np.argwhere(heat[0, 0] >= 0.3):
        h, w = np.exp(extent[0, :, r, c]) * 4
        cy, cx = (r + offset[0, 0, r, c] + 0.5) * 4, (c + offset[0, 1, r, c] + 0.5) * 4
        plain.append((float(heat[0, 0, r, c]), cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2))
    plain.sort(reverse=True)
    boxes, scores = _decode(heat, extent, offset, 0.3)
    np.testing.assert_allclose(scores, [p[0] for p in plain])
    np.testing.assert_allclose(boxes, [p[1:] for p in plain], rtol=1e-5, atol=1e-4)

    kept: list[int] = []
    for i, a in enumerate(boxes):
        if all(_iou(a, boxes[j]) < 0.3 for j in kept):
            kept.append(i)
    assert list(suppress(boxes, 0.3)) == kept
    assert 1 < len(kept) < len(boxes)


def test_a_box_within_another_may_stay_or_not() -> None:
    boxes = np.array([[0, 0, 10, 10], [2, 2, 5, 5], [8, 8, 20, 20]], float)
    assert list(suppress(boxes, 0.5)) == [0, 1, 2]
    assert list(suppress(boxes, 0.5, of_smaller=True)) == [0, 2]


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(w * h / (areas - w * h))


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0, float("nan")])
def test_threshold_out_of_range(threshold: float) -> None:
    with pytest.raises(DetectionError):
        CenterFaceDetector(threshold)


def test_scale_out_of_range() -> None:
    with pytest.raises(DetectionError):
        CenterFaceDetector(scale=0.0)
