"""Samples of a frame's planes as R, G, B, and back: one set of matrices for whoever converts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from uunet.types import Layout

_LUMA = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}  # K_r, K_b


@lru_cache(maxsize=8)
def rgb_to_yuv(matrix: str) -> npt.NDArray[np.float32]:
    """3×3 from RGB in [0, 1] to Y in [0, 1], U, V in [-0.5, 0.5] (ITU-R BT.601, 709, 2020); or to G, B, R."""
    if matrix == "gbr":
        return np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)
    k_r, k_b = _LUMA[matrix]
    luma = np.array([k_r, 1 - k_r - k_b, k_b])
    rows = [luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * k_b), (np.array([1, 0, 0]) - luma) / (2 - 2 * k_r)]
    return np.asarray(rows, np.float32)


@lru_cache(maxsize=8)
def yuv_to_rgb(matrix: str) -> npt.NDArray[np.float32]:
    """3×3, the inverse of `rgb_to_yuv`."""
    return np.asarray(np.linalg.inv(rgb_to_yuv(matrix).astype(np.float64)), np.float32)


def unit_to_samples(layout: Layout, *, chroma: bool) -> tuple[float, float]:
    """(scale, offset) from the unit values of `rgb_to_yuv` to the samples of a plane."""
    unit = float(1 << (layout.depth - 8))
    peak = float((1 << layout.depth) - 1)
    if chroma:
        return (peak if layout.full_range else 224 * unit), float(1 << (layout.depth - 1))
    return (peak, 0.0) if layout.full_range else (219 * unit, 16 * unit)


@lru_cache(maxsize=8)
def samples_to_rgb(layout: Layout) -> npt.NDArray[np.float32]:
    """3×4 from samples of three planes (those that grey lacks are neutral), and 1, to RGB in [0, 1]."""
    scale, offset = np.transpose([unit_to_samples(layout, chroma=layout.is_chroma(i)) for i in range(3)])
    matrix = np.linalg.inv(rgb_to_yuv(layout.matrix).astype(np.float64)) / scale
    return np.column_stack([matrix, -matrix @ offset]).astype(np.float32)
