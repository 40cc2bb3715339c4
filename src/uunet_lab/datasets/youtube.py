r"""YouTube Faces (Wolf et al., CVPR 2011): celebrities in videos, with a box of the face in every frame.

Layout as published:

    frame_images_DB/Aaron_Eckhart/0/0.555.jpg         the frames: person, sequence, sequence.frame
    frame_images_DB/Aaron_Eckhart.labeled_faces.txt   a line each: Aaron_Eckhart\0\0.555.jpg,0,x,y,w,h,0,0
    aligned_images_DB/Aaron_Eckhart/0/aligned_detect_0.555.jpg        the same, aligned and cropped

In a line x, y are the centre of the face and w, h its size; the first and the last two numbers are not used.
The frames are read where they are there, since aligned faces hang upright in a way that no camera's do; of a
copy that holds the aligned images alone, their middle is taken. Each folder, or the one above, may be given.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from uunet_lab.datasets.layouts import folder_of, images_below, read, square, wrong_layout
from uunet_lab.datasets.records import STILL_SIDE, FaceRecord, Image, fit

EXPECTED = (
    "frame_images_DB/<name>/<sequence>/<sequence>.<frame>.jpg with frame_images_DB/<name>.labeled_faces.txt, "
    "or aligned_images_DB/<name>/<sequence>/aligned_detect_<sequence>.<frame>.jpg"
)

# Boxes are Viola and Jones's, as LFW's are, whose images show 2.2 times the box: measured there (`lfw.py`).
_SIDE = 1.1  # of a crop, per side of the box
_DOWN = 0.1  # of the crop's centre from the box's, per side of the box
_ALIGNED = 2.2  # sides of the box in an aligned image (the set's paper, section 3)
_NAME = re.compile(r"(?:aligned_detect_)?(?P<sequence>\d+)\.(?P<frame>\d+)")


def youtube_faces(root: Path, side: int = STILL_SIDE) -> Iterator[FaceRecord]:
    """The faces of a copy of YouTube Faces. The set says nothing of soft labels.

    Args:
        root: the folder that holds `frame_images_DB` or `aligned_images_DB`, or one of these.
        side: of the images that come out, pixels; 256 for the paper's IV-I.

    Raises:
        DatasetError: another layout, or a line of a table does not name a frame that is there.
    """
    base = folder_of(root, EXPECTED)
    for candidate in (base / "frame_images_DB", base):
        tables = sorted(candidate.glob("*.labeled_faces.txt"))
        if tables:
            for table in tables:
                yield from _frames(base, candidate, table, side)
            return
    aligned = base / "aligned_images_DB"
    yield from _aligned(base, aligned if aligned.is_dir() else base, side)


def _frames(root: Path, folder: Path, table: Path, side: int) -> Iterator[FaceRecord]:
    with table.open(newline="", encoding="utf-8") as handle:
        for line, row in enumerate(csv.reader(handle), 1):
            if not row:
                continue
            path = folder / row[0].replace("\\", "/")
            try:
                x, y, width, height = (float(cell) for cell in row[2:6])
            except ValueError:
                raise wrong_layout(root, EXPECTED, f"line {line} of {table.name}: {','.join(row)}") from None
            record = _record(root, path, _face(read(path), x, y, max(width, height)), side)
            if record is not None:
                yield record


def _aligned(root: Path, folder: Path, side: int) -> Iterator[FaceRecord]:
    any_image = False
    for path in images_below(folder):
        any_image = True
        image = read(path)
        height, width = image.shape[:2]
        middle = _face(image, width / 2, height / 2, min(width, height) / _ALIGNED)
        record = _record(root, path, middle, side)
        if record is not None:
            yield record
    if not any_image:
        raise wrong_layout(root, EXPECTED)


def _face(image: Image, x: float, y: float, box: float) -> Image | None:
    return square(image, x, y + _DOWN * box, _SIDE * box)


def _record(root: Path, path: Path, face: Image | None, side: int) -> FaceRecord | None:
    """None for a face that is larger than its frame."""
    name = _NAME.fullmatch(path.stem)
    if name is None or path.parent.name != name["sequence"]:
        raise wrong_layout(root, EXPECTED, path)
    if face is None:
        return None
    person = path.parent.parent.name
    sequence = f"{person}/{name['sequence']}"
    return FaceRecord(fit(face, side), person, sequence, int(name["frame"]), camera=sequence)
