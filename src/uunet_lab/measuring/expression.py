"""What a face does, from 68 landmarks: ratios of distances, which neither size nor roll changes."""

from __future__ import annotations

import numpy as np

from uunet_lab.measuring.landmarks import LEFT_EYE, RIGHT_EYE, between_eyes
from uunet_lab.measuring.resampling import Floats

EXPRESSION = ("eyes open", "mouth open", "mouth wide", "mouth corners up", "brows up")

_EYES = (36, 42)  # first point of either eye
_LIPS = ((61, 67), (62, 66), (63, 65))  # inner upper and lower lip


def expression(points: Floats) -> Floats:
    """(n, 5) EXPRESSION, of (n, 68, 2) points.

    Eyes: height by width, mean of both (Soukupová and Čech 2016). Mouth open: mean height between the inner
    lips by their width. Mouth wide: width, corners up: how far the corners are above the middle of the lips,
    and brows up: how far brows are above eyes, all by the distance between the eyes.
    """
    unit = np.maximum(between_eyes(points), 1e-6)
    eyes = np.mean([_height_by_width(points, first) for first in _EYES], 0)
    lips = np.mean([_apart(points, upper, lower) for upper, lower in _LIPS], 0)
    left, right = points[:, LEFT_EYE].mean(1), points[:, RIGHT_EYE].mean(1)
    across = (right - left) / np.maximum(np.linalg.norm(right - left, axis=1), 1e-6)[:, None]
    down = np.stack([-across[:, 1], across[:, 0]], 1)
    lip_middle, corners = points[:, [51, 57]].mean(1), points[:, [48, 54]].mean(1)
    brows = points[:, 17:27].mean(1)
    return np.stack(
        [
            eyes,
            lips / np.maximum(_apart(points, 60, 64), 1e-6),
            _apart(points, 48, 54) / unit,
            ((lip_middle - corners) * down).sum(1) / unit,
            (((left + right) / 2 - brows) * down).sum(1) / unit,
        ],
        1,
    )


def _height_by_width(points: Floats, first: int) -> Floats:
    heights = _apart(points, first + 1, first + 5) + _apart(points, first + 2, first + 4)
    return np.asarray(heights / 2 / np.maximum(_apart(points, first, first + 3), 1e-6), np.float64)


def _apart(points: Floats, one: int, other: int) -> Floats:
    return np.asarray(np.linalg.norm(points[:, one] - points[:, other], axis=1), np.float64)
