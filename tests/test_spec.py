"""A second implementation of the carriers, written from SPEC.md alone, meets the golden bytes."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reedsolo import RSCodec

from uunet.conceal import fec, spread

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "conceal.json").read_text())
SPEC = (Path(__file__).parent.parent / "SPEC.md").read_text()


def row(name: str) -> list[float]:
    """The numbers of a row of SPEC.md's table of sizes."""
    line = next(line for line in SPEC.splitlines() if line.startswith(f"| {name} |"))
    return [float(cell) for cell in line.split("|")[2:-1]]


SALTS = dict(zip(row("size"), row("SALT"), strict=True))


def words(key: bytes, purpose: str, count: int) -> list[int]:
    stream = hashlib.shake_256(purpose.encode() + b"\x00" + key).digest(4 * count)
    return [int.from_bytes(stream[4 * i : 4 * i + 4], "big") for i in range(count)]


def permutation(key: bytes, purpose: str, count: int) -> list[int]:
    drawn = words(key, purpose, count)
    return sorted(range(count), key=lambda i: (drawn[i], i))


def bits_of(data: bytes) -> list[int]:
    return [byte >> (7 - i) & 1 for byte in data for i in range(8)]


def coded(message: bytes, size: int) -> list[int]:
    filled = message.ljust(size, b"\x00")
    bits = bits_of(filled + zlib.crc32(filled).to_bytes(4, "big"))
    m = len(bits)
    ends = [i for i in range(m) for _ in range((6 if i < m // 3 else 3) + (i >= m - m % 3))]
    shuffled = [ends[k] for k in permutation(b"", f"uunet ira {m} {SALTS[size]:g}", 4 * m)]
    parity, last = [], 0
    for j in range(m):
        last = (last + sum(bits[end] for end in shuffled[4 * j : 4 * j + 4])) % 2
        parity.append(last)
    return bits + parity


def test_tables() -> None:
    assert row("size") == list(fec.SIZES)
    steps = zip(row("Δ, gentle"), row("Δ, stronger"), row("Δ, strongest"), strict=True)
    assert dict(zip(fec.SIZES, steps, strict=True)) == spread._DELTAS


@pytest.mark.parametrize("vector", VECTORS["fec"], ids=lambda v: v["data"][:8])
def test_error_correction(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["data"])
    assert coded(data, len(data)) == bits_of(bytes.fromhex(vector["coded"]))


@pytest.mark.parametrize("vector", VECTORS["spread"]["vectors"], ids=lambda v: v["about"])
def test_spread(vector: dict[str, Any]) -> None:
    key, size, step = bytes.fromhex(vector["key"]), vector["size"], vector["step"]
    bits = coded(bytes.fromhex(vector["message"]), size)
    places = permutation(key, f"uunet spread {size} places", len(bits))
    dither = [word / 2**32 for word in words(key, f"uunet spread {size} dither", len(bits))]
    pairs = [(u, v) for u in range(192) for v in range(320) if 25 * u * u + 9 * v * v >= 1600]
    pairs.sort(key=lambda uv: (25 * uv[0] ** 2 + 9 * uv[1] ** 2, uv[0]))
    y, x = np.mgrid[:192, :320]
    host = ((7 * x + 13 * y) % 64 + (5 * (x // 16) + 3 * (y // 16)) % 128).astype(float)
    for i, place in enumerate(vector["places"]):
        assert place == places[i]
        u, v = pairs[place]
        down = np.cos(math.pi * u * (2 * np.arange(192) + 1) / 384) * math.sqrt((2 if u else 1) / 192)
        across = np.cos(math.pi * v * (2 * np.arange(320) + 1) / 640) * math.sqrt((2 if v else 1) / 320)
        value = float(down @ host @ across)
        point = round(value / step - dither[i] - bits[i] / 2) + dither[i] + bits[i] / 2
        assert value == pytest.approx(vector["host"][i], abs=1e-3)
        assert point * step == pytest.approx(vector["marked"][i], abs=1e-3)


@pytest.mark.parametrize("vector", VECTORS["lsb"], ids=lambda v: v["about"])
def test_lsb(vector: dict[str, Any]) -> None:
    key, payload = bytes.fromhex(vector["key"]), bytes.fromhex(vector["payload"])
    codes = [RSCodec(checks, prim=0x11D, fcr=0, generator=2) for checks in (8, 32)]
    head = codes[0].encode(len(payload).to_bytes(2, "big"))
    body = codes[1].encode(payload + zlib.crc32(payload).to_bytes(4, "big"))
    bits = bits_of(bytes(head) + bytes(body))
    samples = vector["size"][0] * vector["size"][1]
    places = list(dict.fromkeys(w * samples >> 32 for w in words(key, "uunet lsb", 9 * len(bits))))
    luma = [0] * samples
    for place, bit, word in zip(places, bits, words(key, "uunet lsb mask", len(bits)), strict=False):
        luma[place] = bit ^ word >> 31
    assert luma == bits_of(bytes.fromhex(vector["luma_bits"]))
