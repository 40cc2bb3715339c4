"""Makes the C library give memory back that is not needed any more."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_LARGE = 4 << 20  # bytes: above a frame of Full HD, which comes and goes too often to ask the system for it
_KEPT = 8 << 20  # bytes: a few such frames


def give_back_large_blocks() -> None:
    """Blocks of 4 MB and more come from the system and go back to it at once. For the whole process.

    glibc begins like that, but raises the limit to up to 32 MB with every block that is freed. Encoders and
    nets then leave holes between what is still in use: 50 to 80 MB at 720p. Up to 8 MB of smaller blocks are
    kept at the end of each heap: glibc would give back all but 128 KB with every frame and fetch them for the
    next, which the system fills with zeros each time: 7 % of the processor time. All threads share one heap,
    which takes no more time: a frame is made in one thread and freed in another, and what one left free in
    its own no other could use, 15 MB. Elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_ARENA_MAX, 1)
