"""Which container holds what, by the output's suffix."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from uunet.errors import OutputError
from uunet.video.settings import EncodeSettings


@dataclass(frozen=True, slots=True)
class Container:
    """A file format that can be written.

    Attributes:
        muxer: FFmpeg's name.
        streams: the video bit streams that players expect in it.
        options: the muxer's.
        rotation: whether it has a place for the display matrix.
        sums_durations: whether a track's length is the sum of its packets' decoding durations.
        global_header: whether codec headers stand once, before the packets.
    """

    muxer: str
    streams: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    rotation: bool = True
    sums_durations: bool = False
    global_header: bool = True

    def options_for(self, time_base: Fraction) -> dict[str, str]:
        """The muxer's options for a video of this time base."""
        options = dict(self.options)
        if self.muxer in ("mp4", "mov"):
            # The delay of a track that does not begin at 0 is counted in this unit: 1/1000 s by default.
            options["movie_timescale"] = str(time_base.denominator)
        return options


# faststart: the index goes first, so that a browser can start before it has all.
_MP4 = Container("mp4", ("h264", "hevc", "av1"), (("movflags", "+faststart"),), sums_durations=True)
_MOV = Container("mov", ("h264", "hevc"), (("movflags", "+faststart"),), sums_durations=True)
_MKV = Container("matroska", ("h264", "hevc", "av1", "ffv1"))
_WEBM = Container("webm", ("av1",))
# copyts: the muxer would otherwise begin every file at a time of its own
_TS = Container("mpegts", ("h264", "hevc"), (("mpegts_copyts", "1"),), rotation=False, global_header=False)
_BY_SUFFIX = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MOV,
    ".mkv": _MKV,
    ".webm": _WEBM,
    ".ts": _TS,
    ".m2ts": _TS,
    ".mts": _TS,
    ".png": Container("image2", ("png",), global_header=False),
    ".jpg": Container("image2", ("jpeg",), global_header=False),
    ".jpeg": Container("image2", ("jpeg",), global_header=False),
}


def container_for(path: Path, settings: EncodeSettings) -> Container:
    """The container that a suffix names.

    Raises:
        OutputError: unknown suffix, or one whose players don't expect this codec. AVI is unknown on
            purpose: it stores no time stamps.
    """
    container = container_by_suffix(path)
    if settings.stream not in container.streams:
        codecs = " or ".join(name for name in container.streams if container.muxer != "image2")
        fitting = sorted(s for s, c in _BY_SUFFIX.items() if settings.stream in c.streams)
        raise OutputError(
            f"{settings.codec} does not go into {path.suffix}",
            f"use {' or '.join(fitting)}, or {f'--codec {codecs}' if codecs else 'another codec'}",
        )
    return container


def container_by_suffix(path: Path) -> Container:
    """The container that a suffix names, whatever is to be in it.

    Raises:
        OutputError: unknown suffix.
    """
    container = _BY_SUFFIX.get(path.suffix.lower())
    if container is None:
        known = ", ".join(sorted(_BY_SUFFIX))
        what = path.suffix or f"a file without suffix, and {path} is no folder"
        raise OutputError(f"can't write {what}", f"use one of {known}")
    return container
