"""Made-up sets of faces for the laboratory's tests: coloured squares, of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.packing import pack
from uunet_lab.datasets.records import FaceRecord

Image = npt.NDArray[np.uint8]


Row = tuple[str, str, int, str, dict[str, str]]
"""identity, sequence, frame, camera, labels"""

NONE: dict[str, str] = {}


def patch(value: int, side: int = 8) -> Image:
    """A square of one colour that tells which image it is."""
    return np.full((side, side, 3), (value % 256, value // 256, 77), np.uint8)


def write_image(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image[:, :, ::-1])[1].tobytes())


def face_set(folder: Path, rows: Sequence[Row], side: int = 8) -> FaceSet:
    """A packed set of these rows; image i is `patch(i)`."""
    records = (
        FaceRecord(patch(i), who, seq, k, cam, said) for i, (who, seq, k, cam, said) in enumerate(rows)
    )
    return pack(records, folder, side=side)


def noise_face(seed: int, side: int) -> Image:
    """A sharp random pattern, always the same one for a seed, that no other seed resembles."""
    coarse = np.random.default_rng(seed).integers(20, 236, (9, 9, 3), np.uint8)
    image = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(image, np.uint8)
