"""Packets `UUB1`: the paths of all regions of one window in 64 bytes each, self-contained, authenticated."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from uunet.errors import FaultError, MessageError
from uunet.message.verdict import FORMAT, UnreadableError, grammar
from uunet.types import Segment

PACKET_BYTES = 64
VIDEO_ID_BYTES = 8
SLOTS = 4  # segments in a packet
MAX_PARTS = 256  # packets in a window
MAX_FRAMES = 127  # frames in a window

_KIND_TRACKS = 0
_SLOT_BYTES = 10
_SLOTS_AT = 13
_MAC_AT = 56
# field of Segment, its bits in the slot; the seventh bits of first and last are in byte 54
_SLOT_FIELDS = (
    ("track", 6),
    ("first", 6),
    ("last", 6),
    ("cx0", 11),
    ("cy0", 11),
    ("cx1", 11),
    ("cy1", 11),
    ("s0", 9),
    ("s1", 9),
)
_WHOLE_FIELDS = dict(_SLOT_FIELDS) | {"first": 7, "last": 7}


def roi_key(pair_id: str) -> bytes:
    """K_roi, 32 bytes, from the public name of a model pair.

    Whoever has the public model's card can compute it. It tells a damaged packet, or one of another pair,
    from a good one; it stops nobody who wants to forge or read messages.
    """
    return hmac.digest(b"UUB1 K_roi", pair_id.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class WindowMessage:
    """What the packets of one window say.

    Attributes:
        video_id: 8 bytes, the same in all windows of a video.
        window: the window's number modulo 65536.
        frames: how many frames the window has.
        segments: the paths of all regions, in the order in which they were packed.
        complete: False if there are more segments, which were not among what was read.
    """

    video_id: bytes
    window: int
    frames: int
    segments: tuple[Segment, ...]
    complete: bool = True


def pack(
    window: int, video_id: bytes, segments: Sequence[Segment], key: bytes, *, frames: int
) -> list[bytes]:
    """The `UUB1` packets of one window, at least one: four segments a packet, 64 bytes each.

    Nothing is rounded: `unpack` gives back the very segments.

    Args:
        window: its number, any natural.
        video_id: 8 bytes.
        segments: at most 1024.
        key: K_roi, see `roi_key`.
        frames: how many frames the window has, 1..127; every segment ends before.

    Raises:
        MessageError: there are too many segments.
        FaultError: a segment or another argument is out of range.
    """
    parts = max(-(-len(segments) // SLOTS), 1)
    if len(video_id) != VIDEO_ID_BYTES or not 1 <= frames <= MAX_FRAMES or window < 0:
        raise FaultError(f"no packet for window {window} of {frames} frames")
    if parts > MAX_PARTS:
        raise MessageError(
            f"window {window} has {len(segments)} pieces of paths, more than its message can name",
            f"no more than {MAX_PARTS * SLOTS} in {frames} frames: raise --threshold, or thin out --boxes",
        )
    packets = []
    for part in range(parts):
        chunk = segments[part * SLOTS : (part + 1) * SLOTS]
        slots, high = b"", 0
        for i, segment in enumerate(chunk):
            check_segment(segment, frames)
            slots += _pack_slot(segment)
            high |= ((segment.first >> 6) << 1 | segment.last >> 6) << (6 - 2 * i)
        body = b"".join(
            (
                bytes((FORMAT << 4 | _KIND_TRACKS,)),
                video_id,
                (window & 0xFFFF).to_bytes(2, "big"),
                bytes((part, len(chunk))),
                slots.ljust(SLOTS * _SLOT_BYTES, b"\x00"),
                bytes((frames, high, parts - 1)),
            )
        )
        packets.append(body + mac(body, key))
    return packets


def unpack(packets: Iterable[bytes], key: bytes) -> WindowMessage:
    """What the packets of one window say; order and repetitions don't matter, damaged ones are passed over.

    Raises:
        UnreadableError: NO_MESSAGE without packets; the first packet's fault if none is good; BAD_GRAMMAR if
            good packets contradict one another.
    """
    parts: dict[int, WindowMessage] = {}
    faults: list[UnreadableError] = []
    total = 0
    for packet in packets:
        try:
            part, parts_of_this, message = _unpack_packet(packet, key)
        except UnreadableError as fault:
            faults.append(fault)
            continue
        total = total or parts_of_this
        first = next(iter(parts.values()), message)
        same = (message.video_id, message.window, message.frames) == (
            first.video_id,
            first.window,
            first.frames,
        )
        if not same or parts_of_this != total or parts.setdefault(part, message) != message:
            raise grammar("the packets belong to different windows")
    if not parts:
        raise (
            faults[0]
            if faults
            else UnreadableError(
                "NO_MESSAGE", "there is no packet", "the file may not come from uunet, or its message is lost"
            )
        )
    any_part = next(iter(parts.values()))
    return WindowMessage(
        any_part.video_id,
        any_part.window,
        any_part.frames,
        tuple(segment for part in sorted(parts) for segment in parts[part].segments),
        len(parts) == total,
    )


def _unpack_packet(packet: bytes, key: bytes) -> tuple[int, int, WindowMessage]:
    """(part, parts, the message of this packet alone)."""
    if len(packet) != PACKET_BYTES:
        raise grammar(f"a packet has {len(packet)} bytes instead of {PACKET_BYTES}")
    if packet[0] >> 4 != FORMAT:
        raise UnreadableError(
            "UNSUPPORTED_VERSION", f"packet format {packet[0] >> 4} is unknown", "use a newer uunet"
        )
    body = packet[:_MAC_AT]
    if not hmac.compare_digest(packet[_MAC_AT:], mac(body, key)):
        raise UnreadableError(
            "BAD_MAC", "the packet does not match the model pair", "use the decoder of the right pair"
        )
    if packet[0] & 15 != _KIND_TRACKS:
        raise UnreadableError("UNSUPPORTED_VERSION", "the packet's kind is unknown", "use a newer uunet")
    part, k, frames, high, parts = packet[11], packet[12], packet[53], packet[54], packet[55] + 1
    if k > SLOTS or part >= parts or not 1 <= frames <= MAX_FRAMES:
        raise grammar("a packet's counters contradict one another")
    segments = []
    for i in range(k):
        at = _SLOTS_AT + i * _SLOT_BYTES
        segment = _unpack_slot(packet[at : at + _SLOT_BYTES], high >> (6 - 2 * i) & 3)
        if not segment.first <= segment.last < frames:
            raise grammar("a segment lies outside its window")
        segments.append(segment)
    window = int.from_bytes(packet[9:11], "big")
    return part, parts, WindowMessage(packet[1:9], window, frames, tuple(segments))


def _pack_slot(segment: Segment) -> bytes:
    bits = 0
    for name, width in _SLOT_FIELDS:
        bits = bits << width | getattr(segment, name) & (1 << width) - 1
    return bits.to_bytes(_SLOT_BYTES, "big")


def _unpack_slot(slot: bytes, high: int) -> Segment:
    bits = int.from_bytes(slot, "big")
    values = {}
    for name, width in reversed(_SLOT_FIELDS):
        values[name] = bits & (1 << width) - 1
        bits >>= width
    values["first"] |= (high >> 1) << 6
    values["last"] |= (high & 1) << 6
    return Segment(**values)


def check_segment(segment: Segment, frames: int) -> None:
    """Raises FaultError for a segment that no packet can hold."""
    for item in fields(segment):
        if not 0 <= getattr(segment, item.name) < 1 << _WHOLE_FIELDS[item.name]:
            raise FaultError(f"{item.name} of {segment} has no place in a packet")
    if not segment.first <= segment.last < frames:
        raise FaultError(f"{segment} reaches out of its window of {frames} frames")


def mac(body: bytes, key: bytes, size: int = 8) -> bytes:
    """HMAC-SHA-256 of "UUB1" and the bytes before it, cut to `size` bytes."""
    return hmac.digest(key, b"UUB1" + body, "sha256")[:size]
