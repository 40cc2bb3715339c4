"""A thin line round each restored region, and a label beside it: whose it is, where its pixels come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import plane_slices
from uunet.types import Box, FrameSize, Picture

if TYPE_CHECKING:
    from uunet.evidence.opening import Label

_WIDTH = 2  # luma pixels, outside of the region: the line covers nothing that was restored
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FINER = 4  # letters are drawn that much larger, and made smaller: strokes of one pixel can't be read
_LEAST = 0.44  # of the font's size: capitals of 10 pixels, the smallest that a lossy codec leaves readable
_DARK, _LIGHT, _NEUTRAL = 16, 235, 128  # of 8 bits; within studio range
_COLOURS: dict[Label, tuple[int, int, int]] = {  # red, green, blue; the colour-blind can read the word
    "exact": (0, 158, 115),
    "visual": (86, 180, 233),
    "neural": (240, 228, 66),
    "unavailable": (213, 94, 0),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be said of a region: its track, None if unknown; its label; whether a part is missing."""

    box: Box
    track: int | None
    label: Label
    in_part: bool = False

    @property
    def texts(self) -> tuple[str, str]:
        """`3 exact in part`, and what says the same where there is less room: `3 e-`."""
        name = "?" if self.track is None else str(self.track)
        return (
            f"{name} {self.label}{' in part' * self.in_part}",
            f"{name} {self.label[0]}{'-' * self.in_part}",
        )


class Outlines:
    """Draws the marks of one frame after another; a label stays on its side of the face while it can.

    Args:
        turns: quarter turns counter-clockwise that make the pictures upright, and the letters with them.
    """

    def __init__(self, turns: int = 0) -> None:
        self._turns = turns
        self._sides: dict[int | None, int] = {}

    def draw(self, picture: Picture, marks: Sequence[Mark]) -> None:
        """Draw into a picture, in place. Where a label has no room, the line's colour alone tells."""
        framed = [_framed(mark.box, picture.size) for mark in marks]
        for mark, frame in zip(marks, framed, strict=True):
            _line(picture, mark, frame)
        taken = list(framed)  # no label on another one, nor on a region: those are what was restored
        for mark, frame in zip(marks, framed, strict=True):
            place = self._place(mark, frame, taken, picture.size)
            if place is not None:
                field, text = place
                taken.append(field)
                _write(picture, field, self._letters(text, picture.size))
                _fill(picture, self._bar(field), _samples(picture, _COLOURS[mark.label]))

    def _place(self, mark: Mark, frame: Box, taken: Sequence[Box], size: FrameSize) -> tuple[Box, str] | None:
        usual = self._sides.get(mark.track, 0)
        for text in mark.texts:
            rows, columns = self._letters(text, size).shape
            fields = list(_beside(frame, columns, rows, size))
            for side in sorted(range(len(fields)), key=lambda side: (side != usual, side)):
                field = fields[side]
                if _inside(field, size) and not any(_meet(field, other) for other in taken):
                    self._sides[mark.track] = side
                    return field, text
        return None

    def _letters(self, text: str, size: FrameSize) -> npt.NDArray[np.float32]:
        """As they stand in the stored picture."""
        return np.rot90(_letters(text, size[1 - self._turns % 2]), -self._turns)

    def _bar(self, field: Box) -> Box:
        """Where a label begins."""
        x, y, w, h, wide = field.x, field.y, field.w, field.h, 2 * _WIDTH
        return (
            Box(x, y, wide, h),
            Box(x, y, w, wide),
            Box(x + w - wide, y, wide, h),
            Box(x, y + h - wide, w, wide),
        )[self._turns % 4]


def _framed(box: Box, size: FrameSize) -> Box:
    """The region and the line round it, as far as the picture goes."""
    left, top = max(box.x - _WIDTH, 0), max(box.y - _WIDTH, 0)
    right, bottom = min(box.x + box.w + _WIDTH, size[0]), min(box.y + box.h + _WIDTH, size[1])
    return Box(left, top, right - left, bottom - top)


def _beside(frame: Box, columns: int, rows: int, size: FrameSize) -> Iterator[Box]:
    """Where a label may stand: above, below, on the right, on the left; flush with one side or the other."""
    right, bottom = frame.x + frame.w, frame.y + frame.h
    for y in (frame.y - rows, bottom):
        for x in (frame.x, right - columns):
            yield Box(_even(min(max(x, 0), size[0] - columns)), y, columns, rows)
    for x in (right, frame.x - columns):
        for y in (frame.y, bottom - rows):
            yield Box(x, _even(min(max(y, 0), size[1] - rows)), columns, rows)


def _even(value: int) -> int:
    return value - value % 2


def _inside(box: Box, size: FrameSize) -> bool:
    return box.x >= 0 and box.y >= 0 and box.x + box.w <= size[0] and box.y + box.h <= size[1]


def _meet(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.w and other.x < one.x + one.w
    return across and one.y < other.y + other.h and other.y < one.y + one.h


def _line(picture: Picture, mark: Mark, frame: Box) -> None:
    box, right, bottom = mark.box, frame.x + frame.w, frame.y + frame.h
    colour = _samples(picture, _COLOURS[mark.label])
    for side in (
        Box(frame.x, frame.y, frame.w, box.y - frame.y),
        Box(frame.x, box.y + box.h, frame.w, bottom - box.y - box.h),
        Box(frame.x, box.y, box.x - frame.x, box.h),
        Box(box.x + box.w, box.y, right - box.x - box.w, box.h),
    ):
        _fill(picture, side, colour)


def _write(picture: Picture, field: Box, letters: npt.NDArray[np.float32]) -> None:
    """Light letters on a dark field, to be read on any picture."""
    layout = picture.layout
    dark = [_NEUTRAL if layout.is_chroma(i) else _DARK for i in range(len(picture.planes))]
    _fill(picture, field, [value << (layout.depth - 8) for value in dark])
    for plane in picture.planes if layout.matrix == "gbr" else picture.planes[:1]:
        where = plane[field.y : field.y + field.h, field.x : field.x + field.w]
        where[...] = ((_DARK + letters * (_LIGHT - _DARK)) * (1 << (layout.depth - 8))).astype(plane.dtype)


@lru_cache(maxsize=256)
def _letters(text: str, height: int) -> npt.NDArray[np.float32]:
    """How much ink each pixel of a label has, 0 to 1, in a picture of this height; its sides are even."""
    scale = max(height / 1200, _LEAST)
    thickness = round(_FINER * scale * 3)
    (columns, _), _ = cv2.getTextSize(text, _FONT, scale * _FINER, thickness)
    (_, rows), below = cv2.getTextSize("0p", _FONT, scale * _FINER, thickness)  # all labels are of one height
    edge = 2 * _FINER
    high = _even((rows + below + 2 * edge) // _FINER + 1)
    wide = _even((columns + 3 * edge) // _FINER + 2 * _WIDTH + 1)
    field = np.zeros((high * _FINER, wide * _FINER), np.uint8)
    at = (2 * _WIDTH * _FINER + edge, rows + edge)
    cv2.putText(field, text, at, _FONT, scale * _FINER, 255, thickness, cv2.LINE_AA)
    small = cv2.resize(field, (wide, high), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)


def _fill(picture: Picture, box: Box, colour: Sequence[int]) -> None:
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
