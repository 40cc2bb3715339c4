"""`lsb`: round trips at every depth and size, what stays untouched, damage, golden bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uunet.conceal import hide_lsb, reveal_lsb
from uunet.conceal.lsb import capacity
from uunet.errors import MessageError
from uunet.types import Layout, Picture, Plane

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "conceal.json").read_text())


def noise(width: int, height: int, depth: int, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    planes: list[Plane] = [
        rng.integers(0, 1 << depth, (height, width), np.uint8 if depth == 8 else np.uint16) for _ in range(3)
    ]
    return Picture(tuple(planes), Layout("yuv444p", depth, 1, 1, True, False, "bt709"))


@given(st.binary(max_size=400), st.binary(max_size=32), st.sampled_from([8, 9, 10, 12, 16]))
def test_round_trip(payload: bytes, key: bytes, depth: int) -> None:
    picture = noise(161, 91, depth)
    hidden = hide_lsb(picture, payload, key)
    assert reveal_lsb(hidden, key) == payload
    assert reveal_lsb(hidden, key + b"?") is None
    before, after = picture.planes[0], hidden.planes[0]
    assert after.dtype == before.dtype and (after >> 1 == before >> 1).all()
    assert hidden.planes[1:] == picture.planes[1:] and hidden.layout == picture.layout


@pytest.mark.parametrize("size", [(1, 1), (16, 8), (40, 30), (64, 64), (200, 100), (640, 360)])
def test_capacity_is_exact(size: tuple[int, int]) -> None:
    picture = noise(*size, 8)
    room = capacity(size[0] * size[1])
    with pytest.raises(MessageError, match="do not fit") as info:
        hide_lsb(picture, bytes(max(room, -1) + 1), b"key")
    assert "sei" in info.value.hint
    if room >= 0:
        payload = np.random.default_rng(1).bytes(room)
        assert reveal_lsb(hide_lsb(picture, payload, b"key"), b"key") == payload
    else:
        assert reveal_lsb(picture, b"key") is None


def test_nothing_is_read_where_nothing_was_written() -> None:
    flat = noise(64, 64, 8)
    flat = Picture((np.zeros_like(flat.planes[0]),), flat.layout)
    for key in range(300):
        assert reveal_lsb(noise(64, 64, 8, key), b"%d" % key) is None
    assert reveal_lsb(flat, b"key") is None


@pytest.mark.parametrize("damaged", [10, 20, 1500])
def test_damage_is_mended_or_refused(damaged: int) -> None:
    payload = bytes(range(200))
    hidden = hide_lsb(noise(160, 120, 8), payload, b"key")
    luma = hidden.planes[0].copy()
    rng = np.random.default_rng(2)
    # single samples among 19,200, of which about 1,900 carry a bit
    luma.reshape(-1)[rng.choice(luma.size, damaged * 4, replace=False)] ^= 1
    read = reveal_lsb(Picture((luma,), hidden.layout), b"key")
    assert read == (payload if damaged < 100 else None)


@pytest.mark.parametrize("vector", VECTORS["lsb"], ids=lambda v: v["about"])
def test_vectors(vector: dict[str, Any]) -> None:
    width, height = vector["size"]
    luma = np.zeros((height, width), np.uint8)
    picture = Picture((luma,), Layout("gray", 8, 1, 1, False, True, "bt709"))
    key, payload = bytes.fromhex(vector["key"]), bytes.fromhex(vector["payload"])
    hidden = hide_lsb(picture, payload, key)
    assert np.packbits(hidden.planes[0]).tobytes().hex() == vector["luma_bits"]
    assert reveal_lsb(hidden, key) == payload
