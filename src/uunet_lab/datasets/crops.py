"""Faces of one video as crops with their tracks, found by the instrument's own detector and tracker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from uunet.assignment import assign
from uunet.geometry import crop as cut_out
from uunet.types import GRID, Box, Detection, FrameSize, RawFrame, Window
from uunet_lab.datasets.records import fit

Image = npt.NDArray[np.uint8]

SIDE = 1.0
"""Side of a crop per longer side of CenterFace's box: what FairFace's images ("face and a 25 % margin"), on
which the nets are trained, have in the median (see `uunet.regions.Region`)."""

DOWN = 0.07
"""How far below the box's centre the crop's centre lies, per longer side: the same measurement."""

LARGEST = 256
"""Crops are reduced to this side at most: the largest input of any model in the paper (IV-I)."""

_NEAR = 0.3  # of a region's side: how far a detection's centre may lie from the centre of its track's region
_CUT_OFF = 0.1  # of a crop's side: how far it may reach over the frame's edge and be shifted inside
_DOWNWARD = ((0, 1), (-1, 0), (0, -1), (1, 0))  # down in the upright picture, as stored, by quarter turns


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One face in one frame.

    Attributes:
        track: number of the track in the video.
        frame: number of the frame in the video.
        image: uint8 RGB (side, side, 3), upright, at its true size up to LARGEST; None if the face is cut off
            by the frame's edge.
        score: the detector's in [0, 1]; between two looks the lower one of both.
    """

    track: int
    frame: int
    image: Image | None
    score: float


@dataclass(slots=True, eq=False)
class Cropper:
    """Crops faces in every frame in which the detector found them, or found them in the looks on either side.

    Where the detector did not look the box is interpolated between the two looks; where it looked and did not
    find the face, nobody knows what there is, and nothing is cropped. (The regions that are covered in the
    published video go on there; they are drawn with few straight pieces too, which centres them less well.)

    Args:
        rotation: quarter turns counter-clockwise that make the pictures upright.

    Attributes:
        covered: region × frame so far, with or without a crop.
    """

    rotation: int
    covered: int = 0
    _between: list[RawFrame] = field(default_factory=list)
    _last: dict[int, tuple[int, Detection]] = field(default_factory=dict)

    def crops(self, windows: Iterable[Window]) -> Iterator[Crop]:
        """The crops in order of frames, at most one gap between two looks late."""
        for window in windows:
            for k, frame in enumerate(window.frames):
                size = frame.picture.size
                regions = {
                    track: box
                    for track, segment in zip(window.tracks, window.segments, strict=True)
                    if (box := segment.box(k, size)) is not None
                }
                self.covered += len(regions)
                self._between.append(frame)
                found = window.detected[k]
                if found is not None:
                    yield from self._look(match(regions, found))

    def _look(self, faces: dict[int, Detection]) -> Iterator[Crop]:
        """All frames since the last look, and this one, in which a track's face is known."""
        now = self._between[-1].index
        for frame in self._between:
            for track, face in faces.items():
                before = self._last.get(track)
                if before is not None and frame.index < now:
                    share = (frame.index - before[0]) / (now - before[0])
                    yield self._crop(track, frame, _mix(before[1], face, share))
                elif frame.index == now:
                    yield self._crop(track, frame, face)
        self._last = {track: (now, face) for track, face in faces.items()}
        self._between.clear()

    def _crop(self, track: int, frame: RawFrame, face: Detection) -> Crop:
        box = place(face, frame.picture.size, self.rotation)
        if box is None:
            return Crop(track, frame.index, None, face.score)
        patch = cut_out(frame.picture, box, min(box.w, LARGEST), self.rotation)
        return Crop(track, frame.index, np.rint(patch * 255).astype(np.uint8), face.score)


def match(regions: dict[int, Box], found: tuple[Detection, ...]) -> dict[int, Detection]:
    """Which detection is which track's: the nearest to the centre of its region, each at most once."""
    if not regions or not found:
        return {}
    tracks, boxes = list(regions), list(regions.values())
    centres = np.array([((d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2) for d in found])
    middles = np.array([(b.x + b.w / 2, b.y + b.h / 2) for b in boxes])
    sides = np.array([max(b.w, b.h) for b in boxes], np.float64)
    off = np.linalg.norm(middles[:, None] - centres[None], axis=2) / sides[:, None]
    rows, columns = assign(np.minimum(off, 4.0))
    return {tracks[r]: found[c] for r, c in zip(rows, columns, strict=True) if off[r, c] <= _NEAR}


def place(face: Detection, size: FrameSize, rotation: int) -> Box | None:
    """The square to crop, inside the frame and on its grid; None if too much of it would lie outside."""
    longer = max(face.x1 - face.x0, face.y1 - face.y0)
    side = 2 * max(round(SIDE * longer / GRID), 1)
    corner = []
    for low, high, limit, down in zip(
        (face.x0, face.y0), (face.x1, face.y1), size, _DOWNWARD[rotation % 4], strict=True
    ):
        wanted = (low + high) / 2 + down * DOWN * longer - side / 2
        inside = min(max(wanted, 0.0), float(limit - limit % GRID - side))
        if inside < 0 or abs(inside - wanted) > _CUT_OFF * side:
            return None
        corner.append(GRID * round(inside / GRID))
    return Box(corner[0], corner[1], side, side)


def sharpness(image: Image) -> float:
    """Variance of the Laplacian per variance of the luma, at 32×32; 0 is flat.

    The size keeps small faces from counting as blurred for being small, the division dark ones for being
    dark. Faces that can be told apart were above 0.08 on the clips it was tried on, blobs below 0.05.
    """
    grey = cv2.cvtColor(fit(image, 32), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / (grey.var() + 1))


def _mix(a: Detection, b: Detection, share: float) -> Detection:
    def between(first: float, second: float) -> float:
        return first + (second - first) * share

    return Detection(
        between(a.x0, b.x0),
        between(a.y0, b.y0),
        between(a.x1, b.x1),
        between(a.y1, b.y1),
        min(a.score, b.score),
    )
