"""Decides in which frames the detector looks: every few, fewer where nothing happens, more in doubt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet.changes import Change, calm_pairs
from uunet.errors import DetectionError
from uunet.spots import CLEAR, FAINT, Cells, cells, shrunk
from uunet.stillness import Ends, Sight, first_news, stays
from uunet.types import WINDOW, Detection, FaceDetector, RawFrame

_THUMB = 96  # columns of the thumbnail by which cuts are known
_CUT = 0.12  # mean difference between two thumbnails, of full scale, above which it is a cut …
_CUT_RATIO = 4.0  # … if it is also this many times the change in the frame before
_FAR = 1e6  # pixels from the origin beyond which there is no box; none is smaller than 1 / _FAR
_CALM = 5  # times the usual distance between two looks where nothing happens

Thumb = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame with what is known about it.

    Attributes:
        frame: the frame.
        detections: what the detector found; None if it did not look.
        cut: True if a new scene begins with this frame.
    """

    frame: RawFrame
    detections: list[Detection] | None
    cut: bool


@dataclass(slots=True, eq=False)
class _Pending:
    frame: RawFrame
    thumb: Thumb
    sight: Sight
    cut: bool
    detections: list[Detection] | None = None


class Sampler:
    """Looks at few frames, and closer where two looks do not explain each other.

    The detector looks at every `every`-th frame and at the first and last frame of a scene. The frames
    between two looks are searched by halving if a face of at least `start` has moved far or changed its size,
    if one that both show leaves the line between its places, if one that a single look shows does not stay in
    its place, or if there is something between them that neither shows. (Of faces that show themselves only
    between two looks, for fewer than `every` frames, some are overlooked, the smaller the more:
    results/glimpses.json. With `every` at 1 none is.)

    Where the looks at both ends of a longer run show the same clear faces in nearly the same places, and
    nothing happened meanwhile (`stillness`), it does not look between. Such runs are up to 5 times `every`
    long, but not above `longest`, and there is none where `every` is 1. They end where a window can be given
    out, so that no frame beyond it has to be held.

    Args:
        detector: finds the faces. If it has a method `knows(index) -> bool`, as `boxfile.BoxFile` has, it
            is asked in the frames which it knows and only there.
        every: frames between two looks, at least 1.
        start: score from which a detection must be explained.
        longest: frames from one look to the next at most. A detector with `knows` may leave out `every` at
            the beginning and the end of a scene.
        ahead: frames after the end of a window that must be known before it is given out.

    Raises:
        DetectionError: from `frames`, if it leaves out more.
    """

    def __init__(
        self, detector: FaceDetector, every: int, start: float, longest: int, ahead: int = WINDOW // 2
    ) -> None:
        self._detector = detector
        self._knows = getattr(detector, "knows", None)
        self._every = every
        self._start = start
        self._longest = longest
        self._run = every * max(min(_CALM, longest // every), 1) if every > 1 else 1
        self._ahead = ahead
        self.late = 1 if self._knows is None else longest + 1
        """Frames that may have to follow one that ends what can be given out."""

    def frames(self, frames: Iterable[RawFrame], rotation: int) -> Iterator[Seen]:
        """Every frame in order, each at most 5 times `every` (or `longest`) frames late."""
        self._rotation = rotation
        gap: list[_Pending] = []  # the last frame that was looked at, and those after it
        change = 0.0
        for frame in frames:
            small = cells(frame.picture)
            thumb = thumbnail(small)
            before, change = change, _difference(gap[-1].thumb, thumb) if gap else 0.0
            cut = bool(gap) and change > _CUT and change > _CUT_RATIO * before
            if cut:
                yield from self._finish(gap)
                gap = []
            gap.append(_Pending(frame, thumb, Sight(frame.picture, small, rotation), cut))
            if self._due(gap):
                yield from self._close(gap)
                gap = gap[-1:]
        if gap:
            yield from self._finish(gap)

    def _due(self, gap: list[_Pending]) -> bool:
        if self._knows is None:
            on_border = (gap[-1].frame.index - self._ahead) % (WINDOW // 2) == 0
            return len(gap) > self._run or on_border or gap[0].detections is None
        known = bool(self._knows(gap[-1].frame.index))
        if not known:
            self._check(gap, self._longest - 1)
        return known

    def _check(self, gap: list[_Pending], most: int) -> None:
        """Faces in frames that a file of boxes leaves out can be filled in only if these are few."""
        left_out = len(gap) - 1
        if gap[0].detections is None:  # the scene's first frames: there is nothing before to start from
            left_out, most = len(gap), self._every
        if left_out > most:
            raise DetectionError(
                f"the boxes leave out the {left_out} frames up to frame {gap[-1].frame.index}",
                "list every frame that was looked at, the first and last of a scene too, with [] for no "
                "face; use the --every with which the boxes were exported",
            )

    def _check_between(self, gap: list[_Pending]) -> None:
        """Frames between two listed ones are filled in: these must tell where each face is meanwhile."""
        steps = len(gap) - 1
        if steps < 2 or gap[0].detections is None:
            return
        change = Change.between(gap[0].detections, self._look(gap[-1]))
        far = not change.explained(self._start)
        if far or (steps > self._every and not change.complete):
            what = "a face went far between them" if far else "a face is in one of them alone"
            raise DetectionError(
                f"the boxes leave out the {steps - 1} frames between {gap[0].frame.index} and "
                f"{gap[-1].frame.index}, and {what}",
                "list the frames between, too, or use the --every with which the boxes were exported",
            )

    def _look(self, pending: _Pending) -> list[Detection]:
        if pending.detections is None:
            frame = pending.frame
            found = self._detector.detect(frame.picture, frame.index, self._rotation)
            pending.detections = _checked(found, self._detector)
        return pending.detections

    def _close(self, gap: list[_Pending]) -> Iterator[Seen]:
        """Looks at the last frame of the gap and where needed between; gives all but the last frame."""
        self._look(gap[-1])
        if self._knows is None:
            self._refine(gap)
        else:
            self._check_between(gap)
        yield from (_seen(pending) for pending in gap[:-1])

    def _finish(self, gap: list[_Pending]) -> Iterator[Seen]:
        """The same at the end of a scene, with the last frame."""
        if self._knows is None or self._knows(gap[-1].frame.index):
            yield from self._close(gap)
            yield _seen(gap[-1])
        else:
            self._check(gap, self._every)
            yield from (_seen(pending) for pending in gap)

    def _stay(self, gap: list[_Pending], change: Change) -> bool:
        """Whether the faces that one end alone shows are where it shows them, in all frames between: one that
        runs in or out would be looked for, and covered, in the wrong place.
        """
        between, (first, last) = _sights(gap)
        return all(
            stays(face, sight, between)
            for faces, sight in ((change.lost, first), (change.new, last))
            for face in faces
            if face.score >= self._start
        )

    def _refine(self, gap: list[_Pending]) -> None:
        steps = len(gap) - 1
        if steps < 2:
            return
        first, last = self._look(gap[0]), self._look(gap[-1])
        middle = len(gap) // 2
        if steps > self._every:
            if _is_calm(gap, first, last):
                return
            middle = self._every * max(steps // self._every // 2, 1)
        else:
            change = Change.between(first, last)
            if change.explained(self._start) and self._stay(gap, change):
                news = _news(gap, change)
                if news is None:
                    return
                middle = news
        self._look(gap[middle])
        self._refine(gap[: middle + 1])
        self._refine(gap[middle:])


def _news(gap: list[_Pending], change: Change) -> int | None:
    """The first frame of a short gap that shows what its ends don't; None if none does."""
    found = first_news(CLEAR, *_sights(gap), change.pairs)
    return None if found is None else found + 1


def _is_calm(gap: list[_Pending], first: list[Detection], last: list[Detection]) -> bool:
    """Whether nobody need look between the ends of a gap."""
    faces = calm_pairs(first, last)
    return faces is not None and first_news(FAINT, *_sights(gap), faces) is None


def _sights(gap: list[_Pending]) -> tuple[list[Sight], Ends]:
    """What lies between the ends of a gap, and these."""
    first, *between, last = (pending.sight for pending in gap)
    return between, (first, last)


def _seen(pending: _Pending) -> Seen:
    return Seen(pending.frame, pending.detections, pending.cut)


def thumbnail(small: Cells) -> Thumb:
    """The luma of a picture, smaller still: shape (about 54, 96) for 16:9, 0..1."""
    height, width = small.shape
    columns = min(_THUMB, width)
    rows = max(round(height * columns / width), 1)
    return np.asarray(shrunk(small, rows, columns), np.float32) / np.float32(255)


def _difference(a: Thumb, b: Thumb) -> float:
    return float(np.abs(a - b).mean()) if a.shape == b.shape else 1.0


def _checked(found: object, detector: FaceDetector) -> list[Detection]:
    """What a detector returned, if it can be: one that breaks must not pass for one that finds nobody."""
    if isinstance(found, list) and all(isinstance(one, Detection) and _is_box(one) for one in found):
        return found
    raise DetectionError(
        f"{type(detector).__name__} returned what are no boxes with scores",
        "it must give a list of Detection: x0 < x1, y0 < y1, score from 0 on, none of them out of all reason",
    )


def _is_box(one: Detection) -> bool:
    inside = all(abs(number) <= _FAR for number in (one.x0, one.y0, one.x1, one.y1))
    large = one.x1 - one.x0 >= 1 / _FAR and one.y1 - one.y0 >= 1 / _FAR
    return inside and large and math.isfinite(one.score) and one.score >= 0
