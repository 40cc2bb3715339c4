"""Whether nothing happened between two looks that show the same faces: then nobody need look between them.

A face that leaves its place and comes back, or one that shows itself for half a second, must not pass between
two looks. So every frame between is held against both of them, at the scale of the smallest faces:

- each face must look, in its place, as it does in one of the two looks;
- nowhere may there be what neither of them shows nearby, be it brighter or darker than all that is there (by
  little, over a small spot), or, round no face, another thing (by more, over a spot of a small face's size).
  Who walks takes shoulders and bag along: about a face, what a look shows may be where it went with the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.spots import Cells, Place, Rect, Spot, shows_other
from uunet.types import Detection, Picture

_PATCH = 16  # samples of a face's likeness, across and down
_SAME, _ALIKE = 3.0, 0.7  # mean difference in grey levels to which, or correlation from which, two are alike

_Patch = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is kept of a frame to compare it: its luma by cells, and whole.

    Attributes:
        picture, cells: as they are stored.
        turns: quarter turns counter-clockwise that make them upright.
    """

    picture: Picture
    cells: Cells
    turns: int = 0


Ends = tuple[Sight, Sight]
Faces = Sequence[tuple[Detection, Detection]]


def first_news(spot: Spot, between: Sequence[Sight], ends: Ends, faces: Faces) -> int | None:
    """The first frame between two looks that shows what these don't; None if there is none.

    It is one in which a face is not where it should be, or, where all are, one with another thing.

    Args:
        spot: what counts as another thing.
        between: the frames, in order.
        ends: the two looks.
        faces: those that both looks show, as each does.
    """
    off = _first_off(between, ends, faces)
    return _first_other(spot, between, ends, faces) if off is None else off


def _first_other(spot: Spot, between: Sequence[Sight], ends: Ends, faces: Faces) -> int | None:
    """The first frame with something that neither look shows; arguments as for `first_news`."""
    shown = ends[0].cells, ends[1].cells
    for place, sight in enumerate(between):
        share = (place + 1) / (len(between) + 1)
        places = [
            Place(_between(face, share), (_rect(face[0]), _rect(face[1])), sight.turns) for face in faces
        ]
        if shows_other(spot, sight.cells, shown, places):
            return place
    return None


def _first_off(between: Sequence[Sight], ends: Ends, faces: Faces) -> int | None:
    """The first frame in which a face does not look, on the straight line between its two places, as it does
    in one of the looks; arguments as for `first_news`.
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


def _between(face: tuple[Detection, Detection], share: float) -> Rect:
    return np.asarray((1 - share) * _rect(face[0]) + share * _rect(face[1]))


def _rect(face: Detection) -> Rect:
    return np.array([face.x0, face.y0, face.x1, face.y1])


def _likeness(picture: Picture, rect: Rect) -> _Patch | None:
    """A face as it looks, _PATCH × _PATCH means of luma, 8-bit levels; None if it is out of the picture."""
    height, width = picture.luma.shape
    x0, y0 = (int(max(value, 0)) for value in rect[:2])
    x1, y1 = int(min(rect[2] + 1, width)), int(min(rect[3] + 1, height))
    if x1 <= x0 or y1 <= y0:
        return None
    luma: Any = np.ascontiguousarray(picture.luma[y0:y1, x0:x1])
    patch = cv2.resize(luma, (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    return np.asarray(patch, np.float32) / np.float32(1 << (picture.layout.depth - 8))


def _is_there(picture: Picture, rect: Rect, known: tuple[_Patch | None, _Patch | None]) -> bool:
    """Whether a face looks as in one of the two looks: much the same, or the same but for the light."""
    here = _likeness(picture, rect)
    return here is not None and any(one is not None and _are_alike(here, one) for one in known)


def _are_alike(here: _Patch, known: _Patch) -> bool:
    if float(np.abs(here - known).mean()) <= _SAME:
        return True
    one, other = here - here.mean(), known - known.mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return lengths > 0 and float((one * other).sum()) >= _ALIKE * lengths
