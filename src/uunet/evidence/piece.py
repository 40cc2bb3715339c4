"""One track's evidence of one window, before it is sealed: its regions, frame by frame, and their pixels.

Where regions overlap, a sample belongs to the one whose middle it is nearest to, measured in sides: opening
one person's evidence must not show the face of the next. What belongs to others is grey in a piece, is left
as it is in a restored picture, and comes back with their evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, get_args

import numpy as np
import numpy.typing as npt

from uunet.errors import EvidenceError
from uunet.evidence import crops
from uunet.geometry import plane_slices
from uunet.keys.codec import pack, unpack
from uunet.types import Box, FrameSize, Layout, Picture

Own = npt.NDArray[np.bool_]
"""Which samples of a plane's part of a region belong to it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A region in one frame.

    Attributes:
        frame: in the window.
        box: the region.
        others: the regions that share pixels with it.
    """

    frame: int
    box: Box
    others: tuple[Box, ...] = ()

    def own(self, layout: Layout) -> list[Own | None]:
        """Which samples are its own, for each plane; None: all."""
        slices = plane_slices(layout, self.box)
        if not self.others:
            return [None] * len(slices)
        return [self._own(where, *_steps(layout, i)) for i, where in enumerate(slices)]

    def _own(self, where: tuple[slice, slice], step_x: int, step_y: int) -> Own:
        rows, columns = where
        # twice the sample's middle, in luma pixels: integers, so that both sides decide alike
        x = (2 * np.arange(columns.start, columns.stop, dtype=np.int64) + 1) * step_x
        y = (2 * np.arange(rows.start, rows.stop, dtype=np.int64) + 1) * step_y
        own = np.ones((len(y), len(x)), bool)
        for other in self.others:
            mine, theirs = _distance(x, y, self.box), _distance(x, y, other)
            unit = self.box.w * self.box.h, other.w * other.h
            first = (self.box.x, self.box.y, self.box.w, self.box.h) < (other.x, other.y, other.w, other.h)
            here, there = mine * unit[1], theirs * unit[0]
            own &= (here <= there) if first else (here < there)
        return own


def placed_together(frame: int, boxes: Sequence[Box]) -> list[Placed]:
    """The regions of one frame, each with those that share pixels with it.

    Of regions in the very same box the first has every sample, the others none.
    """
    return [
        Placed(
            frame,
            box,
            tuple(b for j, b in enumerate(boxes) if b.overlaps(box) and (b != box or j < i)),
        )
        for i, box in enumerate(boxes)
    ]


def lacking(placed: Placed, opened: Sequence[Placed], layout: Layout) -> int:
    """How many luma samples of a region belong to others that are not `opened`: they don't come back.

    Args:
        placed: the region.
        opened: regions of the same frame that come back, be it with this one among them.
        layout: of the frame.
    """
    (own, *_) = placed.own(layout)
    if own is None:
        return 0
    missing, box = ~own, placed.box
    for other in opened:
        if other.box not in placed.others:
            continue
        x0, x1 = max(box.x, other.box.x), min(box.x + box.w, other.box.x + other.box.w)
        y0, y1 = max(box.y, other.box.y), min(box.y + box.h, other.box.y + other.box.h)
        (theirs, *_) = other.own(layout)
        held = missing[y0 - box.y : y1 - box.y, x0 - box.x : x1 - box.x]
        if theirs is None:  # it was sealed as if it were alone: all is its own
            held[:] = False
        else:
            held &= ~theirs[y0 - other.box.y : y1 - other.box.y, x0 - other.box.x : x1 - other.box.x]
    return int(missing.sum())


def _distance(x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], box: Box) -> npt.NDArray[np.int64]:
    """max(|dx| / w, |dy| / h) from the middle of a box, times w · h, for doubled coordinates."""
    across = np.abs(x - (2 * box.x + box.w)) * box.h
    down = np.abs(y - (2 * box.y + box.h)) * box.w
    return np.asarray(np.maximum(across[None, :], down[:, None]), np.int64)


@dataclass(frozen=True, slots=True)
class Piece:
    """The evidence of one track in one window.

    Attributes:
        regions: where, in order of frames.
        layout: of the samples.
        size: of the frames.
        coding: how the pixels are coded.
        canvas, packets: the little video.
        digest: SHA-256 of all samples, frame by frame and plane by plane, where they are exact; else empty.
    """

    regions: tuple[Placed, ...]
    layout: Layout
    size: FrameSize
    coding: crops.Coding
    canvas: tuple[int, int]
    packets: tuple[bytes, ...]
    digest: bytes

    @classmethod
    def of(
        cls,
        regions: Sequence[Placed],
        pixels: Sequence[crops.Crop],
        layout: Layout,
        size: FrameSize,
        *,
        exact: bool,
    ) -> Self:
        """Codes what `cut` took."""
        coding = crops.coding_for(layout, exact=exact)
        canvas, packets = crops.encode(pixels, layout, coding)
        digest = b"" if coding == "x264" else _digest(pixels)
        return cls(tuple(regions), layout, size, coding, canvas, tuple(packets), digest)

    @property
    def exact(self) -> bool:
        """Whether every bit comes back."""
        return self.coding != "x264"

    def pixels(self) -> list[crops.Crop]:
        """The samples of each region, in their order: inverse of `of`.

        Raises:
            EvidenceError: they can't be decoded, or are not what was sealed.
        """
        shapes = [
            [_shape(where) for where in plane_slices(self.layout, placed.box)] for placed in self.regions
        ]
        found = crops.decode(self.packets, self.canvas, self.layout, self.coding, shapes)
        if self.exact and _digest(found) != self.digest:
            raise EvidenceError("exact evidence does not decode to what was sealed", "report how it was made")
        return found

    def pack(self) -> bytes:
        """Deterministic CBOR."""
        layout = self.layout
        return pack(
            {
                "coding": self.coding,
                "canvas": list(self.canvas),
                "size": list(self.size),
                "layout": [
                    *(layout.name, layout.depth, layout.chroma_w, layout.chroma_h),
                    *(layout.colour, layout.full_range, layout.matrix),
                ],
                "regions": [
                    [r.frame, _numbers(r.box), [_numbers(box) for box in r.others]] for r in self.regions
                ],
                "packets": list(self.packets),
                "digest": self.digest,
            }
        )

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Inverse of `pack`. What comes here has been authenticated, but its maker may be of another version.

        Raises:
            EvidenceError: it is none.
        """
        try:
            value = unpack(data)
            regions = tuple(
                Placed(int(frame), _box(box), tuple(map(_box, others)))
                for frame, box, others in value["regions"]
            )
            size = (int(value["size"][0]), int(value["size"][1]))
            canvas = (int(value["canvas"][0]), int(value["canvas"][1]))
            coding = value["coding"]
            if coding not in get_args(crops.Coding) or not all(_inside(r.box, size) for r in regions):
                raise EvidenceError("sealed evidence is of an unknown kind", "a newer uunet may read it")
            *packets, digest = map(_bytes, [*value["packets"], value["digest"]])
            return cls(regions, _layout(value["layout"]), size, coding, canvas, tuple(packets), digest)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise EvidenceError(
                "sealed evidence is of an unknown form", "a newer uunet may read it"
            ) from error


def cut(picture: Picture, placed: Placed) -> crops.Crop:
    """A copy of a region's samples, those of others grey."""
    planes = []
    own = placed.own(picture.layout)
    for plane, where, mine in zip(picture.planes, plane_slices(picture.layout, placed.box), own, strict=True):
        samples = plane[where].copy()
        if mine is not None:
            samples[~mine] = 1 << (picture.layout.depth - 1)
        planes.append(samples)
    return tuple(planes)


def lay(picture: Picture, placed: Placed, pixels: crops.Crop) -> None:
    """Put a region's samples back into a picture, those of others left alone: the inverse of `cut`."""
    own = placed.own(picture.layout)
    for plane, where, samples, mine in zip(
        picture.planes, plane_slices(picture.layout, placed.box), pixels, own, strict=True
    ):
        plane[where] = samples if mine is None else np.where(mine, samples, plane[where])


def _digest(pixels: Sequence[crops.Crop]) -> bytes:
    digest = hashlib.sha256()
    for crop in pixels:
        for plane in crop:
            digest.update(
                np.ascontiguousarray(plane).astype(plane.dtype.newbyteorder("<"), copy=False).tobytes()
            )
    return digest.digest()


def _steps(layout: Layout, plane: int) -> tuple[int, int]:
    return (layout.chroma_w, layout.chroma_h) if layout.is_chroma(plane) else (1, 1)


def _shape(where: tuple[slice, slice]) -> tuple[int, int]:
    return where[0].stop - where[0].start, where[1].stop - where[1].start


def _numbers(box: Box) -> list[int]:
    return [box.x, box.y, box.w, box.h]


def _box(value: Any) -> Box:
    x, y, w, h = (int(number) for number in value)
    return Box(x, y, w, h)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("no bytes")
    return value


def _layout(value: Any) -> Layout:
    match value:
        case [
            str() as name,
            int() as depth,
            int() as across,
            int() as down,
            bool() as colour,
            bool() as full,
            "bt601" | "bt709" | "bt2020" | "gbr" as matrix,
        ] if 8 <= depth <= 16 and {across, down} <= {1, 2, 4}:
            return Layout(name, depth, across, down, colour, full, matrix)
    raise ValueError("no layout")


def _inside(box: Box, size: FrameSize) -> bool:
    return (
        box.x >= 0
        and box.y >= 0
        and box.w > 0
        and box.h > 0
        and box.x + box.w <= size[0]
        and box.y + box.h <= size[1]
    )
