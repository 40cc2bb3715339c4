"""Whether nothing happened between two looks that show the same faces: then nobody need look between them.

A face that leaves its place and comes back, or one that shows itself for half a second, must not pass between
two looks. So every frame between is held against both of them, at the scale of the smallest faces:

- each face must look, in its place, as it does in one of the two looks;
- nowhere may there be what neither of them shows nearby, be it brighter or darker than all that is there (by
  little, over a small spot), or, round no face, another thing (by more, over a spot of a small face's size).
  Who walks takes shoulders and bag along: about a face, what a look shows may be where it went with the face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Detection, Picture, Plane

CELL = 4
"""Pixels of luma that are one cell, across and down: the smallest faces that are found have two or three."""

_NEAR = np.ones((5, 5), np.uint8)  # cells about one within which what an end shows explains it
_SPOT, _OUT = 3, 0.03  # cells, across and down, over which so much of full scale may lie beyond both ends
_MOVED = 2  # cells by which what an end shows may have moved …
_SHARPLY = 0.6  # … and share of a spot's own contrast that it may differ then: edges don't keep to cells
_ROOM = 0.5  # face sizes about a face within which it may move
_SIDE, _ABOVE, _BELOW = 2.5, 1.5, 8.0  # face sizes from a face's centre within which all goes with it
_PATCH = 16  # samples of a face's likeness, across and down
_SAME, _ALIKE = 3.0, 0.7  # mean difference in grey levels to which, or correlation from which, two are alike

Cells = npt.NDArray[np.uint8]
_Rect = npt.NDArray[np.float64]
_Patch = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is kept of a frame to compare it: its luma by cells, and whole."""

    picture: Picture
    cells: Cells


@dataclass(frozen=True, slots=True)
class _Spot:
    """What is another thing.

    Attributes:
        cells: its size, across and down.
        other: mean difference from both ends, of full scale, from which it is another thing …
        matched: … if it is also more than this from each of them that may have moved.
    """

    cells: int
    other: float
    matched: float


_SMALL = _Spot(5, 0.06, 0.1)  # between looks that are far apart
_CLEAR = _Spot(9, 0.08, 0.1)  # between near ones, where hands and legs swing too

Ends = tuple[Sight, Sight]
Faces = Sequence[tuple[Detection, Detection]]
_News = Callable[[Cells, Sequence[Cells], Sequence[_Rect]], bool]
"""Of a frame's cells, those that were shown, and the faces' places, whether there is news."""


def cells(picture: Picture) -> Cells:
    """The luma, a mean of 8 bits for each cell: (height / CELL, width / CELL), at least one each way."""
    rows, columns = (max(length // CELL, 1) for length in picture.luma.shape)
    small = shrunk(picture.luma, rows, columns)
    return np.asarray(small >> (picture.layout.depth - 8), np.uint8)


def shrunk(luma: Plane, rows: int, columns: int) -> Plane:
    """A plane as means over its areas, by halves as far as they go: ten times faster than all at once."""
    small: Any = luma
    while min(small.shape[0] // rows, small.shape[1] // columns) >= 4 and not any(n % 2 for n in small.shape):
        half = (small.shape[1] // 2, small.shape[0] // 2)
        small = cv2.resize(small, half, interpolation=cv2.INTER_AREA)
    small = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA)
    plane: Plane = small
    return plane


def is_still(between: Sequence[Sight], ends: Ends, faces: Faces) -> bool:
    """Whether every frame between two looks shows what these show.

    Args:
        between: the frames, in order.
        ends: the two looks.
        faces: those that both looks show, as each does.
    """
    if first_off(between, ends, faces) is not None:
        return False
    return (
        _first(between, ends, faces, lambda *seen: _is_beyond(*seen[:2]) or _is_other(_SMALL, *seen)) is None
    )


def first_other(between: Sequence[Sight], ends: Ends, faces: Faces) -> int | None:
    """The first frame between two looks in which there is clearly something that neither of them shows.

    Args:
        between, ends, faces: as in `is_still`.
    """
    return _first(between, ends, faces, lambda *seen: _is_other(_CLEAR, *seen))


def _first(between: Sequence[Sight], ends: Ends, faces: Faces, news: _News) -> int | None:
    """The first frame in which there is news, those too that who walks takes along about his face."""
    shown = [end.cells for end in ends]
    for place, sight in enumerate(between):
        rects = [_between(face, (place + 1) / (len(between) + 1)) for face in faces]
        if news(sight.cells, shown, rects):
            carried = [
                _carried(end, _rect(was), rect)
                for face, rect in zip(faces, rects, strict=True)
                for end, was in zip(shown, face, strict=True)
            ]
            if not carried or news(sight.cells, shown + carried, rects):
                return place
    return None


def first_off(between: Sequence[Sight], ends: Ends, faces: Faces) -> int | None:
    """The first frame between two looks in which a face does not look, on the straight line between its two
    places, as it does in one of them; None if there is none.

    Args:
        between, ends, faces: as in `is_still`.
    """
    first, last = ends
    known = [(_likeness(first.picture, _rect(a)), _likeness(last.picture, _rect(b))) for a, b in faces]
    for place, sight in enumerate(between, 1):
        rects = (_between(face, place / (len(between) + 1)) for face in faces)
        if not all(_is_there(sight.picture, rect, both) for rect, both in zip(rects, known, strict=True)):
            return place - 1
    return None


def stays(face: Detection, seen: Sight, others: Sequence[Sight]) -> bool:
    """Whether a face that one look shows looks the same in its place in other frames, where nobody looked."""
    rect = _rect(face)
    known = _likeness(seen.picture, rect), None
    return all(_is_there(other.picture, rect, known) for other in others)


def _is_beyond(here: Cells, shown: Sequence[Cells]) -> bool:
    """Whether there is a small spot brighter or darker than all that was shown nearby."""
    low = cv2.erode(np.minimum.reduce(shown), _NEAR)
    high = cv2.dilate(np.maximum.reduce(shown), _NEAR)
    beyond = cv2.max(cv2.subtract(here, high), cv2.subtract(low, here))
    return bool(cv2.blur(beyond, (_SPOT, _SPOT)).max() > 255 * _OUT)


def _is_other(spot: _Spot, here: Cells, shown: Sequence[Cells], rects: Sequence[_Rect]) -> bool:
    """Whether there is a spot that was not shown, there or up to _MOVED cells aside, and is round no face."""
    size = spot.cells
    other = np.minimum.reduce([cv2.absdiff(here, one) for one in shown])
    for rect in rects:
        _forgive(other, rect)
    spots = cv2.blur(other, (size, size)) > 255 * spot.other
    if not spots.any():
        return False
    rows, columns = np.nonzero(spots)
    y0, y1 = max(rows.min() - size, 0), rows.max() + size + 1
    x0, x1 = max(columns.min() - size, 0), columns.max() + size + 1
    here, left = here[y0:y1, x0:x1], spots[y0:y1, x0:x1]
    window, values = (size, size), here.astype(np.float32)
    contrast = np.sqrt(np.maximum(cv2.blur(values**2, window) - cv2.blur(values, window) ** 2, 0))
    least = np.maximum(255 * spot.matched, _SHARPLY * contrast)
    edge = (_MOVED,) * 4
    for wide in (cv2.copyMakeBorder(one, *edge, cv2.BORDER_REPLICATE) for one in shown):
        for dy, dx in np.ndindex(2 * _MOVED + 1, 2 * _MOVED + 1):
            moved = wide[y0 + dy : y0 + dy + here.shape[0], x0 + dx : x0 + dx + here.shape[1]]
            left = left & (cv2.blur(cv2.absdiff(here, moved), window) > least)
        if not left.any():
            return False
    return True


def _carried(shown: Cells, was: _Rect, rect: _Rect) -> Cells:
    """What an end shows, with all that belongs to a face carried along to where the face is, and scaled."""
    size, now = (max(one[2] - one[0], one[3] - one[1]) for one in (was, rect))
    scale = now / size
    centre, target = ((one[:2] + one[2:]) / 2 / CELL - 0.5 for one in (was, rect))
    dx, dy = target - scale * centre
    rows, columns = shown.shape
    gone = cv2.warpAffine(
        shown, np.array([[scale, 0, dx], [0, scale, dy]]), (columns, rows), borderMode=cv2.BORDER_REPLICATE
    )
    x, y = target
    now /= CELL
    about = (
        slice(max(int(y - _ABOVE * now), 0), max(int(y + _BELOW * now) + 1, 0)),
        slice(max(int(x - _SIDE * now), 0), max(int(x + _SIDE * now) + 1, 0)),
    )
    carried = shown.copy()
    carried[about] = gone[about]
    return carried


def _between(face: tuple[Detection, Detection], share: float) -> _Rect:
    return np.asarray((1 - share) * _rect(face[0]) + share * _rect(face[1]))


def _rect(face: Detection) -> _Rect:
    return np.array([face.x0, face.y0, face.x1, face.y1])


def _likeness(picture: Picture, rect: _Rect) -> _Patch | None:
    """A face as it looks, _PATCH × _PATCH means of luma, 8-bit levels; None if it is out of the picture."""
    height, width = picture.luma.shape
    x0, y0 = (int(max(value, 0)) for value in rect[:2])
    x1, y1 = int(min(rect[2] + 1, width)), int(min(rect[3] + 1, height))
    if x1 <= x0 or y1 <= y0:
        return None
    luma: Any = np.ascontiguousarray(picture.luma[y0:y1, x0:x1])
    patch = cv2.resize(luma, (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    return np.asarray(patch, np.float32) / np.float32(1 << (picture.layout.depth - 8))


def _is_there(picture: Picture, rect: _Rect, known: tuple[_Patch | None, _Patch | None]) -> bool:
    """Whether a face looks as in one of the two looks: much the same, or the same but for the light."""
    here = _likeness(picture, rect)
    return here is not None and any(one is not None and _are_alike(here, one) for one in known)


def _are_alike(here: _Patch, known: _Patch) -> bool:
    if float(np.abs(here - known).mean()) <= _SAME:
        return True
    one, other = here - here.mean(), known - known.mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return lengths > 0 and float((one * other).sum()) >= _ALIKE * lengths


def _forgive(other: Cells, rect: _Rect) -> None:
    """A face that stays moves its lips, and what lies round it a little."""
    room = _ROOM * max(rect[2] - rect[0], rect[3] - rect[1])
    x0, y0 = (int(max((value - room) // CELL, 0)) for value in rect[:2])
    x1, y1 = (int(max((value + room) // CELL + 1, 0)) for value in rect[2:])
    other[y0:y1, x0:x1] = 0
