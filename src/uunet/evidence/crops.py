"""The pixels of one track in one window as a little video: bit for bit, or small and good to look at."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import av
import av.error
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from uunet.bitstream import strip_foreign
from uunet.errors import EvidenceError
from uunet.types import Layout, Plane

Coding = Literal["x264-lossless", "x264", "ffv1"]
"""How crops are coded; all but `x264` bring back every bit. Frozen: the names stand in SPEC.md."""

Crop = tuple[Plane, ...]
"""The planes of one region in one frame, each of its own size."""

_OPTIONS: dict[Coding, dict[str, str]] = {
    # veryfast: 1 % larger than medium, in half the time; ultrafast 15 % larger
    "x264-lossless": {"preset": "veryfast", "qp": "0"},
    # 34 dB on a sharp street scene (regions of 60 to 104 pixels, 225 bytes); as x264 tunes for the eye at the
    # same preset it takes a quarter more bytes for the same error, veryfast half of the time and 3 % more
    "x264": {"preset": "medium", "crf": "29", "tune": "psnr"},
    # version 1 has its parameters in the packets; those of version 3 stand in headers, which are not kept
    "ffv1": {"level": "1"},
}
_LONGEST = 1000  # pictures between keyframes: a window is one group


def coding_for(layout: Layout, *, exact: bool) -> Coding:
    """What codes samples of this layout: x264 has 8 and 10 bits and three planes, FFV1 all there are."""
    common = layout.colour and layout.chroma_h <= layout.chroma_w <= 2 and layout.depth in (8, 10)
    if not common:
        return "ffv1"
    return "x264-lossless" if exact else "x264"


def encode(crops: Sequence[Crop], layout: Layout, coding: Coding) -> tuple[tuple[int, int], list[bytes]]:
    """The canvas (width, height in luma pixels) and its packets; inverse of `decode`.

    Every crop lies in the upper left of a canvas that all fit on; its last row and column go on to the edge.

    Raises:
        EvidenceError: the encoder refuses.
    """
    size = _canvas(crops, layout)
    name = _stored(layout, coding)
    context = _context("ffv1" if coding == "ffv1" else "libx264", "w")
    context.width, context.height = size
    context.pix_fmt = name
    context.time_base = Fraction(1, 25)
    context.gop_size = _LONGEST
    context.thread_count = 1  # many little videos are encoded side by side
    context.options = _OPTIONS[coding]
    packets: list[bytes] = []
    try:
        for number, crop in enumerate(crops):
            frame = av.VideoFrame(*size, name)
            for plane, samples in zip(frame.planes, crop, strict=True):
                _lay(plane, samples)
            frame.pts = number
            packets += map(bytes, context.encode(frame))
        packets += map(bytes, context.encode(None))
    except (av.error.FFmpegError, ValueError) as error:
        raise EvidenceError(
            f"can't code the evidence ({error})", "report this; --evidence none does without"
        ) from error
    if coding != "ffv1":
        packets = [strip_foreign("h264", packet, annexb=True) for packet in packets]
    return size, packets


def decode(
    packets: Sequence[bytes],
    size: tuple[int, int],
    layout: Layout,
    coding: Coding,
    shapes: Sequence[Sequence[tuple[int, int]]],
) -> list[Crop]:
    """The crops, of which `shapes` says the (rows, columns) of each plane.

    Raises:
        EvidenceError: they can't be decoded, or are not as many or as large as they should be.
    """
    context = _context("ffv1" if coding == "ffv1" else "h264", "r")
    context.thread_count = 1
    crops: list[Crop] = []
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    try:
        if coding == "ffv1":
            context.width, context.height = size
            context.pix_fmt = _stored(layout, coding)
        for packet in [*packets, None]:
            for frame in context.decode(None if packet is None else av.Packet(packet)):
                if len(crops) == len(shapes):
                    raise EvidenceError("evidence has more pictures than it says", "report how it was made")
                planes = []
                for plane, (rows, columns) in zip(frame.planes, shapes[len(crops)], strict=False):
                    samples = np.frombuffer(plane, dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
                    planes.append(samples[:rows, :columns].copy())
                    if planes[-1].shape != (rows, columns):
                        raise EvidenceError("evidence is smaller than it says", "report how it was made")
                crops.append(tuple(planes))
    except (av.error.FFmpegError, ValueError) as error:
        raise EvidenceError(f"evidence can't be decoded ({error})", "report how it was made") from error
    if len(crops) != len(shapes):
        raise EvidenceError("evidence has fewer pictures than it says", "report how it was made")
    return crops


def _canvas(crops: Sequence[Crop], layout: Layout) -> tuple[int, int]:
    height = max(crop[0].shape[0] for crop in crops)
    width = max(crop[0].shape[1] for crop in crops)
    if layout.colour:  # a region that begins between two chroma samples has one more of them than its half
        height = max(height, layout.chroma_h * max(crop[1].shape[0] for crop in crops))
        width = max(width, layout.chroma_w * max(crop[1].shape[1] for crop in crops))
    return width + width % 2, height + height % 2


def _stored(layout: Layout, coding: Coding) -> str:
    """What the encoder calls these planes: x264 need not know that three full planes are G, B and R."""
    if coding == "ffv1" or layout.matrix != "gbr":
        return layout.name
    return "yuv444p" if layout.depth == 8 else f"yuv444p{layout.depth}le"


def _lay(plane: av.video.plane.VideoPlane, samples: Plane) -> None:
    rows = np.frombuffer(plane, samples.dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
    height, width = samples.shape
    rows[:height, :width] = samples
    rows[:height, width : plane.width] = samples[:, -1:]
    rows[height:, : plane.width] = rows[height - 1, : plane.width]


def _context(name: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    context = CodecContext.create(name, mode)
    if not isinstance(context, VideoCodecContext):
        raise EvidenceError(f"{name} is no video codec here", "install the PyAV wheel from PyPI")
    return context
