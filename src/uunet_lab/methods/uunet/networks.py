"""The networks of UU-Net: the paper's U-Nets and the seen/hidden pair that ships."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet_lab.methods.uunet.painter import (
    CODE,
    Observation,
    Observer,
    Painter,
    code_of,
    conv,
    doubled,
    lrelu,
    thumbnail_of,
)
from uunet_lab.methods.uunet.surrogates import MOUTH
from uunet_lab.training.channel import soft_border

SIDE = 64


def _width(channels: float) -> int:
    """The next multiple of 16: processors compute that many channels in no more time than what lies below."""
    return -int(-channels // 16) * 16


class FoldedUNet(nn.Module):
    """A U-Net whose first and last step fold 2×2 pixels into channels, so that no layer runs at 64×64.

    ```
    (B, cin, 64, 64) ─unshuffle─► 32×32 ─conv─► c ───────────────────► cat ─conv─ shuffle ─► (B, cout, 64, 64)
                                    └ conv/2 ► 16×16, 1.6c ──────► cat ─conv┘ ↑2
                                                 └ conv/2 ► 8×8, 2.5c ─ conv ─┘ ↑2
    ```
    Folding keeps full-resolution detail (12 numbers per 2×2 pixels) at a quarter of the cost.
    """

    def __init__(self, cin: int, cout: int, base: int, gain: float = 0.5) -> None:
        super().__init__()
        c1, c2, c3 = base, _width(base * 1.6), _width(base * 2.5)
        self.e1 = conv(4 * cin, c1)
        self.e2 = conv(c1, c2, 2)
        self.e3 = conv(c2, c3, 2)
        self.m1 = conv(c3, c3)
        self.m2 = conv(c3, c3)
        self.d2 = conv(c3 + c2, c2)
        self.d1 = conv(c2 + c1, c1)
        self.out = conv(c1, 4 * cout)
        with torch.no_grad():
            self.out.weight.mul_(gain)

    def forward(self, image: Tensor) -> Tensor:
        """(B, cin, 64, 64) → (B, cout, 64, 64), unbounded."""
        h1 = lrelu(self.e1(F.pixel_unshuffle(image, 2)))
        h2 = lrelu(self.e2(h1))
        h3 = lrelu(self.e3(h2))
        h3 = h3 + lrelu(self.m1(h3))
        h3 = h3 + lrelu(self.m2(h3))
        h2 = lrelu(doubled(self.d2, h3, h2))
        h1 = lrelu(doubled(self.d1, h2, h1))
        return F.pixel_shuffle(self.out(h1), 2)


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
    x ─┬─ border ring x·(1−M), thumbnail 8×8 ──────────────► G(·, z) ─► y   (the face that is seen)
       ├─ O: 5 landmarks, kept labels, expression ─► spots ──┘
       └─ y, and x and y scattered ────────────────────────► H ───────► a = y + δ   (δ hides x, |δ| ≤ 0.25)
    noise ─ 8×8 means ─► z
    ```
    H sees x only scattered (`Scatter`), and the restorer sees a both ways: the detail of a place is hidden
    at another place, where neither people nor recognisers take it for a face. With x as it is, the cheapest
    hiding is δ = c · (x − y), a ghost of the face that everybody sees; a loss term that forbids the ghost was
    tried and left H at δ = 0. With x upside down, whoever turns the picture sees the ghost.

    The border ring stays x itself (M of `soft_border`), so that the paste has no seam. Departure from the
    paper, which uses one U-Net and relies on D_a alone: there U_e learns an invisible perturbation that
    fools D_a while the face stays recognisable.

    Args:
        base: width of H.
        classes: how many classes each kept label has.
    """

    mask: Tensor
    hole: Tensor

    def __init__(self, base: int = 48, classes: Sequence[int] = ()) -> None:
        super().__init__()
        self.observer = Observer(classes)
        self.painter = Painter(CODE + sum(classes) + MOUTH)
        self.hidden = FoldedUNet(9, 3, base)
        self.scatter = Scatter()
        mask = soft_border(SIDE)
        self.register_buffer("mask", mask, persistent=False)
        self.register_buffer("hole", (mask > 0).float(), persistent=False)

    def paint(self, x: Tensor, z: Tensor, seen: Observation | None = None) -> Tensor:
        """y: the face that is seen.

        Args:
            x: (B, 3, 64, 64) in [0, 1].
            z: (B, CODE), the virtual identity.
            seen: what the painter is told of x; None asks the observer.
        """
        if seen is None:
            seen = self.observer(x)
        thumbnail = thumbnail_of(x, seen.points)
        code = torch.cat([z, self.observer.code(seen)], 1)
        painted = thumbnail + self.painter(x * (1 - self.hole), thumbnail, seen.points, code)
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
        return self.hide(x, self.paint(x, code_of(noise))).clamp(0, 1)


class Restorer(nn.Module):
    """U_d of the seen/hidden pair: a as it comes out of the channel → r.

    `a and a scattered, (B, 6, 64, 64) → FoldedUNet → r = a + M · net`, so the ring stays as it was.
    """

    mask: Tensor

    def __init__(self, base: int = 64) -> None:
        super().__init__()
        self.net = FoldedUNet(6, 3, base)
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
