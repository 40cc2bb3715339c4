"""A network that hears through the replacement: from a published face to the descriptor of the raw one.

    a (B, 3, 64, 64) ─ 2×2 to depth ─► 12 × 32² ─ conv ─► C × 32² ─ 2 blocks ─► 2C × 16² ─ 2 blocks ─► 4C × 8²
                                       ─ 2 blocks ─► mean ─► linear ─► (B, d), length 1

It is trained on faces of other people, whom the attacker has had replaced (McPherson, Shokri and Shmatikov,
2016), to say what a recogniser says of the raw face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.attacks.asking import Pairs
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.training.devices import descend, draws
from uunet_lab.training.learner import on_device


@dataclass(frozen=True, slots=True)
class Training:
    """How the attacker trains.

    Attributes:
        faces: of other people, each asked of U_e `times` times, under other noise.
        times: how often.
        steps, batch: of the training.
        rate: Adam's; it falls to nothing over the steps.
        width: C.
    """

    faces: int = 1000
    times: int = 2
    steps: int = 600
    batch: int = 32
    rate: float = 2e-3
    width: int = 24


class _Block(nn.Module):
    """x + f(x), two convolutions with group norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) → the same."""
        out: Tensor = x + self.body(x)
        return out


class Listener(nn.Module):
    """See the module.

    Args:
        outputs: d.
        width: C, a multiple of 8.
    """

    def __init__(self, outputs: int, width: int) -> None:
        super().__init__()
        stages: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(12, width, 3, padding=1)]
        for stage in range(3):
            here = width << stage
            stages += [_Block(here), _Block(here)]
            stages += [nn.Conv2d(here, 2 * here, 2, 2)] if stage < 2 else []
        self.body = nn.Sequential(*stages, nn.GroupNorm(8, 4 * width), nn.SiLU())
        self.last = nn.Linear(4 * width, outputs)
        self.sharpness = nn.Parameter(torch.tensor(2.0))

    def forward(self, a: Tensor) -> Tensor:
        """(B, 3, 64, 64) in [0, 1] → (B, d) of length 1."""
        return F.normalize(self.last(self.body(a - 0.5).mean((2, 3))), dim=1)


def train(fabric: Fabric, known: Pairs, targets: Descriptors, how: Training, seed: int) -> Listener:
    """Train on pairs whose raw faces are described.

    Args:
        fabric: devices and precision.
        known: what U_e made of faces; `x` is not needed here.
        targets: (n, d), what the recogniser says of the raw faces; the same length as `known`.
        how: the training.
        seed: of weights and draws.
    """
    torch.manual_seed(seed)
    wanted = torch.from_numpy(unit(targets)).float()
    net = Listener(targets.shape[1], how.width)
    on_device(fabric, net)
    opt = torch.optim.AdamW(net.parameters(), how.rate, (0.9, 0.98), weight_decay=0.02)
    for step in range(how.steps):
        rows = torch.randint(len(wanted), (how.batch,), generator=draws(seed, step, 0))
        for group in opt.param_groups:
            group["lr"] = how.rate * min(1 - step / how.steps, (step + 1) / 30)
        with fabric.autocast():
            said = net(_tensor(known.a[rows.numpy()]).to(fabric.device))
        descend(fabric, opt, _loss(said.float(), wanted[rows].to(fabric.device), net.sharpness), clip=5.0)
    return net.eval()


def _loss(said: Tensor, wanted: Tensor, sharpness: Tensor) -> Tensor:
    """Whose face is it, of those in the batch? And how far is the answer from the wanted one?"""
    alike = said @ wanted.T * sharpness.exp()
    # one face may be in a batch twice, under other noise: both are right then
    right = (wanted @ wanted.T > 1 - 1e-4).float()
    right = right / right.sum(1, keepdim=True)
    named = F.cross_entropy(alike, right) + F.cross_entropy(alike.T, right)
    return named / 2 + (said - wanted).square().sum(1).mean()


def hear(fabric: Fabric, net: Listener, faces: npt.NDArray[np.uint8], per: int = 64) -> Descriptors:
    """(n, d) of published faces (n, 64, 64, 3), `per` at a time."""
    found = []
    with torch.no_grad():
        for begin in range(0, len(faces), per):
            found.append(net(_tensor(faces[begin : begin + per]).to(fabric.device)).float().cpu().numpy())
    return np.concatenate(found).astype(np.float64)


def unit(described: Descriptors) -> Descriptors:
    """The same directions, of length 1."""
    return np.asarray(described / np.linalg.norm(described, axis=1, keepdims=True))


def _tensor(images: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)
