"""What a frame shows that neither of two others does, at the scale of the smallest faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
        low = cv2.erode(np.minimum.reduce(shown), _NEAR)
        high = cv2.dilate(np.maximum.reduce(shown), _NEAR)
        beyond = cv2.max(cv2.subtract(here, high), cv2.subtract(low, here))
        left |= cv2.blur(beyond, (_SMALL, _SMALL)) > 255 * _OUT
    return left


def _others(spot: Spot, here: Cells, shown: Sequence[Cells], rects: Sequence[Rect]) -> _Mask:
    """The spots that were not shown, there or up to _MOVED cells aside, and are round no face."""
    size = spot.cells
    other = np.minimum.reduce([cv2.absdiff(here, one) for one in shown])
    for rect in rects:
        _forgive(other, rect)
    spots: _Mask = cv2.blur(other, (size, size)) > 255 * spot.other
    if not spots.any():
        return spots
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
            left &= cv2.blur(cv2.absdiff(here, moved), window) > least
        if not left.any():
            break
    return spots


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
