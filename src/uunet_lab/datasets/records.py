"""FaceRecord, the shards that hold them on disk, and the packed stills that training reads.

A shard is a tar of images and a CSV beside it: columns `file` (the member's name), then optionally
`identity`, `sequence`, `frame` and `camera`; every other column is a label. Both are personal data if the
faces are.
"""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.errors import OutputError
from uunet_lab.datasets.errors import DatasetError

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
        identity: who; unique within the set. A set with one image per person numbers its images. Where
            nobody knows who it is, the tracklet is the person: `identity` equals `sequence`.
        sequence: which tracklet, unique within the set (empty for stills).
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


def decode(data: bytes, name: str) -> Image:
    """An image file's bytes as uint8 RGB (h, w, 3).

    Args:
        data: JPEG, PNG or whatever else OpenCV reads.
        name: of the file, for the error.

    Raises:
        DatasetError: it is no image.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DatasetError(f"{name} is not an image", "it may be damaged: copy it again or take it out")
    return np.ascontiguousarray(image[:, :, ::-1], np.uint8)


def stills(archive: Path, table: Path, side: int = STILL_SIDE) -> Iterator[FaceRecord]:
    """Read a shard, or any tar of square images with a CSV whose column `file` names the members.

    Args:
        archive: the tar, read in place.
        table: the CSV.
        side: of the images that come out, pixels.

    Yields:
        FaceRecords in the order of the table. A row without `identity` is a person of its own.

    Raises:
        DatasetError: a file is missing or damaged, the column `file` is missing, a frame is no number, or a
            member is not in the tar or not an image.
    """
    with _open(archive) as tar:
        members = {member.name: member for member in tar.getmembers()}
        for row in table_of(table):
            name = row.pop("file")
            if name not in members:
                raise DatasetError(f"{archive} has no member {name!r}, which {table.name} names", _MATCH)
            member = tar.extractfile(members[name])
            image = decode(member.read() if member else b"", f"{archive}: {name}")
            own = {column: row.pop(column, "") or "" for column in COLUMNS[1:]}
            if own["frame"] and not own["frame"].isdecimal():
                raise DatasetError(f"{table}: frame {own['frame']!r} of {name} is not a number", _MATCH)
            yield FaceRecord(
                fit(image, side),
                own["identity"] or name,
                own["sequence"],
                int(own["frame"] or 0),
                own["camera"],
                {label: value for label, value in row.items() if value},
            )


_MATCH = "archive and table must belong together"


def table_of(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV with a column `file`.

    Raises:
        DatasetError: it can't be read, lacks the column, or a row has more cells than the header.
    """
    try:
        with table.open(newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle, restval="")
            rows, header = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{table} can't be read: {error}", "a shard is a tar and a CSV beside it"
        ) from error
    if "file" not in header:
        raise DatasetError(f"{table} has no column `file`", "its first line names the columns")
    if any(None in row for row in rows):
        raise DatasetError(f"{table} has a row with more cells than the header", "quote cells with commas")
    return rows


@contextmanager
def _open(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive) as tar:
            yield tar
    except (OSError, tarfile.TarError) as error:
        raise DatasetError(
            f"{archive} can't be read: {error}", "a shard is a tar and a CSV beside it"
        ) from error


@contextmanager
def shard_writer(archive: Path) -> Iterator[Callable[[str, Image], None]]:
    """Writes the archive of a shard: the inverse of `stills`, whose table `write_table` makes.

    Gives a function of a member's name and uint8 RGB (h, w, 3). The archive gets its name when the block has
    ended well; otherwise nothing is left.

    Images are stored as PNG, so that what U_d has to restore is what the camera gave, without another 8×8
    grid over it. JPEG at quality 95 takes 1/3.4 of the space and is 45 dB away (median of 400 crops; 41 dB in
    the noisiest tenth): not worth it at about 10 kB a face.

    Raises:
        OutputError: it can't be written.
    """
    partial = archive.with_name(archive.name + ".partial")
    try:
        with tarfile.open(partial, "w") as tar:

            def add(name: str, image: Image) -> None:
                data = cv2.imencode(".png", np.ascontiguousarray(image[:, :, ::-1]))[1].tobytes()
                info = tarfile.TarInfo(name)
                info.size = len(data)
                info.mode = 0o600  # faces are not for everybody, whatever the umask of whoever unpacks them
                tar.addfile(info, io.BytesIO(data))

            yield add
        partial.rename(archive)
    except OSError as error:
        raise OutputError(
            f"can't write {archive}: {error.strerror or error}", "check the folder and free space"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def write_table(table: Path, rows: Iterable[dict[str, str]]) -> None:
    """Write a shard's CSV whole or not at all: COLUMNS, then the labels, by name."""
    listed = list(rows)
    labels = sorted({name for row in listed for name in row} - set(COLUMNS))
    partial = table.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, [*COLUMNS, *labels], restval="")
        writer.writeheader()
        writer.writerows(listed)
    partial.rename(table)
