"""A recogniser of our own making (`uunet-lab train recogniser`), which takes no part in any other training.

The paper (IV-C) adapts VGG-Face2 to 80 % of the people of each set and measures on the others; this is
another net, with another loss, trained from nothing on people of whom at most 2,000 images are kept apart.
dlib's, trained on far more, judges beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.datasets.index import Codes, FaceSet, Origin
from uunet_lab.measuring.judge import Descriptors, Image
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.learner import pick
from uunet_lab.training.loop import CHECKPOINT, load
from uunet_lab.training.parts import parts

SIDE = 64
METHOD = "recogniser"
_BATCH = 64


class _Block(nn.Module):
    """Two 3×3 convolutions beside a shortcut (He et al. 2016), the first with stride 2."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, 3, 2, 1, bias=False),
            nn.BatchNorm2d(cout),
            nn.PReLU(cout),
            nn.Conv2d(cout, cout, 3, 1, 1, bias=False),
            nn.BatchNorm2d(cout),
        )
        self.aside = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(cin, cout, 1, bias=False))
        self.end = nn.PReLU(cout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, cin, h, w) → (B, cout, h / 2, w / 2)."""
        return torch.as_tensor(self.end(self.body(x) + self.aside(x)))


class Embedder(nn.Module):
    """Faces to points on a sphere, near if they are of one person.

    Args:
        base: channels of the first convolution; the last has eight times as many.
        size: of a descriptor.
    """

    def __init__(self, base: int = 32, size: int = 128) -> None:
        super().__init__()
        widths = [base, 2 * base, 4 * base, 8 * base]
        self.begin = nn.Sequential(
            nn.Conv2d(3, base, 5, 2, 2, bias=False), nn.BatchNorm2d(base), nn.PReLU(base)
        )
        self.blocks = nn.Sequential(*(_Block(a, b) for a, b in pairwise(widths)))
        self.drop = nn.Dropout(0.4)
        self.out = nn.Linear(widths[-1] * (SIDE // 16) ** 2, size, bias=False)
        self.norm = nn.BatchNorm1d(size)

    def forward(self, faces: Tensor) -> Tensor:
        """(B, 3, 64, 64) in [0, 1] → (B, size) of length 1."""
        seen = self.blocks(self.begin(2 * faces - 1)).flatten(1)
        return F.normalize(self.norm(self.out(self.drop(seen))))


class TrainedJudge:
    """Describes faces as a run of `train recogniser` learnt to.

    Args:
        run: its folder.

    Attributes:
        origin: the packed set that it learnt from; None if it does not say.
        steps: how many it has done.

    Raises:
        TrainingError: it is no such run.
    """

    def __init__(self, run: Path) -> None:
        state = load(run / CHECKPOINT)
        if state.get("method") != METHOD:
            raise TrainingError(f"{run} is not a run of `train recogniser`", "name the folder of one")
        self._net = Embedder(int(state["profile"]["base"]))
        pick(state, "embedder", self._net)
        told = state.get("origin")
        self.origin = None if told is None else Origin(**told)
        self.steps = int(state["step"])

    def unseen(self, faces: FaceSet, rows: Codes) -> Codes:
        """Those of the rows of a set whose people it never saw."""
        if self.origin is None or faces.origin is None or self.origin.fingerprint != faces.origin.fingerprint:
            return rows
        return np.intersect1d(rows, parts(faces)[1])

    @torch.inference_mode()
    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors (n, d) of RGB crops of any size: means of those of the face and of its mirror image."""
        found = []
        for begin in range(0, len(faces), _BATCH):
            small = [cv2.resize(face, (SIDE, SIDE)) for face in faces[begin : begin + _BATCH]]
            x = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 255
            found.append(F.normalize(self._net(x) + self._net(x.flip(3))).double().numpy())
        return np.concatenate(found)
