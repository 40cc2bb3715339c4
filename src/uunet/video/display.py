"""How pictures want to be shown: as two fields, or by the light of an HDR master."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import av
from av.sidedata.sidedata import SideData, Type

from uunet.types import FrameSize

_TOP_FIRST, _BOTTOM_FIRST = 2, 3  # AVFieldOrder: TT and BB …
_BOTTOM_SHOWN = (3, 4)  # … and TB, which codes the top field first but shows it second
_WITHOUT_FLAGS = ("ffv1",)  # codecs whose pictures do not say it: the container does
_PARAMETERS: dict[str, str] = {
    "h264": "x264-params",
    "h264-lossless": "x264-params",
    "hevc": "x265-params",
    "av1": "svtav1-params",
}
_LOST = {  # neither PyAV nor the encoders' options take these
    Type.DYNAMIC_HDR_PLUS: "HDR10+ data not kept",
    Type.DOVI_METADATA: "Dolby Vision data not kept",
    Type.A53_CC: "closed captions inside the pictures not kept",
}


@dataclass(frozen=True, slots=True)
class Display:
    """How to show a video.

    Attributes:
        top_first: which field of an interlaced picture is shown first; None where pictures are whole.
        mastering: of the display on which an HDR master was made, CIE 1931 x and y of red, green, blue and
            white, then the lowest and the highest luminance in cd/m²; None where nothing is said.
        light: MaxCLL and MaxFALL, the brightest pixel and picture in cd/m²; None where nothing is said.
        lost: what else is known and can't be kept, in words.
    """

    top_first: bool | None = None
    mastering: tuple[Fraction, ...] | None = None
    light: tuple[int, int] | None = None
    lost: tuple[str, ...] = ()

    @property
    def field_order(self) -> int:
        """FFmpeg's number of it."""
        return {None: 0, True: _TOP_FIRST, False: _BOTTOM_FIRST}[self.top_first]


PLAIN = Display()
"""Whole pictures, and nothing said of light."""


def read_display(frame: av.VideoFrame, codec: str, order: int, data: Mapping[Type, SideData]) -> Display:
    """What a stream's first frame says.

    Args:
        frame: the frame.
        codec: FFmpeg's name of the stream's codec.
        order: FFmpeg's field order of the stream; 0 where it is not known.
        data: what stands beside the frame.
    """
    top_first = None
    if frame.interlaced_frame or (codec in _WITHOUT_FLAGS and order >= _TOP_FIRST):
        top_first = order not in _BOTTOM_SHOWN
    lost = [text for kind, text in _LOST.items() if kind in data]
    mastering, light = None, None
    if Type.MASTERING_DISPLAY_METADATA in data:
        mastering = _mastering(bytes(data[Type.MASTERING_DISPLAY_METADATA]))
        lost += [] if mastering else ["HDR mastering data not kept: they are incomplete"]
    if Type.CONTENT_LIGHT_LEVEL in data:
        light = struct.unpack_from("=2I", bytes(data[Type.CONTENT_LIGHT_LEVEL]))
    return Display(top_first, mastering, light, tuple(lost))


def _mastering(data: bytes) -> tuple[Fraction, ...] | None:
    """AVMasteringDisplayMetadata: ten rationals, then whether the colours and the luminances are there."""
    numbers = struct.unpack_from("=22i", data)
    pairs = list(zip(numbers[:20:2], numbers[1:20:2], strict=True))
    if not all(numbers[20:]) or any(over < 0 or under <= 0 for over, under in pairs):
        return None
    return tuple(Fraction(over, under) for over, under in pairs)


def parameters(display: Display, codec: str, chroma_h: int, size: FrameSize) -> dict[str, str]:
    """The encoder's options that keep it: a name such as `x264-params`, and items joined by colons.

    Args:
        display: what is to be kept.
        codec: of the output.
        chroma_h: luma rows for each row of chroma in the output.
        size: (width, height).
    """
    items = []
    if _keeps_fields(display, codec, chroma_h, size):
        # coded as whole pictures, as before, and flagged: x264's interlaced coding is slower
        items.append(f"fake-interlaced=1:{'tff' if display.top_first else 'bff'}=1")
    if display.mastering is not None and codec in _PARAMETERS:
        name = "master-display" if codec == "hevc" else "mastering-display"
        items.append(f"{name}={_written(display.mastering, codec)}")
    if display.light is not None and codec in _PARAMETERS:
        name = {"hevc": "max-cll", "av1": "content-light"}.get(codec, "cll")
        items.append(f"{name}={display.light[0]},{display.light[1]}")
    return {_PARAMETERS[codec]: ":".join(items)} if items else {}


def display_notes(display: Display, codec: str, chroma_h: int, size: FrameSize) -> tuple[str, ...]:
    """What an output can't keep of it, in words for the summary; arguments as for `parameters`."""
    notes = []
    if display.top_first is not None:
        kept = _keeps_fields(display, codec, chroma_h, size) or codec == "ffv1"
        flag = "so does the flag that says so" if kept else "the flag that says so is not kept"
        notes.append(f"interlaced: fields stay woven, {flag}")
    if (display.mastering or display.light) and codec not in _PARAMETERS:
        notes.append(f"HDR mastering data and light levels not kept: {codec} has no place for them")
    return (*notes, *display.lost)


def _keeps_fields(display: Display, codec: str, chroma_h: int, size: FrameSize) -> bool:
    """H.264 alone can flag single pictures, if each field has whole rows of chroma."""
    return (
        display.top_first is not None and codec in ("h264", "h264-lossless") and size[1] % (2 * chroma_h) == 0
    )


def _written(mastering: tuple[Fraction, ...], codec: str) -> str:
    """As the encoders want it: SVT-AV1 real numbers, the others units of 0.00002 and of 0.0001 cd/m²."""
    red, green, blue, white = (mastering[i : i + 2] for i in range(0, 8, 2))
    dark, bright = mastering[8:]
    if codec == "av1":
        rows = [(*map(float, pair),) for pair in (green, blue, red, white, (bright, dark))]
        return "".join(f"{n}({a:.6f},{b:.6f})" for n, (a, b) in zip(_LETTERS, rows, strict=True))
    colours = [tuple(round(value * 50000) for value in pair) for pair in (green, blue, red, white)]
    levels = (round(bright * 10000), round(dark * 10000))
    return "".join(f"{n}({a},{b})" for n, (a, b) in zip(_LETTERS, [*colours, levels], strict=True))


_LETTERS = ("G", "B", "R", "WP", "L")


def side_data(frame: av.VideoFrame) -> dict[Type, SideData]:
    """What is attached to a frame, by kind, as far as PyAV knows it."""
    found = {}
    # PyAV 18: a kind that it does not know, such as Exif, hides them all, and mapping methods raise.
    # PyAV 19 has fewer in its length than it has: of each kind one counts.
    with contextlib.suppress(ValueError, IndexError):
        for index in count():
            data: SideData = frame.side_data[index]  # type: ignore[literal-required]
            found[data.type] = data
    return found


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """Nine numbers of FFmpeg's: how the picture is turned and mirrored; None where it says nothing."""
    data = side_data(frame).get(Type.DISPLAYMATRIX)
    return struct.unpack("=9i", bytes(data)) if data is not None else None
