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

from odd_media import DAMAGED, ODD, REFUSED, make_changing, make_odd
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
from video_media import luma_of, make_video, publish

READERS = [RawReader, PublicReader]
Reader = type[RawReader] | type[PublicReader]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes each odd file once."""
    folder = tmp_path_factory.mktemp("odd")

    def fetch(name: str) -> Path:
        path = folder / name
        return path if path.exists() else make_odd(path)

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
    # what is published is given as it is, with what stands in its lowest bits, whatever comes of it later
    as_is = working_format(info.source_format, None, info.size)
    for frame in frames:
        seen = frame.picture.layout
        assert seen.name == (layout if reader is RawReader else as_is)
        luma, chroma = frame.picture.planes[0], frame.picture.planes[1:]
        assert luma.shape == info.size[::-1]
        assert luma.dtype == (np.uint8 if seen.depth == 8 else np.uint16)
        assert int(luma.max()) < 1 << seen.depth
        width, height = info.size
        expected = (-(-height // seen.chroma_h), -(-width // seen.chroma_w))
        assert [plane.shape for plane in chroma] == [expected] * (2 if seen.colour else 0)


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
    assert "RGB (bgra) converted to yuv420p" in said["palette.gif"]
    for name, kept in (("444.mp4", "yuv444p"), ("motion-jpeg.avi", "yuv422p")):
        assert said[name] == f"{kept} is kept; some players refuse all but 4:2:0"
    assert not any(said[name] for name in ("10-bit.mp4", "nv12.avi"))


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
    path = make_changing(tmp_path / f"changing{suffix}")
    with RawReader(path, codec="h264") as reader:
        frames, info = list(reader), reader.info
    assert reader.damage is None
    assert len(frames) == 12
    assert reader.scaled == 6
    assert {frame.picture.size for frame in frames} == {info.size} == {(64, 48)}


# --- refused ------------------------------------------------------------------------------------------


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
