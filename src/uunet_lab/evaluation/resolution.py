"""IV-I, Fig. 15: do more pixels to learn from help on footage of another kind?

Two trainings from the same seed, alike but for the side of their images, are measured on people held out
of their own sets, and on sets of other domains. The paper judged by looking, and trained to the end; the
figures are ours, and a short run shows where a training heads. So that the sides can be compared, all is
measured at both: the larger training's images are shrunk to the smaller side, the smaller one's enlarged
(bicubic); what each sees is the same image of the larger side, shrunk for the smaller.

- psnr, ssim: of r, against x;
- changed: mean |x - a|, 0 where U_e copies;
- sharp_r, sharp_a: energy of the Laplacian of r, of a, as a share of x's: less is blur, more is grain.

No training of the smaller side can restore what its side does not hold: `bound` says what is left of x itself
if it is shrunk and enlarged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.evaluation.trained import (
    FACES,
    ZOOM,
    Pair,
    away,
    images,
    montage,
    noise,
    settled,
    spread,
    stills,
)
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pair import psnr, ssim
from uunet_lab.measuring.resampling import Floats, mean_over_people, over_people
from uunet_lab.training.augment import framed
from uunet_lab.training.channel import resize, to_uint8

TITLE = "Resolution: trainings alike but for the side of their images, on other domains (IV-I, Fig. 15)"

HELD_OUT = "held out"
"""Name of the domain that the trainings know: other people of their own sets."""

STEPS, QUICK = 300, 10
SHOWN = 6
"""Faces of a row of the montage."""

_AT_ONCE = 8  # images in the nets: those of 256 pixels are large


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """Where trainings are measured.

    Attributes:
        name: of the set.
        faces: by side of the training: the set, and the rows of it that may be measured.
    """

    name: str
    faces: Mapping[int, tuple[FaceSet, Codes]]


def resolutions(
    trained: Mapping[int, Pair], domains: Sequence[Domain]
) -> tuple[dict[str, dict[str, Any]], Image]:
    """All trainings on all domains.

    Args:
        trained: trainings that are over, by side, ascending.
        domains: the own one first.

    Returns:
        Figures by domain, then by side of the training; and the montage, of the second domain: for each
        training rows x, a, r, as large as the largest.
    """
    sound = {side: settled(pair) for side, pair in trained.items()}
    least, most = min(trained), max(trained)
    found: dict[str, dict[str, Any]] = {}
    rows: list[Tensor] = []
    for place, domain in enumerate(domains):
        figures: dict[str, Any] = {}
        for side, pair in trained.items():
            faces, chosen = domain.faces[side]
            chosen = spread(chosen, FACES)
            x = to_uint8(framed(stills(faces, chosen), ZOOM, most))
            a, r = _restored(pair, x)
            person = faces.identity[chosen]
            figures[str(side)] = {"diverged": not sound[side]}
            if sound[side]:
                figures[str(side)] |= _measured(x, a, r, person, tuple(trained))
            if side == most:
                figures["bound"] = _bound(x, person, least)
            if place == 1:
                some = spread(np.arange(len(x)), SHOWN)
                rows += [scaled(image[some], most) for image in (scaled(x, side), a, r)]
        found[domain.name] = figures
    return found, montage(*rows)


def scaled(image: Tensor, side: int) -> Tensor:
    """(B, 3, s, s) in levels of 8 bits → (B, 3, side, side), the same: averaged, or bicubic to enlarge."""
    if image.shape[-1] >= side:
        return to_uint8(resize(image, side))
    return to_uint8(F.interpolate(image, size=(side, side), mode="bicubic", align_corners=False))


def sharpness(batch: Tensor) -> Floats:
    """(B,) energy of the Laplacian of the luma, in levels of 8 bits."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images(batch)]
    return np.array([np.mean(cv2.Laplacian(one, cv2.CV_64F) ** 2) for one in grey])


@torch.no_grad()
def _restored(pair: Pair, x: Tensor) -> tuple[Tensor, Tensor]:
    """a and r as the pair has them, at its own side, of x of any side."""
    seen, noises = scaled(x, pair.side), noise(len(x), pair.side, 0)
    replaced, restored = [], []
    for image, z in zip(torch.split(seen, _AT_ONCE), torch.split(noises, _AT_ONCE), strict=True):
        replaced.append(to_uint8(pair.U_e(torch.cat([image, z], 1))))
        restored.append(to_uint8(pair.U_d(replaced[-1])))
    return torch.cat(replaced), torch.cat(restored)


def _measured(x: Tensor, a: Tensor, r: Tensor, person: Codes, sides: Sequence[int]) -> dict[str, Any]:
    """All figures, at each side."""
    found: dict[str, Any] = {}
    for side in sides:
        X, A, R = (scaled(image, side) for image in (x, a, r))
        found |= {
            f"psnr_{side}": mean_over_people(psnr(images(X), images(R)), person, 2),
            f"ssim_{side}": mean_over_people(ssim(images(X), images(R)), person),
            f"changed_{side}": mean_over_people(away(X, A), person),
            f"sharp_r_{side}": _share(sharpness(R), sharpness(X), person),
            f"sharp_a_{side}": _share(sharpness(A), sharpness(X), person),
        }
    return found


def _bound(x: Tensor, person: Codes, side: int) -> dict[str, Any]:
    """What of x is left if it is shrunk to this side, at its own side: a pair of this side has no more."""
    own = x.shape[-1]
    found = _measured(x, x, scaled(scaled(x, side), own), person, (own,))
    return {name: found[name] for name in (f"psnr_{own}", f"ssim_{own}", f"sharp_r_{own}")}


def _share(part: Floats, whole: Floats, person: Codes) -> dict[str, Any]:
    """Σ part / Σ whole, not the mean of ratios, in which the smoothest face would count most."""
    return over_people(lambda weight: float(weight @ part / (weight @ whole)), person)
