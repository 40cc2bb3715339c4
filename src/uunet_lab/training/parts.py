"""What may be trained on, and what is kept for measuring: one rule for all commands."""

from __future__ import annotations

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.training.augment import split

HELD_OUT = 2000
"""Images that no training sees; a fifth of sets that have fewer than 10,000."""


def parts(faces: FaceSet) -> tuple[Codes, Codes]:
    """(training, held out): rows, ascending, which never share a person.

    A set with one image a person is cut as `split` cuts the stills of the `seen-hidden` profile, so that
    all models that learn from one set have the same people held out.

    Raises:
        DatasetError: too few people to hold any out.
    """
    held_out = min(HELD_OUT, len(faces) // 5)
    if faces.people == len(faces):
        return split(len(faces), held_out)
    return faces.split(held_out)
