"""Every reader, every odd file: read it exactly, or refuse it with a reason and a hint."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from uunet.errors import InputError, TruncatedError
from uunet.types import PublicFrame, RawFrame
from uunet.video import (
    Codec,
    EncodeSettings,
    PublicReader,
    PublicWriter,
    RawReader,
    VideoInfo,
    working_format,
)
from video_media import luma_of, make_sound, make_video, publish

FULL = {"color_range": 2}
INTERLACED = {"options": {"x264-params": "interlaced=1:tff=1"}}
VFR = [0, 20, 25, 100, 300, 650]
STILL = {"frames": 1, "container": "image2", "muxer": {"update": "1"}}
QUIET = {"x265-params": "log-level=error"}

READERS = [RawReader, PublicReader]
Reader = type[RawReader] | type[PublicReader]

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


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes each odd file once."""
    folder = tmp_path_factory.mktemp("odd")

    def fetch(name: str) -> Path:
        path = folder / name
        return path if path.exists() else make_video(path, **{"frames": 8, **ODD[name][0]})

    return fetch


def read(
    reader: Reader, path: Path, codec: Codec | None = None
) -> tuple[list[Any], VideoInfo, TruncatedError | None]:
    with reader(path, codec=codec) as source:
        return list(source), source.info, source.damage


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_read(name: str, reader: Reader, shelf: Callable[[str], Path]) -> None:
    recipe, layout = ODD[name]
    frames, info, damage = read(reader, shelf(name), "h264")
    assert damage is None
    assert len(frames) == recipe.get("frames", 8)
    assert info.size == recipe.get("size", (64, 48)) == frames[0].picture.size
    assert info.layout.name == layout == working_format(info.source_format, "h264", info.size)
    assert all(isinstance(f, RawFrame if reader is RawReader else PublicFrame) for f in frames)
    assert [f.index for f in frames] == list(range(len(frames)))
    assert all(a.pts < b.pts for a, b in pairwise(frames))
    for frame in frames:
        luma, chroma = frame.picture.planes[0], frame.picture.planes[1:]
        assert luma.shape == info.size[::-1]
        assert luma.dtype == (np.uint8 if info.layout.depth == 8 else np.uint16)
        assert int(luma.max()) < 1 << info.layout.depth
        width, height = info.size
        expected = (-(-height // info.layout.chroma_h), -(-width // info.layout.chroma_w))
        assert [plane.shape for plane in chroma] == [expected] * 2


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
@pytest.mark.parametrize("name", [name for name in ODD if name != "8k.mkv"])
def test_odd_files_can_be_published(
    name: str, codec: Codec, shelf: Callable[[str], Path], tmp_path: Path
) -> None:
    source, info, _ = read(RawReader, shelf(name), codec)
    target = tmp_path / "out.mkv"
    with PublicWriter(target, info, EncodeSettings(codec)) as writer:
        writer.write([publish(frame) for frame in source])
        report = writer.commit()
    received, after, _ = read(PublicReader, target)
    assert after.size == info.size
    assert (after.layout.name, after.layout.full_range) == (info.layout.name, info.layout.full_range)
    assert report.notes == ()  # the reader's format is the encoder's: no second conversion
    limit = Fraction(1, 1000) + report.time_error
    for a, b in zip(source, received, strict=True):
        assert abs(a.pts * info.time_base + report.time_shift - b.pts * after.time_base) <= limit
        error = np.abs(a.picture.planes[0].astype(int) - b.picture.planes[0])
        assert error.max() == 0 if codec == "ffv1" else error.mean() < 8 << (info.layout.depth - 8)


def test_8k_can_be_published(shelf: Callable[[str], Path], tmp_path: Path) -> None:
    (frame,), info, _ = read(RawReader, shelf("8k.mkv"), "h264")
    with PublicWriter(tmp_path / "out.mp4", info, EncodeSettings(preset="ultrafast")) as writer:
        writer.write([publish(frame)])
        writer.commit()
    (again,), after, _ = read(PublicReader, tmp_path / "out.mp4")
    assert after.size == (7680, 4320) == again.picture.size


def test_what_is_changed_is_said(shelf: Callable[[str], Path]) -> None:
    said = {name: " ".join(read(RawReader, shelf(name), "h264")[1].notes) for name in ODD}
    assert "transparency dropped" in said["alpha.mkv"]
    assert "transparency dropped" in said["rgba.mov"]
    assert "12 bits a sample reduced to 10" in said["12-bit.mkv"]
    assert "interlaced" in said["interlaced.mp4"]
    assert "resampled" in said["411.mkv"]
    assert "neutral chroma" in said["grey.mkv"]
    assert "BT.709" in said["palette.gif"]
    assert not any(said[name] for name in ("444.mp4", "10-bit.mp4", "motion-jpeg.avi", "nv12.avi"))


def test_luma_survives_a_change_of_chroma(shelf: Callable[[str], Path]) -> None:
    codecs: tuple[Codec | None, ...] = ("h264", "av1", None)
    for name in ("411.mkv", "410.mkv", "440.mkv", "grey.mkv", "400.mp4", "444.mp4", "nv12.avi", "yuyv.avi"):
        lumas = [read(RawReader, shelf(name), codec)[0][3].picture.planes[0] for codec in codecs]
        with av.open(str(shelf(name))) as file:
            frame = list(file.decode(video=0))[3]
        truth = luma_of(frame)
        for luma in lumas:
            assert np.array_equal(luma, truth), name


def test_a_rotated_picture_is_made_upright_by_rot90(shelf: Callable[[str], Path]) -> None:
    """The clip says: turn by 270° counter-clockwise. So must `rotation`, in numpy's sense."""
    assert read(RawReader, shelf("rotated.mp4"))[1].rotation == 3


def test_an_image_sequence_is_a_video(tmp_path: Path) -> None:
    for index in range(4):
        make_video(tmp_path / f"frame_{index:03d}.png", **ODD["still.png"][0])
    frames, info, _ = read(RawReader, tmp_path / "frame_%03d.png", "h264")
    assert len(frames) == 4
    assert info.average_rate == 25
    with pytest.raises(InputError, match="no file matches"):
        RawReader(tmp_path / "other_%03d.png")


def test_names_are_never_protocols(tmp_path: Path) -> None:
    odd = make_video(tmp_path / "in.mp4").rename(tmp_path / "concat:a|b c'ä.mp4")
    assert len(read(RawReader, odd)[0]) == 12


@pytest.mark.parametrize("suffix", [".ts", ".mkv"])
def test_a_size_that_changes_is_scaled_to_the_first(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"changing{suffix}"
    with av.open(str(path), "w") as output:
        stream = output.add_mux_stream("h264", rate=25, width=64, height=48, time_base=Fraction(1, 25))
        for part, size in enumerate([(64, 48), (96, 64)]):
            made = make_video(
                tmp_path / "part.h264", container="h264", size=size, frames=6, options={"bf": "0"}
            )
            with av.open(str(made)) as source:
                for index, packet in enumerate(p for p in source.demux(video=0) if p.size):
                    packet.stream = stream  # type: ignore[assignment]
                    packet.time_base = Fraction(1, 25)
                    packet.pts = packet.dts = 6 * part + index
                    output.mux(packet)
    with RawReader(path, codec="h264") as reader:
        frames, info = list(reader), reader.info
    assert reader.damage is None
    assert len(frames) == 12
    assert reader.scaled == 6
    assert {frame.picture.size for frame in frames} == {info.size} == {(64, 48)}


# --- refused ------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_video_is_refused(name: str, reader: Reader, tmp_path: Path) -> None:
    make, reason = REFUSED[name]
    path = make(tmp_path / name)
    with pytest.raises(InputError, match=reason) as caught:
        reader(path)
    assert caught.value.hint
    assert caught.value.exit_code != 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "in.mp4")
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        RawReader(path)


# --- damaged ------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_was_cut_off_is_read_up_to_the_cut(name: str, reader: Reader, tmp_path: Path) -> None:
    whole = make_video(tmp_path / name, frames=50, size=(128, 96), **DAMAGED[name])
    everything, _, none = read(reader, whole)
    assert none is None
    content = whole.read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(content[: len(content) * 6 // 10 + 1])
    frames, _, damage = read(reader, cut)
    assert isinstance(damage, TruncatedError)
    assert damage.exit_code == 4
    assert damage.hint
    assert 10 < len(frames) < 40
    by_time = {frame.pts: frame for frame in everything}
    for frame in frames:
        assert np.array_equal(frame.picture.planes[0], by_time[frame.pts].picture.planes[0])


@pytest.mark.parametrize("name", ["a.mkv", "a.avi", "ffv1.mkv", "vp9.webm"])
def test_a_hole_ends_the_video(name: str, tmp_path: Path) -> None:
    whole = make_video(tmp_path / name, frames=50, size=(128, 96), **DAMAGED[name])
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 600] = np.random.default_rng(1).bytes(600)
    (tmp_path / f"hole-{name}").write_bytes(content)
    frames, _, damage = read(RawReader, tmp_path / f"hole-{name}")
    assert damage is not None
    assert 5 < len(frames) < 45


def test_a_recording_may_begin_between_two_keyframes(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.ts", frames=50, options={"g": "20", "bf": "0"})
    content = whole.read_bytes()
    start = len(content) // 4 // 188 * 188
    (tmp_path / "late.ts").write_bytes(content[start:])
    frames, _, damage = read(RawReader, tmp_path / "late.ts")
    assert damage is None
    assert 10 < len(frames) < 50


def test_what_was_before_the_damage_can_be_published(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mp4", frames=50, size=(128, 96), **DAMAGED["a.mp4"])
    content = whole.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 6 // 10])
    frames, info, damage = read(RawReader, tmp_path / "cut.mp4")
    assert damage is not None
    with PublicWriter(tmp_path / "out.mp4", info) as writer:
        writer.write([publish(frame) for frame in frames])
        writer.commit()
    received, after, damage = read(PublicReader, tmp_path / "out.mp4")
    assert damage is None
    assert [f.pts * after.time_base for f in received] == [f.pts * info.time_base for f in frames]
    assert [stream.kind for stream in after.streams] == ["audio"]
