"""What a video is: its properties and its pixel formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av

from uunet.types import FrameSize, Layout
from uunet.video.display import PLAIN, Display

Codec = Literal["h264", "hevc", "av1", "ffv1", "h264-lossless", "png", "jpeg"]
"""What the public file can be encoded with."""

TRANSPARENCY = "transparency dropped"
"""The note of a video whose pixel format has an alpha channel."""

FULL_RANGE = 2  # AVCOL_RANGE_JPEG
STUDIO_RANGE = 1  # AVCOL_RANGE_MPEG
_GBR, _BT709, _BT601 = 0, 1, 5  # H.273 matrix coefficients
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
    RGB stays RGB (planes G, B, R) in FFV1 and PNG, becomes 4:4:4 for lossless H.264 and 4:2:0, which
    everything plays, for the others; PNG has nothing but RGB and grey. Grey becomes 4:2:0 with neutral chroma
    outside FFV1 and PNG: the luma stays as it is. H.264 and HEVC can't store odd sizes with halved chroma
    (their cropping counts chroma samples): such videos become 4:4:4, which keeps the size.

    Args:
        source: FFmpeg's name of any pixel format.
        codec: what the pictures will be encoded with; None for no restriction.
        size: (width, height), to find odd sizes.
    """
    chroma, depth = chroma_and_depth(source)
    if (is_rgb(source) and codec in (None, "ffv1")) or (chroma is not None and codec == "png"):
        return "gbrp" + _suffix(depth, codec)
    if is_rgb(source) and codec in ("h264", "hevc", "av1", "jpeg"):
        chroma = (2, 2)
    choices = _CHROMA[codec]
    if chroma not in choices:
        chroma = (2, 2) if (2, 2) in choices and chroma != (1, 2) else (1, 1)
        chroma = chroma if chroma in choices else (2, 2)
    if size is not None and chroma is not None and codec in ("h264", "h264-lossless", "hevc"):
        odd = (size[0] % chroma[0] != 0) or (size[1] % chroma[1] != 0)
        chroma = (1, 1) if odd else chroma
    suffix = _suffix(depth, codec)
    if chroma == (1, 2) and suffix == "16le":
        chroma = (1, 1)
    return _NAMES[chroma] + suffix


def _suffix(depth: int, codec: Codec | None) -> str:
    """What follows a format's name for the depth that the codec has and that is nearest to this one."""
    depth = next((d for d in _DEPTHS[codec] if d >= depth), _DEPTHS[codec][-1])
    return "" if depth == 8 else f"{depth}le"


def conversion_notes(source: str, target: str) -> tuple[str, ...]:
    """What a conversion from one pixel format to another loses or changes, in words for the summary."""
    notes = []
    fmt = av.VideoFormat(source)
    if any(component.is_alpha for component in fmt.components) or fmt.has_palette:
        notes.append(TRANSPARENCY)
    (chroma, depth), (new_chroma, new_depth) = chroma_and_depth(source, exact=True), chroma_and_depth(target)
    if is_rgb(source) and not is_rgb(target):
        notes.append(f"RGB ({source}) converted to {target}")
    elif is_rgb(target):
        notes += [] if is_rgb(source) else [f"{source} converted to RGB"]
        notes += [f"{depth} bits a sample reduced to {new_depth}"] if depth > new_depth else []
    else:
        if chroma is None and new_chroma is not None:
            notes.append(f"grey stored as {target} with neutral chroma")
        elif chroma != new_chroma:
            odd = new_chroma == (1, 1) and not is_rgb(source)
            refused = ", which keeps its size; some players refuse it" if odd else ""
            notes.append(f"chroma of {source} resampled to {target}{refused}")
        if depth > new_depth:
            notes.append(f"{depth} bits a sample reduced to {new_depth}")
    return tuple(notes)


def player_notes(source: str, target: str, codec: Codec | None) -> tuple[str, ...]:
    """What is to be said of a pixel format that is kept, and that not all players of this codec know."""
    (chroma, _), (kept, _) = chroma_and_depth(source, exact=True), chroma_and_depth(target)
    common = kept in (None, (2, 2)) or is_rgb(target) or codec not in ("h264", "h264-lossless", "hevc")
    return () if common or chroma != kept else (f"{target} is kept; some players refuse all but 4:2:0",)


def make_layout(name: str, colour: Colour, size: FrameSize) -> Layout:
    """The layout of a planar pixel format; unspecified colours are guessed as players do, by size."""
    chroma, depth = chroma_and_depth(name)
    across, down = chroma or (1, 1)
    guess: Literal["bt601", "bt709"] = "bt709" if size[0] >= 1280 or size[1] > 576 else "bt601"
    return Layout(
        name,
        depth,
        across,
        down,
        chroma is not None,
        colour.range == FULL_RANGE or is_rgb(name),
        "gbr" if is_rgb(name) else _MATRICES.get(colour.matrix, guess),
    )


def working_colour(frame: av.VideoFrame, target: str, codec: Codec | None = None) -> Colour:
    """The colour tags of a frame once it is in its working format `target`.

    What is in an image file is in full range, and BT.601 in JPEG, whatever it was made of: readers that know
    nothing but the file must see the same luma. RGB in a video becomes BT.709 in studio range.
    """
    own = frame_colour(frame)
    if is_rgb(target):
        return replace(own, matrix=_GBR, range=FULL_RANGE)
    if codec in ("png", "jpeg"):
        return replace(own, matrix=_BT601, range=FULL_RANGE)
    return replace(own, matrix=_BT709, range=STUDIO_RANGE) if is_rgb(frame.format.name) else own


def frame_colour(frame: av.VideoFrame) -> Colour:
    """The colour tags of a frame as it was decoded."""
    full = frame.format.name.startswith("yuvj")
    # FFmpeg takes untagged grey for full range (libswscale, handle_jpeg), and so do image files
    untagged_grey = chroma_and_depth(frame.format.name)[0] is None and int(frame.color_range) == 0
    value_range = FULL_RANGE if full or untagged_grey else int(frame.color_range)
    return Colour(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), value_range)


def is_rgb(name: str) -> bool:
    """Whether a pixel format holds red, green and blue, or colours of a palette."""
    fmt = av.VideoFormat(name)
    return fmt.is_rgb or fmt.has_palette or fmt.is_bayer or name.startswith("xyz")


def chroma_and_depth(name: str, *, exact: bool = False) -> tuple[tuple[int, int] | None, int]:
    """Chroma subsampling (with 4:1:1 and 4:1:0 as what they become, unless `exact`) and bits of a sample."""
    fmt = av.VideoFormat(name)
    components = [c for c in fmt.components if not c.is_alpha]
    depth = min(max(8, *(c.bits for c in components)), 16)
    if is_rgb(name):
        return (1, 1), depth
    if len(components) == 1:
        return None, depth
    across, down = 64 // fmt.chroma_width(64), 64 // fmt.chroma_height(64)
    return ((across, down) if exact else (min(across, 2), min(down, 2))), depth
