"""A packed set: every image of one size in one array that is mapped, and a table. What training opens.

```
DIR/images.npy   uint8 RGB (N, side, side, 3)
DIR/index.csv    row i is about image i: identity, sequence, frame, camera, then one column per label
DIR/set.json     {"format": "uunet-faces", "version": 1, "count": N, "side": …, "source": "…"}; written last
```
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.index import FaceSet, Origin, encode
from uunet_lab.datasets.records import COLUMNS, STILL_SIDE, FaceRecord, fit

FORMAT = "uunet-faces"
VERSION = 1
_PRINTED = 64  # images in the fingerprint of a set
_KEYS = COLUMNS[1:]  # without `file`


def pack(records: Iterable[FaceRecord], folder: Path, *, side: int = STILL_SIDE, source: str = "") -> FaceSet:
    """Write the images of a set once, and open it. Memory does not grow with the number of images.

    Args:
        records: from any loader.
        folder: where to; made. It holds personal data if the records do.
        side: of the packed images in pixels; larger ones are averaged, smaller ones interpolated.
        source: what the set is, for people.

    Raises:
        DatasetError: `folder` holds a set already, or there are no records.
    """
    if is_packed(folder):
        raise DatasetError(f"{folder} holds a packed set already", "choose another folder or remove it")
    waiting = iter(records)
    first = next(waiting, None)
    if first is None:
        raise DatasetError("there are no faces to pack", "look at what the loader was given")
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, str]] = []
    with _growing(folder / "images.npy", side) as images:
        for record in chain([first], waiting):
            images.write(fit(record.image, side).tobytes())
            rows.append(_row(record))
    labels = sorted({name for row in rows for name in row} - set(_KEYS))
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as handle:
        table = csv.DictWriter(handle, [*_KEYS, *labels], restval="")
        table.writeheader()
        table.writerows(rows)
    about = {"format": FORMAT, "version": VERSION, "count": len(rows), "side": side, "source": source}
    partial = folder / "set.partial"
    partial.write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    partial.rename(folder / "set.json")
    return open_set(folder)


def is_packed(folder: Path) -> bool:
    """Whether there is a packed set, be it damaged or of another version."""
    return (folder / "set.json").exists()


def open_set(folder: Path) -> FaceSet:
    """Map a packed set: the inverse of `pack`.

    Raises:
        DatasetError: it is missing, not finished, of another version, or its parts don't belong together.
    """
    about = _about(folder)
    try:
        images: npt.NDArray[np.uint8] = np.load(folder / "images.npy", mmap_mode="r")
        table = (folder / "index.csv").read_bytes()
        rows = list(csv.DictReader(io.StringIO(table.decode("utf-8"), newline="")))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{folder} is damaged: {error}", "pack the set again") from error
    shape = (about["count"], about["side"], about["side"], 3)
    if images.shape != shape or images.dtype != np.uint8 or len(rows) != about["count"]:
        raise DatasetError(
            f"{folder} is damaged: {len(rows)} rows and images of shape {images.shape}, not {shape}",
            "pack the set again",
        )
    return _face_set(images, rows, Origin(str(about.get("source", "")), len(rows), _print(images, table)))


def _print(images: npt.NDArray[np.uint8], table: bytes) -> str:
    """Of the whole table and some images: all of them would take seconds for each gigabyte.

    The table alone would not do, since a set that was packed again from the same files, but with another
    margin or another `side`, has the same.
    """
    found = hashlib.sha256(table)
    for row in np.linspace(0, len(images) - 1, _PRINTED).astype(int):
        found.update(images[row].tobytes())
    return found.hexdigest()


def _about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / "set.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{folder} is not a packed set: no readable set.json", "make one with `uunet-lab dataset pack`"
        ) from error
    if not isinstance(about, dict) or (about.get("format"), about.get("version")) != (FORMAT, VERSION):
        raise DatasetError(f"{folder / 'set.json'} is not {FORMAT} {VERSION}", "pack the set again")
    return about


def _face_set(images: npt.NDArray[np.uint8], rows: list[dict[str, str]], origin: Origin) -> FaceSet:
    coded = {name: encode(row[name] for row in rows) for name in rows[0] if name != "frame"}
    frame = np.array([int(row["frame"]) for row in rows], np.int64)
    return FaceSet(
        images=images,
        identity=coded["identity"][0],
        sequence=coded["sequence"][0],
        frame=frame,
        camera=coded["camera"][0],
        labels={name: codes for name, (codes, _) in coded.items() if name not in _KEYS},
        names={name: names for name, (_, names) in coded.items()},
        origin=origin,
    )


def _row(record: FaceRecord) -> dict[str, str]:
    taken = set(record.labels) & set(COLUMNS)
    if taken or not record.identity:
        what = f"a label named {min(taken)!r}" if taken else "no identity"
        raise DatasetError(
            f"a face of {record.sequence or 'a still'} has {what}", "these names are the index's own"
        )
    own = (record.identity, record.sequence, str(record.frame), record.camera)
    return dict(zip(_KEYS, own, strict=True)) | record.labels


@contextmanager
def _growing(path: Path, side: int) -> Iterator[IO[bytes]]:
    """A file of images to append to, which becomes an array of as many as there are in the end.

    NumPy leaves room in the header for the first axis to grow, so it can be written again in place.
    """
    partial = path.with_suffix(".partial")
    try:
        with partial.open("w+b") as file:
            _header(file, 0, side)
            start = file.tell()
            yield file
            _header(file, (file.seek(0, io.SEEK_END) - start) // (side * side * 3), side)
            if file.tell() != start:
                raise DatasetError("too many images for one array", "pack the set in parts")
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _header(file: IO[bytes], count: int, side: int) -> None:
    file.seek(0)
    about = {"descr": "|u1", "fortran_order": False, "shape": (count, side, side, 3)}
    np.lib.format.write_array_header_1_0(file, about)
