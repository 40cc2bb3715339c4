"""Encoding one window of frames as a closed group of pictures, and decoding it back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from uunet import bitstream
from uunet.errors import OutputError
from uunet.types import Box, FrameSize, Picture
from uunet.video.formats import Codec, VideoInfo, planes_of, to_frame, working_format

_GROUP = 1000  # longest group of pictures: no window is that long, so a window has one keyframe, its first
_RATES = (Fraction(1), Fraction(240))  # SVT-AV1 and x265 refuse rates outside
_SMALLEST_AV1 = 4  # below, SVT-AV1 writes to stderr before it refuses

LIBRARY: dict[Codec, str] = {
    # FFmpeg's encoders
    "h264": "libx264",
    "h264-lossless": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
}
_STREAM: dict[Codec, str] = {
    "h264": "h264",
    "h264-lossless": "h264",
    "hevc": "hevc",
    "av1": "av1",
    "ffv1": "ffv1",
}
_DECODER = {"av1": "libdav1d"}  # FFmpeg's own AV1 decoder needs a graphics card

_PRESETS: dict[Codec, str | None] = {
    "h264": "veryfast",
    "h264-lossless": "ultrafast",  # lossless: twice FFV1's speed for 11 % more bytes
    "hevc": "veryfast",
    "av1": "9",
    "ffv1": None,
}
_QUALITY: dict[Codec, int] = {"h264": 18, "hevc": 20, "av1": 26}


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How to encode. H.264 `veryfast` crf 18 unless told otherwise.

    Attributes:
        codec: one of `formats.Codec`. `h264-lossless` is x264 at quantiser 0 (profile High 4:4:4 Predictive),
            bit-exact for 8 and 10 bits and every chroma format; `ffv1` also for 12 and 16.
        crf: constant quality, less is better; None takes 18 for H.264, 20 for HEVC, 26 for AV1.
        preset: of the encoder; None takes `veryfast` (SVT-AV1: 9; lossless H.264: `ultrafast`).
        threads: None lets the encoder choose.
        roi_qoffset: quantiser offset of regions of interest, in -1..1 of the quantiser's range; 0 is off.
            H.264 and HEVC only: FFmpeg's SVT-AV1 takes no regions, and lossless needs none.
    """

    codec: Codec = "h264"
    crf: int | None = None
    preset: str | None = None
    threads: int | None = None
    roi_qoffset: float = -0.2

    lossless_codecs: ClassVar[tuple[Codec, ...]] = ("ffv1", "h264-lossless")

    @property
    def lossless(self) -> bool:
        """Whether pixels come back as they were."""
        return self.codec in self.lossless_codecs

    @property
    def stream(self) -> str:
        """The bit stream's name, as `bitstream` and containers know it."""
        return _STREAM[self.codec]

    @property
    def takes_regions(self) -> bool:
        """Whether regions of interest make a difference."""
        return self.codec in ("h264", "hevc") and self.roi_qoffset != 0

    @property
    def takes_user_data(self) -> bool:
        """Whether the bit stream has a place for user data."""
        return self.stream != "ffv1"


@dataclass(frozen=True, slots=True)
class Coded:
    """One packet: the frame of the window that it shows, its bytes, whether it is a keyframe."""

    index: int
    data: bytes
    key: bool


class Encoder:
    """Encodes windows of one video, each with a fresh codec instance.

    The codec sees frame numbers at a constant rate, never the real time stamps: those are put on the packets
    by the muxer, so that no encoder can round, reorder or refuse them.
    """

    def __init__(self, info: VideoInfo, settings: EncodeSettings, *, global_header: bool) -> None:
        self.info = info
        self.settings = settings
        self.format = working_format(info.layout.name, settings.codec, info.size)
        self._global_header = global_header
        self.headers: bytes | None = None  # of the last window
        self.delay = 0  # frames that decoders hold back to bring them in order, the same for every window

    def configure(self, context: VideoCodecContext, *, idle: bool = False) -> None:
        """Sets all that decides about the stream's headers; `idle` for a context that never encodes."""
        info, settings = self.info, self.settings
        context.width, context.height = info.size
        context.pix_fmt = self.format
        rate = min(max(info.average_rate, _RATES[0]), _RATES[1]).limit_denominator(1001)
        context.time_base = 1 / rate
        context.framerate = rate
        context.gop_size = 1 if settings.codec == "ffv1" else _GROUP
        if info.sample_aspect is not None:
            context.sample_aspect_ratio = info.sample_aspect
        context.color_primaries = info.colour.primaries
        context.color_trc = info.colour.transfer
        context.colorspace = info.colour.matrix
        context.color_range = info.colour.range
        context.flags |= Flags.closed_gop
        if self._global_header:
            context.flags |= Flags.global_header
        context.thread_count = 1 if idle else settings.threads or 0
        context.options = _options(settings, idle=idle)

    def encode(self, pictures: Sequence[Picture], rois: Sequence[Sequence[Box]] = ()) -> list[Coded]:
        """One window, in decoding order; the first packet is a keyframe that nothing before is needed for.

        Raises:
            OutputError: the encoder refuses the pictures.
        """
        if self.settings.codec == "av1":
            if min(self.info.size) < _SMALLEST_AV1:
                raise _refusal(self.settings, self.info.size, self.format, "too small")
            os.environ.setdefault("SVT_LOG", "1")  # errors only: there is no option for it
        context = _context(LIBRARY[self.settings.codec], "w")
        self.configure(context)
        marker = _RegionMarker(self.info.size, self.format, self.settings.roi_qoffset)
        coded: list[Coded] = []
        try:
            for index, picture in enumerate(pictures):
                frame = to_frame(picture)
                if frame.format.name != self.format:
                    frame = frame.reformat(format=self.format)
                frame.pts = index
                frame.time_base = context.time_base
                if rois and self.settings.takes_regions:
                    frame = marker.mark(frame, rois[index])
                coded += map(_coded, context.encode(frame))
            coded += map(_coded, context.encode(None))
        except (av.error.FFmpegError, ValueError) as error:
            raise _refusal(self.settings, self.info.size, self.format, error) from error
        if len(coded) != len(pictures):
            raise OutputError(
                f"the encoder made {len(coded)} packets of {len(pictures)} frames",
                "report this; another codec may do better meanwhile",
            )
        self.headers = context.extradata
        # x265 does not tell, but has two at most. Its dts are not to be trusted in short windows.
        self.delay = 2 if self.settings.codec == "hevc" else context.reorder_depth
        return [self._cleaned(packet) for packet in coded]

    def _cleaned(self, packet: Coded) -> Coded:
        """Without the encoder's banner, which says what was used with which settings."""
        if not packet.key or not self.settings.takes_user_data:
            return packet
        data = bitstream.strip_foreign(self.settings.stream, packet.data, annexb=True)
        return Coded(packet.index, data, packet.key)

    def decode_lumas(self, coded: Sequence[Coded]) -> list[npt.NDArray[np.uint8]]:
        """The luma planes, 8 bits, (height, width), that a player will see, in order of presentation."""
        context = _context(_DECODER.get(self.settings.stream, self.settings.stream), "r")
        context.width, context.height = self.info.size  # FFV1's packets don't say
        context.extradata = self.headers
        context.thread_count = self.settings.threads or 0
        lumas: dict[int, npt.NDArray[np.uint8]] = {}
        for place, item in enumerate([*coded, None]):
            packet = None
            if item is not None:
                packet = av.Packet(item.data)
                packet.pts, packet.dts, packet.time_base = item.index, place - self.delay, Fraction(1, 25)
            for frame in context.decode(packet):
                lumas[frame.pts or 0] = _luma8(frame)
        return [lumas[index] for index in sorted(lumas)]


class _RegionMarker:
    """Attaches regions of interest to frames: PyAV can't, FFmpeg's `addroi` filter can (pixels untouched)."""

    def __init__(self, size: FrameSize, pixel_format: str, offset: float) -> None:
        self._size = size
        self._format = pixel_format
        self._offset = offset
        self._boxes: tuple[Box, ...] = ()
        self._graph: av.filter.Graph | None = None

    def mark(self, frame: av.VideoFrame, boxes: Sequence[Box]) -> av.VideoFrame:
        """The same frame, with `boxes` as its regions."""
        if not boxes:
            return frame
        if self._graph is None or tuple(boxes) != self._boxes:
            self._boxes = tuple(boxes)
            self._graph = self._build(frame.time_base or Fraction(1))
        self._graph.push(frame)
        return self._graph.vpull()

    def _build(self, time_base: Fraction) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = 1  # threads would cost 60 times the work (0.1 ms)
        node = graph.add_buffer(
            width=self._size[0],
            height=self._size[1],
            format=av.VideoFormat(self._format),
            time_base=time_base,
        )
        for box in self._boxes:
            region = graph.add("addroi", f"x={box.x}:y={box.y}:w={box.w}:h={box.h}:qoffset={self._offset}")
            node.link_to(region)
            node = region
        node.link_to(graph.add("buffersink"))
        graph.configure()
        return graph


def _options(settings: EncodeSettings, *, idle: bool) -> dict[str, str]:
    preset = settings.preset or _PRESETS[settings.codec]
    options = {} if preset is None else {"preset": preset}
    crf = settings.crf if settings.crf is not None else _QUALITY.get(settings.codec)
    if crf is not None and not settings.lossless:
        options["crf"] = str(crf)
    if settings.codec == "h264-lossless":
        options["qp"] = "0"
    elif settings.codec == "hevc":
        # info=0: no banner; pools: x265 takes its threads from here, not from FFmpeg
        pools = 1 if idle else settings.threads
        options["x265-params"] = "log-level=error:info=0:open-gop=0" + (f":pools={pools}" if pools else "")
    elif settings.codec == "av1":
        threads = 1 if idle else settings.threads
        if threads:
            options["svtav1-params"] = f"lp={threads}"
    elif settings.codec == "ffv1":
        options |= {"level": "3", "slicecrc": "1"}
    return options


def _coded(packet: Packet[VideoStream]) -> Coded:
    return Coded(packet.pts or 0, bytes(packet), packet.is_keyframe)


def _luma8(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    depth = frame.format.components[0].bits
    (luma,) = planes_of(frame, 1, depth)
    return luma.astype(np.uint8) if depth == 8 else (luma >> (depth - 8)).astype(np.uint8)


def _context(name: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    context = CodecContext.create(name, mode)
    if not isinstance(context, VideoCodecContext):
        raise OutputError(f"{name} is no video codec here", "install the PyAV wheel from PyPI")
    return context


def _refusal(settings: EncodeSettings, size: FrameSize, pixel_format: str, error: object) -> OutputError:
    return OutputError(
        f"{LIBRARY[settings.codec]} can't encode {size[0]}x{size[1]} {pixel_format} ({error})",
        "check --crf and --preset, or use another codec: FFV1 takes every size",
    )
