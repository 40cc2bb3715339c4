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
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pair import psnr
from uunet_lab.measuring.resampling import Floats, mean_over_people
from uunet_lab.training.augment import REGION, framed
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
FACES = 48
SHOWN = 8
"""Faces of a row of the montage."""

SHIFT = 2
_ZOOM = sum(REGION.zoom) / 2  # of a box, as a share of the still's side: the middle of what training sees
_BINS = 100  # as L_dis


class Pair(Protocol):
    """A training that is over, with the nets that it made.

    Attributes:
        nets: all of them, by name.
    """

    nets: nn.ModuleDict

    @property
    def U_e(self) -> nn.Module:
        """(B, 4, s, s) → (B, 3, s, s)."""
        ...

    @property
    def U_d(self) -> nn.Module:
        """(B, 3, s, s) → the same."""
        ...

    @property
    def side(self) -> int:
        """s."""
        ...


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
    for net in pair.nets.values():
        net.eval()
    still = _stills(faces, rows[:FACES])
    x = to_uint8(framed(still, _ZOOM, pair.side))
    person = faces.identity[rows[:FACES]]
    noise, other = (_noise(len(x), pair.side, seed) for seed in (0, 1))
    with torch.no_grad():
        a, again = (to_uint8(pair.U_e(torch.cat([x, z], 1))) for z in (noise, other))
        r = to_uint8(pair.U_d(a))
        moved = to_uint8(framed(still, _ZOOM, pair.side, SHIFT))
        followed = to_uint8(pair.U_e(torch.cat([moved, noise], 1)))
    finite = all(bool(torch.isfinite(value).all()) for value in pair.nets.state_dict().values())
    figures: dict[str, Any] = {"diverged": not finite}
    if finite:
        figures |= {
            "restored": mean_over_people(psnr(_images(x), _images(r)), person, 2),
            "changed": mean_over_people(_away(x, a), person),
            "steady": mean_over_people(_away(a, followed) - _away(x, moved), person, 4),
            "diverse": mean_over_people(_away(a, again), person, 4),
            "colours": mean_over_people(_colours(x, a), person),
        }
    return Ablated(figures, _sheet(x, a, r))


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


def show(path: Path, montage: Image) -> None:
    """Write a montage as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", montage[:, :, ::-1])[1].tobytes())


def _stills(faces: FaceSet, rows: Codes) -> Tensor:
    images = np.ascontiguousarray(faces.images[np.sort(rows)])
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def _noise(count: int, side: int, seed: int) -> Tensor:
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


def _away(first: Tensor, second: Tensor) -> Floats:
    """(B,) mean absolute difference."""
    return np.asarray((first - second).abs().mean((1, 2, 3)).double().numpy(), np.float64)


def _colours(first: Tensor, second: Tensor) -> Floats:
    """(B,) χ² of the histograms of eq. 12, true ones, mean over channels."""

    def densities(images: Tensor) -> Floats:
        values = images.flatten(2).numpy()
        counts = [[np.histogram(one, _BINS, (0, 1))[0] for one in image] for image in values]
        return np.asarray(np.array(counts) / values.shape[2], np.float64)

    one, other = densities(first), densities(second)
    both = one + other
    ratios = np.divide((one - other) ** 2, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(ratios.sum(2).mean(1), np.float64)


def _images(batch: Tensor) -> list[Image]:
    return list((batch.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy())


def _sheet(*batches: Tensor) -> Image:
    rows = [np.concatenate(_images(torch.nan_to_num(batch[:SHOWN])), 1) for batch in batches]
    return np.concatenate(rows)
