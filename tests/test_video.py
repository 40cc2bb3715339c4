"""Reader and writer together: what must be kept exactly is kept exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from uunet.errors import OutputError
from uunet.video import (
    Codec,
    EncodeSettings,
    PublicReader,
    PublicWriter,
    RawReader,
)
from video_media import SUFFIX, make_video, packets, publish, same_pictures, times, transcode

LOSSLESS: tuple[Codec, ...] = ("ffv1", "h264-lossless")


# --- pixels, user data --------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", LOSSLESS)
@pytest.mark.parametrize(
    "pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le", "gray"]
)
def test_lossless_codecs_give_every_sample_back(tmp_path: Path, codec: Codec, pixel_format: str) -> None:
    source = make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format=pixel_format, frames=9)
    target = tmp_path / f"out{SUFFIX[codec]}"
    sent, _, _ = transcode(source, target, EncodeSettings(codec), window=4)
    with PublicReader(target) as reader:
        assert same_pictures(sent, list(reader))


@pytest.mark.parametrize("codec", SUFFIX)
def test_every_codec_brings_back_user_data_and_times(tmp_path: Path, codec: Codec) -> None:
    source = make_video(tmp_path / "in.mp4", frames=30, sound=0.5)
    target = tmp_path / f"out{SUFFIX[codec]}"
    sent, info, report = transcode(source, target, EncodeSettings(codec), window=12)
    with PublicReader(target) as reader:
        received = list(reader)
        base = reader.info.time_base
    assert [f.payloads for f in received] == [f.payloads for f in sent]
    shifted = [f.pts * info.time_base + report.time_shift for f in sent]
    assert [f.pts * base for f in received] == shifted
    assert report.time_shift == 0 or codec == "ffv1"  # only Matroska must move AAC's start-up
    assert (report.frames, report.windows) == (30, 3)
    error = np.mean(
        [
            np.abs(a.picture.planes[0].astype(int) - b.picture.planes[0])
            for a, b in zip(sent, received, strict=True)
        ]
    )
    assert error < 3  # grey levels: the right picture at the right place


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_user_data_survives_a_copy_into_other_containers(tmp_path: Path, suffix: str) -> None:
    first = tmp_path / "public.mp4"
    sent, _, _ = transcode(make_video(tmp_path / "in.mp4"), first)
    second = tmp_path / f"copy{suffix}"
    with av.open(str(first)) as source, av.open(str(second), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    with PublicReader(second) as reader:
        assert [f.payloads for f in reader] == [f.payloads for f in sent]


def test_ffv1_refuses_user_data(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=3)
    with RawReader(source) as reader:
        frames = [publish(frame, (b"x",)) for frame in reader]
        with (
            PublicWriter(tmp_path / "out.mkv", reader.info, EncodeSettings("ffv1")) as writer,
            pytest.raises(OutputError, match="no place for user data"),
        ):
            writer.write(frames)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4"]


def test_every_window_begins_with_a_keyframe(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=60)
    for codec in ("h264", "hevc", "av1"):
        target = tmp_path / f"{codec}.mkv"
        transcode(source, target, EncodeSettings(codec), window=24)
        with av.open(str(target)) as file:
            keys = [p.pts for p in file.demux(video=0) if p.size and p.is_keyframe]
        assert keys == [0, 960, 1920]


# --- time ---------------------------------------------------------------------------------------------

VFR = [0, 20, 25, 100, 110, 111, 300, 301, 302, 400, 500, 650]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize(
    "kind",
    [
        {"time_base": Fraction(1, 600), "pts": VFR},
        {"time_base": Fraction(1001, 30000), "rate": 30},
        {"offset": 35},
        {"container": "matroska", "options": {"bf": "3"}, "frames": 40},
    ],
    ids=["vfr", "ntsc", "late start", "B-frames in Matroska"],
)
def test_times_are_exact(tmp_path: Path, kind: dict[str, Any], suffix: str) -> None:
    source = make_video(tmp_path / "in.mp4", sound=1.0, **kind)
    target = tmp_path / f"out{suffix}"
    _, info, report = transcode(source, target, window=5)
    assert times(target) == times(source)
    assert report.time_error == report.time_shift == 0
    with RawReader(target) as reader:
        duration = reader.info.duration
    with RawReader(source) as reader:
        frames = list(reader)
    assert duration == (frames[-1].pts + (reader.last_duration or 0)) * info.time_base - times(source)[0]


def test_matroska_times_are_the_nearest_millisecond(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", time_base=Fraction(1, 600), pts=VFR)
    _, _, report = transcode(source, tmp_path / "out.mkv")
    differences = [abs(a - b) for a, b in zip(times(source), times(tmp_path / "out.mkv"), strict=True)]
    assert max(differences) == report.time_error <= Fraction(1, 2000)


def test_a_transport_stream_keeps_its_start(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.ts", offset=35, sound=1.0)
    for suffix in (".ts", ".mp4"):
        _, _, report = transcode(source, tmp_path / f"out{suffix}", window=5)
        assert times(tmp_path / f"out{suffix}") == times(source)
        assert report.time_shift == 0
    transcode(source, tmp_path / "out.mkv", window=5)
    assert times(tmp_path / "out.mkv") == times(source)


def test_the_last_frame_lasts_as_long_as_in_the_source(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.gif", codec="gif", pixel_format="rgb8", frames=5)
    with RawReader(source) as reader, PublicWriter(tmp_path / "out.mp4", reader.info) as writer:
        writer.write([publish(frame) for frame in reader])
        writer.commit(100)  # a second
    with RawReader(tmp_path / "out.mp4") as reader:
        assert reader.info.duration == Fraction(16 + 100, 100)


# --- what travels along -------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
@pytest.mark.parametrize("codec", ["aac", "mp2"])
def test_sound_packets_are_copied(tmp_path: Path, codec: str, suffix: str) -> None:
    source = make_video(tmp_path / "in.mp4", frames=20, sound=2.0, sound_codec=codec)
    target = tmp_path / f"out{suffix}"
    _, _, report = transcode(source, target, window=7)
    before, after = packets(source, "audio"), packets(target, "audio")
    if (codec, suffix) != ("aac", ".ts"):  # there, each packet gets an ADTS header
        assert [digest for _, digest in after] == [digest for _, digest in before]
    assert len(after) == len(before) > 50
    for (old, _), (new, _) in zip(before, after, strict=True):
        assert abs(new - old - report.time_shift) < Fraction(1, 900)


def test_subtitles_are_copied(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", subtitles=True, sound=0.5)
    transcode(source, tmp_path / "out.mkv")
    assert packets(tmp_path / "out.mkv", "subtitle") == packets(source, "subtitle")
    _, _, report = transcode(source, tmp_path / "out.mp4")
    assert report.dropped == ("subtitle stream 2 (srt): the output's container can't hold it",)


def test_rotation_colour_and_aspect_are_kept(tmp_path: Path) -> None:
    tags = {
        "color_primaries": 9,
        "color_trc": 16,
        "colorspace": 9,
        "color_range": 1,
        "sample_aspect_ratio": Fraction(4, 3),
    }
    source = make_video(tmp_path / "in.mp4", rotation=90, setup=tags, pixel_format="yuv420p10le")
    codecs: tuple[Codec, ...] = ("h264", "hevc", "av1")
    for codec in codecs:
        for suffix in (".mp4", ".mkv"):
            target = tmp_path / f"{codec}{suffix}"
            _, before, report = transcode(source, target, EncodeSettings(codec))
            with PublicReader(target) as reader:
                after = reader.info
            assert after.rotation == before.rotation == 1
            assert after.display_matrix == before.display_matrix
            assert after.colour == before.colour
            if (codec, suffix) == ("av1", ".mkv"):
                assert "pixel aspect ratio" in report.dropped[0]
            else:
                assert after.sample_aspect == before.sample_aspect == Fraction(4, 3)
            assert (after.layout, after.size) == (before.layout, before.size)
    _, _, report = transcode(source, tmp_path / "out.ts")
    assert "rotation" in report.dropped[0]


def test_full_range_stays_full_range(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.avi", codec="mjpeg", pixel_format="yuvj420p", setup={"color_range": 2})
    for codec, suffix in SUFFIX.items():
        transcode(source, tmp_path / f"out{suffix}", EncodeSettings(codec))
        with PublicReader(tmp_path / f"out{suffix}") as reader:
            assert reader.info.layout.full_range
            assert reader.info.layout.matrix == "bt601"
