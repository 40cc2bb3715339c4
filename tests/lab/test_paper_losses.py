"""Eq. 3 to 12 against what a hand or numpy computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from uunet_lab.methods.uunet import paper_losses as losses


def _faces(seed: int = 0, side: int = 16) -> Tensor:
    return torch.rand(3, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_eq_3_is_the_cross_entropy_summed_over_labels() -> None:
    b = np.array([[1.0, 0.0], [0.0, 0.0]])
    b_hat = np.array([[0.9, 0.2], [0.4, 0.7]])
    by_hand = -(b * np.log(b_hat) + (1 - b) * np.log(1 - b_hat)).sum(1).mean()
    assert float(losses.L_ce(torch.tensor(b), torch.tensor(b_hat))) == pytest.approx(by_hand)


def test_eq_5_is_the_mean_of_squares() -> None:
    x, r = _faces(0), _faces(1)
    assert float(losses.L_mse(x, r)) == pytest.approx(((x - r).numpy() ** 2).mean(), rel=1e-5)


def test_eq_6_and_8_have_the_papers_weights_and_opposite_signs() -> None:
    on_x, on_a, on_r = torch.tensor([1.0, 3.0]), torch.tensor([5.0, 6.0]), torch.tensor([-1.0, 2.0])
    assert float(losses.L_adv1(on_x, on_a, on_r)) == -2 * 2 + 5.5 + 0.5
    assert float(losses.L_adv2(on_a, on_r)) == -5.5 - 0.5


def test_the_penalty_of_a_linear_critic_is_its_excess_over_the_bound() -> None:
    """∇D_f of a linear D_f is its weights, wherever the point lies."""
    weights = torch.zeros(3, 16, 16)
    weights[0, 0, 0], weights[1, 2, 3], weights[2, 5, 5] = 0.03, -0.05, 0.009

    def linear(image: Tensor) -> Tensor:
        return (image * weights).sum((1, 2, 3))[:, None, None, None].expand(-1, 1, 2, 2)

    share = torch.tensor([0.0, 0.3, 1.0])
    found = losses.L_gp(linear, _faces(0), _faces(1), share, delta=0.01)
    assert float(found) == pytest.approx(0.02**2 + 0.04**2, rel=1e-5)


def test_the_penalty_is_taken_between_x_and_the_other() -> None:
    """D_f = Σ x²/2 has its own point as gradient, so the penalty tells where the point was."""
    x, other = torch.full((1, 3, 4, 4), 1.0), torch.full((1, 3, 4, 4), 0.2)

    def square(image: Tensor) -> Tensor:
        return image.square().sum((1, 2, 3))[:, None] / 2

    for share, at in ((1.0, 1.0), (0.0, 0.2), (0.25, 0.4)):
        found = losses.L_gp(square, x, other, torch.tensor([share]), delta=0.01)
        assert float(found.detach()) == pytest.approx(48 * (at - 0.01) ** 2, rel=1e-4)


def test_the_penalty_teaches_the_critic_and_not_the_generators() -> None:
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3))
    a = _faces(1).requires_grad_()
    losses.L_gp(critic, _faces(0), a, torch.rand(3), delta=0.0).backward()  # type: ignore[no-untyped-call]
    gradient = next(critic.parameters()).grad
    assert gradient is not None
    assert float(gradient.abs().sum()) > 0
    assert a.grad is None


def test_eq_9_falls_when_labels_do_what_s_says() -> None:
    s = torch.tensor([-1.0, 1.0, 0.0])
    obeyed = torch.tensor([[0.1, 0.9, 0.5]])  # another person, the same gender
    assert float(losses.L_ano(s, obeyed)) == pytest.approx(-(0.8 + 0.8))
    assert float(losses.L_ano(s, 1 - obeyed)) == pytest.approx(0.8 + 0.8)
    ignored = torch.tensor([[0.1, 0.9, 1.0]])
    assert float(losses.L_ano(s, obeyed)) == float(losses.L_ano(s, ignored))


def test_eq_10_wants_agreement_and_eq_11_disagreement_in_all_labels() -> None:
    on = torch.tensor([[0.2, 0.6], [0.4, 1.0]])
    assert float(losses.L_con(on)) == pytest.approx(-1.1)
    assert float(losses.L_div(on)) == pytest.approx(1.1)


def test_the_soft_histogram_becomes_the_true_one() -> None:
    image = _faces(3)
    true = np.stack(
        [[np.histogram(channel, 10, (0, 1))[0] / channel.size for channel in face] for face in image.numpy()]
    )
    errors = [
        float(np.abs(losses.soft_histogram(image, 10, width).numpy() - true).max())
        for width in (1.0, 0.1, 1e-5)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("width", [1.0, 0.3])
def test_the_soft_histogram_is_a_density_at_the_borders_too(width: float) -> None:
    image = torch.tensor([0.0, 1.0, 0.5, 0.999, 1e-6, 0.1]).reshape(1, 1, 2, 3)
    found = losses.soft_histogram(image, 10, width)
    assert float(found.sum()) == pytest.approx(1.0)
    assert float(found.min()) >= 0
    assert float(found[0, 0, 0]) == pytest.approx((2 + 0.5) / 6)  # 0.1 lies on the first edge


def test_a_value_moves_its_mass_in_proportion() -> None:
    value = torch.tensor([[[[0.27]]]], requires_grad=True)
    found = losses.soft_histogram(value, 10)
    assert found.detach()[0, 0, 2:4].tolist() == pytest.approx([0.8, 0.2])
    found[0, 0, 3].backward()  # type: ignore[no-untyped-call]
    assert value.grad is not None
    assert value.grad.item() == pytest.approx(10.0)


def test_chi_square_is_the_papers() -> None:
    v1, v2 = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.25, 0.5, 0.25, 0.0])
    by_hand = 0.25**2 / 0.75 + 0 + 0.25**2 / 0.25
    assert float(losses.chi_square(torch.tensor(v1), torch.tensor(v2))) == pytest.approx(by_hand)


def test_eq_12_sees_colours_and_not_places() -> None:
    x = _faces(4)
    shuffled = x.flatten(2)[:, :, torch.randperm(256)].reshape(x.shape)
    assert float(losses.L_dis(x, shuffled, 100)) == pytest.approx(0.0, abs=1e-6)
    assert float(losses.L_dis(x, x.square(), 100)) > 0.05


def test_eq_12_draws_the_light_of_a_to_that_of_x() -> None:
    x, a = _faces(5) * 0.5, (_faces(6) * 0.5 + 0.04).requires_grad_()
    before = losses.L_dis(x, a, 20)
    before.backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None
    with torch.no_grad():
        after = losses.L_dis(x, a - 0.01 * a.grad / a.grad.abs().max(), 20)
    assert float(after) < float(before.detach())
