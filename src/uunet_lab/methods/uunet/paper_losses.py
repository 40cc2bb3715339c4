"""The losses of the paper, each named by its symbol (revised paper, III, eq. 3 to 12)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def L_ce(b: Tensor, b_hat: Tensor) -> Tensor:
    """Eq. 3, phase 1: cross-entropy of D_a.

    Args:
        b: (B, t) of eq. 1, 1 where the labels of a pair agree, 0 where they don't.
        b_hat: (B, t) of eq. 2, in [0, 1].
    """
    return F.binary_cross_entropy(b_hat, b, reduction="none").sum(1).mean()


def L_mse(x: Tensor, r: Tensor) -> Tensor:
    """Eq. 5, reconstruction: mean squared error of r.

    The equation prints ‖x − U_d(U_e(x))‖_2 and calls it mse. The mean of squares is taken, as the source code
    does to which the abstract links: with the norm of 12,288 values and ω_mse = 50 the term would weigh some
    hundred times all others. The root of the mean lies between; it was not tried.

    Args:
        x, r: (B, 3, h, w) in [0, 1].
    """
    return F.mse_loss(r, x)


def L_adv1(on_x: Tensor, on_a: Tensor, on_r: Tensor) -> Tensor:
    """Eq. 6 without its constraint, which is `L_gp`: −2 E D_f(x) + E D_f(a) + E D_f(r).

    Args:
        on_x, on_a, on_r: scores of D_f on raw, de-identified and restored faces; the mean is over images
            and patches.
    """
    return -2 * on_x.mean() + on_a.mean() + on_r.mean()


def L_gp(D_f: Callable[[Tensor], Tensor], x: Tensor, other: Tensor, share: Tensor, delta: float) -> Tensor:
    """The constraint of eq. 6, ‖∇D_f‖_∞ ≤ δ_gp "as in WGAN-GP [21]", as a penalty without its coefficient.

    How δ_gp = 0.01 is read: as the bound that the equation prints, "the maximum gradient δ_gp allowed", on
    each component of the gradient of an image's score with respect to its 12,288 values. It is neither a
    coefficient (IV-I and Fig. 14: training *diverges* if δ_gp grows tenfold, but a larger coefficient would
    calm it) nor a bound on the Euclidean norm (D_f could tell two images a mean of 0.1 apart by no more
    than 0.1, nothing beside ω_mse = 50). The two norms meet: a gradient of 0.01 everywhere has Euclidean
    norm 0.01 · √12288 = 1.1, which is WGAN-GP's 1. So the penalty is the squared Euclidean distance of the
    gradient from the set that the constraint allows, Σ_i max(0, |∂_i D_f| − δ_gp)², in place of (‖∇D_f‖₂ −
    1)², with [21]'s coefficient of 10.

    What speaks against this reading: Fig. 14 prints the ablated weight as ω_gp, where its text says δ_gp, and
    the source code to which the abstract links has WGAN-GP's plain (1 − ‖∇‖₂)² with a coefficient of 10, on a
    D_f that it trains by cross-entropy. With 256×256 images the two norms meet no more (a Euclidean 4.4).

    It is taken, as in [21], at one random point between x and a, and (a second call) between x and r.

    Args:
        D_f: images to scores; the score of an image is the mean over its patches.
        x, other: (B, 3, h, w): raw faces; their a or r. Neither gets a gradient.
        share: (B,) in [0, 1], uniform: how much of x the point between them has.
        delta: δ_gp.
    """
    e = share[:, None, None, None]
    point = (e * x + (1 - e) * other).detach().requires_grad_()
    score = D_f(point).flatten(1).mean(1)
    (gradient,) = torch.autograd.grad(score.sum(), point, create_graph=True)
    return F.relu(gradient.abs() - delta).square().flatten(1).sum(1).mean()


def L_adv2(on_a: Tensor, on_r: Tensor) -> Tensor:
    """Eq. 8, the generators' side: −E D_f(a) − E D_f(r)."""
    return -on_a.mean() - on_r.mean()


def L_ano(s: Tensor, on_x_a: Tensor) -> Tensor:
    """Eq. 9, anonymisation, with the sign that its text demands: −E s ⊙ (2 D_a(x, a) − 1).

    The equation prints no minus. D_a is 1 where labels *agree* (eq. 1 and 2; eq. 10 and 11 use it so),
    hence minimising it as printed with s_ID = −1 would make a the same person as x, against the definition
    of s: "'1' values denote labels that should agree …, '-1' values denote labels disagreement". The source
        code to which the abstract links has the minus.

    Args:
        s: (t,) of −1, 0 and 1.
        on_x_a: (B, t), D_a of each label on (x, a), in [0, 1].
    """
    return -((2 * on_x_a - 1) @ s).mean()


def L_con(on_a_a: Tensor) -> Tensor:
    """Eq. 10, temporal consistency: −E 1ᵀ ⊙ D_a(a_k, a_k'), two frames of one sequence. (B, t) in [0, 1]."""
    return -on_a_a.sum(1).mean()


def L_div(on_a_a: Tensor) -> Tensor:
    """Eq. 11, diversity: E 1ᵀ ⊙ D_a(a_j, a_j'), two sequences of one person. (B, t) in [0, 1]."""
    return on_a_a.sum(1).mean()


def soft_histogram(image: Tensor, bins: int, width: float = 1.0) -> Tensor:
    """h of eq. 12: densities that have a gradient.

    A value counts in its own bin but within width / 2 of an edge, where a linear ramp shares it with the
    neighbour. The densities of a channel sum to one. width → 0 gives the true histogram, width 1 shares
    every value between the two bins whose centres are nearest.

    Args:
        image: (B, C, h, w) in [0, 1].
        bins: how many, of equal width.
        width: of the ramps in units of a bin, in (0, 1].

    Returns:
        (B, C, bins).
    """
    place = image.flatten(2).clamp(0, 1) * bins  # in units of a bin
    edge = place.detach().round().clamp(1, bins - 1)  # the nearest between two bins
    upper = ((place - edge) / width + 0.5).clamp(0, 1)
    above = edge.long()
    counts = torch.zeros(*place.shape[:2], bins, dtype=place.dtype, device=place.device)
    counts = counts.scatter_add(2, above, upper).scatter_add(2, above - 1, 1 - upper)
    return counts / place.shape[2]


def chi_square(v1: Tensor, v2: Tensor) -> Tensor:
    """χ² of eq. 12: Σ_i (v1_i − v2_i)² / (v1_i + v2_i) over the last axis; a bin that is empty in both adds
    0."""
    total = v1 + v2
    return ((v1 - v2).square() / torch.where(total > 0, total, torch.ones_like(total))).sum(-1)


def L_dis(x: Tensor, a: Tensor, bins: int) -> Tensor:
    """Eq. 12, distribution: E χ²(h(x), h(a)), the mean over images and colour channels.

    Args:
        x, a: (B, 3, h, w) in [0, 1].
        bins: of the histogram.
    """
    return chi_square(soft_histogram(x, bins), soft_histogram(a, bins)).mean()
