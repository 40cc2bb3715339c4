"""Keeps OpenVINO from breaking Python's signals."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _SignalStack(ctypes.Structure):
    """`stack_t` of Linux."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def signal_stack_kept() -> Iterator[None]:
    """Keep OpenVINO from leaving the thread a stack for signals that is gone.

    Its plugin for the processor puts one in place when it is loaded, and puts back what it found when it is
    closed. Of two models that are closed in the order in which they were opened the second puts back the
    first one's, which has
    been freed: the next signal that Python handles (Ctrl-C, SIGTERM) is a segmentation fault. If each finds
    what was there before all of them, their order does not matter. Seen with OpenVINO 2026 on Linux.
    """
    if sys.platform != "linux":
        yield
        return
    libc, before = ctypes.CDLL(None), _SignalStack()
    known = libc.sigaltstack(None, ctypes.byref(before)) == 0
    try:
        yield
    finally:
        if known:
            libc.sigaltstack(ctypes.byref(before), None)
