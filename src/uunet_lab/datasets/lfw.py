"""Labelled Faces in the Wild (Huang et al., 2007) as a tar and a CSV: the labels are a machine's, per image.

The tar has the middle 180×180 of the deep-funnelled 250×250 images, at any size; the CSV has the columns
identity, age (years), gender, race and hair. A machine guessed the labels image by image, so they are made
one per person here: the mean age, the most frequent value of the others, none where two are equally frequent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.layouts import square
from uunet_lab.datasets.records import STILL_SIDE, FaceRecord, fit, stills, table_of

# CenterFace's box is 0.69 of such an image high and 0.02 below its middle (median of 120; quartiles .67 and
# .72); FairFace's images are 1.0 box high, 0.06 boxes further down.
_SIDE = 0.69
_DOWN = 0.06

_DECADES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
_FROM = (3, 10, 20, 30, 40, 50, 60, 70)


def lfw(archive: Path, table: Path, side: int = STILL_SIDE) -> Iterator[FaceRecord]:
    """The images, cut to the margin of FairFace's; ages in FairFace's bins, so that the sets go together.

    Args:
        archive, table: as `records.stills` takes them.
        side: of the images that come out, pixels.

    Raises:
        DatasetError: as `records.stills`.
    """
    labels = consensus(table_of(table))
    for record in stills(archive, table, 256):
        middle = square(record.image, 128, (0.5 + _DOWN) * 256, _SIDE * 256)
        if middle is not None:
            yield replace(record, image=fit(middle, side), labels=labels[record.identity])


def consensus(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """One value of each label per person, from the rows of a shard's table: see above.

    Returns:
        identity → label → value; labels on which a person's images are equally divided are missing.
    """
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        person = said[row.get("identity", "") or row["file"]]
        for label in row.keys() - {"file", "identity", "sequence", "frame", "camera"}:
            if row[label]:
                person[label].append(row[label])
    return {who: _agreed(labels) for who, labels in said.items()}


def _agreed(labels: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for label, values in sorted(labels.items()):
        if label == "age":
            found[label] = age_bin(_mean_age(values))
            continue
        first, *others = Counter(values).most_common(2)
        if not others or first[1] > others[0][1]:
            found[label] = first[0]
    return found


def _mean_age(values: list[str]) -> float:
    try:
        return float(np.mean([float(value) for value in values]))
    except ValueError as error:
        raise DatasetError(
            f"an age is no number of years: {', '.join(values)}",
            "--kind lfw wants LFW's table, with years; leave it out for a set with classes of age",
        ) from error


def age_bin(years: float) -> str:
    """FairFace's bin of an age."""
    return _DECADES[int(np.searchsorted(_FROM, years, "right"))]
