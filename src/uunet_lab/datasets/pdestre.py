"""P-DESTRE (Aruna Kumar et al., arXiv:2004.02782): pedestrians from a drone, as crops of their faces.

Layout, the convention of the face crops that UU-Net was trained on: images anywhere below the folder, named

    <date>-<session>_<frame>_<id>_<16 labels, joined by _>.jpg     08-11-2019-1-2_00123_0045_0_3_2_1_0_…_6.jpg

The labels are whole numbers in the order of the revised paper, IV-A. One date and session is one recording of
one camera; the frames of one id in it are a tracklet. An id of -1 is nobody known: those are left out.
Which code means "unknown" is assumed from the set's annotation tables as they are quoted publicly (it is the
last code of each label): check it against your copy. Images that are not square are cut to their middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from uunet_lab.datasets.layouts import centre_square, folder_of, images_below, read, wrong_layout
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
    "head_accessories",
    "body_accessories",
    "action",
    "clothing_1",
    "clothing_2",
    "clothing_3",
)
"""The 16 soft labels, in the order of the revised paper, IV-A."""

UNKNOWN = {
    "gender": "2",
    "age": "8",
    "height": "4",
    "body_volume": "3",
    "ethnicity": "4",
    "hair_colour": "6",
    "hairstyle": "5",
    "beard": "2",
    "moustache": "2",
    "glasses": "3",
}
"""Codes that say nothing; -1 says nothing in every label."""

EXPECTED = "<date>-<session>_<frame>_<id>_<16 labels joined by _>.jpg, in any folders"

_NAME = re.compile(r"(?P<recording>[^_]+-[^_-]+)_(?P<frame>\d+)_(?P<id>-?\d+)(?P<labels>(_-?\d+){16})")


def pdestre(root: Path, side: int = STILL_SIDE) -> Iterator[FaceRecord]:
    """The faces of a copy of P-DESTRE's crops.

    Args:
        root: the folder.
        side: of the images that come out, pixels.

    Raises:
        DatasetError: there are no images, or one has another name.
    """
    any_image = False
    for path in images_below(folder_of(root, EXPECTED)):
        any_image = True
        name = _NAME.fullmatch(path.stem)
        if name is None:
            raise wrong_layout(root, EXPECTED, path)
        if int(name["id"]) < 0:
            continue
        values = dict(zip(LABELS, name["labels"][1:].split("_"), strict=True))
        yield FaceRecord(
            fit(centre_square(read(path)), side),
            name["id"],
            f"{name['recording']}/{name['id']}",
            int(name["frame"]),
            name["recording"],
            {label: code for label, code in values.items() if code not in ("-1", UNKNOWN.get(label))},
        )
    if not any_image:
        raise wrong_layout(root, EXPECTED)
