"""Numbers from a key, the same on every machine and with every library version: SHAKE-256 and nothing else.

The key keeps carriers of different model pairs apart. It is derived from a public name, so it hides nothing
from somebody who knows that name.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def words(key: bytes, purpose: bytes, count: int) -> npt.NDArray[np.uint32]:
    """The first `count` big-endian 32-bit words of SHAKE-256(purpose ‖ 0x00 ‖ key)."""
    stream = hashlib.shake_256(purpose + b"\x00" + key).digest(4 * count)
    return np.frombuffer(stream, ">u4").astype(np.uint32)


def permutation(key: bytes, purpose: bytes, size: int) -> npt.NDArray[np.intp]:
    """0..size-1 in the order of their words; equal words keep their order."""
    return np.argsort(words(key, purpose, size), kind="stable")


def uniform(key: bytes, purpose: bytes, count: int) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1): words / 2**32."""
    return words(key, purpose, count) / 2.0**32


def distinct(key: bytes, purpose: bytes, size: int, count: int) -> npt.NDArray[np.intp]:
    """`count` different numbers below `size` (floor(word * size / 2**32)), in order of first appearance.

    A longer list begins with the shorter one. `count` must be at most size / 2.
    """
    drawn = 2 * count + 64
    found: npt.NDArray[np.intp]
    while True:
        numbers = (words(key, purpose, drawn).astype(np.uint64) * np.uint64(size)) >> np.uint64(32)
        first = np.sort(np.unique(numbers, return_index=True)[1])
        if len(first) >= count:
            found = numbers[first[:count]].astype(np.intp)
            return found
        drawn *= 2
