"""The networks of the paper (revised paper, IV-A and Table I): U_e and U_d, D_f, D_a."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 64
SLOPE = 0.3  # of D_a's LeakyReLU: Table I gives none; this is the default of Keras, in which it was written


def _pair(cin: int, cout: int) -> nn.Sequential:
    """[44]: "two 3×3 convolutions …, each followed by a rectified linear unit", He initialisation."""
    layers: list[nn.Module] = []
    for width in (cin, cout):
        conv = nn.Conv2d(width, cout, 3, 1, 1)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
        layers += [conv, nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """The U-Net of Ronneberger et al. ([44] of the paper), "with a minor adaptation to receive" 64×64 images.

    ```
    (B, cin, 64, 64) ─ 2 conv ─► c ──────────────────────────────► cat ─ 2 conv ─ 1×1, σ ─► (B, 3, 64, 64)
                      └ pool, 2 conv ─► 32², 2c ──────────► cat ─ 2 conv ─┘ up
                           └ pool, 2 conv ─► 16², 4c ────► cat ─ 2 conv ─┘ up
                                └ pool, 2 conv ─► 8², 8c ─► cat ─ 2 conv ─┘ up
                                     └ pool, 2 conv, dropout ─► 4², 16c ─┘ up
    ```
    As there: 3×3 convolutions with ReLU and no normalisation, 2×2 max pooling, 2×2 up-convolutions, dropout
    at the end of the contracting path. Adapted: the convolutions are padded, so that 64×64 goes in and
    comes out, and a sigmoid ends in the unit interval to which the paper scales its images. Any other side
    that 16 divides does as well, such as the 256 of Fig. 15.

    Args:
        cin: 4 for U_e (RGB and the noise), 3 for U_d.
        base: c, 64 in [44].
    """

    def __init__(self, cin: int, base: int = 64) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(5)]
        self.down = nn.ModuleList(_pair(i, o) for i, o in pairwise([cin, *widths]))
        self.drop = nn.Dropout(0.5)
        upwards = list(pairwise(reversed(widths)))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in upwards)
        self.join = nn.ModuleList(_pair(i, o) for i, o in upwards)
        self.out = nn.Conv2d(base, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(B, cin, 64, 64) in [0, 1] → (B, 3, 64, 64) in [0, 1]."""
        skips: list[Tensor] = []
        h = image
        for level, convolve in enumerate(self.down):
            h = convolve(F.max_pool2d(h, 2) if level else h)
            skips.append(h)
        h = self.drop(skips.pop())
        for up, convolve in zip(self.up, self.join, strict=True):
            h = convolve(torch.cat([skips.pop(), up(h)], 1))
        return torch.sigmoid(self.out(h).float())  # 16 bits would be coarser than a picture's 8


class PatchGAN(nn.Module):
    """D_f, the PatchGAN of Isola et al. ([25] of the paper): C64-C128-C256-C512, 4×4 kernels, 70×70 patches.

    `(B, 3, 64, 64) ─/2─ c ─/2─ 2c ─/2─ 4c ─ 8c ─ 1 ─► (B, 1, 6, 6)`, LeakyReLU 0.2, weights from N(0, 0.02).

    The output is linear, as a Wasserstein critic's ([21]). [25] and [21] disagree on normalisation: batch
    normalisation there, none of it here, since a penalty of each image's own gradient has no meaning if
    its score depends on the others. Instance normalisation keeps to both: it is what [25] computes with its
    batches of one. Images of 256×256 get 30×30 scores.
    """

    def __init__(self, base: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, base, 4, 2, 1), nn.LeakyReLU(0.2)]
        for cin, cout, stride in ((base, 2 * base, 2), (2 * base, 4 * base, 2), (4 * base, 8 * base, 1)):
            layers += [nn.Conv2d(cin, cout, 4, stride, 1), nn.InstanceNorm2d(cout, affine=True)]
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(8 * base, 1, 4, 1, 1))
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)

    def forward(self, image: Tensor) -> Tensor:
        """Scores of patches, unbounded; high where it looks like a camera's face."""
        return self.layers(image * 2 - 1)  # type: ignore[no-any-return]


class PairMatcher(nn.Module):
    """D_a of Table I for one label: do two faces agree in it?

    ```
    (B, 6, 64, 64) ─ conv 16 /2 ─ conv 64 ─ conv 128 ─ conv 64 /2 ─ conv 64 /2 ─► 64 × 8 × 8
                   ─ flatten ─ dense 128 ─ ReLU ─ dense 1 ─ sigmoid ─► (B,)
    ```
    Each convolution is 3×3, padded, and followed by batch normalisation, LeakyReLU and dropout 0.25, as the
    table has it. Its momentum of 0.8 is Keras's, the share that the running mean keeps: 0.2 in torch, which
    counts the share that it gives up. "A different model was inferred independently for each label" (IV-A):
    t = 1.

    Each image is standardised over its own pixels, channel by channel, as the source code does to which the
    paper's abstract links; the paper does not say.

    Args:
        side: of its images, a multiple of 8; the dense layer grows with its square.
    """

    def __init__(self, side: int = SIDE) -> None:
        super().__init__()
        self.side = side
        layers: list[nn.Module] = []
        for cin, cout, stride in ((6, 16, 2), (16, 64, 1), (64, 128, 1), (128, 64, 2), (64, 64, 2)):
            layers += [nn.Conv2d(cin, cout, 3, stride, 1), nn.BatchNorm2d(cout, eps=1e-3, momentum=0.2)]
            layers += [nn.LeakyReLU(SLOPE), nn.Dropout(0.25)]
        layers += [nn.Flatten(), nn.Linear(64 * (side // 8) ** 2, 128), nn.ReLU(), nn.Linear(128, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """b̂ of eq. 2: two times (B, 3, 64, 64) in [0, 1] → (B,) in [0, 1], 1 where the label agrees."""
        pair = torch.cat([_standardise(first), _standardise(second)], 1)
        return torch.sigmoid(self.layers(pair)[:, 0])


def _standardise(image: Tensor) -> Tensor:
    spread, mean = torch.std_mean(image, (2, 3), keepdim=True, correction=0)
    return (image - mean) / spread.clamp_min(1 / 255)
