"""The losses of UU-Net, each named by the paper's symbol (revised paper, III)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def L_mse(x: Tensor, r: Tensor) -> Tensor:
    """Eq. 5, reconstruction: mean squared error of r. (B, 3, h, w) each, [0, 1]."""
    return F.mse_loss(r, x)


def L_psnr(x: Tensor, r: Tensor) -> Tensor:
    """Reconstruction in decibels: mean over the images of ln MSE, so that 1 dB weighs the same everywhere.

    Departure from eq. 5 (`L_mse`), in which the images that a poor codec has spoilt, whose error nothing can
    mend, outweigh those that came through well: pairs trained with it restored 27.1 dB without any codec.

    Args:
        x, r: (B, 3, h, w), [0, 1].
    """
    return (r - x).square().mean((1, 2, 3)).add(1e-4).log().mean()


def L_ssim(x: Tensor, r: Tensor, window: int = 7) -> Tensor:
    """1 − SSIM (Wang et al. 2004) of r, with scikit-image's square window; (B, 3, h, w) each, [0, 1]."""
    n = window * window
    mean_x, mean_r, mean_xx, mean_rr, mean_xr = (
        F.avg_pool2d(v, window, 1) for v in (x, r, x * x, r * r, x * r)
    )
    unbiased = n / (n - 1)
    var_x, var_r = (mean_xx - mean_x**2) * unbiased, (mean_rr - mean_r**2) * unbiased
    cov = (mean_xr - mean_x * mean_r) * unbiased
    c1, c2 = 0.01**2, 0.03**2
    light = (2 * mean_x * mean_r + c1) / (mean_x**2 + mean_r**2 + c1)
    structure = (2 * cov + c2) / (var_x + var_r + c2)
    return 1 - (light * structure).mean()


def L_adv1_hinge(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's side in hinge form.

    Departure from eq. 6: no gradient penalty, whose second backward pass costs a third more.

    Args:
        real, fake: scores of D_f on x and on a, any shape.
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def L_adv2(fake: Tensor) -> Tensor:
    """Eq. 8, the generator's side: −E D_f(a)."""
    return -fake.mean()


def L_hide(delta: Tensor) -> Tensor:
    """How visible δ is: mean square of its luma and three times that of its blue and red differences.

    Without the extra weight H hides nearly all in chroma, which an encoder is careful with and people see
    as green and purple stains.

    Args:
        delta: (B, 3, h, w), RGB differences.
    """
    to_yuv = torch.tensor([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
    weight = torch.tensor([1.0, 3.0, 3.0], device=delta.device)[None, :, None, None]
    return (torch.einsum("oc,bchw->bohw", to_yuv.to(delta), delta).square() * weight).mean()


def L_fm(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Feature matching (Wang et al. 2018, pix2pixHD, eq. 4): D_f's activations on y near those on x."""
    terms = [F.l1_loss(f.float(), r.float().detach()) for r, f in zip(real, fake, strict=True)]
    return torch.stack(terms).mean()


def L_con(a: Tensor, moved: Tensor, step: Tensor) -> Tensor:
    """Eq. 10 in pixels: the face painted for a box displaced by `step` is the same face, displaced.

    Args:
        a, moved: (B, 3, 64, 64) painted for the box and for the displaced box.
        step: (B, 2) whole crop pixels (x, y) of the displacement.
    """
    side = a.shape[-1]
    margin = 10
    rows = torch.arange(margin, side - margin, device=a.device)
    ys = rows[None, :] + step[:, 1:].long().to(a.device)
    xs = rows[None, :] + step[:, :1].long().to(a.device)
    batch = torch.arange(len(a), device=a.device)[:, None, None]
    here = a.permute(0, 2, 3, 1)[batch, ys[:, :, None], xs[:, None, :]]
    there = moved.permute(0, 2, 3, 1)[:, margin:-margin, margin:-margin]
    return F.l1_loss(here, there)
