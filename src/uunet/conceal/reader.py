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
_BACK = 8  # so many frames of the run before are kept: after lost frames the next window begins among them
_CLEARLY = 1.03  # by this factor another place must score higher to be believed
_DROP = 0.7  # a score that falls to this share of the one before speaks of lost frames


@dataclass(frozen=True, slots=True)
class WindowReading:
    """What was found in a run of frames.

    Attributes:
        first: the run's first frame, counted from the start of the file.
        count: frames in the run.
        offset: where in its window the run's first frame is: 0, or more where the window's beginning is cut
            off or was taken for the end of the run before (for windows of the ordinary length).
        verdict: OK; NO_MESSAGE if nothing is readable where a window should be; DESYNC if these frames lie
            between the windows that were found (the file was cut or frames were lost there).
        reading: the message and how well it was read, where the verdict is OK.
    """

    first: int
    count: int
    offset: int
    verdict: Literal["OK", "NO_MESSAGE", "DESYNC"]
    reading: Reading | None = None


class SpreadReader:
    """Feed it every frame in order; it gives windows as soon as they are certain, the rest at `finish`.

    Windows are `length` frames; a tail of fewer than half of that belongs to the window before it. At the
    start, and where something does not fit, the reader slides over the frames until a window fits best.
    Memory does not grow.
    """

    def __init__(self, key: bytes, length: int = WINDOW) -> None:
        self._key = key
        self._length = length
        self._start = 0
        self._pending: list[Thumbnail] = []
        self._done = 0  # frames at the front of `_pending` that were given already
        self._expected: float | None = None  # score of the window before; None: alignment unknown

    def feed(self, luma: Plane, depth: int = 8) -> list[WindowReading]:
        """Take the next frame's luma plane (any size) and give the windows that have become certain."""
        self._pending.append(grid.thumbnail(luma, depth))
        if len(self._pending) - self._done < 2 * self._length:
            return []
        return [self._next()]

    def finish(self) -> list[WindowReading]:
        """The windows that are left at the end of the file."""
        found = []
        while len(self._pending) > self._done:
            found.append(self._next())
        return found

    def _next(self) -> WindowReading:
        """Read the run at the front: one window, or what lies before the first window that can be found."""
        have = len(self._pending) - self._done
        count = self._length if have >= self._length + self._length // 2 else have
        reading = self._read(0, count)
        if reading is None and count > self._length:  # no tail, but the next window's first frames: a cut end
            count = self._length
            reading = self._read(0, count)
        if reading is None or self._expected is None:
            shift = self._search(have - self._length, count)
            if shift > 0:
                before = self._read(0, shift) if shift >= _LEAST else None
                self._expected = None if before is None else before.score
                return self._take(shift, "DESYNC" if before is None else "OK", before, self._length - shift)
            if shift < 0:
                reading = self._read(shift, self._length)
                self._expected = None if reading is None else reading.score
                return self._take(min(self._length + shift, have), "OK", reading, -shift)
        if reading is None:
            self._expected = None
            return self._take(count, "NO_MESSAGE", None, 0)
        lost = self._expected is not None and reading.score < _DROP * self._expected
        self._expected = None if lost else reading.score
        return self._take(count, "OK", reading, 0)

    def _mean(self, first: int, count: int) -> Thumbnail:
        return mean_thumbnail(self._pending[self._done + first : self._done + first + count])

    def _read(self, first: int, count: int) -> Reading | None:
        return spread.reveal(self._mean(first, count), self._key)

    def _score(self, first: int, count: int) -> float:
        return spread.score(self._mean(first, count), self._key)

    def _search(self, furthest: int, count: int) -> int:
        """Where the next window begins, up to `furthest` frames on or a few back; 0 also if none is found.

        If it begins here, it has `count` frames.
        """
        furthest, nearest = min(furthest, self._length - 1), -self._done
        if furthest < 0:
            return 0
        places = [*range(_COARSE, furthest + 1, _COARSE), *range(-_COARSE, nearest - 1, -_COARSE)]
        scores = {first: self._score(first, self._length) for first in places} | {0: self._score(0, count)}
        rough = max(scores, key=scores.__getitem__)
        for first in range(max(rough - 2 * _COARSE, nearest), min(rough + 2 * _COARSE, furthest) + 1):
            if first not in scores:
                scores[first] = self._score(first, self._length)
        best: int = max(scores, key=scores.__getitem__)
        enough = scores[best] / _CLEARLY
        if scores[0] >= enough or self._read(best, self._length) is None:
            return 0
        # where nothing moves, a few places on both sides of the border score alike: take the middle
        left, right = best, best
        while scores.get(left - 1, 0.0) >= enough:
            left -= 1
        while scores.get(right + 1, 0.0) >= enough:
            right += 1
        return (left + right) // 2

    def _take(
        self, count: int, verdict: Literal["OK", "NO_MESSAGE", "DESYNC"], reading: Reading | None, offset: int
    ) -> WindowReading:
        found = WindowReading(self._start, count, offset, verdict, reading)
        self._start += count
        self._done += count
        del self._pending[: max(self._done - _BACK, 0)]
        self._done = min(self._done, _BACK)
        return found
