"""dlib's recogniser, its net computed by PyTorch: the same descriptors in a tenth of the time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.judge import NET, REGION_INSET, Descriptors, DlibJudge, Image, dlib_module, weights
from uunet_lab.measuring.resnet import SIDE, FaceNet

_PADDING = 0.25  # round a chip, as `compute_face_descriptor` has it
_BATCH = 32
_NEAR = 1e-4  # to dlib's own, of descriptors whose people are .6 apart


class FastJudge:
    """Says what `DlibJudge` says. Where the two differ it is not made: the judge stays dlib's.

    Args:
        inset: as of `DlibJudge`.

    Raises:
        AuditError: dlib or its models are not installed.
        MeasuringError: the weights are other ones, or what PyTorch makes of them is not what dlib does.
    """

    def __init__(self, inset: float = REGION_INSET) -> None:
        self._slow, self._net, self._dlib = DlibJudge(inset), FaceNet(Path(weights(NET))), dlib_module()
        picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
        away = float(np.abs(self.describe([picture]) - self._slow.describe([picture])).max())
        if not away < _NEAR:
            raise MeasuringError(
                f"PyTorch's descriptors are {away:.1e} from dlib's", "report it, with the versions of both"
            )

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors of RGB crops of any size: (n, 128)."""
        parts = [faces[i : i + _BATCH] for i in range(0, len(faces), _BATCH)]
        return np.concatenate([self._of(part) for part in parts])

    def _of(self, faces: Sequence[Image]) -> Descriptors:
        aligned = map(self._slow.aligned, faces)
        chips = [self._dlib.get_face_chip(image, points, SIDE, _PADDING) for image, points in aligned]
        described: Tensor = self._net(torch.from_numpy(np.stack(chips)))
        return described.numpy().astype(np.float64)
