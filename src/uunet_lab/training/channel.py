"""What happens to a face between U_e and U_d: resized to its true size, pasted, stored in 4:2:0, coded.

Every step passes gradients (straight through where it rounds), so U_e learns to hide what survives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from uunet_lab.training.codecs import REAL, code_real


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """How often and how hard the channel treats a batch (one draw for a batch).

    Attributes:
        sides: true sizes of the region in the video, in pixels (multiples of 16), drawn uniformly.
        qp: range of the H.264 quantiser parameter, drawn uniformly.
        clean: share of batches that only see uint8 rounding, as in the paper.
        real: share of the other batches that a real encoder codes (`codecs.REAL`) instead of the proxy.
    """

    sides: tuple[int, ...] = (64,)
    qp: tuple[float, float] = (14.0, 30.0)
    clean: float = 0.4
    real: float = 0.3


SURVEILLANCE = ChannelProfile(sides=(32, 48, 64, 64, 64, 80, 96, 128), qp=(10.0, 26.0), clean=0.72, real=0.25)
"""Faces of 32 to 128 px, H.264 between transparent and fair. Harder draws gave pairs that lost little in the
codec, and had little to lose: QP 12 to 28, half clean, 28.8 dB without a codec and 27.8 at crf 23; QP 14 to
30, 40 % clean, 27.9 and 27.0; up to QP 34, a fifth clean, 27.1 and 26.7, with a visible δ."""


def straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """`rounded` forwards, the gradient of `value` backwards."""
    return value + (rounded - value).detach()


def to_uint8(image: Tensor) -> Tensor:
    """Clip to [0, 1] and round to 1/255; the gradient passes inside the range and back into it."""
    return straight_through(image, (image.clamp(0, 1) * 255).round() / 255)


def resize(image: Tensor, side: int) -> Tensor:
    """(B, C, h, w) → (B, C, side, side), bilinear, with area averaging when it shrinks."""
    if image.shape[-1] == side and image.shape[-2] == side:
        return image
    return F.interpolate(image, size=(side, side), mode="bilinear", antialias=True, align_corners=False)


_RGB_TO_YUV = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=torch.float32
)
_YUV_TO_RGB = torch.linalg.inv(_RGB_TO_YUV)


def _dct_matrix(n: int = 8) -> Tensor:
    k, x = torch.arange(n).unsqueeze(1), torch.arange(n).unsqueeze(0)
    matrix = torch.cos(math.pi * (2 * x + 1) * k / (2 * n)) * math.sqrt(2 / n)
    matrix[0] /= math.sqrt(2)
    return matrix


_DCT = _dct_matrix()


def quantise_blocks(plane: Tensor, step: float, dead_zone: float) -> Tensor:
    """Quantise the 8×8 DCT of a plane as an encoder with a dead zone does.

    Args:
        plane: (B, C, h, w), h and w multiples of 8, unit: one 8-bit grey level.
        step: the quantiser's step for an orthonormal DCT, in grey levels.
        dead_zone: rounding offset, 0.5 is plain rounding, x264 uses 1/6 (inter) to 1/3 (intra).

    Returns:
        The decoded plane, same shape, gradient straight through.
    """
    b, c, h, w = plane.shape
    d = _DCT.to(plane)
    blocks = plane.reshape(b, c, h // 8, 8, w // 8, 8).transpose(3, 4)
    coefficients = d @ blocks @ d.T
    levels = (coefficients.abs() / step + dead_zone).floor() * coefficients.sign()
    decoded = d.T @ straight_through(coefficients, levels * step) @ d
    return decoded.transpose(3, 4).reshape(b, c, h, w)


def code(image: Tensor, qp: float, offset: tuple[int, int], dead_zone: float) -> Tensor:
    """A proxy of one coded frame: 4:2:0, studio range, 8×8 DCT with a dead-zone quantiser.

    Args:
        image: (B, 3, s, s) RGB in [0, 1], s a multiple of 16.
        qp: H.264 quantiser parameter; the step is 0.625 · 2^(qp/6) grey levels.
        offset: where the region lies on the codec's grid of 16×16 blocks (0..15 each, even).
        dead_zone: see `quantise_blocks`.

    Returns:
        The decoded image, same shape, RGB, rounded to 1/255.
    """
    side = image.shape[-1]
    dy, dx = offset
    padded = F.pad(image, (dx, (16 - dx) % 16, dy, (16 - dy) % 16), mode="replicate")
    yuv = torch.einsum("oc,bchw->bohw", _RGB_TO_YUV.to(image), padded)
    luma = quantise_blocks(yuv[:, :1] * 219, 0.625 * 2 ** (qp / 6), dead_zone)
    chroma = F.avg_pool2d(yuv[:, 1:], 2) * 224
    chroma = quantise_blocks(chroma, 0.625 * 2 ** (min(qp, 30 + (qp - 30) * 0.7) / 6), dead_zone)
    luma, chroma = straight_through(luma, luma.round()), straight_through(chroma, chroma.round())
    chroma = F.interpolate(chroma / 224, scale_factor=2, mode="bilinear", align_corners=False)
    decoded = torch.einsum("oc,bchw->bohw", _YUV_TO_RGB.to(image), torch.cat([luma / 219, chroma], 1))
    return to_uint8(decoded[:, :, dy : dy + side, dx : dx + side])


def soft_border(side: int, device: torch.device | None = None) -> Tensor:
    """The paste mask M of a region of `side` pixels, (1, 1, side, side) in [0, 1].

    1 inside, 0 at the region's border, a linear ramp on a superellipse in between:
    d = (|u|^4 + |v|^4)^(1/4), M = clip((0.97 − d) / 0.14, 0, 1), u and v in [−1, 1] at pixel centres.
    """
    u = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) / side * 2 - 1
    d = (u.abs().pow(4)[:, None] + u.abs().pow(4)[None, :]).pow(0.25)
    return ((0.97 - d) / 0.14).clamp(0, 1)[None, None]


def transmit(x_true: Tensor, a: Tensor, profile: ChannelProfile, rng: torch.Generator) -> Tensor:
    """Paste `a` over the true region, code it, crop it again.

    Args:
        x_true: (B, 3, s, s) the region at its true size, RGB in [0, 1].
        a: (B, 3, 64, 64) the output of U_e.
        profile: what may happen.
        rng: CPU generator of the draws.

    Returns:
        (B, 3, 64, 64): what U_d sees, RGB in [0, 1].
    """
    side = x_true.shape[-1]
    mask = soft_border(side, a.device)
    public = x_true + mask * (resize(a, side) - x_true)
    draw = torch.rand(4, generator=rng)
    if float(draw[0]) < profile.clean:
        public = to_uint8(public)
    elif float(draw[3]) < profile.real:
        codec = REAL[int(torch.randint(len(REAL), (1,), generator=rng))]
        crf = int(torch.randint(codec.crf[0], codec.crf[1] + 1, (1,), generator=rng))
        public = code_real(public, codec, crf, rng)
    else:
        qp = profile.qp[0] + float(draw[1]) * (profile.qp[1] - profile.qp[0])
        offset = torch.randint(0, 8, (2,), generator=rng) * 2
        public = code(public, qp, (int(offset[0]), int(offset[1])), 1 / 6 + float(draw[2]) / 6)
    return resize(public, a.shape[-1])
