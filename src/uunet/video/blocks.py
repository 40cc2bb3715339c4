"""Memory for pictures, used again once nobody can see it any more."""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any

import numpy as np

from uunet.types import Picture, Plane

_SPARE = 4  # blocks kept: frames are read and done with in turns


class Blocks:
    """Copies pictures into memory that earlier copies had.

    Fresh memory costs more than filling it: the system hands it out in pages, each of which it clears first.
    Whether a copy is still in use is not told but asked of Python: its memory comes back when the last array
    on it has gone, so that no picture can ever show through in another.
    """

    def __init__(self) -> None:
        self._spare: deque[bytearray] = deque(maxlen=_SPARE)

    def copy(self, picture: Picture) -> Picture:
        """The same picture in memory of its own, with planes that can be written to."""
        return picture.copy(self._block(picture.samples, picture.planes[0].dtype))

    def _block(self, samples: int, dtype: np.dtype[np.uint8 | np.uint16]) -> Plane:
        size = samples * dtype.itemsize
        memory = self._spare.pop() if self._spare else bytearray()
        if len(memory) != size:
            memory = bytearray(size)
        block: Any = np.frombuffer(memory, dtype)
        # the memoryview that all arrays on it hold: arrays hold one another as numpy likes
        weakref.finalize(block.base, self._spare.append, memory).atexit = False
        return block  # type: ignore[no-any-return]
