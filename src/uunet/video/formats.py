"""What a video is: its properties, its pixel formats, and pictures as numpy planes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from uunet.types import FrameSize, Layout, Picture, Plane
from uunet.video.display import PLAIN, Display

Codec = Literal["h264", "hevc", "av1", "ffv1", "h264-lossless", "png", "jpeg"]
"""What the public file can be encoded with."""

FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_STUDIO = 1  # AVCOL_RANGE_MPEG
_BT709 = 1  # H.273 matrix coefficients
_MATRICES: dict[int, Literal["bt601", "bt709", "bt2020"]] = {
    1: "bt709",
    4: "bt601",
    5: "bt601",
    6: "bt601",
    7: "bt709",  # SMPTE 240M: .212/.701/.087, nearer to BT.709 than anything else here
    9: "bt2020",
    10: "bt2020",
}

_Chroma = tuple[int, int] | None  # luma pixels per chroma sample across and down; None for grey
_NAMES: dict[_Chroma, str] = {
    None: "gray",
    (1, 1): "yuv444p",
    (1, 2): "yuv440p",
    (2, 1): "yuv422p",
    (2, 2): "yuv420p",
}
_ALL_CHROMA: tuple[_Chroma, ...] = tuple(_NAMES)
_COMMON_CHROMA: tuple[_Chroma, ...] = ((1, 1), (2, 1), (2, 2))
_CHROMA: dict[Codec | None, tuple[_Chroma, ...]] = {
    None: _ALL_CHROMA,
    "ffv1": _ALL_CHROMA,
    "h264": _COMMON_CHROMA,
    "h264-lossless": _COMMON_CHROMA,
    "hevc": _COMMON_CHROMA,
    "av1": ((2, 2),),  # all that SVT-AV1 has
    "png": (None, (1, 1)),
    "jpeg": _COMMON_CHROMA,
}
_DEPTHS: dict[Codec | None, tuple[int, ...]] = {
    None: (8, 10, 12, 16),
    "ffv1": (8, 10, 12, 16),
    "h264": (8, 10),
    "h264-lossless": (8, 10),
    "hevc": (8, 10, 12),
    "av1": (8, 10),
    "png": (8, 16),
    "jpeg": (8,),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """Colour tags by their numbers in ITU-T H.273 (`primaries`, `transfer`, `matrix`); 2 is "unspecified".

    `range` is FFmpeg's: 0 unspecified, 1 studio, 2 full.
    """

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    range: int = 0


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Another stream of the file: kind is `audio`, `subtitle`, `data`, `attachment` or `video`."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    cover: bool = False


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video before its frames are read.

    Attributes:
        path: the file.
        container: FFmpeg's name of its format, for example `mov,mp4,m4a,3gp,3g2,mj2`.
        codec: FFmpeg's name of the decoder's codec, for example `h264`.
        source_format: pixel format of the file.
        size: (width, height) as stored.
        layout: how the planes of the reader's pictures are to be read (the working format).
        time_base: seconds per unit of pts.
        average_rate: frames per second, an estimate for variable rates.
        rotation: quarter turns counter-clockwise (numpy.rot90's `k`) that make the picture upright, 0..3.
        display_matrix: the nine numbers behind `rotation`, for copying; None where there are none.
        sample_aspect: width / height of a pixel; None where the file does not say.
        colour: the colour tags of the working format.
        frames: how many there are, an estimate; None where nothing is known.
        duration: seconds, an estimate; None where nothing is known.
        display: fields and HDR light.
        streams: the other streams.
        notes: what the reader changed, in words ("alpha dropped", …).
    """

    path: Path
    container: str
    codec: str
    source_format: str
    size: FrameSize
    layout: Layout
    time_base: Fraction
    average_rate: Fraction
    rotation: int = 0
    display_matrix: tuple[int, ...] | None = None
    sample_aspect: Fraction | None = None
    colour: Colour = Colour()
    frames: int | None = None
    duration: Fraction | None = None
    display: Display = PLAIN
    streams: tuple[StreamInfo, ...] = ()
    notes: tuple[str, ...] = ()


def working_format(source: str, codec: Codec | None = None, size: FrameSize | None = None) -> str:
    """The planar format nearest to `source` that `codec` takes, so that pixels are converted at most once.

    Chroma is kept where the codec has it; 4:1:1 becomes 4:2:2 and 4:1:0 4:2:0 (regions lie on a grid of 2).
    RGB becomes 4:4:4 for lossless codecs and 4:2:0, which everything plays, for the others. Grey becomes
    4:2:0 with neutral chroma outside FFV1: the luma stays as it is. H.264 and HEVC can't store odd sizes with
    halved chroma (their cropping counts chroma samples): such videos become 4:4:4, which keeps the size.

    Args:
        source: FFmpeg's name of any pixel format.
        codec: what the pictures will be encoded with; None for no restriction.
        size: (width, height), to find odd sizes.
    """
    chroma, depth = _kind(source)
    if _is_rgb(source) and codec in ("h264", "hevc", "av1", "jpeg"):
        chroma = (2, 2)
    choices = _CHROMA[codec]
    if chroma not in choices:
        chroma = (2, 2) if (2, 2) in choices and chroma != (1, 2) else (1, 1)
        chroma = chroma if chroma in choices else (2, 2)
    if size is not None and chroma is not None and codec in ("h264", "h264-lossless", "hevc"):
        odd = (size[0] % chroma[0] != 0) or (size[1] % chroma[1] != 0)
        chroma = (1, 1) if odd else chroma
    depth = next((d for d in _DEPTHS[codec] if d >= depth), _DEPTHS[codec][-1])
    if chroma == (1, 2) and depth > 12:
        chroma = (1, 1)
    return _NAMES[chroma] + ("" if depth == 8 else f"{depth}le")


def conversion_notes(source: str, target: str) -> tuple[str, ...]:
    """What a conversion from one pixel format to another loses or changes, in words for the summary."""
    notes = []
    fmt = av.VideoFormat(source)
    if any(component.is_alpha for component in fmt.components) or fmt.has_palette:
        notes.append("transparency dropped")
    if _is_rgb(source):
        notes.append(f"RGB ({source}) converted to {target}, BT.709, studio range")
    else:
        (chroma, depth), (new_chroma, new_depth) = _kind(source, exact=True), _kind(target)
        if chroma is None and new_chroma is not None:
            notes.append(f"grey stored as {target} with neutral chroma")
        elif chroma != new_chroma:
            notes.append(f"chroma of {source} resampled to {target}")
        if depth > new_depth:
            notes.append(f"{depth} bits a sample reduced to {new_depth}")
    return tuple(notes)


def make_layout(name: str, colour: Colour, size: FrameSize) -> Layout:
    """The layout of a planar pixel format; unspecified colours are guessed as players do, by size."""
    chroma, depth = _kind(name)
    across, down = chroma or (1, 1)
    guess: Literal["bt601", "bt709"] = "bt709" if size[0] >= 1280 or size[1] > 576 else "bt601"
    return Layout(
        name,
        depth,
        across,
        down,
        chroma is not None,
        colour.range == FULL_RANGE,
        _MATRICES.get(colour.matrix, guess),
    )


def frame_colour(frame: av.VideoFrame) -> Colour:
    """The colour tags of a frame, as they will be once it is in its working format."""
    if _is_rgb(frame.format.name):
        return Colour(int(frame.color_primaries), int(frame.color_trc), _BT709, _STUDIO)
    full = frame.format.name.startswith("yuvj")
    # FFmpeg takes untagged grey for full range (libswscale, handle_jpeg), and so do image files
    untagged_grey = _kind(frame.format.name)[0] is None and int(frame.color_range) == 0
    value_range = FULL_RANGE if full or untagged_grey else int(frame.color_range)
    return Colour(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), value_range)


class Converter:
    """Turns decoded frames into pictures of one layout and size, without copying where it can."""

    def __init__(self, layout: Layout, size: FrameSize) -> None:
        self.layout = layout
        self.size = size
        self.scaled = 0  # frames of another size, so far
        self._reformatter = VideoReformatter()

    def picture(self, frame: av.VideoFrame) -> Picture:
        """The frame as a picture; without copying, unless the format or the size must change."""
        name = frame.format.name.replace("yuvj", "yuv").replace("yuva", "yuv")
        name = {"ya8": "ya8", "gray8": "gray"}.get(name, name)
        same_size = (frame.width, frame.height) == self.size
        if same_size and name == self.layout.name:
            return Picture(planes_of(frame, 3 if self.layout.colour else 1, self.layout.depth), self.layout)
        if same_size and _is_plain_grey(name, self.layout.depth) and self.layout.colour:
            luma = planes_of(frame, 1, self.layout.depth)[0]
            return Picture((luma, *_neutral_chroma(self.layout, self.size)), self.layout)
        self.scaled += not same_size
        return self.picture(self._convert(frame))

    def _convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        layout = self.layout
        target = layout.name
        if layout.colour and _kind(frame.format.name)[0] is None and not _is_rgb(frame.format.name):
            target = "gray" if layout.depth == 8 else f"gray{layout.depth}le"
        # libswscale numbers: 1 BT.709, 5 BT.601, 9 BT.2020; without these it takes BT.601 for RGB
        matrix = {"bt709": 1, "bt601": 5, "bt2020": 9}[layout.matrix]
        value_range = FULL_RANGE if layout.full_range else _STUDIO
        rgb = _is_rgb(frame.format.name)
        return self._reformatter.reformat(
            frame,
            width=self.size[0],
            height=self.size[1],
            format=target,
            src_colorspace=None if rgb else matrix,
            dst_colorspace=matrix,
            src_color_range=FULL_RANGE if rgb else value_range,
            dst_color_range=value_range,
            interpolation="BICUBIC",
        )


def to_frame(picture: Picture) -> av.VideoFrame:
    """A copy of a picture as a frame for an encoder. Inverse of `Converter.picture`."""
    width, height = picture.size
    frame = av.VideoFrame(width, height, picture.layout.name)
    for plane, source in zip(frame.planes, picture.planes, strict=True):
        rows = np.frombuffer(plane, source.dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
        rows[:, : plane.width] = source
    return frame


def planes_of(frame: av.VideoFrame, count: int, depth: int) -> tuple[Plane, ...]:
    """Views on the first planes of a frame. The decoder may still need them: they can't be written to."""
    dtype = np.uint8 if depth == 8 else np.uint16
    views = []
    for plane in frame.planes[:count]:
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
        view = rows[:, : plane.width]
        view.flags.writeable = False
        views.append(view)
    return tuple(views)


def _neutral_chroma(layout: Layout, size: FrameSize) -> tuple[Plane, Plane]:
    shape = (-(-size[1] // layout.chroma_h), -(-size[0] // layout.chroma_w))
    grey = np.full(shape, 1 << (layout.depth - 1), np.uint8 if layout.depth == 8 else np.uint16)
    grey.flags.writeable = False
    return grey, grey


def _is_plain_grey(name: str, depth: int) -> bool:
    return name == ("gray" if depth == 8 else f"gray{depth}le")


def _is_rgb(name: str) -> bool:
    fmt = av.VideoFormat(name)
    return fmt.is_rgb or fmt.has_palette or fmt.is_bayer or name.startswith("xyz")


def _kind(name: str, *, exact: bool = False) -> tuple[_Chroma, int]:
    """Chroma subsampling (with 4:1:1 and 4:1:0 as what they become, unless `exact`) and bits of a sample."""
    fmt = av.VideoFormat(name)
    components = [c for c in fmt.components if not c.is_alpha]
    depth = min(max(8, *(c.bits for c in components)), 16)
    if _is_rgb(name):
        return (1, 1), depth
    if len(components) == 1:
        return None, depth
    across, down = 64 // fmt.chroma_width(64), 64 // fmt.chroma_height(64)
    return ((across, down) if exact else (min(across, 2), min(down, 2))), depth
