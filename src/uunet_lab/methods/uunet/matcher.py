"""Phase 1 for the identity label: trains the shared trunk of the matchers on pairs of the same person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from uunet_lab.methods.uunet.networks import FaceEmbedder
from uunet_lab.training.augment import CropProfile, crop, draw_boxes, weather
from uunet_lab.training.channel import resize

VIEWS = CropProfile(shift=0.05, zoom=(0.7, 1.0), turn=0.15)
"""What a matcher is shown: tight to loose crops, so that neither frame nor background decides."""


class PersonPairs:
    """Balanced pairs: two images of each of n people, drawn anew each step (people with two images or more).

    Args:
        images: uint8 (N, S, S, 3).
        identities: who is in each image, N names.
        people: the names that may be drawn (the training split).
    """

    def __init__(
        self, images: npt.NDArray[np.uint8], identities: Sequence[str], people: Sequence[str]
    ) -> None:
        self.images = images
        allowed, by_person = set(people), defaultdict(list)
        for i, name in enumerate(identities):
            if name in allowed:
                by_person[name].append(i)
        self.groups = [group for group in by_person.values() if len(group) > 1]
        if not self.groups:
            raise ValueError("no person has two images: identity pairs can't be made")

    def batch(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """Two images of each of `count` different people: (count, 3, S, S) float in [0, 1], twice."""
        chosen = rng.choice(len(self.groups), count, replace=count > len(self.groups))
        pairs = np.array([rng.choice(self.groups[i], 2, replace=False) for i in chosen])
        return tuple(  # type: ignore[return-value]
            torch.from_numpy(np.ascontiguousarray(self.images[column])).permute(0, 3, 1, 2).float() / 255
            for column in pairs.T
        )


def look(stills: Tensor, rng: torch.Generator) -> Tensor:
    """One view of each still as a matcher sees it in training: (B, 3, 64, 64)."""
    view = crop(weather(stills, VIEWS, rng), draw_boxes(len(stills), VIEWS, rng), 64)
    if float(torch.rand(1, generator=rng)) < 0.4:
        view = resize(resize(view, int(torch.randint(20, 56, (1,), generator=rng))), 64)
    return view


def train_matcher(
    net: FaceEmbedder, pairs: PersonPairs, steps: int, log: Callable[[str], None], batch: int = 96, seed: int = 1
) -> None:
    """Train by InfoNCE over a batch of people: the partner among all strangers, in both directions."""
    opt = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(opt, 2e-3, total_steps=steps)
    draws, rng = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    net.train()
    for step in range(1, steps + 1):
        first, second = (look(stills, rng) for stills in pairs.batch(draws, batch))
        with torch.autocast("cpu", torch.bfloat16):
            e = net(torch.cat([first, second])).float()
        logits = e[:batch] @ e[batch:].T * 14.0
        target = torch.arange(batch)
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        schedule.step()
        if step % 100 == 0:
            hits = float((logits.argmax(1) == target).float().mean())
            log(f"matcher step {step} loss {float(loss.detach()):.3f} hits {hits:.2f}")


def pair_auc(net: FaceEmbedder, pairs: PersonPairs, count: int, seed: int = 9) -> float:
    """AUC of same against different people, on people whom training never saw."""
    first, second = pairs.batch(np.random.default_rng(seed), count)
    net.eval()
    with torch.no_grad():
        similarity = net(resize(first, 64)) @ net(resize(second, 64)).T
    same = similarity.diagonal()
    other = similarity[~torch.eye(count, dtype=torch.bool)]
    return float((same[:, None] > other[None, :]).float().mean())
