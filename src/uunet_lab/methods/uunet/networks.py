"""The networks of UU-Net: the paper's U-Nets and the seen/hidden pair that ships."""

from __future__ import annotations

import random
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.training.channel import soft_border

SIDE = 64


def _conv(cin: int, cout: int, stride: int = 1) -> nn.Conv2d:
    conv = nn.Conv2d(cin, cout, 3, stride, 1)
    nn.init.kaiming_normal_(conv.weight, 0.2)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv


class FoldedUNet(nn.Module):
    """A U-Net whose first and last step fold 2×2 pixels into channels, so that no layer runs at 64×64.

    ```
    (B, cin, 64, 64) ─unshuffle─► 32×32 ─conv─► c ───────────────────► cat ─conv─ shuffle ─► (B, cout, 64, 64)
                                    └ conv/2 ► 16×16, 1.6c ──────► cat ─conv┘ ↑2
                                                 └ conv/2 ► 8×8, 2.5c ─ conv ─┘ ↑2
                                                          ▲ (1 + γ(z)) h + β(z), if there is a code z
    ```
    Folding keeps full-resolution detail (12 numbers per 2×2 pixels) at a quarter of the cost. What is to be
    looked at ends in `smooth` instead: upsampling and two thin convolutions at 64×64, since a shuffle
    leaves a checkerboard that a young D_f does not clean up.
    """

    def __init__(
        self, cin: int, cout: int, base: int, *, code: int = 0, smooth: int = 0, gain: float = 0.1
    ) -> None:
        super().__init__()
        c1, c2, c3 = base, base * 8 // 5, base * 5 // 2
        self.e1 = _conv(4 * cin, c1)
        self.e2 = _conv(c1, c2, 2)
        self.e3 = _conv(c2, c3, 2)
        self.m1 = _conv(c3, c3)
        self.m2 = _conv(c3, c3)
        self.d2 = _conv(c3 + c2, c2)
        self.d1 = _conv(c2 + c1, c1)
        self.fine = _conv(c1, smooth) if smooth else None
        self.out = _conv(smooth, cout) if smooth else _conv(c1, 4 * cout)
        self.modulate = nn.Linear(code, 2 * c3) if code else None
        with torch.no_grad():
            self.out.weight.mul_(gain)

    def forward(self, image: Tensor, code: Tensor | None = None) -> Tensor:
        """(B, cin, 64, 64) and, if built with one, a code (B, n) → (B, cout, 64, 64), unbounded."""
        h1 = F.leaky_relu(self.e1(F.pixel_unshuffle(image, 2)), 0.2)
        h2 = F.leaky_relu(self.e2(h1), 0.2)
        h3 = F.leaky_relu(self.e3(h2), 0.2)
        if self.modulate is not None and code is not None:
            gamma, beta = self.modulate(code)[:, :, None, None].chunk(2, 1)
            h3 = h3 * (1 + gamma) + beta
        h3 = h3 + F.leaky_relu(self.m1(h3), 0.2)
        h3 = h3 + F.leaky_relu(self.m2(h3), 0.2)
        up2 = F.interpolate(h3, scale_factor=2.0, mode="nearest")
        h2 = F.leaky_relu(self.d2(torch.cat([up2, h2], 1)), 0.2)
        up1 = F.interpolate(h2, scale_factor=2.0, mode="nearest")
        h1 = F.leaky_relu(self.d1(torch.cat([up1, h1], 1)), 0.2)
        if self.fine is None:
            return F.pixel_shuffle(self.out(h1), 2)
        up0 = F.interpolate(h1, scale_factor=2.0, mode="nearest")
        return self.out(F.leaky_relu(self.fine(up0), 0.2))  # type: ignore[no-any-return]


class Scatter(nn.Module):
    """Swaps 8×8 blocks of a 64×64 picture in fixed pairs: its own inverse.

    The 36 blocks inside are paired at random, each at least three blocks from its partner; those of the
    border, part of which the paste mask leaves to the source, with the block opposite.
    """

    order: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", self._pairs())

    @staticmethod
    def _pairs() -> Tensor:
        order = [63 - i for i in range(64)]
        inner = [8 * row + column for row in range(1, 7) for column in range(1, 7)]
        draw = random.Random(64)  # noqa: S311 (a fixed order, no secret)
        while True:
            draw.shuffle(inner)
            pairs = list(zip(inner[::2], inner[1::2], strict=True))
            if all(max(abs(i // 8 - j // 8), abs(i % 8 - j % 8)) >= 3 for i, j in pairs):
                break
        for i, j in pairs:
            order[i], order[j] = j, i
        return torch.tensor(order)

    def forward(self, image: Tensor) -> Tensor:
        """(B, C, 64, 64) → the same with its blocks swapped."""
        channels = image.shape[1]
        blocks = image.reshape(-1, channels, 8, 8, 8, 8).transpose(3, 4).reshape(-1, channels, 64, 64)
        swapped = blocks.index_select(2, self.order).reshape(-1, channels, 8, 8, 8, 8)
        return swapped.transpose(3, 4).reshape(-1, channels, 64, 64)


class SeenHiddenEncoder(nn.Module):
    """U_e as two stages: a generator that cannot know who it paints, and one that hides x in its painting.

    ```
    x ─┬─ border ring x·(1−M), thumbnail 8×8 ─► G(·, z) ─► y   (the face that is seen: no identity passes)
       └─ y, and x and y scattered ───────────► H ───────► a = y + δ   (what is hidden, |δ| ≤ 0.25)
    noise ─ 8×8 means ─► z
    ```
    H sees x only scattered (`Scatter`), and the restorer sees a both ways: the detail of a place is hidden
    at another place, where neither people nor recognisers take it for a face. With x as it is, the cheapest
    hiding is δ = c · (x − y), a ghost of the face that everybody sees; a loss term that forbids the ghost was
    tried and left H at δ = 0. With x upside down, whoever turns the picture sees the ghost.

    The border ring stays x itself (M of `soft_border`), so that the paste has no seam. Departure from the
    paper, which uses one U-Net and relies on D_a alone: there U_e learns an invisible perturbation that
    fools D_a while the face stays recognisable.
    """

    mask: Tensor
    hole: Tensor

    def __init__(self, base: int = 48, thumbnail: int = 8) -> None:
        super().__init__()
        self.thumbnail = thumbnail
        self.seen = FoldedUNet(8, 3, base, code=64, smooth=20)
        self.hidden = FoldedUNet(9, 3, base, gain=0.5)
        self.scatter = Scatter()
        mask = soft_border(SIDE)
        self.register_buffer("mask", mask, persistent=False)
        self.register_buffer("hole", (mask > 0).float(), persistent=False)

    def paint(self, x: Tensor, noise: Tensor) -> Tensor:
        """y: the face that is seen, from the ring, the thumbnail and the noise only."""
        ring = x * (1 - self.hole)
        thumb = F.avg_pool2d(x, SIDE // self.thumbnail)
        coarse = F.interpolate(thumb, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        z = (F.avg_pool2d(noise, 8).flatten(1) - 0.5) * (8 * 12**0.5)
        painted = coarse + self.seen(torch.cat([ring, coarse, self.hole.expand_as(noise), noise], 1), z)
        y: Tensor = x + self.mask * (painted - x)
        return y

    def hide(self, x: Tensor, y: Tensor) -> Tensor:
        """a = y + δ: y with x hidden in it."""
        away = self.scatter(torch.cat([x, y], 1))
        delta = 0.25 * torch.tanh(self.hidden(torch.cat([y, away], 1)))
        return y + self.mask * delta

    def forward(self, image: Tensor) -> Tensor:
        """(B, 4, 64, 64): RGB and noise, both in [0, 1] → a, (B, 3, 64, 64) in [0, 1]."""
        x, noise = image[:, :3], image[:, 3:]
        return self.hide(x, self.paint(x, noise)).clamp(0, 1)


class Restorer(nn.Module):
    """U_d of the seen/hidden pair: a as it comes out of the channel → r.

    `a and a scattered, (B, 6, 64, 64) → FoldedUNet → r = a + M · net`, so the ring stays as it was.
    """

    mask: Tensor

    def __init__(self, base: int = 64) -> None:
        super().__init__()
        self.net = FoldedUNet(6, 3, base, gain=0.5)
        self.scatter = Scatter()
        self.register_buffer("mask", soft_border(SIDE), persistent=False)

    def restore(self, a: Tensor) -> Tensor:
        """r before clipping, for training."""
        r: Tensor = a + self.mask * self.net(torch.cat([a, self.scatter(a)], 1))
        return r

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, 64, 64) in [0, 1] → r, same shape and range."""
        return self.restore(image).clamp(0, 1)


class PatchDiscriminator(nn.Module):
    """D_f, the PatchGAN of Isola et al. (2017): (B, 3, 64, 64) → (B, 1, 8, 8) scores.

    Instance normalisation, as there; spectral norm was tried and left the discriminator too weak to tell
    a blurred face from a real one (hinge loss 1.98 of 2 after 400 steps).
    """

    def __init__(self, base: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, base, 4, 2, 1), nn.LeakyReLU(0.2)]
        for cin, cout, stride in ((base, 2 * base, 2), (2 * base, 4 * base, 2), (4 * base, 4 * base, 1)):
            kernel = 4 if stride == 2 else 3
            layers += [nn.Conv2d(cin, cout, kernel, stride, 1), nn.InstanceNorm2d(cout), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * base, 1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Scores of patches; high where it looks like a camera's face."""
        return self.layers(image * 2 - 1)  # type: ignore[no-any-return]

    def features(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The scores, and the activations of each scale (for L_fm)."""
        h, found = image * 2 - 1, []
        for layer in self.layers:
            h = layer(h)
            if isinstance(layer, nn.LeakyReLU):
                found.append(h)
        return h, found


class FaceEmbedder(nn.Module):
    """The shared trunk of the matchers: (B, 3, 64, 64) → unit vectors (B, 128).

    Departure from the paper's D_a (a VGG on 64×64×6 pairs, one per label): a trunk that embeds each face
    once judges all pairs of a batch for the price of its faces.
    """

    def __init__(self, base: int = 40, dim: int = 128) -> None:
        super().__init__()
        widths = (3, base, 2 * base, 3 * base, 4 * base)
        layers: list[nn.Module] = []
        for cin, cout in pairwise(widths):
            layers += [nn.Conv2d(cin, cout, 3, 2, 1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(0.1)]
            layers += [nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(0.1)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(widths[-1] * 16, dim))

    def forward(self, image: Tensor) -> Tensor:
        """Unit embeddings; the cosine of two is the matchers' similarity."""
        return F.normalize(self.head(self.layers(image * 2 - 1)), dim=1)
