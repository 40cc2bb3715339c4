"""A thin line round a restored region, and a word above it: whose it is, and where its pixels come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import plane_slices
from uunet.types import Box, Picture

if TYPE_CHECKING:
    from uunet.evidence.opening import Label

_WIDTH = 2  # luma pixels, outside of the region: the line covers nothing that was restored
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_COLOURS: dict[Label, tuple[int, int, int]] = {  # red, green, blue; the colour-blind can read the word
    "exact": (0, 158, 115),
    "visual": (86, 180, 233),
    "neural": (240, 228, 66),
    "unavailable": (213, 94, 0),
}


def outline(picture: Picture, box: Box, track: int | None, label: Label, *, in_part: bool = False) -> None:
    """Draw it into a picture, in place: `3 exact` or `3 exact in part` stands above the region of track 3."""
    width, height = picture.size
    left, top = max(box.x - _WIDTH, 0), max(box.y - _WIDTH, 0)
    right, bottom = min(box.x + box.w + _WIDTH, width), min(box.y + box.h + _WIDTH, height)
    sides = [
        Box(left, top, right - left, box.y - top),
        Box(left, box.y + box.h, right - left, bottom - box.y - box.h),
        Box(left, box.y, box.x - left, box.h),
        Box(box.x + box.w, box.y, right - box.x - box.w, box.h),
    ]
    colour = _samples(picture, _COLOURS[label])
    for side in sides:
        _fill(picture, side, colour)
    name = "?" if track is None else str(track)
    word = _word(f"{name} {label}{' in part' * in_part}", height)
    rows, columns = word.shape
    above = top - rows >= 0
    x, y = min(left, width - columns), top - rows if above else bottom
    if x >= 0 and y + rows <= height:
        place = Box(x - x % 2, y - y % 2, columns, rows)
        _fill(picture, place, colour)
        _print(picture, place, word)


def _word(text: str, height: int) -> npt.NDArray[np.bool_]:
    """Which pixels of a small field are ink; its sides are even."""
    scale = max(height / 1500, 0.4)
    (columns, rows), below = cv2.getTextSize(text, _FONT, scale, 1)
    field = np.zeros((rows + below + 4 & ~1, columns + 5 & ~1), np.uint8)
    cv2.putText(field, text, (2, rows + 2), _FONT, scale, 255, 1, cv2.LINE_8)
    return np.asarray(field > 0)


def _print(picture: Picture, place: Box, word: npt.NDArray[np.bool_]) -> None:
    """Ink is black: luma, or all of G, B and R."""
    planes = picture.planes if picture.layout.matrix == "gbr" else picture.planes[:1]
    for plane in planes:
        part = plane[place.y : place.y + place.h, place.x : place.x + place.w]
        part[word[: part.shape[0], : part.shape[1]]] = 16 << (picture.layout.depth - 8)


def _fill(picture: Picture, box: Box, colour: list[int]) -> None:
    if box.w > 0 and box.h > 0:
        for plane, where, value in zip(
            picture.planes, plane_slices(picture.layout, box), colour, strict=True
        ):
            plane[where] = value


def _samples(picture: Picture, colour: tuple[int, int, int]) -> list[int]:
    """A colour in the picture's own samples, in full range: a pen needs no exact matrix (BT.601)."""
    red, green, blue = colour
    layout = picture.layout
    if layout.matrix == "gbr":
        values = [green, blue, red]
    else:
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        values = [round(luma), round(128 + 0.564 * (blue - luma)), round(128 + 0.713 * (red - luma))]
    return [min(max(value, 0), 255) << (layout.depth - 8) for value in values[: len(picture.planes)]]
