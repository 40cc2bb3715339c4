"""G: paints the face that is seen, from what can't tell who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.methods.uunet.surrogates import MOUTH

CODE = 64
"""Numbers in z, the virtual identity of a track."""

THUMBNAIL = 8
"""Side of the thumbnail in which light and colour of a region reach the painter."""

_SPOT = 1.1  # standard deviation of a landmark's spot, in pixels of 32


def conv(cin: int, cout: int, stride: int = 1) -> nn.Conv2d:
    """A 3×3 convolution for leaky rectifiers of slope 0.2."""
    layer = nn.Conv2d(cin, cout, 3, stride, 1)
    nn.init.kaiming_normal_(layer.weight, 0.2)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def lrelu(h: Tensor) -> Tensor:
    """The rectifier that `conv` is initialised for."""
    return F.leaky_relu(h, 0.2)


def doubled(layer: nn.Conv2d, low: Tensor, beside: Tensor | None = None) -> Tensor:
    """`layer` of the pixels of `low` doubled both ways and, at that size, of `beside`; exactly, for less.

    Under a 3×3 kernel lie only 2×2 different pixels of a doubled picture, one choice of kernel sums for each
    of the four pixels that one becomes: four small convolutions of `low`, half of the products.

    Args:
        layer: a `conv` with stride 1.
        low: (B, c, h, w).
        beside: (B, C, 2h, 2w), its channels after those of `low` in the layer's weights.
    """
    count = low.shape[1]
    corners = _halves(_halves(layer.weight[:, :count], 2), 4)  # (column, row, out, c, 2, 2)
    kernel = corners.permute(2, 1, 0, 3, 4, 5).flatten(0, 2)
    h = F.pixel_shuffle(F.conv2d(low, kernel, padding=1), 2)[:, :, 1:-1, 1:-1]
    if beside is not None:
        return h + F.conv2d(beside, layer.weight[:, count:], layer.bias, padding=1)
    bias: Tensor = layer.bias  # type: ignore[assignment]
    return h + bias[:, None, None]


def _halves(kernel: Tensor, axis: int) -> Tensor:
    """What three taps along an axis are to the two pixels under them: for the right of two, for the left."""
    a, b, c = kernel.unbind(axis)
    return torch.stack([torch.stack([a + b, c], axis), torch.stack([a, b + c], axis)])


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """All that a painter learns of a face.

    Attributes:
        points: (B, 5, 2) eyes, nose and corners of the mouth, x and y in [0, 1] of the region.
        labels: (B, n) logits of the kept labels' classes, one label after the other.
        mouth: (B, MOUTH) the expression, in standard deviations.
    """

    points: Tensor
    labels: Tensor
    mouth: Tensor


class Observer(nn.Module):
    """Finds pose, kept soft labels and expression: the bottleneck in front of the painter.

    Args:
        classes: how many classes each kept label has.
    """

    def __init__(self, classes: Sequence[int]) -> None:
        super().__init__()
        self.classes = list(classes)
        widths = (3, 32, 48, 64, 96)
        self.layers = nn.ModuleList(conv(cin, cout, 1 if cin == 3 else 2) for cin, cout in pairwise(widths))
        self.hidden = nn.Linear(widths[-1] * 16, 128)
        self.head = nn.Linear(128, 10 + MOUTH + sum(self.classes))

    def forward(self, x: Tensor) -> Observation:
        """(B, 3, 64, 64) in [0, 1] → what there is to see."""
        h = F.avg_pool2d(x, 2) * 2 - 1
        for layer in self.layers:
            h = lrelu(layer(h))
        found = self.head(lrelu(self.hidden(h.flatten(1))))
        points, mouth, labels = torch.split(found, [10, MOUTH, sum(self.classes)], 1)
        return Observation(points.reshape(-1, 5, 2) * 0.25 + 0.5, labels, mouth)

    def code(self, seen: Observation) -> Tensor:
        """(B, n + MOUTH): the labels' probabilities and the expression, each within a few units round 0."""
        shares = [logits.softmax(1) * 4 - 2 for logits in torch.split(seen.labels, self.classes, 1)]
        return torch.cat([*shares, seen.mouth.clamp(-3, 3)], 1)


def spots(points: Tensor, side: int) -> Tensor:
    """(B, 5, 2) in [0, 1] → (B, 5, side, side): each landmark as a Gaussian spot of height 1."""
    grid = torch.arange(side, device=points.device, dtype=points.dtype) + 0.5
    away = (grid - points[..., None] * side) / _SPOT  # (B, 5, 2, side)
    bell = torch.exp(-0.5 * away.square())
    return bell[:, :, 1, :, None] * bell[:, :, 0, None, :]


class Painter(nn.Module):
    """Ring, thumbnail, landmarks and code → a face.

    ```
    ring, thumbnail ─unshuffle─► 32×32 ─ with the spots ─conv─► 32 ────────────────► cat ─conv─ ↑2 ─ 16 ─► RGB
                                             └ conv/2 ► 16×16, 64 ──────► cat ─conv┘ ↑2
                                                 └ conv/2 ► 8×8, 128, 3 residual ┘ ↑2
                                                            code: (1 + γ) h + β at 8×8 and 16×16
    ```
    It ends with an upsampling and two thin convolutions at 64×64: a shuffle, which costs less, leaves a
    checkerboard that is looked at.

    Args:
        code: numbers in the code: z, labels and expression.
        widths: at 32×32, 16×16 and 8×8; multiples of 16, which processors compute in no more time than what
            lies below.
    """

    def __init__(self, code: int, widths: tuple[int, int, int] = (32, 64, 128)) -> None:
        super().__init__()
        c1, c2, c3 = widths
        self.e1 = conv(4 * 6 + 5, c1)
        self.e2 = conv(c1, c2, 2)
        self.e3 = conv(c2, c3, 2)
        self.middle = nn.ModuleList(conv(c3, c3) for _ in range(3))
        self.d2 = conv(c3 + c2, c2)
        self.d1 = conv(c2 + c1, c1)
        self.fine = conv(c1, 16)
        self.out = conv(16, 3)
        self.code = nn.Linear(code, 96)
        self.modulate3 = nn.Linear(96, 2 * c3)
        self.modulate2 = nn.Linear(96, 2 * c2)
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            self.modulate3.weight.mul_(0.3)
            self.modulate2.weight.mul_(0.3)

    def forward(self, ring: Tensor, thumbnail: Tensor, points: Tensor, code: Tensor) -> Tensor:
        """What is to be added to the thumbnail, (B, 3, 64, 64), unbounded.

        Args:
            ring: (B, 3, 64, 64) the region's border, 0 inside it.
            thumbnail: (B, 3, 64, 64) the enlarged thumbnail.
            points: of an `Observation`.
            code: (B, code).
        """
        style = lrelu(self.code(code))
        small = F.pixel_unshuffle(torch.cat([ring, thumbnail], 1), 2)
        h1 = lrelu(self.e1(torch.cat([small, spots(points, 32)], 1)))
        h2 = lrelu(self.e2(h1))
        h3 = _modulated(lrelu(self.e3(h2)), self.modulate3(style))
        for layer in self.middle:
            h3 = h3 + lrelu(layer(h3))
        h2 = lrelu(_modulated(doubled(self.d2, h3, h2), self.modulate2(style)))
        h1 = lrelu(doubled(self.d1, h2, h1))
        return self.out(lrelu(doubled(self.fine, h1)))  # type: ignore[no-any-return]


def _modulated(h: Tensor, style: Tensor) -> Tensor:
    gamma, beta = style[:, :, None, None].chunk(2, 1)
    return h * (1 + gamma) + beta


def thumbnail_of(x: Tensor, points: Tensor) -> Tensor:
    """What a painter is given of light and colour: means over cells, and one for all of the head.

    The shading of a face and the shape of its hair tell a recogniser who it is. With all cells AUC was .71;
    with one colour for the face .70, for the head .60 (dlib's recogniser, 140 to 200 held-out faces, x
    against y painted from it; detected, relative to x: .93, .93, .93).

    Args:
        x: (B, 3, 64, 64).
        points: (B, 5, 2) landmarks in [0, 1].

    Returns:
        (B, 3, 64, 64), enlarged from THUMBNAIL × THUMBNAIL.
    """
    cells = F.avg_pool2d(x.float(), x.shape[-1] // THUMBNAIL)
    head = _oval(points.float(), THUMBNAIL)
    mean = (cells * head).sum((2, 3), keepdim=True) / (head.sum((2, 3), keepdim=True) + 1e-3)
    levelled = cells + head * (mean - cells)
    return F.interpolate(levelled, size=x.shape[-2:], mode="bilinear", align_corners=False)


def _oval(points: Tensor, side: int) -> Tensor:
    """(B, 5, 2) → (B, 1, side, side): 1 on the head, 0 outside it, with a soft edge, as in `surrogates`."""
    up = points[:, :2].mean(1) - points[:, 3:].mean(1)  # from the mouth to the eyes
    height = up.square().sum(1).sqrt().clamp_min(0.05)[:, None, None]
    grid = (torch.arange(side, device=points.device, dtype=points.dtype) + 0.5) / side
    centre = points.mean(1) + 0.15 * up
    across = (grid[None, None, :] - centre[:, 0, None, None]) / (1.2 * height)
    down = (grid[None, :, None] - centre[:, 1, None, None]) / (1.5 * height)
    inside = ((1.25 - (across.square() + down.square()).sqrt()) / 0.5).clamp(0, 1)
    return (inside.square() * (3 - 2 * inside))[:, None]


def code_of(noise: Tensor) -> Tensor:
    """z, (B, CODE) with mean 0 and variance 1, from a track's noise, (B, 1, 64, 64) uniform in [0, 1]."""
    return (F.avg_pool2d(noise, 8).flatten(1) - 0.5) * (8 * 12**0.5)
