"""The writer: marks that are read back, regions of interest, commit and abort, errors across threads."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from uunet.errors import InputError
from uunet.types import Box, Picture, Plane
from uunet.video import Codec, EncodeSettings, PublicReader, PublicWriter, RawReader, RawWriter
from uunet.video.regions import RegionMarker, offset_for
from video_media import SUFFIX, make_video, packets, publish, same_pictures, times


class Ladder:
    """A mark that comes through from a given strength on."""

    def __init__(self, attempts: int, needed: int) -> None:
        self.attempts = attempts
        self.needed = needed
        self.seen: list[tuple[int, ...]] = []
        self.level = 0
        self.means: list[float] = []

    def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
        self.level = attempt
        self.means.append(float(np.mean([luma.mean() / (1 << depth) for luma in lumas])))
        return lambda picture: picture

    def survives(self, lumas: Iterable[npt.NDArray[np.uint8]]) -> bool:
        lumas = list(lumas)
        assert all(luma.dtype == np.uint8 for luma in lumas)
        self.seen.append((len(lumas), *lumas[0].shape))
        return self.level >= self.needed


@pytest.mark.parametrize("codec", SUFFIX)
def test_marks_are_read_back_and_raised(tmp_path: Path, codec: Codec) -> None:
    source = make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="yuv420p10le", frames=6)
    marks = [Ladder(3, 0), Ladder(3, 2), Ladder(2, 5)]
    with (
        RawReader(source, codec=codec) as reader,
        PublicWriter(tmp_path / f"out{SUFFIX[codec]}", reader.info, EncodeSettings(codec)) as writer,
    ):
        frames = [publish(frame) for frame in reader]
        for number, mark in enumerate(marks):
            writer.write(frames[2 * number : 2 * number + 2], mark)
        report = writer.commit()
    assert [len(mark.seen) for mark in marks] == [1, 3, 2]
    assert marks[0].seen == [(2, 48, 64)]
    assert all(np.ptp(mark.means) < 0.02 for mark in marks)  # a further attempt marks the same pictures
    assert dict(report.attempts) == {0: 1, 2: 1, 1: 1}
    assert report.unread == [2]


def test_regions_of_interest_get_the_bits(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", size=(320, 192), frames=12, options={"crf": "5"})
    box = Box(128, 64, 64, 64)
    inside = (slice(box.y, box.y + box.h), slice(box.x, box.x + box.w))
    errors, sizes = {}, {}
    for offset in (0.0, -0.2):
        target = tmp_path / "out.mp4"
        with (
            RawReader(source) as reader,
            PublicWriter(target, reader.info, EncodeSettings(crf=28, roi_qoffset=offset)) as writer,
        ):
            sent = [publish(frame) for frame in reader]
            writer.write(sent, None, [[box]] * len(sent))
            writer.commit()
        with PublicReader(target) as reader_again:
            received = list(reader_again)
        errors[offset] = np.mean(
            [
                (a.picture.planes[0][inside].astype(float) - b.picture.planes[0][inside]) ** 2
                for a, b in zip(sent, received, strict=True)
            ]
        )
        sizes[offset] = target.stat().st_size
    gain = 10 * np.log10(errors[0.0] / errors[-0.2])
    assert gain > 2  # decibels
    assert sizes[-0.2] < 1.5 * sizes[0.0]


def test_larger_regions_need_fewer_bits_for_each_pixel() -> None:
    offsets = [offset_for(Box(0, 0, side, side), -0.2) for side in (16, 64, 128, 256)]
    assert offsets == pytest.approx([-0.2, -0.2, -0.1, -0.05])


def test_regions_are_told_in_whole_blocks_inside_the_picture() -> None:
    marker = RegionMarker((320, 240), "yuv420p", -0.2)

    def told(*boxes: Box) -> list[tuple[int, ...]]:
        frame = av.VideoFrame(320, 240, "yuv420p")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        beside: Any = marker.mark(frame, boxes).side_data
        regions = struct.iter_unpack("=I4i2i", bytes(beside[0]))  # AVRegionOfInterest
        return [(*region[1:5], region[5] * 100 // region[6]) for region in regions]

    assert told(Box(20, 40, 50, 60)) == [(32, 112, 16, 80, -20)]
    assert told(Box(22, 38, 50, 60)) == [(32, 112, 16, 80, -20)]  # moved within them
    assert told(Box(32, 48, 16, 16)) == [(48, 64, 32, 48, -20)]
    assert told(Box(200, 110, 120, 130), Box(0, 0, 8, 8)) == [(96, 240, 192, 320, -10), (0, 16, 0, 16, -20)]


def test_the_output_appears_only_on_commit(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    target = tmp_path / "out.mp4"
    with RawReader(source) as reader:
        frames = [publish(frame) for frame in reader]
        with PublicWriter(target, reader.info) as writer:
            writer.write(frames)
            assert not target.exists()
        assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]  # not committed: nothing stays
        with pytest.raises(RuntimeError, match="mine"), PublicWriter(target, reader.info) as writer:
            writer.write(frames)
            raise RuntimeError("mine")
        assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]
        with PublicWriter(target, reader.info) as writer:
            writer.write(frames)
            writer.commit()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]
    assert threading.active_count() == 1 or not [
        t for t in threading.enumerate() if t.name.startswith("uunet-")
    ]


def test_errors_of_the_encoding_thread_reach_the_writing_one(tmp_path: Path) -> None:
    class Broken(Ladder):
        def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
            raise InputError("from the thread", "none")

    source = make_video(tmp_path / "in.mp4")
    with RawReader(source) as reader:
        frames = [publish(frame) for frame in reader]
        with (
            pytest.raises(InputError, match="from the thread"),
            PublicWriter(tmp_path / "out.mp4", reader.info) as writer,
        ):
            for _ in range(3):
                writer.write(frames, Broken(1, 0))
            writer.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]


def test_restored_video_has_a_writer_of_its_own(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", sound=0.5)
    with RawReader(source, codec="h264-lossless") as reader:
        frames = list(reader)
        settings = EncodeSettings("h264-lossless")
        with RawWriter(tmp_path / "out.mp4", reader.info, settings) as writer:
            writer.write(frames)
            writer.commit()
    with RawReader(tmp_path / "out.mp4") as again:
        assert same_pictures(frames, list(again))


def test_a_span_takes_only_its_sound(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=50, sound=2.0)
    span = (Fraction(1, 2), Fraction(1))
    with RawReader(source) as reader, PublicWriter(tmp_path / "out.mp4", reader.info, span=span) as writer:
        frames = [f for f in reader if span[0] <= f.pts * reader.info.time_base < span[1]]
        writer.write([publish(frame) for frame in frames])
        writer.commit()
    assert times(tmp_path / "out.mp4") == times(source)[13:25]
    heard = [time for time, _ in packets(tmp_path / "out.mp4", "audio")]
    assert 22 <= len(heard) <= 24
    assert min(heard) >= span[0] - Fraction(1, 100)


def test_frames_can_be_painted_over(tmp_path: Path) -> None:
    """The decoder needs its pictures for those that come after them: what a reader gives is a copy."""
    for name, pixel_format in (("in.mp4", "yuv420p"), ("grey.mkv", "gray")):
        how = {"codec": "ffv1"} if pixel_format == "gray" else {}
        source = make_video(tmp_path / name, frames=20, pixel_format=pixel_format, **how)  # type: ignore[arg-type]
        with RawReader(source, codec="h264") as reader:
            untouched = list(reader)
        with RawReader(source, codec="h264") as reader:
            for frame, before in zip(reader, untouched, strict=True):
                for plane, other in zip(frame.picture.planes, before.picture.planes, strict=True):
                    assert np.array_equal(plane, other)
                    plane[...] = 7


def test_a_reader_can_be_left_early(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=80)
    for count in (0, 1, 30):
        with RawReader(source) as reader:
            for index, _ in enumerate(reader):
                if index >= count:
                    break
    assert not [t for t in threading.enumerate() if t.name.startswith("uunet-")]
