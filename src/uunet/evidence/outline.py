"""A thin line round a restored region that says where its pixels come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uunet.geometry import plane_slices
from uunet.types import Box, Picture

if TYPE_CHECKING:
    from uunet.evidence.opening import Label

_WIDTH = 2  # luma pixels, outside of the region: the line covers nothing that was restored
_COLOURS: dict[Label, tuple[int, int, int]] = {  # red, green, blue, told apart by the colour-blind too
    "exact": (0, 158, 115),
    "visual": (86, 180, 233),
    "neural": (230, 159, 0),
    "unavailable": (213, 94, 0),
}


def outline(picture: Picture, box: Box, label: Label) -> None:
    """Draw it into a picture, in place."""
    layout = picture.layout
    width, height = picture.size
    left, top = max(box.x - _WIDTH, 0), max(box.y - _WIDTH, 0)
    right, bottom = min(box.x + box.w + _WIDTH, width), min(box.y + box.h + _WIDTH, height)
    sides = [
        Box(left, top, right - left, box.y - top),
        Box(left, box.y + box.h, right - left, bottom - box.y - box.h),
        Box(left, box.y, box.x - left, box.h),
        Box(box.x + box.w, box.y, right - box.x - box.w, box.h),
    ]
    values = _samples(picture, _COLOURS[label])
    for side in sides:
        if side.w > 0 and side.h > 0:
            for plane, where, value in zip(picture.planes, plane_slices(layout, side), values, strict=True):
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
    return [min(value, 255) << (layout.depth - 8) for value in values[: len(picture.planes)]]
