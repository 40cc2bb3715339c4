"""What UU-Net is compared with: simple ways to hide a face, of which none can be undone (IV-A)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from skimage.segmentation import slic

from uunet_lab.measuring.mosaic import Image

Name = Literal["superpixels-8", "superpixels-16", "blur-5x3", "blur-7x4", "gaussian", "mosaic", "fill"]

_COMPACTNESS = 10.0  # of SLIC, in its authors' range of 1 to 40 (Achanta et al. 2012)
_SIGMA = 1 / 8  # of the region's side
_BLOCKS = 8  # per side of the region


def superpixels(face: Image, count: int) -> Image:
    """Each pixel becomes the mean colour of its superpixel (Butler et al. 2015; SLIC).

    Args:
        face: uint8 RGB (h, w, 3).
        count: how many are asked for; SLIC may give one or two less.
    """
    segments = slic(face, n_segments=count, compactness=_COMPACTNESS, start_label=0)
    sizes = np.bincount(segments.reshape(-1))
    means = np.stack(
        [np.bincount(segments.reshape(-1), face[:, :, i].reshape(-1)) / sizes for i in range(3)], 1
    )
    return np.asarray(np.rint(means[segments]), np.uint8)


def resampled(face: Image, rows: int, columns: int) -> Image:
    """Down to rows × columns pixels and up again (Ryoo et al. 2017).

    The paper says `resolution 5x3` and `7x4`, not which is the height: heads are higher than wide.
    """
    small = _resized(face, rows, columns, cv2.INTER_AREA)
    return _resized(small, face.shape[0], face.shape[1], cv2.INTER_CUBIC)


def gaussian(face: Image) -> Image:
    """Blurred with a standard deviation of an eighth of the region's side."""
    sigma = face.shape[1] * _SIGMA
    return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def mosaic(face: Image) -> Image:
    """8 × 8 blocks, each of its mean colour."""
    blocks = _resized(face, _BLOCKS, _BLOCKS, cv2.INTER_AREA)
    return _resized(blocks, face.shape[0], face.shape[1], cv2.INTER_NEAREST)


def fill(face: Image) -> Image:
    """One colour: the mean."""
    mean = np.rint(face.reshape(-1, 3).mean(0)).astype(np.uint8)
    return np.broadcast_to(mean, face.shape).copy()


def _resized(face: Image, rows: int, columns: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(face, (columns, rows), interpolation=interpolation), np.uint8)


BASELINES: dict[Name, Callable[[Image], Image]] = {
    "superpixels-8": lambda face: superpixels(face, 8),
    "superpixels-16": lambda face: superpixels(face, 16),
    "blur-5x3": lambda face: resampled(face, 5, 3),
    "blur-7x4": lambda face: resampled(face, 7, 4),
    "gaussian": gaussian,
    "mosaic": mosaic,
    "fill": fill,
}
"""uint8 RGB region → the same, hidden. The first four are those of Table II."""
