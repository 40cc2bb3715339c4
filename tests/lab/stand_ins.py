"""Models, recognisers and sets that are known by heart, for experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from uunet.types import Detection, Picture
from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.packing import pack
from uunet_lab.datasets.records import FaceRecord
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.mosaic import Image, Mosaic
from uunet_lab.measuring.pose import CAMERA, HEAD, NUMBERS


class Untouched:
    """A de-identifier that does nothing."""

    def mask_as(self, x: Mosaic, tracks: Sequence[int], draw: int = 0) -> Mosaic:
        return x

    def unmask(self, a: Mosaic) -> Mosaic:
        return a


class Constant(Untouched):
    """One grey face for everybody."""

    def mask_as(self, x: Mosaic, tracks: Sequence[int], draw: int = 0) -> Mosaic:
        return _painted(x, [(128, 128, 128)] * len(x.boxes))


class PerTrack(Untouched):
    """A colour for every track and draw, whoever is there."""

    def mask_as(self, x: Mosaic, tracks: Sequence[int], draw: int = 0) -> Mosaic:
        drawn = (np.random.default_rng((track, draw)).integers(60, 200, 3) for track in tracks)
        return _painted(x, [(int(y), int(u), int(v)) for y, u, v in drawn])


def _painted(x: Mosaic, colours: Sequence[tuple[int, int, int]]) -> Mosaic:
    picture = x.picture.copy()
    for box, colour in zip(x.boxes, colours, strict=True):
        for plane, value in enumerate(colour):
            part = 2 if plane else 1
            rows = slice(box.y // part, (box.y + box.h) // part)
            picture.planes[plane][rows, box.x // part : (box.x + box.w) // part] = value
    return x.with_picture(picture)


class Small:
    """Describes a face by its 8 × 8 pixels."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        small = [cv2.resize(face, (8, 8), interpolation=cv2.INTER_AREA) for face in faces]
        return np.stack(small).reshape(len(faces), -1).astype(np.float64) / 255 / 8


def head_at(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(68, 2) landmarks of a rigid head; those that `measuring.pose` does not use are anywhere."""
    points = np.full((68, 2), 0.5)
    points[36:42], points[42:48] = (0.4, 0.42), (0.6, 0.42)
    about = [np.array(axis) * angle for axis, angle in (((1.0, 0, 0), pitch), ((0, 1.0, 0), yaw))]
    turn = cv2.Rodrigues(np.array([0.0, 0.0, roll]))[0]
    for one in reversed(about):
        turn = turn @ cv2.Rodrigues(one)[0]
    place = np.array([0, -2.0, 200.0])
    points[NUMBERS] = cv2.projectPoints(HEAD, cv2.Rodrigues(turn)[0], place, CAMERA, None)[0].reshape(-1, 2)
    return points


class Pointing:
    """Finds a head that turns to where a face is brighter, with a mouth as open as its middle is red."""

    def find(self, faces: Sequence[Image]) -> np.ndarray:
        return np.stack([self._one(face.astype(np.float64) / 255) for face in faces])

    @staticmethod
    def _one(face: np.ndarray) -> np.ndarray:
        half = len(face) // 2
        points = head_at(
            float(face[:, half:].mean() - face[:, :half].mean()),
            float(face[half:].mean() - face[:half].mean()),
            0.1,
        )
        points[60], points[64] = (0.45, 0.6), (0.55, 0.6)
        open_ = float(face[half, half, 0]) / 10
        points[[61, 62, 63]], points[[67, 66, 65]] = (0.5, 0.6 - open_ / 2), (0.5, 0.6 + open_ / 2)
        return points


class Middle:
    """Describes a face by 4 × 4 pixels of its middle, which is replaced whole."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        small = [cv2.resize(face[16:48, 16:48], (4, 4), interpolation=cv2.INTER_AREA) for face in faces]
        return np.stack(small).reshape(len(faces), -1).astype(np.float64) / 255 / 4


def pattern(coarse: int, side: int = 64) -> Image:
    """A picture of coarse × coarse random colours, (side, side, 3)."""
    colours = np.random.default_rng(coarse).integers(0, 255, (coarse, coarse, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(colours, (side, side)), np.uint8)


class Blind:
    """A detector that finds nothing."""

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        return []


def packed(
    folder: Path,
    people: int,
    images: int = 1,
    *,
    sequences: int = 0,
    noise: float = 25.0,
    labels: Mapping[str, int] | None = None,
) -> FaceSet:
    """A packed set of smooth patterns, one a person; their images differ by noise.

    Args:
        folder: of the set.
        people, images: how many people, and images of each (or of each of its sequences).
        sequences: of each person; 0 makes stills.
        noise: standard deviation.
        labels: soft labels and how many values each has; a value makes a quarter of the face darker or
            lighter, the first label the upper left, the second the upper right.
    """

    def records() -> Iterator[FaceRecord]:
        rng = np.random.default_rng(5)
        for person in range(people):
            colours = rng.integers(40, 215, (4, 4, 3)).astype(np.float32)
            base = np.asarray(cv2.resize(colours, (96, 96)), np.float32)
            said = {name: person % count for name, count in (labels or {}).items()}
            for place, (name, value) in enumerate(said.items()):
                shift = np.float32(80 * (value / ((labels or {})[name] - 1) - 0.5))
                base[:48, 48 * place : 48 * (place + 1)] += shift
            for sequence in range(max(sequences, 1)):
                for frame in range(images):
                    coarse = cv2.resize(rng.normal(0, noise, (6, 6, 3)).astype(np.float32), (96, 96))
                    image = np.asarray(np.clip(base + coarse, 0, 255), np.uint8)
                    name = f"p{person}-s{sequence}" if sequences else ""
                    shown = {label: f"v{value}" for label, value in said.items()}
                    yield FaceRecord(image, f"p{person}", name, frame if sequences else 0, labels=shown)

    return pack(records(), folder, source="patterns")
