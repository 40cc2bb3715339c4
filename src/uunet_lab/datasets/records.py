"""FaceRecord, and the packed form of a set of stills that training reads."""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

STILL_SIDE = 96
"""Side of the packed stills: half as much again as the 64 px that the nets see, so that a crop of 64 px
may be jittered, zoomed and taken at a larger true size without inventing detail."""


COLUMNS = ("file", "identity", "sequence", "frame", "camera")
"""Columns of a shard's table that are no labels."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceRecord:
    """One face.

    Attributes:
        image: uint8 RGB, shape (side, side, 3), the head with about 25 % margin round the face.
        identity: who; unique within the set. A set with one image per person numbers its images.
        sequence: which tracklet (empty for stills).
        frame: number of the frame in its video, or in the tracklet where the set says no more, from 0.
        camera: which camera (empty if unknown).
        labels: soft labels by name, for example {"gender": "Female"}.
    """

    image: Image
    identity: str
    sequence: str = ""
    frame: int = 0
    camera: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def fit(image: Image, side: int) -> Image:
    """(h, w, 3) to (side, side, 3): area average where that shrinks, bicubic where it enlarges."""
    if image.shape[:2] == (side, side):
        return image
    how = cv2.INTER_AREA if min(image.shape[:2]) > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (side, side), interpolation=how), np.uint8)


def stills(archive: Path, table: Path) -> Iterator[FaceRecord]:
    """Read a tar of JPEG stills and its CSV (columns `file`, optionally `identity`; all others are labels).

    Args:
        archive: the tar, read in place.
        table: the CSV; `file` names the member of the tar.

    Yields:
        FaceRecords with images of STILL_SIDE, in the order of the table.

    Raises:
        ValueError: a column `file` is missing, or a member is not in the tar or not an image.
    """
    with table.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    if not rows or "file" not in rows[0]:
        raise ValueError(f"{table}: expected a CSV with a header and a column `file`")
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar.getmembers()}
        for row in rows:
            name = row.pop("file")
            if name not in members:
                raise ValueError(f"{archive}: no member {name!r}, which {table.name} names")
            handle_in = tar.extractfile(members[name])
            data = handle_in.read() if handle_in else b""
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            if image is None:
                raise ValueError(f"{archive}: member {name!r} is not an image")
            image = cv2.resize(image, (STILL_SIDE, STILL_SIDE), interpolation=cv2.INTER_AREA)
            rgb = np.ascontiguousarray(image[:, :, ::-1], dtype=np.uint8)
            identity = row.pop("identity", "") or name
            yield FaceRecord(rgb, identity, labels={k: v for k, v in row.items() if v})


def pack(archive: Path, table: Path, target: Path) -> Image:
    """Decode a set of stills once into `target` (.npy) and map it; later calls only map.

    Returns:
        uint8 RGB, shape (N, STILL_SIDE, STILL_SIDE, 3), read-only, in the order of the table.
    """
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        images = np.stack([record.image for record in stills(archive, table)])
        partial = target.with_suffix(".partial.npy")
        np.save(partial, images)
        partial.rename(target)
    return np.asarray(np.load(target, mmap_mode="r"))
