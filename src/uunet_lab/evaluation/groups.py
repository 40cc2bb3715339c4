"""Beyond the paper: is everybody protected alike? Figures by gender, ethnicity and age, as sets tell them.

A detector that finds fewer faces of some people leaves more of theirs bare; a replacement that hides them
less, or a restoration that blurs them more, is unequal too. In each group faces are compared within the
group: an impostor of the same gender is the harder one, and the fair one. The detector is CenterFace in
full precision at twice the size, on portraits: compare groups with each other, not with what it misses in a
street.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from uunet_lab.evaluation.detection import found_in
from uunet_lab.evaluation.experiment import BY_GROUP, Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.sampling import impostor_pairs
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.pair import psnr
from uunet_lab.measuring.resampling import Codes, mean_over_people

_IMPOSTORS = 10_000


def _recognised(gallery: Gallery, rows: Codes) -> dict[str, Any]:
    """AUC of raw faces and the very same ones replaced, against others of the group."""
    identity = gallery.identity[rows]
    itself = np.stack([np.arange(len(rows))] * 2, 1)
    x, a = (gallery.described(kind)[rows] for kind in ("x", "a"))
    pairs = impostor_pairs(identity, _IMPOSTORS)
    auc: dict[str, Any] = Environment.between(x, a, identity, itself, pairs).figures()["auc"]
    return auc


def by_number(group: tuple[str, object]) -> tuple[int, str]:
    """Ages as they come in life: 3-9 before 10-19."""
    number = re.search(r"\d+", group[0])
    return int(number[0]) if number else 0, group[0]


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    of_x, of_a = (found_in(bench, kind).there.astype(np.float64) for kind in ("x", "a"))
    quality = psnr(gallery.images("x"), gallery.images("r"))
    figures: dict[str, Any] = {}
    for label, columns in BY_GROUP.items():
        figures[label] = {}
        for value, rows in sorted(gallery.groups(columns).items(), key=by_number):
            person = gallery.identity[rows]
            figures[label][value] = {
                "found_x": mean_over_people(of_x[rows], person),
                "found_a": mean_over_people(of_a[rows], person),
                "auc_x_a": _recognised(gallery, rows),
                "psnr": mean_over_people(quality[rows], person, digits=2),
            }
    return figures


GROUPS = Experiment(
    "Detection, protection and restoration by gender, ethnicity and age",
    "beyond the paper",
    needs=("two people", "groups"),
    recognises=True,
    measure=_measure,
)
