"""What part of the picture belongs to a face, and whether a region replaces it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet.types import BORDER, BORDER_END, GRID, REPLACED, Box, FrameSize

Squares = npt.NDArray[np.float64]
"""(n, 3): centre x, centre y, side of a region in luma pixels, one row per frame."""


_CLEAR = BORDER_END - REPLACED * BORDER  # d up to which a region is replaced
_TURN = np.linspace(0, np.pi / 2, 9)
_ARC = np.sqrt([np.cos(_TURN), np.sin(_TURN)])  # a quarter of the squircle x⁴ + y⁴ = 1


@dataclass(frozen=True, slots=True)
class Region:
    """What part of the picture belongs to a face.

    The nets are trained on FairFace's images ("face and a 25 % margin"), whole image = region. On 397 of
    400 of these, CenterFace's box is 0.96 of the image high (quartiles 0.93–1.03 image sides per box height,
    95th percentile 1.13; at 112 pixels 1.05, 1.00–1.10, 1.23), and its centre 0.07 box heights above the
    image's. The region is somewhat larger than that median and less far down, so that hair line, ears and
    chin lie inside. It grows where a straight path misses a moving face's centre: the squircle that fills the
    face box lies where the region is replaced, not in its soft border.

    Attributes:
        side: side of the square per longer side of the face box, at least.
        down: how far the square's centre lies below the box's, per longer side.
        margin: pixels round the face box that count as face: a detector's own error.
        least: smallest side in pixels of a path that reaches it anywhere in a window. Models take no region
            below what their card says; it is covered with one colour, and a face near it would flicker.
        waste: by what share the sides of a path may on average exceed the wanted ones, to be straight, before
            a path is cut in two.
    """

    side: float = 1.2
    down: float = 0.015
    margin: float = 1.0
    least: float = 20.0
    waste: float = 0.08


HEAD = Region()


def squares_of(rects: npt.NDArray[np.float64], region: Region = HEAD) -> Squares:
    """The wanted regions of face boxes (n, 4), before they are straightened."""
    longer = np.maximum(rects[:, 2], rects[:, 3])
    return np.stack([rects[:, 0], rects[:, 1] + region.down * longer, region.side * longer], axis=1)


def sides_for(offsets: npt.NDArray[np.float64], faces: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The sides (n,) of the smallest squares in which faces are replaced whole.

    Args:
        offsets: (n, 2), how far their centres are off those of the squares.
        faces: (n, 2), widths and heights.
    """
    across, down = (np.abs(offsets[:, i, None]) + faces[:, i, None] / 2 * _ARC[i] for i in (0, 1))
    return np.asarray(2 * (across**4 + down**4).max(axis=1) ** 0.25 / _CLEAR)


def replaces(box: Box, face: npt.NDArray[np.float64], size: FrameSize) -> bool:
    """Whether a region replaces the squircle that fills a face box, as far as boxes reach in the picture.

    Towards an edge that the region touches, what its soft border leaves is covered (`geometry.cover_cut`).
    """
    worst = np.zeros(_ARC.shape[1])
    starts, lengths = (box.x, box.y), (box.w, box.h)
    for start, length, centre, extent, arc, limit in zip(
        starts, lengths, face[:2], face[2:], _ARC, size, strict=True
    ):
        limit -= limit % GRID  # noqa: PLW2901
        if not length:  # a picture of one pixel across
            continue
        ends = np.clip(centre + np.outer([-1, 1], extent / 2 * arc), 0, limit)
        low, high = (ends - start) / length * 2 - 1
        before = 0 if start == 0 else -low
        after = 0 if start + length == limit else high
        worst += np.maximum(np.maximum(before, after), 0) ** 4
    return bool(worst.max() <= _CLEAR**4)
