"""The coordinates in which `spread` writes: low frequencies of a picture that was shrunk to 320×192.

Shrinking first makes the mark independent of the resolution; low frequencies are what encoders keep even
where they throw away the rest.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Plane

WIDTH, HEIGHT = 320, 192
_BLOCK = 16
_ROWS, _COLUMNS = HEIGHT // _BLOCK, WIDTH // _BLOCK
BLOCKS = _ROWS * _COLUMNS
_MAX_ORDER = 8

# (u, v) = (down, across), by rising u + v, then by rising u; (0, 0), the brightness, is never touched
_FREQUENCIES = tuple((u, order - u) for order in range(1, _MAX_ORDER + 1) for u in range(order + 1))
COEFFICIENTS = len(_FREQUENCIES) * BLOCKS

Thumbnail = npt.NDArray[np.float32]
"""A luma picture of shape (HEIGHT, WIDTH) in units of 8-bit video, 0..255, or a mean of such."""

Vector = npt.NDArray[np.float64]
"""Coefficients, shape (COEFFICIENTS,): frequency by frequency, in each all blocks row by row."""


def thumbnail(luma: Plane, depth: int = 8) -> Thumbnail:
    """A luma plane of any size and of `depth` bits, averaged over areas down to the grid."""
    small = cv2.resize(luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small if depth == 8 else small * np.float32(2.0 ** (8 - depth))


def coefficients(picture: Thumbnail) -> Vector:
    """The low frequencies of the orthonormal 16×16 DCT-II of each block."""
    basis = _basis()
    blocks = picture.astype(np.float64).reshape(_ROWS, _BLOCK, _COLUMNS, _BLOCK).transpose(0, 2, 1, 3)
    u, v = np.array(_FREQUENCIES).T
    spectrum = basis @ blocks @ basis.T
    return spectrum[:, :, u, v].reshape(BLOCKS, -1).T.reshape(-1)


def picture(vector: Vector) -> Thumbnail:
    """The picture (around zero) that has these low frequencies and no others."""
    basis = _basis()
    spectrum = np.zeros((_ROWS, _COLUMNS, _BLOCK, _BLOCK))
    u, v = np.array(_FREQUENCIES).T
    spectrum[:, :, u, v] = vector.reshape(-1, BLOCKS).T.reshape(_ROWS, _COLUMNS, -1)
    blocks = basis.T @ spectrum @ basis
    return blocks.transpose(0, 2, 1, 3).reshape(HEIGHT, WIDTH).astype(np.float32)


@cache
def orders() -> Vector:
    """u + v of each coefficient: how high its frequency is, 1..8."""
    return np.repeat([float(u + v) for u, v in _FREQUENCIES], BLOCKS)


@cache
def _basis() -> npt.NDArray[np.float64]:
    k, i = np.mgrid[:_BLOCK, :_BLOCK]
    basis: npt.NDArray[np.float64] = np.sqrt(2 / _BLOCK) * np.cos(np.pi * k * (2 * i + 1) / (2 * _BLOCK))
    basis[0] /= np.sqrt(2)
    return basis
