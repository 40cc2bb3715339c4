"""The values that flow through the instrument. Units and ranges are stated here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""One plane of a picture, shape (rows, columns): uint8 for 8 bit, uint16 (value in the low bits) above."""

FrameSize = tuple[int, int]
"""(width, height) in luma pixels, as stored in the file (before any display rotation)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the planes of a picture are to be read.

    Attributes:
        name: FFmpeg's pixel format name, for example `yuv420p10le`. Always planar: Y, or Y, U, V, or G, B, R.
        depth: bits of a sample, 8 to 16.
        chroma_w, chroma_h: luma pixels per chroma sample, 1, 2 or 4 (1, 1 for 4:4:4 and for grey).
        colour: True if there is more than one plane.
        full_range: True if black is 0 and white is 2**depth - 1, False for studio range.
        matrix: the luma coefficients; `gbr` if the planes are G, B, R (full range).
    """

    name: str
    depth: int
    chroma_w: int
    chroma_h: int
    colour: bool
    full_range: bool
    matrix: Literal["bt601", "bt709", "bt2020", "gbr"]

    def is_chroma(self, plane: int) -> bool:
        """Whether the plane of this number holds colour differences."""
        return plane > 0 and self.matrix != "gbr"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture as the decoder gave it.

    Attributes:
        planes: (Y,) or (Y, U, V) or (G, B, R). Y, G, B and R have shape (height, width), U and V
            (ceil(height / chroma_h), ceil(width / chroma_w)). Treat as read-only: makers of a changed picture
            copy first.
        layout: what the samples mean.
    """

    planes: tuple[Plane, ...]
    layout: Layout

    @property
    def size(self) -> FrameSize:
        """(width, height) in luma pixels."""
        height, width = self.planes[0].shape
        return int(width), int(height)

    @property
    def samples(self) -> int:
        """How many samples all planes have together."""
        return sum(plane.size for plane in self.planes)

    def copy(self, block: Plane | None = None) -> Picture:
        """The same in memory of its own, in one piece, with planes that can be written to.

        Args:
            block: (samples,) of the same type, whose contents nobody needs; None takes new memory.
        """
        block = np.empty(self.samples, self.planes[0].dtype) if block is None else block
        planes, at = [], 0
        for plane in self.planes:
            planes.append(block[at : at + plane.size].reshape(plane.shape))
            planes[-1][...] = plane
            at += plane.size
        return Picture(tuple(planes), self.layout)

    @property
    def luma(self) -> Plane:
        """Y, (height, width); of G, B, R that of BT.601 in full range, rounded, as JPEG has it."""
        if self.layout.matrix != "gbr":
            return self.planes[0]
        green, blue, red = (plane.astype(np.float32) for plane in self.planes)
        y: npt.NDArray[np.float32] = np.rint(0.299 * red + 0.587 * green + 0.114 * blue)
        return y.astype(np.uint8) if self.layout.depth == 8 else y.astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """A frame that may show faces: from the camera, or restored. Never accepted by the public writer.

    Attributes:
        picture: the pixels.
        index: position in the stream, from 0.
        pts: presentation time in units of the stream's time base.
    """

    picture: Picture
    index: int
    pts: int


@dataclass(frozen=True, slots=True, eq=False)
class PublicFrame:
    """A frame that may be published. Made by `masking.mask` and by the public reader, by nobody else.

    Attributes:
        picture, index, pts: as in RawFrame.
        payloads: user data to store beside the frame (writer) or found beside it (reader).
    """

    picture: Picture
    index: int
    pts: int
    payloads: tuple[bytes, ...] = ()

    def with_picture(self, picture: Picture) -> PublicFrame:
        """The same frame with other pixels, for carriers, which may only add to what is public already."""
        return replace(self, picture=picture)

    def with_payloads(self, payloads: tuple[bytes, ...]) -> PublicFrame:
        """The same frame with user data."""
        return replace(self, payloads=payloads)


@dataclass(frozen=True, slots=True)
class Box:
    """A region of interest in luma pixels of the stored frame: 0 <= x, y; x + w <= width; y + h <= height.

    All four numbers are multiples of the chroma grid (2; at odd frame sizes the last column or row may
    stay outside).
    """

    x: int
    y: int
    w: int
    h: int

    def overlaps(self, other: Box) -> bool:
        """Whether they share a pixel."""
        across = self.x < other.x + other.w and other.x < self.x + self.w
        return across and self.y < other.y + other.h and other.y < self.y + self.h


@dataclass(frozen=True, slots=True)
class Detection:
    """One face as the detector saw it, in luma pixels of the stored frame, not widened, not rounded.

    x0 < x1 and y0 < y1; it may reach over the frame's edge. score is in [0, 1].
    """

    x0: float
    y0: float
    x1: float
    y1: float
    score: float


TRACKS = 64
"""Numbers of tracks in a message: they are used again (evidence has full numbers)."""

WINDOW = 48
"""Frames in a window, the unit of messages, keyframes and look-ahead (about 2 s). A tail of fewer than
WINDOW / 2 frames belongs to the window before it, so a window has up to 71 frames (or fewer, if it is
the only one or the last)."""

GRID = 2
"""Boxes snap to this many luma pixels, the chroma grid of 4:2:0 and 4:2:2."""

BORDER_END = 0.97
"""Distance d from a region's centre from which on the picture stays (see `geometry.soft_border`)."""

BORDER = 0.14
"""Width, in the same measure, of the soft border before it."""

REPLACED = 0.95
"""Share M of the replacement from which a sample counts as replaced: U_e mixes by M too, a tenth is left."""

POSITION_UNITS = 2048  # centre positions on the wire: 1/2048 of the frame's width or height
SIDE_STEPS = 512  # sides on the wire: a logarithmic scale of 512 steps over ten octaves
_SIDES = tuple(round(65536 * 2.0 ** ((q - (SIDE_STEPS - 1)) / 51.2)) for q in range(SIDE_STEPS))


def nearest_side(fraction: float) -> int:
    """The smallest step q whose side is not below `fraction` (side / max(width, height), in (0, 1])."""
    return int(np.searchsorted(np.asarray(_SIDES), min(max(fraction, 0.0), 1.0) * 65536 - 1e-6))


@dataclass(frozen=True, slots=True)
class Segment:
    """One straight piece of one track's path inside one window: what is written into the video.

    `mask` and `unmask` both get their boxes from `box`, in integer arithmetic, so that the crop of the
    decoder is the crop of the encoder (paper III-C). The region is a square round a centre that moves
    on a straight line, cut to the frame.

    Attributes:
        track: 0..63, the track's number modulo 64.
        first, last: frame numbers in the window, 0 <= first <= last <= 127, both included.
        cx0, cy0, cx1, cy1: centre at `first` and at `last`, 0..2047, in 1/2048 of width and height.
        s0, s1: side at `first` and at `last`, 0..511: max(width, height) * 2 ** ((s - 511) / 51.2).
    """

    track: int
    first: int
    last: int
    cx0: int
    cy0: int
    cx1: int
    cy1: int
    s0: int
    s1: int

    def box(self, k: int, size: FrameSize) -> Box | None:
        """The box in frame `k` of the window of a video of `size`, or None where the segment is not.

        All divisions round down; the square is then shifted (or, if it is larger than the frame, cut) to
        lie inside the frame, its corner rounded down and its side rounded up to GRID.
        """
        if not self.first <= k <= self.last:
            return None
        width, height = size
        n = max(self.last - self.first, 1)
        j = k - self.first
        side = max(width, height) * (_SIDES[self.s0] * (n - j) + _SIDES[self.s1] * j) // (65536 * n)
        cx = width * ((2 * self.cx0 + 1) * (n - j) + (2 * self.cx1 + 1) * j) // (2 * POSITION_UNITS * n)
        cy = height * ((2 * self.cy0 + 1) * (n - j) + (2 * self.cy1 + 1) * j) // (2 * POSITION_UNITS * n)
        x, w = _snap(cx, side, width)
        y, h = _snap(cy, side, height)
        return Box(x, y, w, h)


def _snap(centre: int, side: int, limit: int) -> tuple[int, int]:
    """Origin and length of an interval of about `side` round `centre`, on the grid, inside [0, limit]."""
    limit -= limit % GRID
    length = min(max(side + -side % GRID, GRID), limit)
    start = min(max(centre - length // 2, 0), limit - length)
    return start - start % GRID, length


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A run of frames that is tracked, masked, marked and encoded together.

    Attributes:
        number: from 0.
        frames: the frames, in order of presentation.
        segments: the paths of every region that must be covered in these frames.
        tracks: the full number of the track (not modulo 64) of each segment, in the order of `segments`.
        detected: face boxes found by the detector per frame (before widening), for export and evidence;
            None in frames in which it did not look.
        stats: counters for the summary: `coasted` (frame × track covered without a detection in that frame),
            `bridged` (frames in which a gap between two detections of a track was filled), `cuts`.
    """

    number: int
    frames: tuple[RawFrame, ...]
    segments: tuple[Segment, ...]
    tracks: tuple[int, ...]
    detected: tuple[tuple[Detection, ...] | None, ...] = ()
    stats: dict[str, int] = field(default_factory=dict)


class FaceDetector(Protocol):
    """Whatever finds faces: the built-in detector, a file of boxes, a user's own.

    One thread at a time calls it, but not the one that calls `deidentify`.
    """

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        """The faces of one picture.

        Args:
            picture: the frame as stored.
            index: its position in the stream, from 0.
            rotation: quarter turns counter-clockwise (numpy.rot90's `k`) that make the picture upright, 0..3.

        Returns:
            Detections in coordinates of the stored (not rotated) picture.
        """
        ...


class Mark(Protocol):
    """A message that is written into the pixels of one window, and can tell whether it came through."""

    attempts: int
    """How many strengths there are, from gentle to strong."""

    def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
        """What the mark at strength number `attempt` (0 <= attempt < attempts) does to each picture.

        Args:
            lumas: of all pictures of the window, as they are without it, none of which is kept.
            depth: bits of their samples.
            attempt: which strength.
        """
        ...

    def survives(self, lumas: Iterable[npt.NDArray[np.uint8]]) -> bool:
        """Whether the mark can be read from decoded luma planes (8 bit, any size), one per frame, in order.

        It asks for no more of them than it needs: decoding takes time.
        """
        ...
