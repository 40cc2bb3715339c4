"""Makes the C library give memory back that is not needed any more."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_LARGE = 1 << 20  # bytes: below a frame of 720p
_KEPT = 4 << 20  # bytes


def give_back_large_blocks() -> None:
    """Blocks of 1 MB and more come from the system and go back to it at once. For the whole process.

    glibc begins like that, but raises the limit to up to 32 MB with every block that is freed. Encoders, nets
    and frames then leave holes between what is still in use, 50 to 80 MB at 720p, and more of them with every
    minute. Up to 4 MB of smaller blocks are kept at the end of the heap: glibc would give back all but 128 KB
    with every frame and fetch them for the next, which the system fills with zeros each time. All threads
    share one heap, which takes no more time: what one leaves free in a heap of its own no other can use,
    15 MB. Elsewhere this does nothing.
    """
    mallopt = _from_glibc("mallopt")
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_ARENA_MAX, 1)


def give_back_holes() -> None:
    """Gives back what lies free between blocks in use: 5 MB at 720p. Elsewhere than in glibc, nothing."""
    malloc_trim = _from_glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _from_glibc(name: str) -> Any:
    """A function that other C libraries (musl, those of other systems) lack: then None."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
