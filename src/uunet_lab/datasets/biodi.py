"""BIODI (University of Beira Interior, Tomiworld): proprietary surveillance video of 216 recordings.

Nothing about its files is published; the paper (IV-A) says that it has 849,932 images of 13,876 sequences,
annotated with 14 labels, and no identities. What is assumed here:

    images/<recording>/<sequence>/<frame>.jpg     a crop of one pedestrian, or of one face
    labels.csv                                    `sequence` ("<recording>/<sequence>") and a column per label

Since nobody is named, a sequence is a person. The instrument's detector finds the face in each image, as for
MARS; images in which it finds none give no record.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from uunet.types import FaceDetector
from uunet_lab.datasets.heads import head_of
from uunet_lab.datasets.layouts import folder_of, images_below, read, wrong_layout
from uunet_lab.datasets.records import STILL_SIDE, FaceRecord, fit

LABELS = (
    "gender",
    "age",
    "height",
    "body_volume",
    "ethnicity",
    "hair_colour",
    "hairstyle",
    "beard",
    "moustache",
    "glasses",
    "clothing_1",
    "clothing_2",
    "clothing_3",
    "clothing_4",
)
"""The 14 soft labels of the revised paper, IV-A; columns of `labels.csv`, any of which may be missing."""

EXPECTED = "images/<recording>/<sequence>/<frame>.jpg and labels.csv with a column `sequence` (assumed)"


def biodi(root: Path, side: int = STILL_SIDE, detector: FaceDetector | None = None) -> Iterator[FaceRecord]:
    """The faces of a copy of BIODI in the layout that is assumed.

    Args:
        root: the folder that holds `images` and `labels.csv`.
        side: of the images that come out, pixels.
        detector: finds the face in an image; None is the instrument's.

    Raises:
        DatasetError: another layout.
    """
    folder = folder_of(root, EXPECTED) / "images"
    if not folder.is_dir():
        raise wrong_layout(root, EXPECTED)
    labels = _labels(root)
    find = head_of(detector)
    any_image = False
    for path in images_below(folder):
        any_image = True
        parts = path.relative_to(folder).parts
        if len(parts) != 3 or not path.stem.isdecimal():
            raise wrong_layout(root, EXPECTED, path)
        head = find(read(path))
        if head is not None:
            sequence = f"{parts[0]}/{parts[1]}"
            said = labels.get(sequence, {})
            yield FaceRecord(fit(head, side), sequence, sequence, int(path.stem), parts[0], said)
    if not any_image:
        raise wrong_layout(root, EXPECTED)


def _labels(root: Path) -> dict[str, dict[str, str]]:
    path = root / "labels.csv"
    if not path.exists():
        raise wrong_layout(root, EXPECTED)
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, restval=""))
    unknown = sorted(set(rows[0]) - {"sequence", *LABELS}) if rows else []
    if not rows or "sequence" not in rows[0] or unknown:
        found = f"labels.csv with {', '.join(rows[0]) if rows else 'no rows'}"
        raise wrong_layout(root, f"labels.csv with `sequence` and any of {', '.join(LABELS)}", found)
    return {row.pop("sequence"): {label: value for label, value in row.items() if value} for row in rows}
