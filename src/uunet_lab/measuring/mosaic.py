"""Faces in a picture, as they stand in a frame: rows of tiles, a region in the middle of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import crop
from uunet.types import Box, Layout, Picture
from uunet.video import Colour

Image = npt.NDArray[np.uint8]

SIDE = 64
"""Pixels of a region, if nothing else is said: what the models take."""

MARGIN = 0.1
"""Surroundings that the instrument's regions take beyond a packed still, per side."""

COLUMNS, ROWS = 10, 7
LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")
TAGS = Colour(primaries=1, transfer=1, matrix=1, range=1)
"""What a file says of it. Of a small picture without tags a reader believes that it is BT.601."""


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """Stills in a picture.

    Attributes:
        picture: tiles, a region in the middle of each.
        boxes: the regions.
    """

    picture: Picture
    boxes: list[Box]

    @classmethod
    def of(
        cls,
        stills: Sequence[Image],
        margin: float,
        side: int = SIDE,
        *,
        cell: int | None = None,
        shape: tuple[int, int] = (COLUMNS, ROWS),
    ) -> Mosaic:
        """At most as many stills as there are tiles.

        Args:
            stills: RGB, square.
            margin: surroundings that the region takes beyond the still, mirrored, per side.
            side: of a region, a multiple of 8.
            cell: of a tile, even; None: half as wide again as a region.
            shape: columns and rows of tiles.
        """
        cell, (columns, rows) = cell or side * 3 // 2, shape
        canvas = np.full((rows * cell, columns * cell, 3), 127, np.uint8)
        places = [(i // columns * cell, i % columns * cell) for i in range(len(stills))]
        for still, (y, x) in zip(stills, places, strict=True):
            canvas[y : y + cell, x : x + cell] = _tile(still, margin, side, cell)
        before = (cell - side) // 2
        return cls(_yuv(canvas), [Box(x + before, y + before, side, side) for y, x in places])

    def with_picture(self, picture: Picture) -> Mosaic:
        """Another picture of the same regions: a or r."""
        return Mosaic(picture, self.boxes)

    def faces(self) -> list[Image]:
        """The regions as RGB, each at its own size."""
        return [np.rint(crop(self.picture, box, box.w) * 255).astype(np.uint8) for box in self.boxes]


def _tile(still: Image, margin: float, side: int, cell: int) -> Image:
    inner = round(side / (1 + 2 * margin))
    small = cv2.resize(still, (inner, inner), interpolation=cv2.INTER_AREA)
    before = (cell - inner) // 2
    after = cell - inner - before
    return np.asarray(
        cv2.copyMakeBorder(small, before, after, before, after, cv2.BORDER_REFLECT_101), np.uint8
    )


def _yuv(canvas: Image) -> Picture:
    rgb = canvas.astype(np.float32) / 255
    y_plane = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    chroma = [(rgb[:, :, 2] - y_plane) / 1.8556, (rgb[:, :, 0] - y_plane) / 1.5748]
    planes = [y_plane * 219 + 16] + [
        cv2.resize(c, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) * 224 + 128 for c in chroma
    ]
    return Picture(tuple(np.asarray(np.rint(np.clip(p, 0, 255)), np.uint8) for p in planes), LAYOUT)


def shaken(picture: Picture, step: int) -> Picture:
    """The picture as a camera that shakes sees it: shifted by whole chroma samples, circularly."""
    dx, dy = round(2 * np.sin(step * 0.9)), round(1.5 * np.cos(step * 0.7))
    return Picture(
        tuple(
            np.roll(p, (dy * (2 if i == 0 else 1), dx * (2 if i == 0 else 1)), (0, 1))
            for i, p in enumerate(picture.planes)
        ),
        picture.layout,
    )
