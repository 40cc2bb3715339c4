"""How different two images look: gradient magnitude similarity deviation (Xue et al., IEEE TIP 2014).

It needs no weights; `lpips` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import convolve

from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.resampling import Floats

_C = 170.0  # of the paper, for levels 0 to 255
_PREWITT = np.array([[1.0, 0.0, -1.0]] * 3) / 3
_LUMA = np.array([0.299, 0.587, 0.114])


def gmsd(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """(n,) of each pair of uint8 RGB images (h, w, 3): 0 if they are the same, rarely above 0.35."""
    return np.array([_of(a, b) for a, b in zip(x, r, strict=True)])


def _of(first: Image, second: Image) -> float:
    one, other = (_gradients(_halved(image @ _LUMA)) for image in (first, second))
    similarity = (2 * one * other + _C) / (one**2 + other**2 + _C)
    return float(similarity.std())


def _halved(luma: Floats) -> Floats:
    """Mean of 2 × 2 pixels, of each second row and column, as the paper's own code begins."""
    rows, columns = (length // 2 * 2 for length in luma.shape)
    tiles = luma[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2)
    return np.asarray(tiles.mean((1, 3)), np.float64)


def _gradients(luma: Floats) -> Floats:
    across, down = (convolve(luma, kernel, mode="constant") for kernel in (_PREWITT, _PREWITT.T))
    return np.asarray(np.hypot(across, down), np.float64)
