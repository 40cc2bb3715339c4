"""Regions that were covered although nobody saw a face there: coasted and bridged, as far as files tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from uunet.types import TRACKS, Box, Detection


@dataclass(slots=True)
class _Stretch:
    """One track in frames that follow one another."""

    last: int
    seen: bool = False
    waiting: int = 0  # frames since a face was last seen
    count: int = 0  # the track's number, had it gone on after 63


@dataclass(slots=True)
class Presence:
    """Counts regions by whether a detector that looks at every frame sees a face in them.

    Attributes:
        step: frames from one that is looked at to the next.
        regions: of all frames looked at.
        seen: those in which a face is found in the original.
        bridged: those without, between two frames in which one is found on the same track.
        coasted: the others: before the first or after the last, or of no known track.
        tracks: tracks, by their numbers: one that is away for a while is still one.
    """

    step: int = 1
    regions: int = 0
    seen: int = 0
    bridged: int = 0
    coasted: int = 0
    tracks: int = 0
    _open: dict[tuple[int, int], _Stretch] = field(default_factory=dict)
    _newest: int = 0

    def add(
        self,
        index: int,
        boxes: Sequence[Box],
        tracks: Sequence[int | None],
        faces: Sequence[Detection],
    ) -> None:
        """The regions of one frame, whose they are, and the faces of the original."""
        times: Counter[int] = Counter()
        for box, track in zip(boxes, tracks, strict=True):
            seen = any(holds(box, face) for face in faces)
            self.regions += 1
            self.seen += seen
            if track is None:
                self.coasted += not seen
                continue
            key = track, times[track]  # two tracks of one frame may have one number, modulo 64
            times[track] += 1
            self._go_on(key, index, seen)

    def _go_on(self, key: tuple[int, int], index: int, seen: bool) -> None:
        stretch = self._open.get(key)
        if stretch is None or stretch.last < index - self.step:
            self._close(stretch)
            count = self._counted(key[0])
            self.tracks += stretch is None or stretch.count != count
            stretch = self._open[key] = _Stretch(index, count=count)
        stretch.last = index
        if not seen:
            stretch.waiting += 1
            return
        if stretch.seen:
            self.bridged += stretch.waiting
        else:
            self.coasted += stretch.waiting
        stretch.seen, stretch.waiting = True, 0

    def _counted(self, number: int) -> int:
        """A track's number as if numbers went on after 63: they are given out in order, so that of all that
        are the same modulo 64 it is the one nearest to the newest."""
        half = TRACKS // 2
        self._newest = self._newest if self._open else number
        count = self._newest + (number - self._newest + half) % TRACKS - half
        self._newest = max(self._newest, count)
        return count

    def _close(self, stretch: _Stretch | None) -> None:
        if stretch is not None:
            self.coasted += stretch.waiting
            stretch.waiting = 0

    def finish(self) -> None:
        """After the last frame."""
        for stretch in self._open.values():
            self._close(stretch)


def holds(box: Box, face: Detection) -> bool:
    """Whether the middle of a face lies in a region."""
    x, y = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    return box.x <= x < box.x + box.w and box.y <= y < box.y + box.h
