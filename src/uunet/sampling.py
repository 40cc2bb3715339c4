"""Decides in which frames the detector looks: every few, fewer where nothing happens, more in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.assignment import assign
from uunet.errors import DetectionError
from uunet.types import WINDOW, Detection, FaceDetector, Picture, RawFrame

_THUMB = 96  # columns of the thumbnail in which changes are looked for: a cell is 13 pixels at 720p
_CUT = 0.12  # mean difference between two thumbnails, of full scale, above which it is a cut …
_CUT_RATIO = 4.0  # … if it is also this many times the change in the frame before
_CHANGE = 0.1  # mean over 3 x 3 cells of what leaves the range of the neighbourhood in both looks …
_NEAR = np.ones((5, 5), np.uint8)  # … which is that many cells: below it is motion, which faces explain
_SHIFT = 0.8  # face heights that a face may move between two looks that explain each other
_GROWTH = 1.35  # and the ratio by which it may grow or shrink
_FAR = 4.0  # face heights within which two strangers in two looks may be one face
_CALM = 5  # times the usual distance between two looks where nothing happens, which is where …
_CALM_CHANGE = 0.03  # … less than this passes (see _CHANGE) …
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
    cut: bool
    detections: list[Detection] | None = None


class Sampler:
    """Looks at few frames, and closer where two looks do not explain each other.

    The detector looks at every `every`-th frame and at the first and last frame of a scene. If a face of at
    least `start` has moved far or changed its size from one look to the next, or if something that neither
    picture shows passed between them, the frames between are searched by halving. Where the looks at both
    ends of a longer run show the same clear faces in nearly the same places, and nothing moved meanwhile, it
    doesn't look between them: runs are up to 5 times `every` (but not above `longest`). They end where a
    window can be given out, so that no frame beyond it has to be held.

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
        self._run = every * max(min(_CALM, longest // every), 1)
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
            gap.append(_Pending(frame, thumb, cut))
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

    def _look(self, pending: _Pending) -> list[Detection]:
        if pending.detections is None:
            frame = pending.frame
            pending.detections = self._detector.detect(frame.picture, frame.index, self._rotation)
        return pending.detections

    def _close(self, gap: list[_Pending]) -> Iterator[Seen]:
        """Looks at the last frame of the gap and where needed between; gives all but the last frame."""
        self._look(gap[-1])
        if self._knows is None:
            self._refine(gap)
        yield from (_seen(pending) for pending in gap[:-1])

    def _finish(self, gap: list[_Pending]) -> Iterator[Seen]:
        """The same at the end of a scene, with the last frame."""
        if self._knows is None or self._knows(gap[-1].frame.index):
            yield from self._close(gap)
            yield _seen(gap[-1])
        else:
            self._check(gap, self._every)
            yield from (_seen(pending) for pending in gap)

    def _refine(self, gap: list[_Pending]) -> None:
        steps = len(gap) - 1
        if steps < 2:
            return
        first, last = self._look(gap[0]), self._look(gap[-1])
        middle = len(gap) // 2
        if steps > self._every:
            if is_calm(first, last) and _passing(gap, _CALM_CHANGE) is None:
                return
            middle = self._every * max(steps // self._every // 2, 1)
        elif explained(first, last, self._start):
            passing = _passing(gap, _CHANGE)
            if passing is None:
                return
            middle = passing
        self._look(gap[middle])
        self._refine(gap[: middle + 1])
        self._refine(gap[middle:])


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

    A face that only one of them shows needs no look between: `filling.fill` covers it beyond its first
    and last detection. One that moved far, or a pair of strangers, one in each look, does.
    """
    if not first or not last:
        return True
    shift, growth, rows, columns = _matched(first, last, _SHIFT, _GROWTH)
    good = (shift[rows, columns] <= _SHIFT) & (growth[rows, columns] <= np.log(_GROWTH))
    lost = set(range(len(first))) - {int(r) for r in rows[good]}
    new = set(range(len(last))) - {int(c) for c in columns[good]}
    strong = {(i, j) for i in lost for j in new if max(first[i].score, last[j].score) >= start}
    return not any(shift[i, j] <= _FAR for i, j in strong)


def is_calm(first: list[Detection], last: list[Detection]) -> bool:
    """Whether both looks show the same faces, all of them clearly, nearly where they were."""
    if len(first) != len(last) or any(d.score < _CALM_SCORE for d in (*first, *last)):
        return False
    if not first:
        return True
    shift, growth, rows, columns = _matched(first, last, _CALM_SHIFT, _CALM_GROWTH)
    moved, grown = shift[rows, columns].max(), growth[rows, columns].max()
    return bool(moved <= _CALM_SHIFT and grown <= np.log(_CALM_GROWTH))


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
