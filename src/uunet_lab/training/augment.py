"""Training crops from packed stills: jittered boxes, surveillance-like light, blur and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from uunet_lab.datasets.landmarks import MIRRORED
from uunet_lab.training.channel import resize
from uunet_lab.training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class CropProfile:
    """How a crop of a still varies (a uniform draw for each image, in units of the still's side).

    Attributes:
        shift: largest displacement of the box.
        zoom: range of the box's side relative to the still's.
        turn: largest rotation in radians.
        degrade: share of images that are shrunk (to 20–48 px) and blown up again.
        light: strength of the gain, gamma and noise draws (0 leaves the light alone).
    """

    shift: float = 0.05
    zoom: tuple[float, float] = (0.95, 1.35)
    turn: float = 0.12
    degrade: float = 0.35
    light: float = 1.0


TRAINING = CropProfile()

REGION = CropProfile(shift=0.03, zoom=(1.1, 1.3), turn=0.0, degrade=0.0, light=0.0)
"""A detector's boxes round faces that fill a still but for a quarter: a little off, half of them mirrored,
otherwise as they are. What lies beyond a still is mirrored too."""


def draw_boxes(count: int, profile: CropProfile, rng: torch.Generator) -> Tensor:
    """(B, 2, 3) affine maps of `F.affine_grid`: where the box of each image lies in its still."""
    u = torch.rand(count, 5, generator=rng)
    zoom = profile.zoom[0] + u[:, 0] * (profile.zoom[1] - profile.zoom[0])
    angle = (u[:, 1] * 2 - 1) * profile.turn
    flip = (u[:, 2] < 0.5).float() * 2 - 1
    slack = profile.shift * 2
    dx, dy = ((u[:, 3 + i] * 2 - 1) * slack for i in range(2))
    cos, sin = zoom * angle.cos(), zoom * angle.sin()
    return torch.stack([torch.stack([cos * flip, -sin, dx], 1), torch.stack([sin * flip, cos, dy], 1)], 1)


def nudge(boxes: Tensor, pixels: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Displace boxes by whole crop pixels, as a detector's jitter does.

    Returns:
        The displaced maps, and the displacement (B, 2) in crop pixels of 64 (x, y), whole numbers.
    """
    limit = int(pixels)
    step = torch.randint(-limit, limit + 1, (boxes.shape[0], 2), generator=rng).float()
    moved = boxes.clone()
    moved[:, :, 2] += torch.einsum("bij,bj->bi", boxes[:, :, :2], step * 2 / 64)
    return moved, step


def inside(points: Tensor, boxes: Tensor) -> Tensor:
    """Landmarks of stills in the crops of these boxes.

    Args:
        points: (B, 5, 2) as `datasets.landmarks` has them, in [0, 1] of the still.
        boxes: (B, 2, 3), some of which mirror.

    Returns:
        (B, 5, 2) in [0, 1] of the crop, in the same order from left to right.
    """
    away = points * 2 - 1 - boxes[:, None, :, 2]
    found = torch.einsum("bij,bpj->bpi", torch.linalg.inv(boxes[:, :, :2]), away) / 2 + 0.5
    mirrored = torch.linalg.det(boxes[:, :, :2]) < 0
    return torch.where(mirrored[:, None, None], found[:, list(MIRRORED)], found)


def crop(stills: Tensor, boxes: Tensor, side: int) -> Tensor:
    """(B, 3, S, S) in [0, 1] and their boxes → (B, 3, side, side), bilinear, mirrored beyond the border."""
    fine = max(side, stills.shape[-1] * 3 // 4)
    grid = F.affine_grid(boxes.to(stills), [stills.shape[0], 3, fine, fine], align_corners=False)
    image = F.grid_sample(stills, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return resize(image, side).clamp(0, 1)


def framed(stills: Tensor, zoom: float, side: int, shift: float = 0.0) -> Tensor:
    """(B, 3, S, S) in [0, 1] → (B, 3, side, side): boxes of `zoom` times the still's side, in its middle.

    Args:
        stills: faces.
        zoom: of the box.
        side: of the crop.
        shift: to the right and down, in pixels of the crop.
    """
    away = 2 * shift / side * zoom
    box = torch.tensor([[zoom, 0.0, away], [0.0, zoom, away]])
    return crop(stills, box.expand(len(stills), 2, 3), side)


def weather(stills: Tensor, profile: CropProfile, rng: torch.Generator) -> Tensor:
    """Light, gamma, colour cast, blur and noise of poor cameras, drawn for each still."""
    if profile.light == 0:
        return stills
    n = stills.shape[0]
    u = torch.rand(n, 8, generator=rng).to(stills)[:, :, None, None, None]
    gamma = torch.exp((u[:, 0] * 2 - 1) * 0.45 * profile.light)
    gain = torch.exp((u[:, 1] * 1.6 - 1.1) * 0.45 * profile.light)
    cast = torch.exp((u[:, 2:5, 0] * 2 - 1) * 0.07 * profile.light)
    image = stills.clamp_min(1e-4).pow(gamma) * gain * cast
    if profile.degrade > 0:
        small = int(torch.randint(20, 49, (1,), generator=rng))
        blurred = F.interpolate(
            resize(image, small), size=image.shape[-2:], mode="bicubic", align_corners=False
        )
        image = torch.where(u[:, 5] < profile.degrade, blurred, image)
    noise = torch.randn(image.shape, generator=rng).to(image)
    image = image + noise * (u[:, 6] ** 3) * 0.04 * profile.light
    return image.clamp(0, 1)


def varied(stills: Tensor, profile: CropProfile, side: int, rng: torch.Generator) -> Tensor:
    """(B, 3, S, S) in [0, 1] → (B, 3, side, side): each still under its own weather, in its own box."""
    return crop(weather(stills, profile, rng), draw_boxes(len(stills), profile, rng), side)


def split(count: int, held_out: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(training, held out): a fixed permutation of 0..count-1, cut; the same on every machine."""
    order = np.random.default_rng(0).permutation(count)
    return np.sort(order[: count - held_out]), np.sort(order[count - held_out :])


class StillSource:
    """Batches of stills from a packed array; the order is a pure function of (seed, step).

    Args:
        images: uint8 (N, S, S, 3).
        indices: which of them may be drawn (the training split).
        seed: of the order.
    """

    def __init__(self, images: npt.NDArray[np.uint8], indices: npt.NDArray[np.int64], seed: int) -> None:
        self.images, self.indices, self.seed = images, indices, seed

    def batch(self, step: int, size: int) -> Tensor:
        """(size, 3, S, S) float in [0, 1]; epochs are permutations.

        Raises:
            TrainingError: there are fewer images than that.
        """
        chosen = shuffled(self.indices, self.seed, step, size)
        return as_tensor(np.ascontiguousarray(self.images[chosen]))


def shuffled(indices: npt.NDArray[np.int64], seed: int, step: int, size: int) -> npt.NDArray[np.int64]:
    """(size,) of the indices, ascending; every epoch takes each once, in another order.

    Raises:
        TrainingError: there are fewer than that.
    """
    if len(indices) < size:
        raise TrainingError(
            f"{len(indices)} faces are too few to train on: a batch has {size}", "add images or videos"
        )
    epoch, position = divmod(step, len(indices) // size)
    order = np.random.default_rng((seed, epoch)).permutation(indices)
    return np.sort(order[position * size : (position + 1) * size])


def as_tensor(images: npt.NDArray[np.uint8]) -> Tensor:
    """uint8 (N, h, w, 3) → (N, 3, h, w) in [0, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
