"""What has become of the faces of a frame: are they replaced, and have their pixels changed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from uunet.audit.coverage import covered
from uunet.detect import CenterFaceDetector, automatic_scale, full_precision
from uunet.listening import Revealed
from uunet.types import Box, Detection, FaceDetector, FrameSize, Picture, RawFrame

COVERED = 0.9
"""Share of a face that must be replaced or filled, its centre too: as in benchmarks/coverage.py."""

CHANGED = 2.0
"""A face has changed if its inner half differs by so many times what the rest of the picture does, and by a
grey level more: the rest differs by the mark and by what the encoder lost."""

TRUTH = 0.25
"""Score from which a detection counts as a face."""

Fate = Literal["replaced", "bare", "partly", "unchanged"]
"""Replaced or filled, and changed; published as it was; changed, but not within a region of the message;
within a region, and hardly changed. Frozen: they stand in JSON documents."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face that a detector finds in the original.

    Attributes:
        frame: its number, from 0.
        seconds: its time.
        face: where.
        share: of its area that is replaced or filled in the public file; 0 if its centre is not.
        change: mean difference of luma in its inner half, original to public, 8-bit grey levels.
        noise: the same outside all regions.
    """

    frame: int
    seconds: float
    face: Detection
    share: float
    change: float
    noise: float

    @property
    def covered(self) -> bool:
        """Whether it is replaced or filled, by the boxes of the message."""
        return self.share >= COVERED

    @property
    def changed(self) -> bool:
        """Whether its pixels have changed."""
        return self.change > CHANGED * self.noise + 1

    @property
    def fate(self) -> Fate:
        """In a word."""
        if self.covered:
            return "replaced" if self.changed else "unchanged"
        return "partly" if self.changed else "bare"


def slow_detector(size: FrameSize, factor: float = 1.0) -> FaceDetector:
    """CenterFace, not in 8 bits: pictures of `size` at `factor` times its automatic scale, never reduced."""
    scale = min(max(factor * automatic_scale(size), 1.0), 4.0)
    return CenterFaceDetector(scale=scale, engine=full_precision())


def judged(
    frame: RawFrame, found: Revealed, faces: Sequence[Detection], smallest: int, seconds: float
) -> list[Seen]:
    """What has become of the faces of one frame.

    Args:
        frame: of the original.
        found: the same frame as published, with the boxes of its message.
        faces: of the original.
        smallest: side from which on a region is replaced, not filled, in pixels.
        seconds: the frame's time.
    """
    difference = grey_difference(frame.picture, found.frame.picture)
    size, layout = frame.picture.size, frame.picture.layout
    noise = noise_outside(difference, (*found.boxes, *(inner(face, size, 1.0) for face in faces)))
    seen = []
    for face in faces:
        middle = inner(face, size, 0.5)
        here = difference[middle.y : middle.y + middle.h, middle.x : middle.x + middle.w]
        share = covered(face, found.boxes, size, layout, smallest)
        seen.append(Seen(frame.index, seconds, face, share, float(here.mean()), noise))
    return seen


def grey_difference(before: Picture, after: Picture) -> npt.NDArray[np.float32]:
    """(height, width): by how many 8-bit grey levels the luma of two pictures of one size differs."""
    return np.asarray(np.abs(_eight_bit(before) - _eight_bit(after)))


def noise_outside(difference: npt.NDArray[np.float32], boxes: Sequence[Box]) -> float:
    """The mean of a difference where no box is; 0 if there is no such place."""
    outside = np.ones(difference.shape, bool)
    for box in boxes:
        outside[box.y : box.y + box.h, box.x : box.x + box.w] = False
    return float(difference[outside].mean()) if outside.any() else 0.0


def _eight_bit(picture: Picture) -> npt.NDArray[np.float32]:
    return np.asarray(picture.luma, np.float32) / np.float32(1 << (picture.layout.depth - 8))


def inner(face: Detection, size: FrameSize, share: float) -> Box:
    """The middle `share` of a face's width and height, inside the picture, at least a pixel."""
    cx, cy = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    w, h = (face.x1 - face.x0) * share, (face.y1 - face.y0) * share
    x0, y0 = int(np.clip(cx - w / 2, 0, size[0] - 1)), int(np.clip(cy - h / 2, 0, size[1] - 1))
    x1, y1 = int(np.clip(cx + w / 2, x0 + 1, size[0])), int(np.clip(cy + h / 2, y0 + 1, size[1]))
    return Box(x0, y0, x1 - x0, y1 - y0)
