"""Trains the recogniser: people are classes, told apart with a margin (CosFace, Wang et al. 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.embedder import METHOD, SIDE, Embedder
from uunet_lab.training.augment import CropProfile, as_tensor, varied
from uunet_lab.training.devices import agree, descend, draws, share_of
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.learner import Learner, on_device

_LEAST = 20
"""People with two images, below which there is nothing to learn."""


@dataclass(frozen=True, slots=True)
class RecogniserProfile:
    """How it is trained.

    Attributes:
        steps: how many.
        batch: images a step.
        rate: of Adam, falling to nothing along half a cosine.
        decay: of the weights.
        scale, margin: s and m of L_lmc.
        base: width of the network.
        views: how crops of the faces vary.
    """

    steps: int = 4000
    batch: int = 96
    rate: float = 2e-3
    decay: float = 5e-4
    scale: float = 24.0
    margin: float = 0.25
    base: int = 32
    views: CropProfile = field(
        default_factory=lambda: CropProfile(shift=0.04, zoom=(0.88, 1.12), turn=0.1, degrade=0.15, light=0.4)
    )


PROFILE = RecogniserProfile()


def L_lmc(cosine: Tensor, people: Tensor, scale: float, margin: float) -> Tensor:
    """The large margin cosine loss (CosFace, eq. 4): whoever it is must be nearer by a margin.

    Args:
        cosine: (B, C) of the angles between descriptors and classes.
        people: (B,) classes.
        scale, margin: s and m.
    """
    wanted = F.one_hot(people, cosine.shape[1]).to(cosine)
    return F.cross_entropy(scale * (cosine - margin * wanted), people)


class RecogniserTraining(Learner):
    """A run.

    Args:
        fabric: devices.
        faces: the set.
        rows: the training split; people with one image in it are left out.
        profile: how.
        seed: of the weights and all draws.

    Raises:
        TrainingError: there are too few people with two images.
    """

    def __init__(
        self, fabric: Fabric, faces: FaceSet, rows: Codes, profile: RecogniserProfile, seed: int
    ) -> None:
        torch.manual_seed(seed)
        self.profile, self.seed = profile, seed
        counts = np.bincount(faces.identity[rows], minlength=faces.people)
        known = np.flatnonzero(counts > 1)
        if len(known) < _LEAST:
            raise TrainingError(
                f"{len(known)} people have two images: a recogniser wants {_LEAST}", "give a larger set"
            )
        self._images = faces.images
        self._rows = rows[np.isin(faces.identity[rows], known)]
        self._people = np.searchsorted(known, faces.identity[self._rows])
        self._share = share_of(profile.batch, fabric)
        self.embedder = Embedder(profile.base)
        self.classes = nn.Linear(128, len(known), bias=False)
        nets = nn.ModuleDict({"embedder": self.embedder, "classes": self.classes})
        on_device(fabric, nets)
        self._opt = torch.optim.AdamW(nets.parameters(), profile.rate, weight_decay=profile.decay)
        kind = {"method": METHOD, "people": len(known), "seed": seed}
        super().__init__(fabric, kind, profile, nets, {"all": self._opt}, origin=faces.origin)

    def advance(self) -> dict[str, float]:
        """One step."""
        rng = draws(self.seed, self.step, self.fabric.global_rank)
        drawn = torch.randint(len(self._rows), (self._share,), generator=rng).numpy()
        people = torch.from_numpy(self._people[drawn]).to(self.fabric.device)
        faces = self._view(self._rows[drawn], rng)
        self.nets.train()
        with self.fabric.autocast():
            descriptors = self.embedder(faces)
        cosine = F.linear(descriptors.float(), F.normalize(self.classes.weight))
        loss = L_lmc(cosine, people, self.profile.scale, self.profile.margin)
        for group in self._opt.param_groups:
            group["lr"] = self.profile.rate * 0.5 * (1 + math.cos(math.pi * self.step / self.profile.steps))
        descend(self.fabric, self._opt, loss, clip=5.0)
        agree(self.fabric, self.nets)
        self.step += 1
        right = (cosine.argmax(1) == people).float().mean()
        return {"lmc": float(loss.detach()), "right": float(right)}

    def _view(self, rows: npt.NDArray[np.int64], rng: torch.Generator) -> Tensor:
        stills = as_tensor(np.ascontiguousarray(self._images[rows])).to(self.fabric.device)
        return varied(stills, self.profile.views, SIDE, rng)
