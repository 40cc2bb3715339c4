"""What stays behind: metadata, pictures beside the video, the encoders' signatures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from uunet.video import Codec, EncodeSettings
from video_media import make_video, transcode

SECRETS = {
    "location": "+51.5007-000.1246/",
    "title": "my front door",
    "comment": "recorded by camera 7",
    "creation_time": "2024-05-06T07:08:09Z",
    "artist": "J. Smith",
}


def with_cover(path: Path) -> Path:
    """A video with tags, sound, chapters and a cover picture."""
    plain = make_video(path.with_name("plain.mp4"), sound=0.5, frames=20)
    face = np.full((32, 32, 3), 200, np.uint8)
    with av.open(str(plain)) as source, av.open(str(path), "w") as output:
        output.metadata.update(SECRETS)
        copies = {s.index: output.add_stream_from_template(s, opaque=True) for s in source.streams}
        cover = output.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        output.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 400,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": "burglary"},
                }
            ]
        )
        for packet in cover.encode(av.VideoFrame.from_ndarray(face, format="rgb24")):
            output.mux(packet)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_what_tells_tales_is_stripped_and_named(tmp_path: Path, suffix: str) -> None:
    source = with_cover(tmp_path / "in.mp4")
    target = tmp_path / f"out{suffix}"
    _, _, report = transcode(source, target)
    for name in ("title", "comment", "1 chapters", "cover picture stream 3 (png)"):
        assert name in report.stripped
    content = target.read_bytes()
    for secret in [*SECRETS.values(), "burglary", "x264", "libx264", "2024-05-06"]:
        assert secret.encode() not in content
    with av.open(str(target)) as written:
        assert [s.type for s in written.streams] == ["video", "audio"]
        assert not written.chapters()


def test_metadata_is_kept_on_request_but_pictures_never(tmp_path: Path) -> None:
    source = with_cover(tmp_path / "in.mp4")
    _, _, report = transcode(source, tmp_path / "out.mp4", keep_metadata=True)
    with av.open(str(tmp_path / "out.mp4")) as written:
        assert written.metadata["title"] == "my front door"
        assert written.metadata["comment"] == "recorded by camera 7"
        assert len(written.chapters()) == 1
        assert [s.type for s in written.streams if s.type == "video"] == ["video"]
    assert "cover picture stream 3 (png)" in report.stripped


@pytest.mark.parametrize("metadata", [False, True])
def test_sound_is_left_out_on_request_and_named(tmp_path: Path, metadata: bool) -> None:
    source = with_cover(tmp_path / "in.mp4")
    target = tmp_path / "out.mp4"
    _, _, report = transcode(source, target, keep_sound=False, keep_metadata=metadata)
    assert any(name.startswith("audio stream") for name in report.stripped)
    with av.open(str(target)) as written:
        assert [s.type for s in written.streams if s.type != "data"] == ["video"]
        assert bool(written.chapters()) is metadata


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_no_encoder_signs_its_work(tmp_path: Path, codec: Codec) -> None:
    target = tmp_path / "out.mp4"
    transcode(make_video(tmp_path / "in.mp4"), target, EncodeSettings(codec))
    content = target.read_bytes()
    for banner in (b"x264", b"x265", b"SVT-AV1", b"Lavf", b"Lavc"):
        assert banner not in content
