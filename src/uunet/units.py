"""The units of coded video: NAL units of H.264 and HEVC, OBUs of AV1, and their framing in a packet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from uunet.errors import MessageError

_START = b"\x00\x00\x01"
_LEB128_MAX = 8  # bytes


@dataclass(frozen=True, slots=True)
class Unit:
    """A NAL unit or OBU: packet[start:end] with its framing, packet[body:stop] without."""

    start: int
    body: int
    stop: int
    end: int


def nal_units(packet: bytes, annexb: bool, length_size: int) -> Iterator[Unit]:
    """The NAL units of an access unit, with start codes (`annexb`) or lengths of `length_size` bytes.

    Raises:
        MessageError: broken framing.
    """
    return _start_code_units(packet) if annexb else _length_units(packet, length_size)


def _start_code_units(packet: bytes) -> Iterator[Unit]:
    code = packet.find(_START)
    if code < 0:
        raise MessageError("no start code in the packet", "the file may be damaged")
    while code >= 0:
        following = packet.find(_START, code + 3)
        end = following if following >= 0 else len(packet)
        body = code + 3
        stop = end
        while stop > body and packet[stop - 1] == 0:  # zero bytes belong to the next start code
            stop -= 1
        start = code - 1 if code and packet[code - 1] == 0 else code
        if following >= 0 and packet[end - 1] == 0 and end - 1 >= body:
            end -= 1
        yield Unit(start, body, stop, end)
        code = following


def _length_units(packet: bytes, length_size: int) -> Iterator[Unit]:
    at = 0
    while at < len(packet):
        body = at + length_size
        stop = body + int.from_bytes(packet[at:body], "big")
        if stop > len(packet):
            raise MessageError("a NAL unit is longer than its packet", "the file may be damaged")
        yield Unit(at, body, stop, stop)
        at = stop


def framed(nal: bytes, annexb: bool, length_size: int) -> bytes:
    """A NAL unit with its start code, or its length.

    Raises:
        MessageError: the length does not fit.
    """
    if annexb:
        return b"\x00" + _START + nal
    if len(nal) >> (8 * length_size):
        raise MessageError(f"user data of {len(nal)} bytes do not fit", "store less beside this frame")
    return len(nal).to_bytes(length_size, "big") + nal


def escape(rbsp: bytes) -> bytes:
    """Emulation prevention (H.264 7.4.1): no start code can appear inside a NAL unit."""
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", rbsp)


def unescape(ebsp: bytes) -> bytes:
    """The inverse of `escape`."""
    return ebsp.replace(b"\x00\x00\x03", b"\x00\x00")


def nal_type(codec: str, header: int) -> int:
    """The type of a NAL unit of `h264` or `hevc`, from its first byte."""
    return header & 31 if codec == "h264" else (header >> 1) & 63


def is_slice(codec: str, header: int) -> bool:
    """Whether a NAL unit holds a part of a picture."""
    return 1 <= nal_type(codec, header) <= 5 if codec == "h264" else nal_type(codec, header) < 32


def obu_type(header: int) -> int:
    """The type of an OBU, from its first byte."""
    return (header >> 3) & 15


def obus(packet: bytes) -> Iterator[Unit]:
    """The OBUs of a temporal unit.

    Raises:
        MessageError: broken framing.
    """
    at = 0
    while at < len(packet):
        header = packet[at]
        body = at + (2 if header & 4 else 1)  # extension_flag
        if header & 0x80:
            raise MessageError("forbidden bit set in an OBU", "the file may be damaged")
        if header & 2:  # has_size_field
            size, body = _read_leb128(packet, body)
            stop = body + size
        else:
            stop = len(packet)
        if stop > len(packet) or body > stop:
            raise MessageError("an OBU is longer than its packet", "the file may be damaged")
        yield Unit(at, body, stop, stop)
        at = stop


def _read_leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i, byte in enumerate(data[at : at + _LEB128_MAX]):
        value |= (byte & 127) << (7 * i)
        if byte < 128:
            return value, at + i + 1
    raise MessageError("an OBU's size can't be read", "the file may be damaged")


def leb128(value: int) -> bytes:
    """A number as AV1 writes sizes (AV1 specification, 4.10.5)."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes((value,))
