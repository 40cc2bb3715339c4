"""`SpreadReader`: the messages of a whole file, even if it was transcoded, or cut where nobody asked us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from uunet.conceal import grid, spread
from uunet.conceal.grid import Thumbnail
from uunet.conceal.mark import mean_thumbnail
from uunet.conceal.spread import Reading
from uunet.types import WINDOW, Plane

_COARSE = 4  # frames between the first looks of a search; that far off, a mark is still seen
_LEAST = 8  # frames of a cut window that are worth a look


@dataclass(frozen=True, slots=True)
class WindowReading:
    """What was found in a run of frames.

    Attributes:
        first: the run's first frame, counted from the start of the file.
        count: frames in the run.
        verdict: OK; NO_MESSAGE if nothing is readable where a window should be; DESYNC if these frames lie
            between the windows that were found (the file was cut or frames were lost there).
        reading: the message and how well it was read, where the verdict is OK.
    """

    first: int
    count: int
    verdict: Literal["OK", "NO_MESSAGE", "DESYNC"]
    reading: Reading | None = None


class SpreadReader:
    """Feed it every frame in order; it gives windows as soon as they are certain, the rest at `finish`.

    Windows are `length` frames; a tail of fewer than half of that belongs to the window before it. Where
    nothing can be read the reader slides over the frames until it finds a mark. Memory does not grow.
    """

    def __init__(self, key: bytes, length: int = WINDOW) -> None:
        self._key = key
        self._length = length
        self._start = 0
        self._pending: list[Thumbnail] = []

    def feed(self, luma: Plane, depth: int = 8) -> list[WindowReading]:
        """Take the next frame's luma plane (any size) and give the windows that have become certain."""
        self._pending.append(grid.thumbnail(luma, depth))
        if len(self._pending) < 2 * self._length:
            return []
        return self._next()

    def finish(self) -> list[WindowReading]:
        """The windows that are left at the end of the file."""
        found = []
        while self._pending:
            found += self._next()
        return found

    def _next(self) -> list[WindowReading]:
        """Read the run at the front: one window, or what lies before the first mark that can be found."""
        have = len(self._pending)
        count = self._length if have >= self._length + self._length // 2 else have
        reading = self._read(0, count)
        if reading is not None:
            return [self._take(count, "OK", reading)]
        shift = self._search(have - self._length)
        if shift is None or shift == self._length:
            return [self._take(count, "NO_MESSAGE", None)]
        before = self._read(0, shift) if shift >= _LEAST else None
        return [self._take(shift, "OK" if before else "DESYNC", before)]

    def _read(self, first: int, count: int) -> Reading | None:
        return spread.reveal(mean_thumbnail(self._pending[first : first + count]), self._key)

    def _score(self, first: int) -> float:
        return spread.score(mean_thumbnail(self._pending[first : first + self._length]), self._key)

    def _search(self, furthest: int) -> int | None:
        """Where, 1..furthest frames on, the best readable window begins."""
        furthest = min(furthest, self._length)
        if furthest < 1:
            return None
        coarse = {first: self._score(first) for first in range(1, furthest + 1, _COARSE)}
        best = max(coarse, key=coarse.__getitem__)
        near = range(max(best - _COARSE + 1, 1), min(best + _COARSE, furthest + 1))
        fine = {first: self._score(first) for first in near}
        best = max(fine, key=fine.__getitem__)
        return best if self._read(best, self._length) is not None else None

    def _take(
        self, count: int, verdict: Literal["OK", "NO_MESSAGE", "DESYNC"], reading: Reading | None
    ) -> WindowReading:
        found = WindowReading(self._start, count, verdict, reading)
        del self._pending[:count]
        self._start += count
        return found
