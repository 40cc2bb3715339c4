"""IV-F, Fig. 11: how far do a and r vary under fresh noise, is r the same person, and how near is r to x?

Residuals are point by point, over pixels and channels, in [-1, 1] as the nets see them, in whole regions:
towards the border, where a region keeps its surroundings, they are small. Identity is compared between two
runs on the same image: r ↔ r', a ↔ a', and x ↔ r. LPIPS is there where its weights are installed, beside it
that of a, for which r is better than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery, Kind
from uunet_lab.evaluation.sampling import impostor_pairs
from uunet_lab.evaluation.tracks import SAME_PERSON
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pair import psnr, ssim, ssim_gaussian
from uunet_lab.measuring.perception import gmsd
from uunet_lab.measuring.resampling import Codes, mean_over_people

BIN = 3
"""8-bit levels that are counted together: bins are centred on multiples of it, from -255 to 255."""


def residuals(first: Sequence[Image], second: Sequence[Image], person: Codes) -> dict[str, Any]:
    """Mean and standard deviation of all residuals, their mean size with its interval, and a histogram.

    Args:
        first, second: n images of one shape, uint8 RGB.
        person: (n,) whose they are.
    """
    levels = np.stack(first).astype(np.int64) - np.stack(second)
    sizes = np.abs(levels).mean((1, 2, 3)) / 255
    counts = np.bincount((levels.reshape(-1) + 255 + BIN // 2) // BIN, minlength=2 * 255 // BIN + 1)
    return {
        "mean": round(float(levels.mean() / 255), 4),
        "sd": round(float(levels.std() / 255), 4),
        "size": mean_over_people(sizes, person, digits=4),
        "histogram": {"of": "residual", "from": -1.0, "to": 1.0, "counts": counts.tolist()},
    }


def _same_person(gallery: Gallery, first: tuple[Kind, int], second: tuple[Kind, int]) -> dict[str, Any]:
    """Decision environment of the same image in two guises (kind, draw), and how often both are one person
    in the eyes of the recogniser.
    """
    itself = np.stack([np.arange(len(gallery))] * 2, 1)
    environment = Environment.between(
        gallery.described(*first),
        gallery.described(*second),
        gallery.identity,
        itself,
        impostor_pairs(gallery.identity),
    )
    taken = environment.distance[environment.same] <= SAME_PERSON
    same = mean_over_people(taken.astype(np.float64), gallery.identity)
    return {"environment": environment.figures(), "same_person": same}


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    x, a, r = (gallery.images(kind) for kind in ("x", "a", "r"))
    guises: dict[str, tuple[tuple[Kind, int], tuple[Kind, int]]] = {
        "a-a'": (("a", 0), ("a", 1)),
        "r-r'": (("r", 0), ("r", 1)),
        "x-r": (("x", 0), ("r", 0)),
    }
    looks = {} if bench.lpips is None else {"lpips": bench.lpips(x, r), "lpips_x_a": bench.lpips(x, a)}
    return {
        "residuals": {
            f"{kind}-{kind}'": residuals(gallery.images(kind), gallery.images(kind, 1), gallery.identity)
            for kind in ("a", "r")
        },
        "identity": {name: _same_person(gallery, *both) for name, both in guises.items()},
        "psnr": mean_over_people(psnr(x, r), gallery.identity, digits=2),
        "ssim": mean_over_people(ssim(x, r), gallery.identity),
        "ssim_gaussian": mean_over_people(ssim_gaussian(x, r), gallery.identity),
        "gmsd": mean_over_people(gmsd(x, r), gallery.identity, digits=4),
    } | {name: mean_over_people(values, gallery.identity, digits=4) for name, values in looks.items()}


REVERSIBILITY = Experiment(
    "Variation under fresh noise, and restoration without a codec",
    "IV-F, Fig. 11",
    needs=("two people",),
    recognises=True,
    measure=_measure,
)
