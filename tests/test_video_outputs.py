"""Outputs that can't be: refused early, with a hint, and nothing is left behind."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from uunet.errors import OutputError
from uunet.video import Codec, EncodeSettings, PublicWriter, RawReader
from video_media import make_video, publish


@contextmanager
def small_files_only(limit: int) -> Iterator[None]:
    """A disk that is full after `limit` bytes of one file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    source = make_video(tmp_path / "in.mp4", frames=40, size=(128, 96))
    with RawReader(source) as reader:
        frames = [publish(frame) for frame in reader]
        with small_files_only(30_000), pytest.raises(OutputError, match="can't write") as caught:  # noqa: SIM117
            with PublicWriter(tmp_path / f"out{suffix}", reader.info, EncodeSettings(crf=5)) as writer:
                for at in (0, 20):
                    writer.write(frames[at : at + 20])
                writer.commit()
    assert "space" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(
    ("name", "codec", "reason"),
    [
        ("in.mp4", "h264", "is the input"),
        ("link.mp4", "h264", "is the input"),
        ("none/out.mp4", "h264", "does not exist"),
        ("folder.mp4", "h264", "is a folder"),
        ("out.avi", "h264", "can't write .avi"),
        ("out", "h264", "without suffix"),
        ("out.mp4", "ffv1", "does not go into"),
        ("out.webm", "h264", "does not go into"),
        ("out.ts", "av1", "does not go into"),
    ],
)
def test_outputs_that_cannot_be(tmp_path: Path, name: str, codec: Codec, reason: str) -> None:
    source = make_video(tmp_path / "in.mp4", frames=2)
    (tmp_path / "link.mp4").symlink_to(source)
    (tmp_path / "folder.mp4").mkdir()
    before = sorted(tmp_path.iterdir())
    with RawReader(source) as reader, pytest.raises(OutputError, match=reason) as caught:
        PublicWriter(tmp_path / name, reader.info, EncodeSettings(codec))
    assert caught.value.hint
    assert sorted(tmp_path.iterdir()) == before
    with RawReader(source) as reader:
        assert len(list(reader)) == 2  # the input is as it was


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=2)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with RawReader(source) as reader, pytest.raises(OutputError, match="permission"):
        PublicWriter(locked / "out.mp4", reader.info)


@pytest.mark.parametrize(("codec", "size"), [("av1", (2, 2)), ("hevc", (1, 1))])
def test_a_size_that_the_encoder_refuses(tmp_path: Path, codec: Codec, size: tuple[int, int]) -> None:
    source = make_video(tmp_path / "in.mkv", codec="ffv1", size=size, frames=2)
    with RawReader(source, codec=codec) as reader:
        frames = [publish(frame) for frame in reader]
        with (
            pytest.raises(OutputError, match="can't encode"),
            PublicWriter(tmp_path / "out.mp4", reader.info, EncodeSettings(codec)) as writer,
        ):
            writer.write(frames)
            writer.commit()


def test_settings_that_the_encoder_refuses(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=2)
    with RawReader(source) as reader:
        frames = [publish(frame) for frame in reader]
        with (
            pytest.raises(OutputError, match="can't encode"),
            PublicWriter(tmp_path / "out.mp4", reader.info, EncodeSettings(preset="nonsense")) as writer,
        ):
            writer.write(frames)
            writer.commit()


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=2)
    with (
        RawReader(source) as reader,
        PublicWriter(tmp_path / "out.mp4", reader.info) as writer,
        pytest.raises(OutputError, match="no frame"),
    ):
        writer.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
