"""Field flags and HDR light come through the encoders that have a place for them; the rest is said."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from uunet.video import Codec, EncodeSettings, PublicReader, PublicWriter, RawReader, VideoInfo
from uunet.video.display import Display, _mastering
from video_media import make_video, publish

MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
COLOURS = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 0.005, 1000.0)


def through(source: Path, target: Path, codec: Codec) -> tuple[VideoInfo, VideoInfo]:
    """What is known of a video before and after it was published with two windows."""
    with RawReader(source, codec=codec) as reader:
        frames, before = [publish(frame) for frame in reader], reader.info
    with PublicWriter(target, before, EncodeSettings(codec)) as writer:
        writer.write(frames[:4])
        writer.write(frames[4:])
        writer.commit()
    with PublicReader(target) as again:
        assert len(list(again)) == len(frames)
        return before, again.info


@pytest.mark.parametrize("codec", ["h264", "h264-lossless", "ffv1"])
@pytest.mark.parametrize("first", ["tff", "bff"])
def test_interlaced_stays_interlaced(tmp_path: Path, codec: Codec, first: str) -> None:
    source = make_video(tmp_path / "in.mp4", frames=8, options={"x264-params": f"interlaced=1:{first}=1"})
    before, after = through(source, tmp_path / "out.mkv", codec)
    assert before.display.top_first is after.display.top_first is (first == "tff")
    assert before.notes == ("interlaced: fields stay woven, so does the flag that says so",)


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_where_the_flag_is_lost_it_is_said(tmp_path: Path, codec: Codec) -> None:
    source = make_video(tmp_path / "in.mp4", frames=8, options={"x264-params": "interlaced=1:tff=1"})
    before, after = through(source, tmp_path / "out.mkv", codec)
    assert after.display.top_first is None
    assert before.notes == ("interlaced: fields stay woven, the flag that says so is not kept",)


def test_fields_without_whole_rows_of_chroma(tmp_path: Path) -> None:
    """x264 can't flag 4:2:0 whose height is no multiple of 4."""
    source = make_video(tmp_path / "in.mkv", frames=8, codec="ffv1", size=(64, 46), setup={"field_order": 3})
    before, after = through(source, tmp_path / "out.mp4", "h264")
    assert (before.display.top_first, after.display.top_first) == (False, None)
    assert "not kept" in before.notes[0]


def test_progressive_stays_progressive(tmp_path: Path) -> None:
    before, after = through(make_video(tmp_path / "in.mp4", frames=8), tmp_path / "out.mp4", "h264")
    assert before.display == after.display == Display() and before.notes == ()


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_hdr_light_is_kept(tmp_path: Path, codec: Codec) -> None:
    source = hdr(tmp_path / "in.mkv")
    before, after = through(source, tmp_path / "out.mp4", codec)
    assert before.notes == ()
    for info in (before, after):
        assert info.display.mastering is not None
        assert [float(value) for value in info.display.mastering] == pytest.approx(COLOURS, rel=1e-2)
        assert info.display.light == (1000, 400)


def test_hdr_light_that_is_lost_is_said(tmp_path: Path) -> None:
    before, after = through(hdr(tmp_path / "in.mkv"), tmp_path / "out.mkv", "ffv1")
    assert after.display.mastering is None
    assert any("HDR mastering data" in note for note in before.notes)


def hdr(path: Path) -> Path:
    parameters = f"log-level=error:master-display={MASTERING}:max-cll=1000,400"
    return make_video(
        path, frames=8, codec="libx265", pixel_format="yuv420p10le", options={"x265-params": parameters}
    )


def test_incomplete_mastering_data() -> None:
    whole = [1, 2] * 10
    assert _mastering(struct.pack("=22i", *whole, 1, 1)) == (Fraction(1, 2),) * 10
    for broken in ([*whole, 1, 0], [*whole, 0, 1], [*whole[:-1], 0, 1, 1], [-1, *whole[1:], 1, 1]):
        assert _mastering(struct.pack("=22i", *broken)) is None
