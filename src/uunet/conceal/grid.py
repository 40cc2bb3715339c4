"""The coordinates in which `spread` writes: low frequencies of a picture that was shrunk to 320×192.

Shrinking first makes the mark independent of the resolution; low frequencies are what encoders keep even
where they throw away the rest. One transform of the whole picture has no block edges that an eye could see.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Plane

WIDTH, HEIGHT = 320, 192
COEFFICIENTS = 8256  # as many as the longest message needs
_LOWEST = 40 * 40  # the very lowest frequencies are large: a slight stretch or contrast moves them too far

Thumbnail = npt.NDArray[np.float32]
"""A luma picture of shape (HEIGHT, WIDTH) in units of 8-bit video, 0..255, or a mean of such."""

Vector = npt.NDArray[np.float64]
"""Coefficients, shape (COEFFICIENTS,), by rising frequency."""


def thumbnail(luma: Plane, depth: int = 8) -> Thumbnail:
    """A luma plane of any size and of `depth` bits, averaged over areas down to the grid.

    Small pictures are enlarged first: so that the area behind each sample is the same part of the scene in
    every size of one video.
    """
    height, width = luma.shape
    factor = max(-(-2 * WIDTH // width), -(-2 * HEIGHT // height))
    large = (factor * width, factor * height)
    enlarged = cv2.resize(luma, large, interpolation=cv2.INTER_CUBIC) if factor > 1 else luma
    small = cv2.resize(enlarged, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small if depth == 8 else small * np.float32(2.0 ** (8 - depth))


def coefficients(picture: Thumbnail) -> Vector:
    """The low frequencies of the picture's orthonormal DCT-II."""
    vector: Vector = np.asarray(cv2.dct(picture.astype(np.float64)), np.float64)[_used()]
    return vector


def picture(vector: Vector) -> Thumbnail:
    """The picture (around zero) that has these low frequencies and no others."""
    spectrum = np.zeros((HEIGHT, WIDTH))
    spectrum[_used()] = vector
    small: Thumbnail = cv2.idct(spectrum).astype(np.float32)
    return small


@cache
def frequencies() -> Vector:
    """How high the frequency of each coefficient is, in cycles over 32 pixels of the grid."""
    rows, columns = _used()
    frequency: Vector = np.hypot(rows / HEIGHT, columns / WIDTH) * 16
    return frequency


@cache
def _used() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """(down, across) of each coefficient, sorted by (5 down)² + (3 across)², equal ones by `down`."""
    down, across = np.mgrid[:HEIGHT, :WIDTH].reshape(2, -1)
    square = (5 * down) ** 2 + (3 * across) ** 2
    order = np.argsort(square, kind="stable")
    order = order[square[order] >= _LOWEST][:COEFFICIENTS]
    return down[order], across[order]
