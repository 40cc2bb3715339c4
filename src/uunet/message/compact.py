"""The message of a whole window in as few bytes as possible: in its carrier every bit costs visibility.

The same values as the window's UUB1 packets: one header, and slots of 40 to 85 bits instead of 82 each.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from uunet.errors import FaultError
from uunet.message.packet import MAX_FRAMES, VIDEO_ID_BYTES, WindowMessage, check_segment, mac
from uunet.message.verdict import FORMAT, UnreadableError, grammar
from uunet.types import Segment

_KIND_COMPACT = 3
_HEADER_BYTES = 13
_MAC_BYTES = 4  # the carrier has a CRC-32 of its own
_MORE = 128  # in the byte of the frames: there are more segments than these
_MAX_SEGMENTS = 255

# motion class: bits of the signed differences of cx, cy and s; class 3 has the three end values themselves
_STEPS = ((0, 0, 0), (5, 5, 3), (8, 8, 6))
_ABSOLUTE = (11, 11, 9)


def pack_compact(
    window: int,
    video_id: bytes,
    segments: Sequence[Segment],
    key: bytes,
    *,
    frames: int,
    limit: int | None = None,
) -> bytes:
    """The message of one window; nothing is rounded.

    Args:
        window, video_id, segments, key, frames: as for `pack`.
        limit: bytes that the message may have, at least 28 (one segment always fits); segments at the
            beginning, which are the smallest, are left out if they have no place, and the message says so.

    Raises:
        FaultError: something is out of range.
    """
    if len(video_id) != VIDEO_ID_BYTES or not 1 <= frames <= MAX_FRAMES or window < 0:
        raise FaultError(f"no message for window {window} of {frames} frames")
    bits = ""
    count = 0
    for segment in segments[: -_MAX_SEGMENTS - 1 : -1]:
        check_segment(segment, frames)
        slot = _pack_slot(segment, frames)
        if limit is not None and _HEADER_BYTES + -(-len(bits + slot) // 8) + _MAC_BYTES > limit:
            break
        bits = slot + bits
        count += 1
    more = _MORE if count < len(segments) else 0
    bits += "0" * (-len(bits) % 8)
    body = b"".join(
        (
            bytes((FORMAT << 4 | _KIND_COMPACT,)),
            video_id,
            (window & 0xFFFF).to_bytes(2, "big"),
            bytes((frames | more, count)),
            int(bits or "0", 2).to_bytes(len(bits) // 8, "big"),
        )
    )
    return body + mac(body, key, _MAC_BYTES)


def unpack_compact(message: bytes, key: bytes) -> WindowMessage:
    """What a compact message says; zero bytes may follow it.

    Raises:
        UnreadableError: UNSUPPORTED_VERSION, BAD_MAC or BAD_GRAMMAR.
    """
    if len(message) < _HEADER_BYTES + _MAC_BYTES:
        raise grammar("a compact message is too short")
    if message[0] != FORMAT << 4 | _KIND_COMPACT:
        raise UnreadableError(
            "UNSUPPORTED_VERSION", f"a message of kind {message[0]} is unknown", "use a newer uunet"
        )
    frames, count = message[11] & ~_MORE, message[12]
    bits = "".join(f"{byte:08b}" for byte in message[_HEADER_BYTES:])
    at, segments = 0, []
    for _ in range(count):
        segment, at = _unpack_slot(bits, at, frames)
        segments.append(segment)
    end = _HEADER_BYTES + -(-at // 8)
    # the MAC's place depends on what it protects: whatever it is read from, only an intact message passes
    if not hmac.compare_digest(message[end : end + _MAC_BYTES], mac(message[:end], key, _MAC_BYTES)):
        raise UnreadableError(
            "BAD_MAC", "the message does not match the model pair", "use the decoder of the right pair"
        )
    if any(message[end + _MAC_BYTES :]) or "1" in bits[at : 8 * (end - _HEADER_BYTES)]:
        raise grammar("a compact message is not filled up with zeros")
    if any(not piece.first <= piece.last < frames for piece in segments) or not frames:
        raise grammar("a segment lies outside its window")
    window = int.from_bytes(message[9:11], "big")
    return WindowMessage(message[1:9], window, frames, tuple(segments), not message[11] & _MORE)


def _pack_slot(segment: Segment, frames: int) -> str:
    bits = f"{segment.track:06b}{segment.cx0:011b}{segment.cy0:011b}{segment.s0:09b}"
    whole = segment.first == 0 and segment.last == frames - 1
    bits += "0" if whole else f"1{segment.first:07b}{segment.last:07b}"
    steps = (segment.cx1 - segment.cx0, segment.cy1 - segment.cy0, segment.s1 - segment.s0)
    for motion, widths in enumerate(_STEPS):
        if all(-(1 << w >> 1) <= d < (1 << w >> 1) or d == 0 for d, w in zip(steps, widths, strict=True)):
            fields = [f"{d & (1 << w) - 1:0{w}b}" for d, w in zip(steps, widths, strict=True) if w]
            return bits + f"{motion:02b}" + "".join(fields)
    return bits + f"11{segment.cx1:011b}{segment.cy1:011b}{segment.s1:09b}"


def _unpack_slot(bits: str, at: int, frames: int) -> tuple[Segment, int]:
    """The slot that begins at bit `at`, and where it ends."""

    def take(width: int) -> int:
        nonlocal at
        if at + width > len(bits):
            raise grammar("a compact message ends inside a segment")
        at += width
        return int(bits[at - width : at] or "0", 2)

    track, cx0, cy0, s0 = take(6), take(11), take(11), take(9)
    first, last = (take(7), take(7)) if take(1) else (0, frames - 1)
    motion = take(2)
    if motion == len(_STEPS):
        ends = [take(width) for width in _ABSOLUTE]
    else:
        ends = [
            start + (take(width) ^ (1 << width >> 1)) - (1 << width >> 1)
            for start, width in zip((cx0, cy0, s0), _STEPS[motion], strict=True)
        ]
    if any(not 0 <= end < 1 << width for end, width in zip(ends, _ABSOLUTE, strict=True)):
        raise grammar("a segment ends outside the frame")
    return Segment(track, first, last, cx0, cy0, ends[0], ends[1], s0, ends[2]), at
