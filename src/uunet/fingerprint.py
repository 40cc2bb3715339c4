"""What of a coded video is signed: its pictures and what they are decoded by, not a container's framing.

Copies between MP4, Matroska and MPEG-TS keep both digests, a transcode keeps neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from uunet.bitstream import OBU_FRAMES, is_annexb
from uunet.errors import MessageError
from uunet.units import is_slice, nal_type, nal_units, obu_type, obus


@dataclass(frozen=True, slots=True)
class CodedWindow:
    """What of a window is in the file, as digests: for whoever signs it.

    Attributes:
        pictures: of each coded picture, in decoding order: a container may round two times to one, and
            the order of presentation is lost then.
        parameters: of what they are decoded by.
        payloads: the user data beside each picture, in the same order, themselves.
        last: whether the file ends with it.
    """

    pictures: tuple[bytes, ...]
    parameters: bytes
    payloads: tuple[tuple[bytes, ...], ...]
    last: bool


Witness = Callable[[CodedWindow], tuple[bytes, ...]]
"""Is shown each window when it has been encoded, in order; gives payloads to store beside its first frame."""

_OBU_SEQUENCE = 1
_PARAMETERS = {"h264": (7, 8), "hevc": (32, 33, 34)}  # SPS, PPS; VPS, SPS, PPS


def picture_digest(codec: str, packet: bytes, *, annexb: bool, length_size: int = 4) -> bytes:
    """SHA-256 of a coded picture: of its slices, or frame OBUs, each after its length (u32).

    Args:
        codec: `h264`, `hevc` or `av1`.
        packet, annexb, length_size: as in `bitstream.insert`.

    Raises:
        MessageError: broken framing.
    """
    digest = hashlib.sha256()
    for body in _bodies(codec, packet, annexb, length_size):
        if obu_type(body[0]) in OBU_FRAMES if codec == "av1" else is_slice(codec, body[0]):
            digest.update(_counted(body))
    return digest.digest()


def parameter_sets(codec: str, packet: bytes, *, annexb: bool, length_size: int = 4) -> frozenset[bytes]:
    """What pictures are decoded by (VPS, SPS, PPS; AV1's sequence header), as far as a packet holds it.

    Raises:
        MessageError: broken framing.
    """
    return frozenset(b for b in _bodies(codec, packet, annexb, length_size) if _is_parameter_set(codec, b))


def parameter_sets_of_headers(codec: str, extradata: bytes | None) -> frozenset[bytes]:
    """The same of a stream's out-of-band headers, in any of their forms (start codes, avcC, hvcC, av1C)."""
    if not extradata:
        return frozenset()
    try:
        if codec == "av1":
            units = extradata[4:] if extradata[0] == 0x81 else extradata  # av1C: marker and version
            return parameter_sets(codec, units, annexb=False)
        if is_annexb(codec, extradata):
            return parameter_sets(codec, extradata, annexb=True)
        listed = _avcc(extradata) if codec == "h264" else _hvcc(extradata)
        return frozenset(unit for unit in listed if unit and _is_parameter_set(codec, unit))
    except (MessageError, IndexError):
        return frozenset()  # whoever compares will find that something is missing


def digest_of(parts: Iterable[bytes]) -> bytes:
    """SHA-256 of byte strings, each after its length (u32)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(_counted(part))
    return digest.digest()


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _is_parameter_set(codec: str, body: bytes) -> bool:
    if codec == "av1":
        return obu_type(body[0]) == _OBU_SEQUENCE
    return nal_type(codec, body[0]) in _PARAMETERS[codec]


def _bodies(codec: str, packet: bytes, annexb: bool, length_size: int) -> Iterator[bytes]:
    """The units of a packet without their framing; of an OBU its first byte and what follows its size."""
    if codec == "av1":
        for unit in obus(packet):
            # without the bit that says that a size follows: containers add or leave out the size
            yield bytes((packet[unit.start] & ~2,)) + packet[unit.body : unit.stop]
        return
    for unit in nal_units(packet, annexb, length_size):
        body = packet[unit.body : unit.stop].rstrip(b"\0")  # zeros belong to the next start code
        if body:
            yield body


def _avcc(data: bytes) -> Iterator[bytes]:
    """ISO/IEC 14496-15, 5.3.3.1: SPS, then PPS."""
    at = 5
    for mask in (31, 255):
        count, at = data[at] & mask, at + 1
        for _ in range(count):
            unit, at = _sized(data, at)
            yield unit


def _hvcc(data: bytes) -> Iterator[bytes]:
    """ISO/IEC 14496-15, 8.3.3.1: arrays of NAL units, by type."""
    arrays, at = data[22], 23
    for _ in range(arrays):
        count, at = int.from_bytes(data[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            unit, at = _sized(data, at)
            yield unit


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    return data[at + 2 : end].rstrip(b"\0"), end  # FFmpeg leaves one behind where it was MPEG-TS before
