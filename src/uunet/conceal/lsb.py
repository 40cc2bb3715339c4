"""`lsb`: the paper's way, least significant bits of luma samples at places that a key chooses.

For lossless files only: any lossy encoder wipes it out. Reed–Solomon mends up to 16 bytes in each 255, CRC-32
decides whether there was a message at all.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
from reedsolo import ReedSolomonError, RSCodec

from uunet.conceal import keyed
from uunet.errors import MessageError
from uunet.types import Picture, Plane

MAX_BYTES = 0xFFFF
_CHECK_BYTES = 32
_BLOCK_BYTES = 255 - _CHECK_BYTES
_HEAD_BYTES = 10  # u16 length and 8 check bytes
_CRC_BYTES = 4
_PURPOSE = b"uunet lsb"

_HEAD_CODE = RSCodec(_HEAD_BYTES - 2)
_BODY_CODE = RSCodec(_CHECK_BYTES)


def capacity(samples: int) -> int:
    """The longest payload in bytes for so many luma samples; below zero if there is no place at all."""
    coded = samples // 2 // 8 - _HEAD_BYTES
    blocks = -(-coded // 255)
    return min(coded - blocks * _CHECK_BYTES - _CRC_BYTES, MAX_BYTES)


def hide_lsb(picture: Picture, payload: bytes, key: bytes) -> Picture:
    """The picture with a payload in the lowest bits of its luma; chroma and all other bits stay.

    Args:
        picture: 8 to 16 bits a sample, any layout.
        payload: see `capacity`.
        key: any bytes, the reader's too.

    Raises:
        MessageError: the picture is too small for the payload.
    """
    luma = picture.planes[0]
    room = capacity(luma.size)
    if len(payload) > room:
        raise MessageError(
            f"{len(payload)} bytes do not fit into the {max(room, 0)} that this picture holds",
            "use the sei carrier, or larger pictures",
        )
    framed = payload + zlib.crc32(payload).to_bytes(_CRC_BYTES, "big")
    coded = bytes(_HEAD_CODE.encode(len(payload).to_bytes(2, "big"))) + bytes(_BODY_CODE.encode(framed))
    bits = np.unpackbits(np.frombuffer(coded, np.uint8))
    bits ^= _mask(key, len(bits))
    places = keyed.distinct(key, _PURPOSE, luma.size, len(bits))
    marked = luma.copy().reshape(-1)
    marked[places] = (marked[places] >> 1 << 1) | bits
    marked_plane: Plane = marked.reshape(luma.shape)
    return Picture((marked_plane, *picture.planes[1:]), picture.layout)


def reveal_lsb(picture: Picture, key: bytes) -> bytes | None:
    """The payload that `hide_lsb` put into a picture, or None."""
    samples = picture.planes[0].reshape(-1)
    if capacity(samples.size) < 0:
        return None
    head = _read(samples, key, 0, _HEAD_BYTES)
    length = _mend(_HEAD_CODE, head)
    if length is None:
        return None
    size = int.from_bytes(length, "big")
    if size > capacity(samples.size):
        return None
    framed_size = size + _CRC_BYTES
    blocks = -(-framed_size // _BLOCK_BYTES)
    body = _read(samples, key, _HEAD_BYTES, framed_size + blocks * _CHECK_BYTES)
    # each block is its data and then its check bytes: an undamaged body needs no mending
    plain = b"".join(body[i : i + 255][:-_CHECK_BYTES] for i in range(0, len(body), 255))
    if _is_good(plain):
        return plain[:-_CRC_BYTES]
    mended = _mend(_BODY_CODE, body)
    return mended[:-_CRC_BYTES] if mended is not None and _is_good(mended) else None


def _read(samples: npt.NDArray[np.uint8 | np.uint16], key: bytes, first: int, count: int) -> bytes:
    places = keyed.distinct(key, _PURPOSE, samples.size, 8 * (first + count))[8 * first :]
    bits = (samples[places] & 1).astype(np.uint8) ^ _mask(key, 8 * (first + count))[8 * first :]
    return np.packbits(bits).tobytes()


def _mask(key: bytes, count: int) -> npt.NDArray[np.uint8]:
    """Bits that are added to the coded ones, so that a black picture is no valid message."""
    return (keyed.words(key, _PURPOSE + b" mask", count) >> 31).astype(np.uint8)


def _mend(code: RSCodec, coded: bytes) -> bytes | None:
    try:
        return bytes(code.decode(coded)[0])
    except (ReedSolomonError, ZeroDivisionError):  # reedsolo divides by zero on some hopeless words
        return None


def _is_good(framed: bytes) -> bool:
    return zlib.crc32(framed[:-_CRC_BYTES]).to_bytes(_CRC_BYTES, "big") == framed[-_CRC_BYTES:]
