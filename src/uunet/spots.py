"""What a frame shows that neither of two others does, at the scale of the smallest faces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Picture, Plane

CELL = 4
"""Pixels of luma that are one cell, across and down: the smallest faces that are found have two or three."""

_NEAR = np.ones((5, 5), np.uint8)  # cells about one within which what was shown explains it
_SMALL, _OUT = 3, 0.03  # cells, across and down, over which so much of full scale may lie beyond all of that
_MOVED = 2  # cells by which what was shown may have moved …
_ROWS = (2, 1, 3, 0, 4)  # down, 2 being its own place: the nearest first, which leave little to the others
_SHARPLY = 0.6  # … and share of a spot's own contrast that it may differ then: edges don't keep to cells
_ROOM = 0.2  # face sizes about a face within which it may move
_SIDE, _ABOVE, _BELOW = 2.5, 1.5, 8.0  # face sizes from a face's centre within which all goes with it

Cells = npt.NDArray[np.uint8]
"""(rows, columns): means of luma, 8-bit levels."""

Rect = npt.NDArray[np.float64]
"""(4,): x0, y0, x1, y1 in luma pixels."""

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spot:
    """What is another thing.

    Attributes:
        cells: its size, across and down.
        other: mean difference from both ends, of full scale, from which it is another thing …
        matched: … if it is also more than this from each of them that may have moved.
        beyond: whether less over a smaller spot, brighter or darker than all nearby, is one too.
    """

    cells: int
    other: float
    matched: float
    beyond: bool


FAINT = Spot(5, 0.06, 0.1, beyond=True)
"""Between looks that are far apart."""

CLEAR = Spot(9, 0.08, 0.1, beyond=False)
"""Between near ones, where hands and legs swing too."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a face is in a frame, and where it was at both ends.

    Attributes:
        here, ends: in the picture as it is stored.
        turns: quarter turns counter-clockwise that make that upright.
    """

    here: Rect
    ends: tuple[Rect, Rect]
    turns: int = 0


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


def shows_other(spot: Spot, here: Cells, ends: tuple[Cells, Cells], faces: Sequence[Place]) -> bool:
    """Whether a frame shows what neither end does, nor would if all about a face had gone along with it.

    Args:
        spot: what counts.
        here, ends: of one shape.
        faces: those that both ends show; round them things may be others.
    """
    left = _unknown(spot, here, ends, [face.here for face in faces])
    for face in faces:
        if not left.any():
            return False
        about = _about(face.here, face.turns)
        if left[about].any():
            gone = [_carried(end, was, face.here, about) for end, was in zip(ends, face.ends, strict=True)]
            corner = np.tile([about[1].start, about[0].start], 2) * CELL
            rects = [other.here - corner for other in faces]
            left[about] &= _unknown(spot, here[about], [*(end[about] for end in ends), *gone], rects)
    return bool(left.any())


def _unknown(spot: Spot, here: Cells, shown: Sequence[Cells], rects: Sequence[Rect]) -> _Mask:
    """Where it is that there is what was not shown."""
    left = _others(spot, here, shown, rects)
    if spot.beyond:
        low = cv2.erode(reduce(np.minimum, shown), _NEAR)
        high = cv2.dilate(reduce(np.maximum, shown), _NEAR)
        beyond: Any = cv2.max(cv2.subtract(here, high), cv2.subtract(low, here))
        left |= cv2.blur(beyond, (_SMALL, _SMALL)) > int(255 * _OUT)
    return left


def _others(spot: Spot, here: Cells, shown: Sequence[Cells], rects: Sequence[Rect]) -> _Mask:
    """The spots that were not shown, there or up to _MOVED cells aside, and are round no face."""
    size = spot.cells
    other = np.asarray(reduce(np.minimum, [cv2.absdiff(here, one) for one in shown]), np.uint8)
    for rect in rects:
        _forgive(other, rect)
    left: _Mask = cv2.blur(other, (size, size)) > int(255 * spot.other)  # of bytes: a sixth of the time
    if not left.any():
        return left
    about = _round(left, size)
    least = np.zeros(here.shape, np.uint8)
    least[about] = np.maximum(255 * spot.matched, _SHARPLY * _contrast(here[about], size))
    wide: list[Any] = [cv2.copyMakeBorder(one, *(_MOVED,) * 4, cv2.BORDER_REPLICATE) for one in shown]
    for dy, one in itertools.product(_ROWS, wide):
        y, x = about = _round(left, size)
        rows = one[y.start + dy : y.stop + dy, x.start : x.stop + 2 * _MOVED]
        left[about] &= _nearest(here[about], rows, size) > least[about]
        if not left.any():
            break
    return left


def _round(mask: _Mask, room: int) -> tuple[slice, slice]:
    """The rows and columns that hold all that is set in a mask, and so many more about it."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows, columns = mask.shape
    return (
        slice(max(y - room, 0), min(y + height + room, rows)),
        slice(max(x - room, 0), min(x + width + room, columns)),
    )


def _contrast(here: Cells, size: int) -> npt.NDArray[np.float32]:
    """The standard deviation of the levels about each cell."""
    values, window = here.astype(np.float32), (size, size)
    variance: Any = cv2.blur(values**2, window) - cv2.blur(values, window) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float32)


def _nearest(here: Cells, shown: Cells, size: int) -> Cells:
    """The least mean difference over each spot from what was shown there, or up to _MOVED cells to a side.

    Args:
        here: (rows, columns).
        shown: (rows, columns + 2 · _MOVED).
        size: of a spot.
    """
    nearest: Any = np.full_like(here, 255)
    difference, mean = np.empty_like(nearest), np.empty_like(nearest)
    for dx in range(2 * _MOVED + 1):
        cv2.absdiff(here, shown[:, dx : dx + here.shape[1]], dst=difference)
        cv2.min(nearest, cv2.blur(difference, (size, size), dst=mean), dst=nearest)
    return np.asarray(nearest, np.uint8)


def _forgive(other: Cells, rect: Rect) -> None:
    """A face that stays moves its lips, and what lies round it a little."""
    room = _ROOM * max(rect[2] - rect[0], rect[3] - rect[1])
    x0, y0 = (int(max((value - room) // CELL, 0)) for value in rect[:2])
    x1, y1 = (int(max((value + room) // CELL + 1, 0)) for value in rect[2:])
    other[y0:y1, x0:x1] = 0


def _about(rect: Rect, turns: int) -> tuple[slice, slice]:
    """The cells, rows and columns, of whoever has this face in a picture that so many turns make upright."""
    x, y = (rect[:2] + rect[2:]) / 2
    size = max(rect[2] - rect[0], rect[3] - rect[1])
    round_it = [_BELOW, _SIDE, _ABOVE, _SIDE]  # clockwise from what is below an upright face
    down, left, up, right = (size * round_it[(k - turns) % 4] for k in range(4))
    return _slice(y - up, y + down), _slice(x - left, x + right)


def _slice(begin: float, end: float) -> slice:
    return slice(int(max(begin // CELL, 0)), int(max(end // CELL + 1, 0)))


def _carried(shown: Cells, was: Rect, rect: Rect, about: tuple[slice, slice]) -> Cells:
    """What an end would show of these cells if a face's surroundings had gone along with it, and grown."""
    scale = max(rect[2] - rect[0], rect[3] - rect[1]) / max(was[2] - was[0], was[3] - was[1])
    before, now = ((one[:2] + one[2:]) / 2 / CELL - 0.5 for one in (was, rect))
    dx, dy = now - scale * before - (about[1].start, about[0].start)
    rows, columns = shown[about].shape
    gone = cv2.warpAffine(
        shown, np.array([[scale, 0, dx], [0, scale, dy]]), (columns, rows), borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(gone, np.uint8)
