"""dlib's net computed by PyTorch: read from dlib's file, and the same descriptors."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.judge import DlibJudge
from uunet_lab.measuring.resnet import SIDE, FaceNet, _sum

_WIDTHS = (32, *[32] * 6, *[64] * 8, *[128] * 6, *[256] * 8)
"""Filters of all 29 convolutions."""


def _integer(value: int) -> bytes:
    size = max((value.bit_length() + 7) // 8, 1)
    return bytes([size]) + value.to_bytes(size, "little")


def _tensor(values: np.ndarray, *size: int) -> bytes:
    shape = (*size, *(1,) * (4 - len(size)))
    return b"".join(map(_integer, (2, *shape))) + values.astype("<f4").tobytes()


def _written(path: Path, seed: int = 1) -> list[np.ndarray]:
    """A file of that net with weights of ours, as dlib writes it; gives what stands in it."""
    rng, data, given = np.random.default_rng(seed), [b"\x01\x15input_rgb_image_sized"], []
    sizes = [(3, 32, 7), *((a, b, 3) for a, b in pairwise(_WIDTHS))]
    for before, filters, size in sizes:
        taps = rng.normal(size=filters * before * size * size + filters) / (size * before**0.5)
        scaling = rng.uniform(0.5, 1, 2 * filters)
        data += [
            b"\x01\x05con_4",
            _tensor(taps, len(taps)),
            b"\x01\x07affine_",
            _tensor(scaling, len(scaling)),
        ]
        given += [taps.astype(np.float32), scaling.astype(np.float32)]
    end = rng.normal(size=(256, 128))
    data += [b"\x01\x04fc_2" + _integer(128) + _integer(256), _tensor(end, 256, 128)]
    path.write_bytes(b"".join(data))
    return [*given, end.astype(np.float32)]


def test_each_weight_is_read_from_its_place(tmp_path: Path) -> None:
    given = _written(tmp_path / "net.dat")
    net = FaceNet(tmp_path / "net.dat")
    assert np.array_equal(net.end.numpy(), given[-1])
    x = torch.from_numpy(np.random.default_rng(2).normal(size=(1, 3, 21, 21)).astype(np.float32))
    taps, (gamma, beta) = torch.from_numpy(given[0]), torch.from_numpy(given[1]).reshape(2, 32)
    y = conv2d(x, taps[:-32].reshape(32, 3, 7, 7), taps[-32:], stride=2)
    assert torch.allclose(net.begin(x), y * gamma[:, None, None] + beta[:, None, None], atol=1e-5)
    last = torch.from_numpy(given[-2]).reshape(2, 256)
    bias = net.get_parameter("blocks.13.second.bias")
    assert torch.allclose(bias, torch.from_numpy(given[-3])[-256:] * last[0] + last[1], atol=1e-6)


def test_descriptors_are_of_the_chip_alone(tmp_path: Path) -> None:
    _written(tmp_path / "net.dat")
    net = FaceNet(tmp_path / "net.dat")
    chips = torch.from_numpy(np.random.default_rng(4).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8))
    together = net(chips)
    assert together.shape == (3, 128)
    assert torch.allclose(together[1:2], net(chips[1:2]), rtol=1e-4)


def test_what_one_summand_lacks_is_zero() -> None:
    y, x = torch.ones(1, 3, 2, 4), torch.full((1, 2, 3, 3), 2.0)
    both = _sum(y, x)
    assert both.shape == (1, 3, 3, 4)
    assert both[0, 0].tolist() == [[3, 3, 3, 1], [3, 3, 3, 1], [2, 2, 2, 0]]
    assert both[0, 2].tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("cut", [10, 5_000, 22_000_000])
def test_another_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "net.dat"
    _written(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(MeasuringError, match=r"net\.dat"):
        FaceNet(path)


def test_more_layers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.dat"
    _written(path)
    path.write_bytes(path.read_bytes() + b"\x01\x07affine_" + _tensor(np.zeros(2), 2))
    with pytest.raises(MeasuringError):
        FaceNet(path)


def test_it_says_what_dlib_says() -> None:
    pytest.importorskip("dlib")
    from uunet_lab.measuring.recogniser import FastJudge  # noqa: PLC0415

    faces = list(np.random.default_rng(5).integers(0, 256, (3, 24, 24, 3), np.uint8))
    slow = DlibJudge(0.22).describe(faces)
    assert np.abs(FastJudge(0.22).describe(faces) - slow).max() < 1e-5
    assert np.abs(slow[0] - slow[1]).max() > 0.01


def test_a_net_that_says_something_else_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dlib")
    from uunet_lab.measuring.recogniser import FastJudge  # noqa: PLC0415

    monkeypatch.setattr("uunet_lab.measuring.resnet._MEAN", (0.0, 0.0, 0.0))
    with pytest.raises(MeasuringError, match="from dlib's"):
        FastJudge()
