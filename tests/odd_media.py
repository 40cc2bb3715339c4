"""Odd, damaged and refused files of every kind that the issue names. Helpers, no tests."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from video_media import make_sound, make_video

FULL = {"color_range": 2}
INTERLACED = {"options": {"x264-params": "interlaced=1:tff=1"}}
VFR = [0, 20, 25, 100, 300, 650]
STILL = {"frames": 1, "container": "image2", "muxer": {"update": "1"}}
QUIET = {"x265-params": "log-level=error"}

# name → how to make it, frames, the working format for H.264
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "palette.gif": ({"codec": "gif", "pixel_format": "rgb8", "size": (54, 42)}, "yuv420p"),
    "odd.gif": ({"codec": "gif", "pixel_format": "rgb8", "size": (53, 41)}, "yuv444p"),
    "motion-jpeg.avi": ({"codec": "mjpeg", "pixel_format": "yuvj422p", "setup": FULL}, "yuv422p"),
    "mpeg4.avi": ({"codec": "mpeg4"}, "yuv420p"),
    "one-pixel.mkv": ({"codec": "ffv1", "size": (1, 1)}, "yuv444p"),
    "odd-size.mkv": ({"codec": "ffv1", "size": (853, 479), "frames": 2}, "yuv444p"),
    "odd-height.mkv": ({"codec": "ffv1", "size": (64, 47), "pixel_format": "yuv422p"}, "yuv422p"),
    "8k.mkv": (
        {"codec": "mjpeg", "size": (7680, 4320), "frames": 1, "pixel_format": "yuvj420p", "setup": FULL},
        "yuv420p",
    ),
    "interlaced.mp4": ({**INTERLACED, "setup": {"flags": 0x20000000 | 0x40000}}, "yuv420p"),
    "alpha.mkv": ({"codec": "ffv1", "pixel_format": "yuva420p"}, "yuv420p"),
    "rgba.mov": ({"codec": "png", "pixel_format": "rgba"}, "yuv420p"),
    "grey.mkv": ({"codec": "ffv1", "pixel_format": "gray"}, "yuv420p"),
    "grey-16.mkv": ({"codec": "ffv1", "pixel_format": "gray16le"}, "yuv420p10le"),
    "400.mp4": ({"codec": "libx265", "pixel_format": "gray", "options": QUIET}, "yuv420p"),
    "410.mkv": ({"codec": "ffv1", "pixel_format": "yuv410p"}, "yuv420p"),
    "411.mkv": ({"codec": "ffv1", "pixel_format": "yuv411p"}, "yuv422p"),
    "440.mkv": ({"codec": "ffv1", "pixel_format": "yuv440p"}, "yuv444p"),
    "444.mp4": ({"pixel_format": "yuv444p"}, "yuv444p"),
    "10-bit.mp4": ({"pixel_format": "yuv420p10le"}, "yuv420p10le"),
    "12-bit.mkv": ({"codec": "ffv1", "pixel_format": "yuv422p12le"}, "yuv422p10le"),
    "16-bit.mkv": ({"codec": "ffv1", "pixel_format": "yuv444p16le"}, "yuv444p10le"),
    "rgb.mkv": ({"codec": "ffv1", "pixel_format": "bgr0"}, "yuv420p"),
    "rgb-10.mkv": ({"codec": "ffv1", "pixel_format": "gbrp10le"}, "yuv420p10le"),
    "yuyv.avi": ({"codec": "rawvideo", "pixel_format": "yuyv422"}, "yuv422p"),
    "nv12.avi": ({"codec": "rawvideo", "pixel_format": "nv12"}, "yuv420p"),
    "b-frames.mkv": ({"options": {"bf": "3"}, "frames": 30}, "yuv420p"),
    "late.ts": ({"offset": 35, "sound": 1.0}, "yuv420p"),
    "variable.mp4": ({"time_base": Fraction(1, 600), "pts": VFR, "frames": 6}, "yuv420p"),
    "rotated.mp4": ({"rotation": 270}, "yuv420p"),
    "stream.h264": ({"container": "h264"}, "yuv420p"),
    "vp9.webm": ({"codec": "libvpx-vp9"}, "yuv420p"),
    "long-sound.mp4": ({"sound": 3.0}, "yuv420p"),
    "still.png": ({"codec": "png", "pixel_format": "rgb24", **STILL}, "yuv420p"),
    "still.jpg": ({"codec": "mjpeg", "pixel_format": "yuvj420p", "setup": FULL, **STILL}, "yuv420p"),
}


def make_odd(path: Path) -> Path:
    """The file of `ODD` that has this name."""
    return make_video(path, **{"frames": 8, **ODD[path.name][0]})


def make_changing(path: Path) -> Path:
    """Six pictures of 64x48, then six of 96x64, in one stream."""
    with av.open(str(path), "w") as output:
        stream = output.add_mux_stream("h264", rate=25, width=64, height=48, time_base=Fraction(1, 25))
        for part, size in enumerate([(64, 48), (96, 64)]):
            made = make_video(
                path.with_name("part.h264"), container="h264", size=size, frames=6, options={"bf": "0"}
            )
            with av.open(str(made)) as source:
                for index, packet in enumerate(p for p in source.demux(video=0) if p.size):
                    packet.stream = stream  # type: ignore[assignment]
                    packet.time_base = Fraction(1, 25)
                    packet.pts = packet.dts = 6 * part + index
                    output.mux(packet)
            made.unlink()
    return path


def _zero_frames(path: Path) -> Path:
    return make_video(path.with_suffix(".ts"), frames=0, sound=0.5)


def _encrypted(path: Path) -> Path:
    key = {"encryption_key": "00112233445566778899aabbccddeeff", "encryption_kid": "1" * 32}
    return make_video(path, muxer={"encryption_scheme": "cenc-aes-ctr", **key})


def _without_index(path: Path) -> Path:
    whole = make_video(path.with_name("whole.mp4"), frames=40)
    path.write_bytes(whole.read_bytes()[:-2000])
    return path


def _text(path: Path) -> Path:
    path.write_text("This is not a video.\n" * 100)
    return path


def _noise(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(0).bytes(20000))
    return path


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing.mp4": (lambda path: path, "does not exist"),
    "empty.mp4": (_empty, "is empty"),
    "folder": (_folder, "is a folder"),
    "text.mp4": (_text, "not a video"),
    "text.txt": (_text, "text file"),
    "noise.mp4": (_noise, "not a video"),
    "sound.m4a": (make_sound, "has no video"),
    "zero.ts": (_zero_frames, "no picture"),
    "encrypted.mp4": (_encrypted, "encrypted"),
    "no-index.mp4": (_without_index, "not a video that FFmpeg can open"),
}

DAMAGED: dict[str, dict[str, Any]] = {
    "a.mp4": {"muxer": {"movflags": "+faststart"}, "sound": 2.0},
    "fragments.mp4": {"muxer": {"movflags": "+frag_keyframe+empty_moov"}, "options": {"g": "10"}},
    "a.mkv": {"sound": 2.0},
    "a.ts": {},
    "a.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p", "setup": FULL},
    "a.gif": {"codec": "gif", "pixel_format": "rgb8"},
    "ffv1.mkv": {"codec": "ffv1"},
    "vp9.webm": {"codec": "libvpx-vp9"},
}
