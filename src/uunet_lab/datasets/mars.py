"""MARS (Zheng et al., ECCV 2016): pedestrians before six cameras, as crops of their whole bodies.

Layout as published:

    bbox_train/0001/0001C1T0001F001.jpg     person 0001, camera 1, tracklet 1, frame 1; 128×256 pixels
    bbox_test/0002/…, 00-1/…, 0000/…        -1 are junk, 0 are distractors, none of them a person: left out

The set has no faces of its own. The paper crops "the head regions" with a head detector; here the detector of
the instrument looks at each body, so that a crop is placed as everywhere else, and bodies whose face it does
not find (backs, mostly) give no record. Soft labels were added by the paper's authors (IV-A) and are not
published with the set: give them as a CSV, `labels.csv` in the folder, with a column `identity`
(0001) and one column per label.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from uunet.types import FaceDetector
from uunet_lab.datasets.heads import head_of
from uunet_lab.datasets.layouts import folder_of, images_below, read, wrong_layout
from uunet_lab.datasets.records import STILL_SIDE, FaceRecord, fit

EXPECTED = "bbox_train/0001/0001C1T0001F001.jpg (and bbox_test/…): person, camera, tracklet, frame"

_NAME = re.compile(r"(?P<id>\d{4}|00-1)C(?P<camera>\d)T(?P<track>\d{4})F(?P<frame>\d{3,})")


def mars(root: Path, side: int = STILL_SIDE, detector: FaceDetector | None = None) -> Iterator[FaceRecord]:
    """The faces of a copy of MARS.

    Args:
        root: the folder that holds `bbox_train` and `bbox_test`, or one of them.
        side: of the images that come out, pixels.
        detector: finds the face of a body; None is the instrument's.

    Raises:
        DatasetError: another layout, or `labels.csv` lacks its column.
    """
    labels = _labels(folder_of(root, EXPECTED))
    parts = [part for part in (root / "bbox_train", root / "bbox_test") if part.is_dir()] or [root]
    find = head_of(detector)
    any_image = False
    for path in (path for part in parts for path in images_below(part)):
        any_image = True
        name = _NAME.fullmatch(path.stem)
        if name is None or path.parent.name != name["id"]:
            raise wrong_layout(root, EXPECTED, path)
        head = find(read(path)) if name["id"] not in ("0000", "00-1") else None
        if head is not None:
            yield FaceRecord(
                fit(head, side),
                name["id"],
                f"{name['id']}C{name['camera']}T{name['track']}",
                int(name["frame"]),
                f"C{name['camera']}",
                labels.get(name["id"], {}),
            )
    if not any_image:
        raise wrong_layout(root, EXPECTED)


def _labels(root: Path) -> dict[str, dict[str, str]]:
    path = root / "labels.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, restval=""))
    if rows and "identity" not in rows[0]:
        raise wrong_layout(
            root, "labels.csv with a column `identity`", f"labels.csv with {', '.join(rows[0])}"
        )
    return {row.pop("identity"): {label: value for label, value in row.items() if value} for row in rows}
