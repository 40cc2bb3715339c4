"""Pairs as a training left them, at work on stills that it never saw: what Fig. 14 and Fig. 15 share."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.resampling import Floats
from uunet_lab.training.augment import REGION

FACES = 48
"""That are measured, at most."""

ZOOM = sum(REGION.zoom) / 2
"""Of a box, as a share of the still's side: the middle of what training sees."""


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


def settled(pair: Pair) -> bool:
    """Set the nets to eval mode; whether all of their weights are numbers still."""
    for net in pair.nets.values():
        net.eval()
    return all(bool(torch.isfinite(value).all()) for value in pair.nets.state_dict().values())


def stills(faces: FaceSet, rows: Codes) -> Tensor:
    """(B, 3, S, S) in [0, 1], in ascending order of the rows."""
    found = np.ascontiguousarray(faces.images[np.sort(rows)])
    return torch.from_numpy(found).permute(0, 3, 1, 2).float() / 255


def noise(count: int, side: int, seed: int) -> Tensor:
    """(count, 1, side, side) in [0, 1]: U_e's fourth channel."""
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


def away(first: Tensor, second: Tensor) -> Floats:
    """(B,) mean absolute difference."""
    return np.asarray((first - second).abs().mean((1, 2, 3)).double().numpy(), np.float64)


def images(batch: Tensor) -> list[Image]:
    """(B, 3, s, s) in [0, 1], as pictures."""
    return list((batch.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy())


def montage(*batches: Tensor) -> Image:
    """A row for each batch. What is no number is black."""
    rows = [np.concatenate(images(torch.nan_to_num(batch)), 1) for batch in batches]
    return np.concatenate(rows)


def show(path: Path, picture: Image) -> None:
    """Write a montage as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())


def spread(rows: Codes, count: int) -> Codes:
    """At most `count` of these rows, from the first to the last in even steps: frames of one track are alike,
    and stand together."""
    chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(np.int64)
    return rows[chosen]
