"""Draws the paths of the regions of faces with as few straight pieces as possible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from uunet.regions import HEAD, Region, Squares, replaces, sides_for, squares_of
from uunet.types import POSITION_UNITS, SIDE_STEPS, FrameSize, Segment, nearest_side

Rect = npt.NDArray[np.float64]
"""(4,): centre x, centre y, width, height of a face in luma pixels."""

_SHORTEST = 6  # frames in a piece that comes from a split: shorter ones cost bytes and look nervous
_LAWSON = 8  # rounds; more change sides by less than a step of the wire
_MEMORY = 4.0  # frames that the end of the path in the window before counts for


class Course:
    """One face's way through a window, drawn with few straight pieces.

    Every piece's `Segment.box` replaces the face in every frame. Neighbouring pieces meet, so that the
    region does not jump, and the path starts near where that of the window before ended.

    Args:
        rects: (n, 4), the face boxes of n frames in a row, n ≥ 1.
        first: number in the window of the first of them.
        size: of the frame.
        before: (1, 3), the square at the end of the window before, if the face comes from there.
        region: how faces are widened.

    Attributes:
        pieces: how many there are, 1 to begin with.
        waste: by what share the sides exceed the wanted ones on average, because the path is straight.
    """

    def __init__(
        self,
        rects: npt.NDArray[np.float64],
        first: int,
        size: FrameSize,
        *,
        before: Squares | None = None,
        region: Region = HEAD,
    ) -> None:
        self._start = first
        margin = np.array([0.0, 0.0, 2.0, 2.0]) * region.margin
        self._wanted, self._faces = squares_of(rects, region), rects + margin
        self._size, self._before, self._least = size, before, region.least
        self._knots = [0, len(rects)]
        self._corners, self.waste = _fit(self._wanted, self._faces, self._knots, before)

    @property
    def pieces(self) -> int:
        """How many straight pieces the path has."""
        return len(self._knots) - 1

    @property
    def side(self) -> float:
        """The mean side of its regions, in pixels."""
        return float(self._wanted[:, 2].mean())

    def split(self) -> bool:
        """Adds a piece where it helps most; False if the pieces are too short for that."""
        knot = _cut(self._wanted, self._corners, self._knots)
        if knot is None:
            return False
        self._knots = sorted([*self._knots, knot])
        self._corners, self.waste = _fit(self._wanted, self._faces, self._knots, self._before)
        return True

    def segments(self, track: int) -> list[Segment]:
        """The pieces in the units of the wire, for the track's number there, 0..63."""
        drawn = [
            _widen(
                _quantise(ends, self._start + a, self._start + b - 1, track, self._size),
                self._faces[a:b],
                self._size,
            )
            for ends, a, b in _spans(self._corners, self._knots)
        ]
        return _on_one_side(drawn, self._least, self._size)


def straighten(courses: list[Course], pieces: int, region: Region = HEAD) -> None:
    """Splits the paths that waste most until none does, or all together have this many pieces."""
    open_ = list(courses)
    spare = pieces - sum(course.pieces for course in courses)
    while spare > 0 and open_:
        worst = max(open_, key=lambda course: course.waste)
        if worst.waste <= region.waste:
            return
        if worst.split():
            spare -= 1
        else:
            open_.remove(worst)


def _fit(
    wanted: Squares, faces: npt.NDArray[np.float64], knots: list[int], before: Squares | None
) -> tuple[Squares, float]:
    """The polyline with its corners at `knots` that covers all frames with small sides.

    Centres by weighted least squares, with more weight where they are worst (Lawson's method), which comes
    near to the smallest worst error; then the sides over what these centres leave to be covered.

    Args:
        wanted: (n, 3), the regions that were wanted.
        faces: (n, 4), centre, width and height of what must be covered.
        knots: frames of the corners; the last is one past the last frame.
        before: where the path comes from.

    Returns:
        (len(knots), 3), the squares at the corners, and the mean share by which sides exceed the wanted ones.
    """
    basis = _hats(np.arange(len(wanted)), knots)
    weight = 1 / wanted[:, 2]
    for _ in range(_LAWSON):
        centres = _solve(basis, wanted[:, :2], weight, knots, None if before is None else before[:, :2])
        reach = sides_for(basis @ centres - faces[:, :2], faces[:, 2:])
        lack = np.maximum(reach / wanted[:, 2], 1.0)
        if lack.max() <= 1.0:
            break
        weight = weight * (1 + 4 * (lack - 1) / lack.max())
    side = np.maximum(reach, wanted[:, 2])
    sides = _solve(basis, side[:, None], 1 / side, knots, None if before is None else before[:, 2:])
    for _ in range(_LAWSON):
        path = basis @ sides
        short = np.maximum(side[:, None] - path, 0)
        if short.max() <= 0:
            break
        sides += basis.T @ short / np.maximum(basis.sum(axis=0)[:, None], 1)
    sides += max(float((side[:, None] - basis @ sides).max()), 0.0)
    waste = float((basis @ sides / wanted[:, 2:]).mean()) - 1
    return np.concatenate([centres, sides], axis=1), waste


def _solve(
    basis: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    knots: list[int],
    before: npt.NDArray[np.float64] | None,
) -> npt.NDArray[np.float64]:
    """Corners (len(knots), m) of the polyline nearest to `values` (n, m); starts near `before` (1, m)."""
    left, right = basis * weight[:, None], values * weight[:, None]
    if before is not None:
        pull = _MEMORY * float(weight.mean())
        left = np.concatenate([left, _hats(np.array([0]), knots) * pull])
        right = np.concatenate([right, before * pull])
    # A path of one frame, or a knot without frames, leaves directions open: the smallest change closes them.
    ridge = 1e-6 * float(weight.mean())
    left = np.concatenate([left, ridge * np.diff(np.eye(len(knots)), axis=0)])
    right = np.concatenate([right, np.zeros((len(knots) - 1, values.shape[1]))])
    return np.asarray(np.linalg.lstsq(left, right, rcond=None)[0], np.float64)


def _hats(times: npt.NDArray[np.int_], knots: list[int]) -> npt.NDArray[np.float64]:
    """(len(times), len(knots)): how much each corner counts at each time."""
    return np.stack([np.interp(times, knots, row) for row in np.eye(len(knots))], axis=1)


def _spans(corners: Squares, knots: list[int]) -> list[tuple[Squares, int, int]]:
    """Per piece: its squares at its first and last frame (2, 3), its first frame, one past its last."""
    spans = []
    for i in range(len(knots) - 1):
        a, b = knots[i], knots[i + 1]
        end = corners[i] + (corners[i + 1] - corners[i]) * (b - 1 - a) / (b - a)
        spans.append((np.stack([corners[i], end]), a, b))
    return spans


def _quantise(ends: Squares, first: int, last: int, track: int, size: FrameSize) -> Segment:
    """Squares at both ends, in the units of the wire."""
    cx = np.clip(np.round(ends[:, 0] / size[0] * POSITION_UNITS - 0.5), 0, POSITION_UNITS - 1).astype(int)
    cy = np.clip(np.round(ends[:, 1] / size[1] * POSITION_UNITS - 0.5), 0, POSITION_UNITS - 1).astype(int)
    s = [nearest_side(float(side) / max(size)) for side in ends[:, 2]]
    return Segment(track, first, last, int(cx[0]), int(cy[0]), int(cx[1]), int(cy[1]), s[0], s[1])


def square_at_end(segment: Segment, size: FrameSize) -> Squares:
    """(1, 3): where a piece ends, for `before` in the next window."""
    side = max(size) * 2.0 ** ((segment.s1 - (SIDE_STEPS - 1)) / 51.2)
    cx, cy = ((2 * c + 1) / (2 * POSITION_UNITS) for c in (segment.cx1, segment.cy1))
    return np.array([[cx * size[0], cy * size[1], side]])


def _widen(segment: Segment, faces: npt.NDArray[np.float64], size: FrameSize) -> Segment:
    """The segment with the smallest sides that replace `faces`, (n, 4), one in every frame."""
    while not _replaces(segment, faces, size) and (segment.s0, segment.s1) != (
        SIDE_STEPS - 1,
        SIDE_STEPS - 1,
    ):
        s0, s1 = min(segment.s0 + 1, SIDE_STEPS - 1), min(segment.s1 + 1, SIDE_STEPS - 1)
        segment = replace(segment, s0=s0, s1=s1)
    return segment


def _on_one_side(pieces: list[Segment], least: float, size: FrameSize) -> list[Segment]:
    """The pieces, all of them at least so large if any box is."""
    frames = [(piece, k) for piece in pieces for k in range(piece.first, piece.last + 1)]
    sides = [min(box.w, box.h) for piece, k in frames if (box := piece.box(k, size))]
    if not min(sides) < least <= max(sides):
        return pieces
    step = nearest_side(least / max(size))
    return [replace(piece, s0=max(piece.s0, step), s1=max(piece.s1, step)) for piece in pieces]


def _replaces(segment: Segment, faces: npt.NDArray[np.float64], size: FrameSize) -> bool:
    boxes = (segment.box(k, size) for k in range(segment.first, segment.first + len(faces)))
    return all(box and replaces(box, face, size) for box, face in zip(boxes, faces, strict=True))


def _cut(wanted: Squares, corners: Squares, knots: list[int]) -> int | None:
    """Where one more corner helps most: the frame farthest off the path, away from the other corners."""
    path = _hats(np.arange(len(wanted)), knots) @ corners
    error = np.abs((path - wanted) / wanted[:, 2:]).max(axis=1)
    free = [k for k in range(len(wanted)) if min(abs(k - knot) for knot in knots) >= _SHORTEST]
    return max(free, key=lambda k: error[k]) if free else None
