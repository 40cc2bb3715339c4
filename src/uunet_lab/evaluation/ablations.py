"""IV-I, Fig. 14: what becomes of a pair if a term of the loss weighs a tenth, or δ_gp is ten times as large.

Every variant is trained from the same seed on the same faces for the same number of steps, a run of its own
that goes on where it was stopped, and is measured on people whom it never saw: a short run shows where a
training heads, not where it ends. The paper shows faces alone; the figures are ours:

- restored: PSNR of r, which ω_mse asks for;
- changed: mean |x - a|, 0 where U_e copies, which ω_ano works against;
- steady: mean change of a if the box is shifted by SHIFT pixels, less that of x, which ω_con works against;
- diverse: mean |a - a'| under other noise, which ω_div asks for;
- colours: χ² of the histograms of x and a, which ω_dis works against;
- diverged: whether a weight of a network is no longer a number.

Fig. 14 prints the last weight as ω_gp, its text says δ_gp, which is what grows here (see
`paper_losses.L_gp`). In a set of one still for each person there are neither frames nor sequences to
compare: ω_con and ω_div then see one still in two boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.evaluation.trained import FACES, ZOOM, Pair, away, images, montage, noise, settled, stills
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pair import psnr
from uunet_lab.measuring.resampling import Floats, mean_over_people
from uunet_lab.training.augment import framed
from uunet_lab.training.channel import to_uint8

VARIANTS: dict[str, Mapping[str, float]] = {
    "as the paper": {},
    "w_mse / 10": {"w_mse": 0.1},
    "w_adv / 10": {"w_adv": 0.1},
    "w_ano / 10": {"w_ano": 0.1},
    "w_con / 10": {"w_con": 0.1},
    "w_div / 10": {"w_div": 0.1},
    "w_dis / 10": {"w_dis": 0.1},
    "delta_gp x 10": {"delta_gp": 10.0},
}
"""Factors of the profile's weights."""

TITLE = "Ablations: one weight of the loss a tenth, or the bound of the gradient ten times (IV-I, Fig. 14)"

STEPS, QUICK = 400, 10
SHOWN = 8
"""Faces of a row of the montage."""

SHIFT = 2
_BINS = 100  # as L_dis


@dataclass(frozen=True, slots=True, eq=False)
class Ablated:
    """What a variant came to.

    Attributes:
        figures: by name.
        shown: (3 side, SHOWN side, 3) rows x, a, r of some faces.
    """

    figures: dict[str, Any]
    shown: Image


def ablate(pair: Pair, faces: FaceSet, rows: Codes) -> Ablated:
    """Measure a variant.

    Args:
        pair: what its training made.
        faces: the set.
        rows: of people whom it never saw.
    """
    finite = settled(pair)
    still = stills(faces, rows[:FACES])
    x = to_uint8(framed(still, ZOOM, pair.side))
    person = faces.identity[rows[:FACES]]
    first, other = (noise(len(x), pair.side, seed) for seed in (0, 1))
    with torch.no_grad():
        a, again = (to_uint8(pair.U_e(torch.cat([x, z], 1))) for z in (first, other))
        r = to_uint8(pair.U_d(a))
        moved = to_uint8(framed(still, ZOOM, pair.side, SHIFT))
        followed = to_uint8(pair.U_e(torch.cat([moved, first], 1)))
    figures: dict[str, Any] = {"diverged": not finite}
    if finite:
        figures |= {
            "restored": mean_over_people(psnr(images(x), images(r)), person, 2),
            "changed": mean_over_people(away(x, a), person),
            "steady": mean_over_people(away(a, followed) - away(x, moved), person, 4),
            "diverse": mean_over_people(away(a, again), person, 4),
            "colours": mean_over_people(_colours(x, a), person),
        }
    return Ablated(figures, montage(x[:SHOWN], a[:SHOWN], r[:SHOWN]))


def ablations(
    train: Callable[[str, Mapping[str, float]], Pair | None],
    faces: FaceSet,
    rows: Codes,
    tell: Callable[[str], None],
) -> tuple[dict[str, Any], Image] | None:
    """All VARIANTS, one after another.

    Args:
        train: gives the trained variant of this name, with these factors of its weights; None if it was
            stopped.
        faces, rows: as in `ablate`.
        tell: is told of each variant, a line.

    Returns:
        Figures by variant, and the montage: for each variant rows x, a, r. None if a training was stopped.
    """
    found, sheets = {}, []
    for name, factors in VARIANTS.items():
        trained = train(name, factors)
        if trained is None:
            return None
        done = ablate(trained, faces, rows)
        found[name] = {"factors": dict(factors)} | done.figures
        sheets.append(done.shown)
        tell(f"{name}: {'diverged' if done.figures['diverged'] else done.figures['restored']['value']} dB")
    return found, np.concatenate(sheets)


def _colours(first: Tensor, second: Tensor) -> Floats:
    """(B,) χ² of the histograms of eq. 12, true ones, mean over channels."""

    def densities(batch: Tensor) -> Floats:
        values = batch.flatten(2).numpy()
        counts = [[np.histogram(one, _BINS, (0, 1))[0] for one in image] for image in values]
        return np.asarray(np.array(counts) / values.shape[2], np.float64)

    one, other = densities(first), densities(second)
    both = one + other
    ratios = np.divide((one - other) ** 2, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(ratios.sum(2).mean(1), np.float64)
