"""Encoding one window of frames as a closed group of pictures, and decoding it back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from uunet import bitstream
from uunet.cores import share
from uunet.errors import OutputError
from uunet.types import Box, FrameSize, Picture
from uunet.video.display import parameters
from uunet.video.formats import (
    FULL_RANGE,
    STUDIO_RANGE,
    Codec,
    VideoInfo,
    make_layout,
    working_colour,
    working_format,
)
from uunet.video.pictures import SWS_MATRIX, Converter, to_frame
from uunet.video.regions import RegionMarker
from uunet.video.settings import LIBRARY, EncodeSettings, encoder_options, merged

_GROUP = 1000  # longest group of pictures: no window is that long, so a window has one keyframe, its first
_RATES = (Fraction(1), Fraction(240))  # SVT-AV1 and x265 refuse rates outside
_SMALLEST_AV1 = 4  # below, SVT-AV1 writes to stderr before it refuses

_STORED: dict[tuple[Codec, str], str] = {  # working formats that the encoders know in another order only
    ("ffv1", "gbrp"): "bgr0",
    ("png", "gbrp"): "rgb24",
    ("png", "gbrp16le"): "rgb48be",
    ("png", "gray16le"): "gray16be",
    ("jpeg", "yuv420p"): "yuvj420p",
    ("jpeg", "yuv422p"): "yuvj422p",
    ("jpeg", "yuv444p"): "yuvj444p",
}
_LAMBDA = 118  # FF_QP2LAMBDA: FFmpeg's unit of a quantiser
_DECODER = {"av1": "libdav1d", "jpeg": "mjpeg"}  # FFmpeg's own AV1 decoder needs a graphics card


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
        self._stored = _STORED.get((settings.codec, self.format), self.format)
        self._global_header = global_header
        self._reformatter = VideoReformatter()
        self._frame: av.VideoFrame | None = None  # filled with one picture after the other
        self.headers: bytes | None = None  # of the last window
        self.delay = 0  # frames that decoders hold back to bring them in order, the same for every window

    def configure(self, context: VideoCodecContext, *, idle: bool = False) -> None:
        """Sets all that decides about the stream's headers; `idle` for a context that never encodes."""
        info, settings = self.info, self.settings
        context.width, context.height = info.size
        context.pix_fmt = self._stored
        rate = min(max(info.average_rate, _RATES[0]), _RATES[1]).limit_denominator(1001)
        context.time_base = 1 / rate
        context.framerate = rate
        context.gop_size = 1 if settings.codec == "ffv1" else _GROUP
        if info.sample_aspect is not None:
            context.sample_aspect_ratio = info.sample_aspect
        if not settings.still:  # image files have colours of their own: RGB, or what JFIF says
            context.color_primaries = info.colour.primaries
            context.color_trc = info.colour.transfer
            context.colorspace = info.colour.matrix
        context.color_range = FULL_RANGE if settings.still else info.colour.range
        if settings.codec == "jpeg":
            context.qscale = True
            context.global_quality = _LAMBDA * (2 if settings.crf is None else settings.crf)
        context.flags |= Flags.bitexact  # no banner
        if settings.takes_user_data and not settings.still:
            context.flags |= Flags.closed_gop
        if self._global_header:
            context.flags |= Flags.global_header
        context.thread_count = 1 if idle or settings.still else settings.threads or 0
        if settings.codec in ("ffv1", "h264", "h264-lossless"):  # others have nothing to match it
            context.field_order = info.display.field_order
        context.options = merged(
            encoder_options(settings, idle=idle),
            parameters(info.display, settings.codec, info.layout.chroma_h, info.size),
        )

    def encode(self, pictures: Iterable[Picture], rois: Sequence[Sequence[Box]] = ()) -> list[Coded]:
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
        marker = RegionMarker(self.info.size, self.format, self.settings.roi_qoffset)
        coded: list[Coded] = []
        count = 0
        try:
            for index, picture in enumerate(pictures):
                count = index + 1
                frame = self._prepared(picture)
                frame.pts = index
                frame.time_base = context.time_base
                if rois and self.settings.takes_regions:
                    frame = marker.mark(frame, rois[index])
                coded += map(_coded, context.encode(frame))
                del frame  # else its memory could not be filled again
            coded += map(_coded, context.encode(None))
        except (av.error.FFmpegError, ValueError) as error:
            raise _refusal(self.settings, self.info.size, self.format, error) from error
        self.headers = context.extradata
        # x265 does not tell, but has two at most. Its dts are not to be trusted in short windows.
        self.delay = 2 if self.settings.codec == "hevc" else context.reorder_depth
        self._check(coded, count)
        return [self._cleaned(packet) for packet in coded]

    def _check(self, coded: Sequence[Coded], frames: int) -> None:
        """Every frame once, a keyframe first, none decoded later than it is shown."""
        late = any(packet.index < place - self.delay for place, packet in enumerate(coded))
        if late or not coded[0].key or sorted(packet.index for packet in coded) != list(range(frames)):
            raise OutputError(
                f"{LIBRARY[self.settings.codec]} broke the order of {frames} frames ({len(coded)} packets)",
                "report this; another --preset or --codec may do meanwhile",
            )

    def _cleaned(self, packet: Coded) -> Coded:
        """Without the encoder's banner, which says what was used with which settings."""
        if not packet.key or self.settings.still or not self.settings.takes_user_data:
            return packet
        data = bitstream.strip_foreign(self.settings.stream, packet.data, annexb=True)
        return Coded(packet.index, data, packet.key)

    def decode(self, coded: Sequence[Coded], *, exact: bool = True) -> Iterator[Picture]:
        """What our reader will see of a window, in order of presentation: the inverse of `encode`.

        Args:
            coded: of one window.
            exact: False leaves out the smoothing of blocks in those frames that no other is made of: a tenth
                less work, and means over many frames stay the same.

        Yields:
            Pictures whose planes belong to the decoder: they must not be written to.
        """
        context = _context(_DECODER.get(self.settings.stream, self.settings.stream), "r")
        context.width, context.height = self.info.size  # FFV1's packets don't say
        context.extradata = self.headers
        context.thread_count = self.settings.threads or share(4)
        context.options = {} if exact else {"skip_loop_filter": "noref"}
        converter: Converter | None = None
        for place, item in enumerate([*coded, None]):
            packet = None
            if item is not None:
                packet = av.Packet(item.data)
                packet.pts, packet.dts, packet.time_base = item.index, place - self.delay, Fraction(1, 25)
                packet.is_keyframe = item.key  # FFmpeg adds a PNG that is none to the one before
            for frame in context.decode(packet):
                converter = converter or self._converter(frame)
                yield converter.picture(frame)

    def _converter(self, frame: av.VideoFrame) -> Converter:
        """For the frames of a window, which are all like its first."""
        codec, size = self.settings.codec, self.info.size
        target = working_format(frame.format.name, codec, size)
        layout = make_layout(target, working_colour(frame, target, codec), size)
        return Converter(layout, size, layout)

    def decode_lumas(self, coded: Sequence[Coded]) -> Iterator[npt.NDArray[np.uint8]]:
        """The luma planes of `decode`, (height, width), in 8 bits, for means over the window."""
        for picture in self.decode(coded, exact=False):
            luma, depth = picture.luma, picture.layout.depth
            yield luma.astype(np.uint8, copy=False) if depth == 8 else (luma >> (depth - 8)).astype(np.uint8)

    def _prepared(self, picture: Picture) -> av.VideoFrame:
        """A frame as the encoder takes it: as it is, but for image files and unusual formats."""
        frame = self._frame = to_frame(picture, self._frame)
        if frame.format.name == self._stored:
            return frame
        layout = picture.layout
        matrix = SWS_MATRIX.get(layout.matrix)
        value_range = FULL_RANGE if layout.full_range else STUDIO_RANGE
        return self._reformatter.reformat(
            frame,
            format=self._stored,
            src_colorspace=matrix,
            dst_colorspace=5 if self.settings.still else matrix,  # JFIF is BT.601; RGB ignores it
            src_color_range=value_range,
            dst_color_range=FULL_RANGE if self.settings.still else value_range,
        )


def _coded(packet: Packet[VideoStream]) -> Coded:
    return Coded(packet.pts or 0, bytes(packet), packet.is_keyframe)


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
