"""The ROI message: the paper's text, UUB1 packets, payloads; golden bytes from vectors/message.json."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from uunet.errors import FaultError, MessageError
from uunet.message import (
    Contents,
    Header,
    UnreadableError,
    WindowMessage,
    pack,
    pack_plain,
    roi_key,
    unpack,
    unpack_plain,
    unwrap,
    wrap,
)
from uunet.types import Box, Segment

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "message.json").read_text())
KEY = roi_key("test pair")

BOXES = st.builds(Box, *[st.integers(0, 9_999_999)] * 2, *[st.integers(1, 9_999_999)] * 2)


@st.composite
def segments(draw: st.DrawFn, frames: int) -> Segment:
    first = draw(st.integers(0, frames - 1))
    last = draw(st.integers(first, frames - 1))
    centres = [draw(st.integers(0, 2047)) for _ in range(4)]
    return Segment(draw(st.integers(0, 63)), first, last, *centres, *[draw(st.integers(0, 511))] * 2)


@given(st.lists(BOXES, max_size=30))
def test_plain_round_trip(boxes: list[Box]) -> None:
    assert unpack_plain(pack_plain(boxes)) == boxes


def test_plain_is_the_papers() -> None:
    assert pack_plain([Box(10, 16, 9, 15), Box(25, 45, 8, 14)]) == b"2,10,16,9,15,25,45,8,14,"
    assert pack_plain([]) == b"0,"


@pytest.mark.parametrize("text", VECTORS["plain"]["bad"])
def test_plain_is_strict(text: str) -> None:
    with pytest.raises(UnreadableError) as info:
        unpack_plain(text.encode())
    assert info.value.verdict == "BAD_GRAMMAR"


@pytest.mark.parametrize("vector", VECTORS["plain"]["good"])
def test_plain_vectors(vector: dict[str, Any]) -> None:
    boxes = [Box(*numbers) for numbers in vector["boxes"]]
    assert pack_plain(boxes) == vector["text"].encode() and unpack_plain(vector["text"].encode()) == boxes


@pytest.mark.parametrize("box", [Box(-2, 0, 4, 4), Box(0, 0, 0, 4), Box(0, 0, 4, 10**7)])
def test_plain_writes_nothing_that_it_could_not_read(box: Box) -> None:
    with pytest.raises(MessageError):
        pack_plain([box])


@given(st.binary(max_size=40))
def test_plain_never_fails_otherwise(text: bytes) -> None:
    try:
        assert pack_plain(unpack_plain(text)) == text
    except UnreadableError as error:
        assert error.verdict == "BAD_GRAMMAR"


@given(st.data(), st.integers(1, 127), st.integers(0, 10**6))
def test_packets_round_trip(data: st.DataObject, frames: int, window: int) -> None:
    given_segments = tuple(data.draw(st.lists(segments(frames), max_size=13)))
    packets = pack(window, b"video id", given_segments, KEY, frames=frames)
    assert len(packets) == max(-(-len(given_segments) // 4), 1) and {len(p) for p in packets} == {64}
    message = WindowMessage(b"video id", window % 65536, frames, given_segments)
    shuffled = data.draw(st.permutations(packets))
    assert unpack([*shuffled, packets[0], b"junk", bytes(64)], KEY) == message


def test_a_missing_part_is_said() -> None:
    piece = Segment(1, 0, 47, 100, 200, 300, 400, 50, 60)
    packets = pack(7, b"video id", [replace(piece, track=i) for i in range(10)], KEY, frames=48)
    message = unpack([packets[2], packets[0]], KEY)
    assert not message.complete
    assert [s.track for s in message.segments] == [0, 1, 2, 3, 8, 9]


@given(st.integers(0, 63), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at: int, change: int) -> None:
    (packet,) = pack(7, b"video id", [Segment(1, 0, 47, 100, 200, 300, 400, 50, 60)], KEY, frames=48)
    changed = packet[:at] + bytes((packet[at] ^ change,)) + packet[at + 1 :]
    with pytest.raises(UnreadableError) as info:
        unpack([changed], KEY)
    assert info.value.verdict == ("UNSUPPORTED_VERSION" if at == 0 and change >> 4 else "BAD_MAC")


@pytest.mark.parametrize("vector", VECTORS["packets"]["good"], ids=lambda v: v["about"])
def test_packet_vectors(vector: dict[str, Any]) -> None:
    key = roi_key(vector["pair"])
    assert key.hex() == vector["key"]
    pieces = tuple(Segment(**values) for values in vector["segments"])
    video_id = bytes.fromhex(vector["video_id"])
    packets = pack(vector["window"], video_id, pieces, key, frames=vector["frames"])
    assert [p.hex() for p in packets] == vector["packets"]
    assert [asdict(s) for s in unpack(packets, key).segments] == vector["segments"]


@pytest.mark.parametrize("vector", VECTORS["packets"]["bad"], ids=lambda v: v["about"])
def test_bad_packet_vectors(vector: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError) as info:
        unpack([bytes.fromhex(p) for p in vector["packets"]], roi_key(vector["pair"]))
    assert info.value.verdict == vector["verdict"]
    assert info.value.hint


@pytest.mark.parametrize(
    ("pieces", "frames", "video_id"),
    [
        ([Segment(64, 0, 1, 0, 0, 0, 0, 0, 0)], 48, b"video id"),
        ([Segment(0, 5, 4, 0, 0, 0, 0, 0, 0)], 48, b"video id"),
        ([Segment(0, 0, 48, 0, 0, 0, 0, 0, 0)], 48, b"video id"),
        ([Segment(0, 0, 1, 2048, 0, 0, 0, 0, 0)], 48, b"video id"),
        ([Segment(0, 0, 1, 0, 0, 0, -1, 0, 0)], 48, b"video id"),
        ([Segment(0, 0, 1, 0, 0, 0, 0, 0, 512)], 48, b"video id"),
        ([], 0, b"video id"),
        ([], 128, b"video id"),
        ([], 48, b"short"),
    ],
)
def test_what_no_packet_can_hold_is_a_fault(pieces: list[Segment], frames: int, video_id: bytes) -> None:
    with pytest.raises(FaultError):
        pack(0, video_id, pieces, KEY, frames=frames)


def test_too_many_regions() -> None:
    with pytest.raises(MessageError, match="1025 pieces") as caught:
        pack(0, b"video id", [Segment(0, 0, 1, 0, 0, 0, 0, 0, 0)] * 1025, KEY, frames=48)
    assert "1024" in caught.value.hint


def test_the_most_that_fits() -> None:
    pieces = tuple(Segment(i % 64, 0, 70, 1, 2, 3, 4, 5, 6) for i in range(1024))
    packets = pack(1, b"video id", pieces, KEY, frames=71)
    assert len(packets) == 256 and unpack(packets, KEY).segments == pieces


@given(
    st.none() | st.binary(max_size=50),
    st.lists(st.binary(max_size=70), max_size=3),
    st.none() | st.builds(Header, st.text(max_size=20), st.text(max_size=20), st.integers(1, 99)),
    st.lists(st.binary(max_size=9), max_size=3),
)
def test_payloads_round_trip(
    plain: bytes | None, packets: list[bytes], header: Header | None, unknown: list[bytes]
) -> None:
    assume(all(u[:1] not in (b"\x01", b"\x02", b"\x03") for u in unknown))
    contents = Contents(plain, tuple(packets), header)
    assert unwrap([*wrap(contents), *unknown]) == contents


def test_payload_bytes() -> None:
    wrapped = wrap(Contents(b"0,", (b"packet",), Header("pérez", "p1")))
    assert wrapped == (
        b'\x03{"format":1,"model":"p\\u00e9rez","pair":"p1"}',
        b"\x010,",
        b"\x02packet",
    )


@pytest.mark.parametrize("vector", VECTORS["headers"]["bad"])
def test_bad_headers(vector: str) -> None:
    with pytest.raises(UnreadableError) as info:
        unwrap([b"\x03" + vector.encode()])
    assert info.value.verdict == "BAD_GRAMMAR"
