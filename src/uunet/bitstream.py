"""User data inside coded video: `insert` and `extract` packets' payloads without touching a pixel.

H.264 and HEVC carry them in SEI messages `user_data_unregistered` (ITU-T H.264 D.1.7, H.265 D.2.7), AV1 in
metadata OBUs of a type that is left to users (AV1 specification, 6.7.1). Each begins with `UUID`, so that
foreign user data is told apart. Copies between MP4, Matroska and MPEG-TS keep them, a transcode does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from uunet.errors import MessageError
from uunet.units import (
    Unit,
    escape,
    framed,
    is_slice,
    leb128,
    nal_type,
    nal_units,
    obu_type,
    obus,
    unescape,
)

UUID = bytes.fromhex("7575c3a94e6574d58b0f5555422f3031")
"""Marks user data as ours. Frozen: it stands in SPEC.md."""

CODECS = ("h264", "hevc", "av1")
AV1_METADATA_TYPE = 25
"""An "unregistered user private" metadata type (6..31). Frozen: it stands in SPEC.md."""

_SEI_UNREGISTERED = 5
_OBU_METADATA = 5
OBU_FRAMES = (3, 4, 6)
"""Types of AV1's units that hold a picture: frame header, tile group, frame."""


def insert(
    codec: str, packet: bytes, payloads: Sequence[bytes], *, annexb: bool, length_size: int = 4
) -> bytes:
    """The packet with user data put before its first coded slice (AV1: before its first frame).

    Args:
        codec: one of CODECS.
        packet: one access unit (AV1: temporal unit) as an encoder or a demuxer gives it.
        payloads: each up to any length; none returns the packet as it is.
        annexb: True where NAL units begin with start codes, as encoders and MPEG-TS give them; False where
            they begin with their length, as MP4 and Matroska do (see `is_annexb`). Ignored for AV1, whose
            OBUs must have size fields ("low-overhead format").
        length_size: bytes of that length, 1, 2 or 4.

    Raises:
        MessageError: unknown codec, broken framing, or no picture in the packet.
    """
    _check_codec(codec)
    if not payloads:
        return packet
    if codec == "av1":
        for unit in obus(packet):
            if obu_type(packet[unit.start]) in OBU_FRAMES:
                return packet[: unit.start] + b"".join(map(_obu, payloads)) + packet[unit.start :]
        raise _no_picture()
    for unit in nal_units(packet, annexb, length_size):
        if unit.body < unit.stop and is_slice(codec, packet[unit.body]):
            second = packet[unit.body + 1] if unit.body + 1 < unit.stop else 1
            sei = _sei_header(codec, second) + escape(b"".join(map(_sei_message, payloads)) + b"\x80")
            return packet[: unit.start] + framed(sei, annexb, length_size) + packet[unit.start :]
    raise _no_picture()


def extract(codec: str, packet: bytes, *, annexb: bool, length_size: int = 4) -> tuple[bytes, ...]:
    """The payloads that `insert` put into a packet, in their order; foreign or damaged ones are passed over.

    Raises:
        MessageError: unknown codec or broken framing.
    """
    _check_codec(codec)
    found: list[bytes] = []
    if codec == "av1":
        for unit in obus(packet):
            data = _user_metadata(packet, unit)
            if data is not None and data.startswith(UUID):
                found.append(data[len(UUID) :])
        return tuple(found)
    for unit in nal_units(packet, annexb, length_size):
        if not _is_sei(codec, packet, unit):
            continue
        for kind, data, _ in _sei_messages(codec, packet[unit.body : unit.stop]) or ():
            if kind == _SEI_UNREGISTERED and data.startswith(UUID):
                found.append(data[len(UUID) :])
    return tuple(found)


def strip_foreign(codec: str, packet: bytes, *, annexb: bool, length_size: int = 4) -> bytes:
    """The packet (or out-of-band headers) without unregistered user data of others, such as x264's banner.

    An SEI NAL unit that cannot be read is removed whole: nobody knows what it says.

    Raises:
        MessageError: unknown codec or broken framing.
    """
    return _filtered(codec, packet, lambda data: data.startswith(UUID), annexb, length_size)


def replace(
    codec: str,
    packet: bytes,
    other: Callable[[tuple[bytes, ...]], Sequence[bytes]],
    *,
    annexb: bool,
    length_size: int = 4,
) -> bytes:
    """The packet with other payloads of ours; what is not ours stays.

    Args:
        codec, packet, annexb, length_size: as in `insert`.
        other: from the payloads that are there to those that shall be.

    Raises:
        MessageError: as `insert` does.
    """
    found = extract(codec, packet, annexb=annexb, length_size=length_size)
    wanted = tuple(other(found))
    if wanted == found:
        return packet
    bare = _filtered(codec, packet, lambda data: not data.startswith(UUID), annexb, length_size)
    return insert(codec, bare, wanted, annexb=annexb, length_size=length_size)


def _filtered(
    codec: str, packet: bytes, keep: Callable[[bytes], bool], annexb: bool, length_size: int
) -> bytes:
    """The packet without the unregistered user data that `keep` does not want."""
    _check_codec(codec)
    parts: list[bytes] = []
    kept = 0  # everything before this offset is in `parts`
    units = obus(packet) if codec == "av1" else nal_units(packet, annexb, length_size)
    for unit in units:
        if codec == "av1":
            data = _user_metadata(packet, unit)
            if data is None or keep(data):
                continue
            replacement = b""
        elif _is_sei(codec, packet, unit):
            nal = packet[unit.body : unit.stop]
            clean = _filtered_sei(codec, nal, keep)
            if clean == nal:
                continue
            replacement = framed(clean, annexb, length_size) if clean else b""
        else:
            continue
        parts += [packet[kept : unit.start], replacement]
        kept = unit.end
    return b"".join([*parts, packet[kept:]]) if parts else packet


def is_annexb(codec: str, extradata: bytes | None) -> bool:
    """Whether a stream's packets use start codes, from its out-of-band headers.

    avcC and hvcC boxes (MP4, Matroska) begin with version 1; start codes, or no headers, mean Annex B. An
    encoder's own packets use start codes whatever the container will be.
    """
    return codec == "av1" or not extradata or extradata[0] != 1


def length_size(codec: str, extradata: bytes | None) -> int:
    """Bytes of the length before each NAL unit, from avcC (byte 4) or hvcC (byte 21); 4 where unknown."""
    at = {"h264": 4, "hevc": 21}.get(codec, 0)
    if not extradata or is_annexb(codec, extradata) or len(extradata) <= at:
        return 4
    return (extradata[at] & 3) + 1


# --- SEI messages --------------------------------------------------------------------------------------


def _is_sei(codec: str, packet: bytes, unit: Unit) -> bool:
    if unit.body >= unit.stop:
        return False
    header = packet[unit.body]
    return nal_type(codec, header) in ((6,) if codec == "h264" else (39, 40))


def _sei_header(codec: str, slice_second: int) -> bytes:
    # HEVC: the slice's layer 0 and temporal id, which a prefix SEI must share (H.265 7.4.2.2)
    return b"\x06" if codec == "h264" else bytes((39 << 1, slice_second & 7 or 1))


def _sei_message(payload: bytes) -> bytes:
    full, rest = divmod(len(UUID) + len(payload), 255)
    return bytes((_SEI_UNREGISTERED,)) + b"\xff" * full + bytes((rest,)) + UUID + payload


def _sei_messages(codec: str, nal: bytes) -> list[tuple[int, bytes, bytes]] | None:
    """(type, data, the message's own bytes) of each SEI message, or None if the NAL unit can't be read."""
    rbsp = unescape(nal[1 if codec == "h264" else 2 :].rstrip(b"\x00"))
    found: list[tuple[int, bytes, bytes]] = []
    at = 0
    while at < len(rbsp) - (rbsp[-1:] == b"\x80"):
        start = at
        numbers = []
        for _ in range(2):  # payload type, payload size: runs of 255 and a rest
            number = 0
            while at < len(rbsp) and rbsp[at] == 255:
                number += 255
                at += 1
            if at >= len(rbsp):
                return None
            numbers.append(number + rbsp[at])
            at += 1
        kind, size = numbers
        if at + size > len(rbsp):
            return None
        found.append((kind, rbsp[at : at + size], rbsp[start : at + size]))
        at += size
    return found


def _filtered_sei(codec: str, nal: bytes, keep: Callable[[bytes], bool]) -> bytes:
    messages = _sei_messages(codec, nal)
    if messages is None:
        return b""
    wanted = [raw for kind, data, raw in messages if kind != _SEI_UNREGISTERED or keep(data)]
    if len(wanted) == len(messages):
        return nal
    header = nal[: 1 if codec == "h264" else 2]
    return header + escape(b"".join(wanted) + b"\x80") if wanted else b""


# --- metadata OBUs -------------------------------------------------------------------------------------


def _obu(payload: bytes) -> bytes:
    body = bytes((AV1_METADATA_TYPE,)) + UUID + payload + b"\x80"  # 0x80: trailing bits
    return bytes((_OBU_METADATA << 3 | 2,)) + leb128(len(body)) + body


def _user_metadata(packet: bytes, unit: Unit) -> bytes | None:
    """The data of a user-private metadata OBU, None if the unit is anything else."""
    if obu_type(packet[unit.start]) != _OBU_METADATA or not unit.body < unit.stop:
        return None
    if not 6 <= packet[unit.body] <= 31:
        return None
    data = packet[unit.body + 1 : unit.stop].rstrip(b"\x00")
    foreign = packet[unit.body] != AV1_METADATA_TYPE or not data.endswith(b"\x80")
    return b"" if foreign else data[:-1]


def _no_picture() -> MessageError:
    return MessageError("no coded picture in the packet", "hand over one whole access unit")


def _check_codec(codec: str) -> None:
    if codec not in CODECS:
        raise MessageError(f"no place for user data in codec {codec!r}", "use one of " + ", ".join(CODECS))
