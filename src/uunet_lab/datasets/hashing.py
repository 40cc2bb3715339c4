"""dHash: a fingerprint of an image that changes when what it shows does, and little with light and noise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

BITS = 64


def dhash(image: Image) -> int:
    """N. Krawetz, "Kind of Like That" (2013): is each cell of 8 rows of 9 brighter than its left neighbour?

    Args:
        image: uint8 RGB (h, w, 3).

    Returns:
        64 bits, row by row, the first cell in the highest bit.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    brighter = small[:, 1:] > small[:, :-1]
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ; about 32 for unrelated images."""
    return (a ^ b).bit_count()
