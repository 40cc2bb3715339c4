"""Deterministic CBOR (RFC 8949, 4.2.1) of plain values, for everything that is hashed, signed or sealed."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import cbor2

from uunet.keys.errors import AlteredError


def pack(value: Any) -> bytes:
    """The one encoding of a value of integers, byte strings, text, lists, maps, booleans and None."""
    return cbor2.dumps(value, canonical=True)


def unpack(data: bytes) -> Any:
    """Inverse of `pack`. Whoever calls checks the types of what comes.

    Raises:
        AlteredError: it is no CBOR, has bytes after its end, or is not in its one encoding.
    """
    stream = BytesIO(data)
    try:
        value = cbor2.load(stream)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise AlteredError("a sealed structure is damaged", "use an undamaged copy of the file") from error
    # attack: a second encoding of the same value that gives another hash, or bytes smuggled in behind
    if stream.tell() != len(data) or not _is_plain(value, len(data)) or pack(value) != data:
        raise AlteredError("a sealed structure has a second encoding", "use an undamaged copy of the file")
    return value


def _is_plain(value: Any, most: int) -> bool:
    """Whether it is made of what `pack` is for (or a signature's tag), of at most so many values."""
    # attack: a few bytes of shared values (tags 28, 29) are lists in themselves, or each the last twice
    waiting = [value]
    while waiting and most:
        most -= 1
        match waiting.pop():
            case list() | tuple() as values:
                waiting += values
            case Mapping() as entries:  # inside a tag cbor2 makes no dict
                waiting += [*entries, *entries.values()]
            case cbor2.CBORTag(tag=18) as signature:
                waiting.append(signature.value)
            case None | int() | bytes() | str():
                pass
            case _:
                return False
    return not waiting
