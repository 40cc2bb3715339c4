"""Compact messages: round trip, size, what does not fit, broken input; golden bytes in vectors."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uunet.errors import FaultError
from uunet.message import UnreadableError, WindowMessage, pack_compact, roi_key, unpack_compact
from uunet.types import Segment

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "compact.json").read_text())
KEY = roi_key("test pair")
FACE = Segment(1, 0, 47, 100, 200, 100, 200, 300, 300)


@st.composite
def segments(draw: st.DrawFn, frames: int) -> Segment:
    whole = draw(st.booleans())
    first = 0 if whole else draw(st.integers(0, frames - 1))
    last = frames - 1 if whole else draw(st.integers(first, frames - 1))
    starts = [draw(st.integers(0, limit)) for limit in (2047, 2047, 511)]
    reach = draw(st.sampled_from([0, 4, 40, 3000]))
    ends = [
        min(max(start + draw(st.integers(-reach, reach)), 0), limit)
        for start, limit in zip(starts, (2047, 2047, 511), strict=True)
    ]
    return Segment(
        draw(st.integers(0, 63)), first, last, starts[0], starts[1], ends[0], ends[1], starts[2], ends[2]
    )


@given(st.data(), st.integers(1, 127), st.integers(0, 10**6), st.integers(0, 9))
def test_round_trip(data: st.DataObject, frames: int, window: int, filling: int) -> None:
    pieces = tuple(data.draw(st.lists(segments(frames), max_size=25)))
    packed = pack_compact(window, b"video id", pieces, KEY, frames=frames)
    message = WindowMessage(b"video id", window % 65536, frames, pieces)
    assert unpack_compact(packed + bytes(filling), KEY) == message


def test_sizes() -> None:
    moving = replace(FACE, cx1=110, cy1=190, s1=303)
    sizes = [len(pack_compact(0, b"video id", [moving] * n, KEY, frames=48)) for n in (0, 1, 4, 10, 20)]
    assert sizes == [17, 24, 44, 84, 150]


def test_what_does_not_fit_is_left_out_and_said() -> None:
    pieces = [replace(FACE, track=i) for i in range(20)]
    packed = pack_compact(3, b"video id", pieces, KEY, frames=48, limit=64)
    assert len(packed) <= 64
    message = unpack_compact(packed, KEY)
    assert not message.complete and message.segments == tuple(pieces[-9:])
    assert (
        unpack_compact(pack_compact(3, b"video id", [FACE] * 300, KEY, frames=48), KEY).segments
        == (FACE,) * 255
    )


@given(st.integers(0, 500), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at: int, change: int) -> None:
    packed = pack_compact(3, b"video id", [FACE, replace(FACE, last=3, cx1=900)], KEY, frames=48)
    at %= len(packed)
    with pytest.raises(UnreadableError):
        unpack_compact(packed[:at] + bytes((packed[at] ^ change,)) + packed[at + 1 :], KEY)


@given(st.binary(max_size=80))
def test_junk(junk: bytes) -> None:
    for message in (junk, b"\x13" + junk):
        with pytest.raises(UnreadableError):
            unpack_compact(message, KEY)


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda v: v["about"])
def test_vectors(vector: dict[str, Any]) -> None:
    key = roi_key(vector["pair"])
    pieces = [Segment(**values) for values in vector["segments"]]
    video_id = bytes.fromhex(vector["video_id"])
    packed = pack_compact(vector["window"], video_id, pieces, key, frames=vector["frames"])
    assert packed.hex() == vector["message"]
    assert [asdict(piece) for piece in unpack_compact(packed, key).segments] == vector["segments"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda v: v["about"])
def test_bad_vectors(vector: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError) as info:
        unpack_compact(bytes.fromhex(vector["message"]), roi_key(vector["pair"]))
    assert info.value.verdict == vector["verdict"]


def test_refusals() -> None:
    for frames, video_id, piece in ((0, b"video id", FACE), (48, b"short", FACE), (40, b"video id", FACE)):
        with pytest.raises(FaultError):
            pack_compact(0, video_id, [piece], KEY, frames=frames)
