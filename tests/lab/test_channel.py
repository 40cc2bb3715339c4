"""The channel between U_e and U_d: what it computes, and that gradients pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from uunet.geometry import soft_border as paste_mask
from uunet_lab.training.channel import (
    SURVEILLANCE,
    ChannelProfile,
    code,
    quantise_blocks,
    resize,
    soft_border,
    to_uint8,
    transmit,
)


def _image(side: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return resize(torch.rand(2, 3, 12, 12, generator=generator), side).clamp(0, 1)


@pytest.mark.parametrize("side", [24, 64, 160])
def test_the_mask_is_the_one_that_the_instrument_pastes_with(side: int) -> None:
    np.testing.assert_allclose(soft_border(side)[0, 0].numpy(), paste_mask(side, side), atol=1e-5)


def test_rounding_gives_multiples_of_a_grey_level_and_passes_gradients() -> None:
    image = torch.tensor([-0.2, 0.1234, 1.3], requires_grad=True)
    rounded = to_uint8(image)
    assert torch.equal((rounded * 255).round() / 255, rounded.detach())
    rounded.sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None
    assert image.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_finer_quantiser_loses_less() -> None:
    image = _image(64)
    errors = [float((code(image, qp, (4, 6), 0.25) - image).square().mean()) for qp in (12.0, 24.0, 36.0)]
    assert errors[0] < errors[1] < errors[2]


def test_the_dct_is_orthonormal_so_a_tiny_step_changes_nothing() -> None:
    plane = torch.rand(1, 1, 16, 24) * 255
    assert torch.allclose(quantise_blocks(plane, 1e-3, 0.5), plane, atol=0.01)


def test_a_dead_zone_removes_what_is_smaller() -> None:
    faint = torch.zeros(1, 1, 8, 8)
    faint[0, 0, 3, 4] = 4.0
    assert float(quantise_blocks(faint, 30.0, 1 / 6).abs().max()) == 0.0


@pytest.mark.parametrize("side", SURVEILLANCE.sides)
def test_gradients_reach_the_encoder_through_every_size(side: int) -> None:
    a = _image(64).requires_grad_()
    profile = ChannelProfile(sides=(side,), clean=0.0)
    received = transmit(_image(side, 1), a, profile, torch.Generator().manual_seed(3))
    assert received.shape == (2, 3, 64, 64)
    received.square().mean().backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None
    assert float(a.grad[:, :, 20:44, 20:44].abs().mean()) > 0


def test_the_border_of_the_region_stays_the_source() -> None:
    x = _image(64, 5)
    clean = ChannelProfile(sides=(64,), clean=1.0)
    received = transmit(x, 1 - x, clean, torch.Generator().manual_seed(0))
    assert torch.allclose(received[:, :, 0], to_uint8(x)[:, :, 0])
    assert torch.allclose(received[:, :, 32, 32], to_uint8(1 - x)[:, :, 32, 32])
