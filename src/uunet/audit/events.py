"""What a person should look at: the same face in frames that follow one another is one event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import crop
from uunet.types import GRID, Box, Detection, FrameSize, Picture, PublicFrame

Kind = Literal["bare", "unchanged", "partly", "shown"]
"""As `faces.Fate`, the worst first; `shown`: a face that is found in the public file alone, in no region.
Frozen: they stand in JSON documents."""

WORST_FIRST: tuple[Kind, ...] = ("bare", "unchanged", "partly", "shown")

_SAME = 0.3  # intersection over union above which two boxes are one face
_AROUND = 3.0  # side of a thumbnail's square, per longer side of the face
_THUMBNAIL = 144  # pixels
_QUALITY = 85  # of its JPEG


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face of one frame to look at: why, where, and how much of it is replaced or filled."""

    kind: Kind
    face: Detection
    share: float


@dataclass(slots=True)
class Event:
    """A face to look at, in frames that follow one another.

    Attributes:
        kind: the worst of its sightings.
        first, last: frames, from 0, both included.
        begin, end: seconds of the video, of these two frames.
        frames: in how many it was seen.
        frames_of_kind: in how many of these it was of that kind.
        latest: where it was seen last.
        worst: the sighting that the thumbnail shows: of that kind, the one with the highest score.
        shown_in: the frame of that sighting.
        thumbnail: a JPEG of its surroundings in the public file, upright, the face framed.
    """

    kind: Kind
    first: int
    last: int
    begin: float
    end: float
    frames: int
    frames_of_kind: int
    latest: Detection
    worst: Sighting
    shown_in: int
    thumbnail: bytes


class Events:
    """Gathers events.

    Args:
        gap: frames from one sighting of a face to the next, at most.
        rotation: quarter turns counter-clockwise that make pictures upright.

    Attributes:
        found: all so far, in the order in which they began.
    """

    def __init__(self, gap: int, rotation: int) -> None:
        self.found: list[Event] = []
        self._gap, self._rotation = gap, rotation
        self._open: list[Event] = []

    def add(self, frame: PublicFrame, seconds: float, sightings: Sequence[Sighting]) -> None:
        """The sightings of one frame, as published."""
        self._open = [event for event in self._open if frame.index - event.last <= self._gap]
        free = list(self._open)
        for sighting in sightings:
            event = max(free, key=lambda one: overlap(one.latest, sighting.face), default=None)
            if event is None or overlap(event.latest, sighting.face) < _SAME:
                self._begin(frame, seconds, sighting)
                continue
            free.remove(event)
            event.last, event.end, event.frames = frame.index, seconds, event.frames + 1
            event.latest = sighting.face
            worse = WORST_FIRST.index(sighting.kind) < WORST_FIRST.index(event.kind)
            event.frames_of_kind = 1 if worse else event.frames_of_kind + (sighting.kind == event.kind)
            if _rank(sighting) < _rank(event.worst):
                event.kind, event.worst, event.shown_in = sighting.kind, sighting, frame.index
                event.thumbnail = thumbnail(frame, sighting.face, self._rotation)

    def _begin(self, frame: PublicFrame, seconds: float, sighting: Sighting) -> None:
        shown = thumbnail(frame, sighting.face, self._rotation)
        k, face = frame.index, sighting.face
        event = Event(sighting.kind, k, k, seconds, seconds, 1, 1, face, sighting, k, shown)
        self.found.append(event)
        self._open.append(event)


def _rank(sighting: Sighting) -> tuple[int, float]:
    return WORST_FIRST.index(sighting.kind), -sighting.face.score


def overlap(one: Detection, other: Detection) -> float:
    """Intersection over union of two faces."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    common = max(width, 0.0) * max(height, 0.0)
    areas = ((d.x1 - d.x0) * (d.y1 - d.y0) for d in (one, other))
    return common / (sum(areas) - common)


def thumbnail(frame: PublicFrame, face: Detection, rotation: int) -> bytes:
    """A JPEG of a face's surroundings, from the public picture alone: a report shows nothing that is not
    published anyway.

    Args:
        frame: as published.
        face: what is framed.
        rotation: as for `crop`.
    """
    box = _square(frame.picture, face)
    rgb = np.asarray(np.rint(crop(frame.picture, box, _THUMBNAIL) * 255), np.uint8)
    scale = _THUMBNAIL / box.w
    corners = [round((v - o) * scale) for v, o in zip(_corners(face), (box.x, box.y) * 2, strict=True)]
    bgr: npt.NDArray[np.uint8] = np.ascontiguousarray(rgb[:, :, ::-1])
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):  # seen on dark and on bright
        cv2.rectangle(bgr, corners[:2], corners[2:], colour, thickness)
    upright = np.ascontiguousarray(np.rot90(bgr, rotation))
    return bytes(cv2.imencode(".jpg", upright, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _corners(face: Detection) -> tuple[float, float, float, float]:
    return face.x0, face.y0, face.x1, face.y1


def _square(picture: Picture, face: Detection) -> Box:
    size: FrameSize = picture.size
    longer = max(face.x1 - face.x0, face.y1 - face.y0)
    side = int(min(max(_AROUND * longer, 8 * GRID), *size)) // GRID * GRID
    corner = [
        int(np.clip((low + high - side) / 2, 0, limit - side)) // GRID * GRID
        for low, high, limit in ((face.x0, face.x1, size[0]), (face.y0, face.y1, size[1]))
    ]
    return Box(corner[0], corner[1], side, side)
