"""How to encode: the settings, and what they mean to each encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from uunet.video.formats import Codec

LIBRARY: dict[Codec, str] = {
    # FFmpeg's encoders
    "h264": "libx264",
    "h264-lossless": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "png": "png",
    "jpeg": "mjpeg",
}
_STREAM: dict[Codec, str] = {
    "h264": "h264",
    "h264-lossless": "h264",
    "hevc": "hevc",
    "av1": "av1",
    "ffv1": "ffv1",
    "png": "png",
    "jpeg": "jpeg",
}
_PRESETS: dict[Codec, str | None] = {
    "h264": "veryfast",
    "h264-lossless": "ultrafast",  # lossless: twice FFV1's speed for 11 % more bytes
    "hevc": "veryfast",
    "av1": "9",
    "ffv1": None,
    "png": None,
    "jpeg": None,
}
# AV1 has no regions of interest: faces get no more than the rest, and at 26 small ones came back as nothing.
_QUALITY: dict[Codec, int] = {"h264": 18, "hevc": 20, "av1": 18}


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How to encode. H.264 `veryfast` crf 18 unless told otherwise.

    Attributes:
        codec: one of `formats.Codec`. `h264-lossless` is x264 at quantiser 0 (profile High 4:4:4 Predictive),
            bit-exact for 8 and 10 bits and every chroma format; `ffv1` also for 12 and 16. `png` and `jpeg`
            write image files (see `image_codec`); PNG stores RGB, so that luma may come back one step off.
        crf: constant quality, less is better; None takes 18 for H.264 and AV1, 20 for HEVC, and for JPEG
            quantiser 2.
        preset: of the encoder; None takes `veryfast` (SVT-AV1: 9; lossless H.264: `ultrafast`).
        threads: None lets the encoder choose.
        roi_qoffset: quantiser offset of regions of interest, in -1..1 of the quantiser's range; 0 is off.
            Large regions get less of it (see `regions.offset_for`).
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
    def still(self) -> bool:
        """Whether every picture becomes an image file."""
        return self.codec in ("png", "jpeg")

    @property
    def takes_regions(self) -> bool:
        """Whether regions of interest make a difference."""
        return self.codec in ("h264", "hevc") and self.roi_qoffset != 0

    @property
    def takes_user_data(self) -> bool:
        """Whether the bit stream has a place for user data."""
        return self.stream != "ffv1"


def encoder_options(settings: EncodeSettings, *, idle: bool) -> dict[str, str]:
    """The encoder's own options; `idle` for one that never encodes and so needs no threads."""
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


def merged(options: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    """Both, where an encoder's lists of parameters (`x264-params` …) may be in both."""
    return options | {name: ":".join(filter(None, (options.get(name), more[name]))) for name in more}
