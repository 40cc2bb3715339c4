"""How much of a face is really replaced or filled in what was published."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from uunet.geometry import hidden
from uunet.masking import is_reversible
from uunet.types import Box, Detection, FrameSize, Layout

_GRID = 40  # points per side on which areas are measured


def covered(face: Detection, boxes: Sequence[Box], size: FrameSize, layout: Layout, smallest: int) -> float:
    """Share of the face (the part of it inside the frame) that is replaced or filled; 0 if its centre is not.

    The soft border of a region, where the face is still mixed in, does not count (M < 0.95).

    Args:
        face: as a detector found it.
        boxes: the regions of its frame.
        size, layout: of the frame.
        smallest: side below which a region is filled, as the model's card says.
    """
    x0, x1 = max(face.x0, 0), min(face.x1, size[0])
    y0, y1 = max(face.y0, 0), min(face.y1, size[1])
    steps = np.append((np.arange(_GRID) + 0.5) / _GRID, 0.5)
    x, y = x0 + steps * (x1 - x0), y0 + steps * (y1 - y0)
    hit = np.zeros((_GRID + 1, _GRID + 1), bool)
    for b in boxes:
        inside = ((y >= b.y) & (y < b.y + b.h))[:, None] & ((x >= b.x) & (x < b.x + b.w))
        if is_reversible(b, smallest):  # else all of it is filled
            rows, columns = ((v - o).astype(int).clip(0, n - 1) for v, o, n in ((y, b.y, b.h), (x, b.x, b.w)))
            inside &= hidden(b, size, layout)[rows][:, columns]
        hit |= inside
    return float(hit[:-1, :-1].mean()) if hit[-1, -1] else 0.0
