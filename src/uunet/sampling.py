"""Decides in which frames the detector looks: every few, fewer where nothing happens, more in doubt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.assignment import assign
from uunet.errors import DetectionError
from uunet.stillness import Sight, cells, first_off, is_still, stays
from uunet.types import WINDOW, Detection, FaceDetector, Picture, RawFrame

_THUMB = 96  # columns of the thumbnail in which changes are looked for: a cell is 13 pixels at 720p
_CUT = 0.12  # mean difference between two thumbnails, of full scale, above which it is a cut …
_CUT_RATIO = 4.0  # … if it is also this many times the change in the frame before
_CHANGE = 0.1  # mean over 3 x 3 cells of what leaves the range of the neighbourhood in both looks …
_NEAR = np.ones((5, 5), np.uint8)  # … which is that many cells: below it is motion, which faces explain
_SHIFT = 0.8  # face heights that a face may move between two looks that explain each other
_GROWTH = 1.35  # and the ratio by which it may grow or shrink
_CALM = 5  # times the usual distance between two looks where nothing happens, which is where …
_CALM_SHIFT, _CALM_GROWTH = 0.4, 1.2  # … all faces are the same ones and hardly move …
_CALM_SCORE = 0.35  # … and none of them is so weak that the next frame may show it no more

Thumb = npt.NDArray[np.float32]
_Floats = npt.NDArray[np.float64]
_Match = tuple[_Floats, _Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]


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
    its place, or if something large that neither shows passed between them. (A small face that shows itself
    for fewer than `every` frames, between two looks, can be overlooked; with `every` at 1, none.)

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
            thumb = thumbnail(frame.picture)
            before, change = change, _difference(gap[-1].thumb, thumb) if gap else 0.0
            cut = bool(gap) and change > _CUT and change > _CUT_RATIO * before
            if cut:
                yield from self._finish(gap)
                gap = []
            gap.append(_Pending(frame, thumb, Sight(frame.picture, cells(frame.picture)), cut))
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
                "list every frame that was looked at, the first and last of a scene too, with [] for no face",
            )

    def _check_between(self, gap: list[_Pending]) -> None:
        """Frames between two listed ones are filled in: these must tell where each face is meanwhile."""
        steps = len(gap) - 1
        if steps < 2 or gap[0].detections is None:
            return
        first, last = self._look(gap[0]), self._look(gap[-1])
        far = not explained(first, last, self._start)
        if far or (steps > self._every and not _are_same(first, last)):
            what = "a face went far between them" if far else "a face is in one of them alone"
            raise DetectionError(
                f"the boxes leave out the {steps - 1} frames between {gap[0].frame.index} and "
                f"{gap[-1].frame.index}, and {what}",
                "list the frames between, too",
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

    def _stay(self, gap: list[_Pending], first: list[Detection], last: list[Detection]) -> bool:
        """Whether the faces that one end alone shows are where it shows them, in all frames between: one that
        runs in or out would be looked for, and covered, in the wrong place.
        """
        between = [pending.sight for pending in gap[1:-1]]
        lost, new = _lonely(first, last)
        ends = ((first, lost, gap[0].sight), (last, new, gap[-1].sight))
        return all(
            stays(faces[i], sight, between)
            for faces, alone, sight in ends
            for i in alone
            if faces[i].score >= self._start
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
        elif explained(first, last, self._start) and self._stay(gap, first, last):
            news = _news(gap, first, last)
            if news is None:
                return
            middle = news
        self._look(gap[middle])
        self._refine(gap[: middle + 1])
        self._refine(gap[middle:])


def _news(gap: list[_Pending], first: list[Detection], last: list[Detection]) -> int | None:
    """The frame of a short gap that tells most of what its ends don't; None if none does."""
    between, ends = [pending.sight for pending in gap[1:-1]], (gap[0].sight, gap[-1].sight)
    off = first_off(between, ends, _pairs(first, last))
    return _passing(gap, _CHANGE) if off is None else off + 1


def _is_calm(gap: list[_Pending], first: list[Detection], last: list[Detection]) -> bool:
    """Whether nobody need look between the ends of a gap."""
    faces = calm_pairs(first, last)
    return faces is not None and is_still(
        [pending.sight for pending in gap[1:-1]], (gap[0].sight, gap[-1].sight), faces
    )


def _seen(pending: _Pending) -> Seen:
    return Seen(pending.frame, pending.detections, pending.cut)


def thumbnail(picture: Picture) -> Thumb:
    """The luma, small: shape (about 54, 96) for 16:9, 0..1."""
    luma = picture.planes[0]
    height, width = luma.shape
    columns = min(_THUMB, width)
    rows = max(round(height * columns / width), 1)
    small: npt.NDArray[Any] = luma
    while min(small.shape[0] // rows, small.shape[1] // columns) >= 4 and not any(n % 2 for n in small.shape):
        half = (small.shape[1] // 2, small.shape[0] // 2)  # ten times faster than the whole way at once
        small = cv2.resize(small, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32((1 << picture.layout.depth) - 1)


def _difference(a: Thumb, b: Thumb) -> float:
    return float(np.abs(a - b).mean()) if a.shape == b.shape else 1.0


def explained(first: list[Detection], last: list[Detection], start: float) -> bool:
    """Whether straight lines from one look to the other account for what both show.

    A face that only one of them shows needs no look between if it stays where it is: `filling.fill` covers it
    beyond its first and last detection. One that moved far, or a pair of strangers, one in each look, does,
    however far apart: they may be one face that runs.
    """
    lost, new = _lonely(first, last)
    return not any(max(first[i].score, last[j].score) >= start for i in lost for j in new)


def _lonely(first: list[Detection], last: list[Detection]) -> tuple[set[int], set[int]]:
    """Which faces of each look have no partner in the other."""
    pairs = _places(first, last)
    return set(range(len(first))) - {i for i, _ in pairs}, set(range(len(last))) - {j for _, j in pairs}


def _pairs(first: list[Detection], last: list[Detection]) -> list[tuple[Detection, Detection]]:
    """The faces that both looks show, as each does."""
    return [(first[i], last[j]) for i, j in _places(first, last)]


def _places(first: list[Detection], last: list[Detection]) -> list[tuple[int, int]]:
    """Which face of one look is which of the other."""
    if not first or not last:
        return []
    shift, growth, rows, columns = _matched(first, last, _SHIFT, _GROWTH)
    good = (shift[rows, columns] <= _SHIFT) & (growth[rows, columns] <= np.log(_GROWTH))
    return [(int(r), int(c)) for r, c in zip(rows[good], columns[good], strict=True)]


def calm_pairs(first: list[Detection], last: list[Detection]) -> list[tuple[Detection, Detection]] | None:
    """The faces of two looks, if both show the same ones, all clearly, nearly where they were; else None."""
    if len(first) != len(last) or any(d.score < _CALM_SCORE for d in (*first, *last)):
        return None
    if not first:
        return []
    shift, growth, rows, columns = _matched(first, last, _CALM_SHIFT, _CALM_GROWTH)
    moved, grown = shift[rows, columns].max(), growth[rows, columns].max()
    if moved > _CALM_SHIFT or grown > np.log(_CALM_GROWTH):
        return None
    return [(first[int(r)], last[int(c)]) for r, c in zip(rows, columns, strict=True)]


def _are_same(first: list[Detection], last: list[Detection]) -> bool:
    """Whether each face of one look has its own in the other."""
    return _lonely(first, last) == (set(), set())


def _checked(found: object, detector: FaceDetector) -> list[Detection]:
    """What a detector returned, if it can be: one that breaks must not pass for one that finds nobody."""
    if isinstance(found, list) and all(isinstance(one, Detection) and _is_box(one) for one in found):
        return found
    raise DetectionError(
        f"{type(detector).__name__} returned what are no boxes with scores",
        "it must give a list of Detection: x0 < x1, y0 < y1, score from 0 on, all of them finite numbers",
    )


def _is_box(one: Detection) -> bool:
    numbers = (one.x0, one.y0, one.x1, one.y1, one.score)
    return all(map(math.isfinite, numbers)) and one.x0 < one.x1 and one.y0 < one.y1 and one.score >= 0


def _matched(first: list[Detection], last: list[Detection], far: float, much: float) -> _Match:
    """How far each face of one look is from each of the other, and which belong together.

    Returns:
        (n, m) distances in face heights, (n, m) logarithms of the ratios of sizes, rows and columns of pairs.
    """
    a, b = _centres(first), _centres(last)
    size = np.maximum(a[:, None, 2], b[None, :, 2])
    shift = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]) / size
    growth = np.abs(np.log(a[:, None, 2] / b[None, :, 2]))
    return shift, growth, *assign(np.minimum(shift / far + growth / np.log(much), 4.0))


def _centres(detections: list[Detection]) -> npt.NDArray[np.float64]:
    """(n, 3): centre x, centre y, size."""
    rows = [((d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2, max(d.x1 - d.x0, d.y1 - d.y0)) for d in detections]
    return np.asarray(rows, np.float64)


def _passing(gap: list[_Pending], change: float) -> int | None:
    """The frame of the gap in which more than `change` is to be seen that neither end shows, if any."""
    low = cv2.erode(np.minimum(gap[0].thumb, gap[-1].thumb), _NEAR)
    high = cv2.dilate(np.maximum(gap[0].thumb, gap[-1].thumb), _NEAR)
    worst = [
        float(cv2.blur(np.maximum(np.maximum(p.thumb - high, low - p.thumb), 0), (3, 3)).max())
        for p in gap[1:-1]
    ]
    best = int(np.argmax(worst))
    return best + 1 if worst[best] > change else None
