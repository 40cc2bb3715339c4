"""Real encoders in the loop: near the input, worse where they should be, transparent to gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from uunet_lab.training.channel import SURVEILLANCE, transmit
from uunet_lab.training.codecs import AV1, REAL, X264, X265, RealCodec, code_real


def _regions(count: int, side: int) -> Tensor:
    """Smooth pictures with an edge, all different."""
    at = torch.linspace(0, 1, side)
    phase = torch.linspace(0, 3, count)[:, None, None, None]
    wave = 0.5 + 0.4 * torch.sin(6 * at[:, None] + 9 * at[None, :] + phase)
    image = wave.expand(count, 3, side, side).clone()
    image[:, :, side // 3 : side // 2, side // 4 : side // 2] = 0.1
    return image


def _psnr(one: Tensor, two: Tensor) -> float:
    return float(-10 * (one - two).square().mean().log10())


@pytest.mark.parametrize("codec", [X264, X265, AV1], ids=lambda c: c.encoder)
@pytest.mark.parametrize(("count", "side"), [(5, 48), (2, 50)])
def test_each_region_comes_back_in_its_place(codec: RealCodec, count: int, side: int) -> None:
    image = _regions(count, side)
    good, poor = (code_real(image, codec, crf, torch.Generator().manual_seed(1)) for crf in codec.crf)
    for k in range(count):
        assert _psnr(good[k], image[k]) > 30
    assert _psnr(good, image) > _psnr(poor, image)
    assert torch.allclose(good * 255, (good * 255).round(), atol=1e-3)


def test_the_gradient_passes_straight_through() -> None:
    image = _regions(3, 32).requires_grad_()
    weight = torch.rand(3, 3, 32, 32)
    torch.autograd.backward((code_real(image, X264, 28, torch.Generator().manual_seed(1)) * weight).sum())
    assert image.grad is not None
    assert torch.equal(image.grad, weight)


def test_the_channel_draws_real_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    def listen(image: Tensor, codec: RealCodec, crf: int, rng: torch.Generator) -> Tensor:
        assert codec.crf[0] <= crf <= codec.crf[1]
        used.append(codec.encoder)
        return image

    monkeypatch.setattr("uunet_lab.training.channel.code_real", listen)
    rng, image = torch.Generator().manual_seed(1), _regions(2, 64)
    for _ in range(400):
        transmit(image, image, SURVEILLANCE, rng)
    assert set(used) == {codec.encoder for codec in REAL}
    share = (1 - SURVEILLANCE.clean) * SURVEILLANCE.real
    assert len(used) / 400 == pytest.approx(share, abs=0.08)
