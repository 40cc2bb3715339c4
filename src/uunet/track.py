"""Follows faces through a stream of any length and cuts it into windows with the regions to cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet.association import Follower, Track
from uunet.errors import DetectionError
from uunet.filling import Path, fill, without_doubles
from uunet.paths import Course, square_at_end, straighten
from uunet.regions import HEAD, Region
from uunet.sampling import Sampler, Seen
from uunet.types import WINDOW, FaceDetector, FrameSize, RawFrame, Segment, Window

_TRACKS = 64  # numbers of tracks on the wire


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How faces are followed. All times in frames.

    Attributes:
        every: frames between two looks of the detector, at least 1; more where it is not enough, and fewer
            where nothing happens (see Sampler).
        start: score in [0, 1] from which a detection starts a track; weaker ones only continue tracks.
        lookahead: frames beyond a window that are looked at before it is given out, at least `every`; also
            the longest gap between two detections that is filled. A window is never given out before the
            WINDOW / 2 frames after it are known, since they may belong to it.
        head: frames before its first detection in which a face is covered, `every` to lookahead: the look
            before may have been so long ago.
        tail: frames after its last detection in which a face is covered, `every` to lookahead.
        segments: straight pieces that the paths of a window may have together, since they are what must be
            written into the video. Every face gets one; more go where they make regions smaller.
        region: how a face box is widened to the region that is covered.

    Raises:
        DetectionError: a value is out of range.
    """

    every: int = 5
    start: float = 0.2
    lookahead: int = 24
    head: int = 6
    tail: int = 12
    segments: int = 24
    region: Region = HEAD

    @classmethod
    def at(cls, rate: float) -> TrackSettings:
        """The defaults, which are meant for 24 frames per second, for another `rate` (> 0)."""
        second = min(max(rate, 4.0), 120.0)
        return cls(
            every=max(round(second * 0.2), 1),
            lookahead=round(second),
            head=round(second / 4),
            tail=round(second / 2),
        )

    def __post_init__(self) -> None:
        if not 1 <= self.every <= self.lookahead or self.segments < 1 or not 0 <= self.start <= 1:
            raise DetectionError(
                f"can't track with every={self.every}, lookahead={self.lookahead}, "
                f"segments={self.segments}, start={self.start}",
                "1 <= every <= lookahead, 1 <= segments, 0 <= start <= 1",
            )
        if not all(self.every <= frames <= self.lookahead for frames in (self.head, self.tail)):
            raise DetectionError(
                f"head={self.head}, tail={self.tail} must lie between every={self.every} and the look-ahead "
                f"{self.lookahead}: else a face goes bare between two looks",
                "raise the look-ahead or lower the others",
            )


class Tracker:
    """Follows faces; one Tracker per stream. Memory is flat: a window and its look-ahead are held,
    the window until it is given out.

    Args:
        detector: finds the faces of one picture.
        settings: how they are followed.
    """

    def __init__(self, detector: FaceDetector, settings: TrackSettings | None = None) -> None:
        self._settings = settings or TrackSettings()
        s = self._settings
        self._ahead = max(s.lookahead, WINDOW // 2)
        self._sampler = Sampler(detector, s.every, s.start, s.lookahead, self._ahead)
        self._follower = Follower(s.start, s.lookahead, s.head)
        self._ends: dict[int, npt.NDArray[np.float64]] = {}  # number of a track → its last square
        self._next = 0

    @property
    def holds(self) -> int:
        """The most frames that it has to be given before it gives out the window that the first are in."""
        return WINDOW + self._ahead + self._sampler.late

    def windows(self, frames: Iterable[RawFrame], rotation: int = 0) -> Iterator[Window]:
        """The stream in windows of WINDOW frames (see there for the tail), each with its regions.

        The same code serves files and cameras: a window comes as soon as the look-ahead behind it is there.

        Args:
            frames: in order of presentation, all of one size, numbered without gaps.
            rotation: quarter turns counter-clockwise that make the pictures upright.

        Raises:
            DetectionError: the detector can't tell about these frames.
        """
        held: list[Seen] = []
        number = 0
        for seen in self._sampler.frames(frames, rotation):
            if seen.cut:
                self._follower.cut(seen.frame.index)
            if seen.detections is not None:
                self._follower.update(seen.frame.index, seen.detections)
            held.append(seen)
            if len(held) >= WINDOW + self._ahead:
                del seen
                yield self._window(number, _first(held, WINDOW))
                number += 1
        while held:
            length = WINDOW if len(held) >= WINDOW + WINDOW // 2 else len(held)
            yield self._window(number, _first(held, length))
            number += 1

    def _window(self, number: int, held: list[Seen]) -> Window:
        first = held[0].frame.index
        span = range(first, first + len(held))
        size = held[0].frame.picture.size
        looked = {seen.frame.index for seen in held if seen.detections is not None}
        stats = {
            "looks": len(looked),
            "cuts": sum(seen.cut for seen in held),
            "coasted": 0,
            "bridged": 0,
        }
        paths = self._paths(span, size)
        segments, tracks = self._draw(paths, span, size)
        self._follower.forget(span.stop)
        detected = tuple(None if s.detections is None else tuple(s.detections) for s in held)
        stats = _count(held, [path for _, path in paths])
        return Window(number, tuple(s.frame for s in held), tuple(segments), tuple(tracks), detected, stats)

    def _paths(self, span: range, size: FrameSize) -> list[tuple[Track, Path]]:
        """The tracks that are to be covered in these frames, by number, and where their faces are."""
        settings = self._settings
        tracks = self._follower.tracks
        reach = settings.head, settings.tail, size, settings.every
        found = without_doubles([fill(t, span, *reach) for t in tracks])
        live = [(track, path) for track, path in zip(tracks, found, strict=True) if path]
        for track, _ in live:
            if track.number < 0:
                track.number = self._new_number()
        return sorted(live, key=lambda pair: pair[0].number)

    def _draw(
        self, paths: list[tuple[Track, Path]], span: range, size: FrameSize
    ) -> tuple[list[Segment], list[int]]:
        """The regions of the window, and the numbers of their tracks."""
        settings = self._settings
        courses = []
        for track, path in paths:
            for run in _runs(path):
                rects = np.stack([path[k][0] for k in run])
                before = self._ends.get(track.number) if run[0] == span[0] else None
                course = Course(rects, run[0] - span[0], size, before=before, region=settings.region)
                courses.append((track.number, course))
        straighten([course for _, course in courses], settings.segments, settings.region)
        # whoever is nearer hides others: large regions come last, and so come back whole where they overlap
        courses.sort(key=lambda pair: pair[1].side)
        drawn = [(number, s) for number, course in courses for s in course.segments(number % _TRACKS)]
        self._ends = {n: square_at_end(s, size) for n, s in drawn if s.last >= len(span) - 1}
        return [s for _, s in drawn], [n for n, _ in drawn]

    def _new_number(self) -> int:
        """The next number; below 64 tracks at a time none that another track shows on the wire."""
        used = {track.number % _TRACKS for track in self._follower.tracks if track.number >= 0}
        while len(used) < _TRACKS and self._next % _TRACKS in used:
            self._next += 1
        self._next += 1
        return self._next - 1


def _first(held: list[Seen], length: int) -> list[Seen]:
    """Takes the first frames away, so that whoever gets the window may let go of them."""
    taken = held[:length]
    del held[:length]
    return taken


def _runs(path: Path) -> list[range]:
    """The frames of a path as runs without gaps."""
    frames = sorted(path)
    starts = [k for k in frames if k - 1 not in path]
    stops = [k + 1 for k in frames if k + 1 not in path]
    return [range(a, b) for a, b in zip(starts, stops, strict=True)]


def _count(held: list[Seen], paths: list[Path]) -> dict[str, int]:
    """The window's counters: those of `types.Window`, and `looks`, the frames the detector looked at.

    Frames in which it did not look, between two detections, count neither as coasted nor as bridged.
    """
    looked = {seen.frame.index for seen in held if seen.detections is not None}
    missed = [{k for k, (_, how) in path.items() if how == "between" and k in looked} for path in paths]
    return {
        "looks": len(looked),
        "cuts": sum(seen.cut for seen in held),
        "coasted": sum(how == "coasted" for path in paths for _, how in path.values())
        + sum(len(frames) for frames in missed),
        "bridged": len(set().union(*missed)),
    }
