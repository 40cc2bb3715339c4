"""`spread`: what is written is read, after real encoders too; it is gentle; it reads nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spread_media import applied, encoded, luma_of, psnr, public, scene
from uunet.conceal import SPREAD_CAPACITY, SpreadMark, fec, grid, spread
from uunet.conceal.mark import mean_thumbnail
from uunet.errors import MessageError
from uunet.types import Mark, Plane

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "conceal.json").read_text())[
    "spread"
]
KEY = b"a key"


def mean(lumas: list[Any], depth: int = 8) -> grid.Thumbnail:
    return mean_thumbnail(grid.thumbnail(luma, depth) for luma in lumas)


def message(size: int, seed: int = 0) -> bytes:
    return np.random.default_rng([size, seed]).bytes(size)


@pytest.mark.parametrize("attempt", range(spread.STRENGTHS))
@pytest.mark.parametrize("size", [0, 1, 24, 25, 60, 96, 128, 160, 190, 256, 300, SPREAD_CAPACITY])
def test_what_is_written_is_read(size: int, attempt: int) -> None:
    lumas = scene(6)
    mark: Mark = SpreadMark(message(size), KEY, (320, 240))
    marked = luma_of(applied(mark, public(lumas), attempt))
    reading = spread.reveal(mean(marked), KEY)
    assert reading is not None
    assert reading.message.rstrip(b"\x00") == message(size).rstrip(b"\x00")
    assert len(reading.message) in fec.SIZES and reading.strength == attempt
    assert mark.survives(marked)
    assert spread.reveal(mean(marked), KEY + b"?") is None
    if attempt == 0:
        assert psnr(lumas, marked) >= 42.0


@pytest.mark.parametrize("size", [(128, 80), (160, 120), (161, 91), (240, 426), (1280, 720)])
def test_any_size_and_scale(size: tuple[int, int]) -> None:
    mark = SpreadMark(message(60), KEY, size)
    lumas = scene(3, size)
    marked = luma_of(applied(mark, public(lumas), 0))
    assert mark.survives(marked) and psnr(lumas, marked) >= 42.0
    for scale in (0.5, 1.7) if min(size) >= 160 else (1.7,):
        to = (round(size[0] * scale), round(size[1] * scale))
        scaled = [cv2.resize(y, to, interpolation=cv2.INTER_AREA) for y in marked]
        reading = spread.reveal(mean(scaled), KEY)
        assert reading is not None and reading.message.startswith(message(60))


@pytest.mark.parametrize("depth", [10, 12, 16])
def test_deep_pictures(depth: int) -> None:
    factor = np.uint16(1 << (depth - 8))
    lumas: list[Plane] = [np.asarray(y * factor, np.uint16) for y in scene(4)]
    mark = SpreadMark(message(60), KEY, (320, 240))
    marked = [frame.picture.planes[0] for frame in applied(mark, public(lumas, depth), 0)]
    assert all(y.dtype == np.uint16 and int(y.max()) < 1 << depth for y in marked)
    reading = spread.reveal(mean(marked, depth), KEY)
    assert reading is not None and reading.message.startswith(message(60))
    assert psnr(lumas, marked, (1 << depth) - 1) >= 42.0


@pytest.mark.parametrize("level", [16, 128, 235])
def test_flat_pictures(level: int) -> None:
    lumas = [np.full((240, 320), level, np.uint8)] * 3
    mark = SpreadMark(message(60), KEY, (320, 240))
    assert mark.survives(luma_of(applied(mark, public(lumas), 0)))


def test_a_mark_that_black_swallows_is_noticed() -> None:
    lumas = [np.zeros((240, 320), np.uint8)] * 3
    mark = SpreadMark(message(250), KEY, (320, 240))
    marked = luma_of(applied(mark, public(lumas), 0))
    assert min(int(y.min()) for y in marked) == 0 and not mark.survives(marked)


def test_the_rest_of_the_frame_stays() -> None:
    frames = public(scene(3))
    frames = [f.with_payloads((b"payload",)) for f in frames]
    before = [f.picture.planes[0].copy() for f in frames]
    marked = list(applied(SpreadMark(b"message", KEY, (320, 240)), frames, 0))
    for old, new, kept in zip(frames, marked, before, strict=True):
        assert (new.index, new.pts, new.payloads) == (old.index, old.pts, old.payloads)
        assert new.picture.layout == old.picture.layout and (old.picture.planes[0] == kept).all()
    changes = [n.picture.planes[0].astype(int) - o for n, o in zip(marked, before, strict=True)]
    assert all((c == changes[0]).mean() > 0.999 for c in changes)  # one change for all, but for clipping


@pytest.mark.parametrize(
    ("codec", "scale", "options"),
    [
        ("libx264", 1.0, {"crf": "23", "preset": "medium"}),
        ("libx264", 1.0, {"crf": "28", "preset": "medium"}),
        ("libx264", 0.5, {"crf": "23", "preset": "medium"}),
        ("libx265", 1.0, {"crf": "28", "preset": "veryfast", "x265-params": "log-level=none:pools=2"}),
        ("libsvtav1", 1.0, {"crf": "45", "preset": "10"}),
    ],
    ids=["x264-23", "x264-28", "half-x264-23", "x265-28", "av1-45"],
)
def test_a_second_encode(codec: str, scale: float, options: dict[str, str], monkeypatch: Any) -> None:
    monkeypatch.setenv("SVT_LOG", "1")
    lumas = scene(48, (480, 272))
    mark = SpreadMark(message(60), KEY, (480, 272))
    published = encoded(luma_of(applied(mark, public(lumas), 0)), crf="18", preset="veryfast")
    assert mark.survives(published)
    reading = spread.reveal(mean(encoded(published, codec, scale, **options)), KEY)
    assert reading is not None and reading.message.startswith(message(60))


@pytest.mark.parametrize("crf", ["18", "28"])
def test_where_the_first_frames_are_clear_the_others_are_not_asked_for(crf: str) -> None:
    """And where they say that it came through, all together say so too."""
    lumas = scene(32, (640, 360))
    mark = SpreadMark(message(40), KEY, (640, 360))
    decoded = encoded(luma_of(applied(mark, public(lumas), 0)), preset="veryfast", crf=crf)
    rest = iter(decoded)
    survives = mark.survives(rest)
    if crf == "18":
        assert survives and len(list(rest)) == 24
    whole = spread.reveal(mean(decoded), KEY)
    assert survives == (whole is not None and whole.error <= spread.MARGIN)


def test_where_the_first_frames_are_not_clear_all_are_read() -> None:
    mark = SpreadMark(message(40), KEY, (320, 240))
    marked = luma_of(applied(mark, public(scene(48)), 0))
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.normal(0, 5, (60, 80)), (320, 240), interpolation=cv2.INTER_CUBIC)
    spoilt = [np.clip(luma + coarse, 0, 255).astype(np.uint8) for luma in marked]
    beginning = iter([*spoilt[:8], *marked[8:]])
    assert mark.survives(beginning) and not list(beginning)
    assert not mark.survives(spoilt)


def test_stronger_attempts_bear_more() -> None:
    mark = SpreadMark(message(60), KEY, (320, 240))
    errors = []
    for attempt in range(mark.attempts):
        marked = luma_of(applied(mark, public(scene(24)), attempt))
        reading = spread.reveal(mean(encoded(marked, crf="28", preset="veryfast")), KEY)
        errors.append(1.0 if reading is None else reading.error)
    assert errors[2] < errors[1] < errors[0]


def test_nothing_is_read_where_nothing_was_written() -> None:
    lumas = scene(30)
    for seed in range(60):
        key = b"key %d" % seed
        picture = mean(lumas[seed % 20 : seed % 20 + 10])
        assert spread.reveal(picture, key) is None
        assert spread.score(picture, key) < 6
    assert spread.reveal(np.zeros((grid.HEIGHT, grid.WIDTH), np.float32), KEY) is None


def test_survives_asks_for_its_own_message() -> None:
    frames = public(scene(3))
    one, other = (SpreadMark(message(60, seed), KEY, (320, 240)) for seed in (1, 2))
    assert not one.survives(luma_of(applied(other, frames, 0)))
    assert not one.survives(scene(3))


def test_refusals() -> None:
    with pytest.raises(MessageError, match="too small") as info:
        SpreadMark(b"", KEY, (126, 400))
    assert "sei" in info.value.hint
    with pytest.raises(MessageError, match="does not fit"):
        SpreadMark(bytes(SPREAD_CAPACITY + 1), KEY, (320, 240))
    mark = SpreadMark(b"", KEY, (320, 240))
    with pytest.raises(MessageError, match="another size"):
        applied(mark, public(scene(1, (322, 240))), 0)
    with pytest.raises(MessageError, match="no frames"):
        applied(mark, [], 0)


def test_the_transform_is_orthonormal() -> None:
    vector = np.random.default_rng(0).normal(0, 5, grid.COEFFICIENTS)
    picture = grid.picture(vector)
    assert np.allclose(grid.coefficients(picture), vector, atol=1e-4)
    assert np.isclose((picture.astype(float) ** 2).sum(), (vector**2).sum(), rtol=1e-5)
    assert np.allclose(grid.coefficients(np.full((grid.HEIGHT, grid.WIDTH), 77, np.float32)), 0, atol=1e-9)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["about"])
def test_vectors(vector: dict[str, Any]) -> None:
    y, x = np.mgrid[: grid.HEIGHT, : grid.WIDTH]
    host = ((7 * x + 13 * y) % 64 + (5 * (x // 16) + 3 * (y // 16)) % 128).astype(np.float32)
    key, hidden = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
    coefficients = grid.coefficients(host)
    places = vector["places"]
    assert spread.fitting_size(hidden) == vector["size"]
    assert coefficients[places].tolist() == pytest.approx(vector["host"], abs=1e-3)
    change = spread.change_for(host, hidden, key, vector["strength"])
    # the format says which lattice a bit belongs to; how far a writer goes towards it is the writer's affair
    emphasis = 1 + np.minimum(0.1 * grid.frequencies(), 0.3)
    assert (coefficients + change / emphasis)[places].tolist() == pytest.approx(vector["marked"], abs=1e-3)
    turns = np.array(vector["marked"]) / vector["step"] - np.array(vector["dither"])
    assert np.abs(2 * turns - np.round(2 * turns)).max() < 1e-3
