"""Images in, images out: user data and orientation travel in the files, nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uunet.errors import InputError, OutputError
from uunet.types import Picture, Plane
from uunet.video import Codec, EncodeSettings, PublicReader, PublicWriter, RawReader, image_codec
from uunet.video.stills import extract, insert
from video_media import make_video, publish

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63600000000200014898d1ae0000000049454e44ae426082"
)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffda0008010100003f00ffd9")


def test_suffixes() -> None:
    names = {"a.PNG": "png", "b.jpg": "jpeg", "c_%03d.jpeg": "jpeg", "d.mp4": None}
    assert {name: image_codec(Path(name)) for name in names} == names


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(0, 3))
@settings(max_examples=60)
def test_user_data_comes_back(payloads: list[bytes], rotation: int) -> None:
    assert extract("png", insert("png", PNG, payloads, rotation)) == tuple(payloads)
    assert extract("jpeg", insert("jpeg", JPEG, payloads, rotation)) == tuple(payloads)


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_damaged_images_hold_nothing_and_end(noise: bytes) -> None:
    assert extract("png", PNG[:8] + noise) == ()
    extract("jpeg", JPEG[:2] + noise)


def test_jpeg_segments_are_short() -> None:
    with pytest.raises(OutputError, match="do not fit"):
        insert("jpeg", JPEG, [bytes(66_000)])


def one_picture(path: Path, **recipe: object) -> Path:
    made = {"frames": 1, "container": "image2", "muxer": {"update": "1"}, **recipe}
    return make_video(path, **made)  # type: ignore[arg-type]


@pytest.mark.parametrize("codec", ["png", "jpeg"])
@pytest.mark.parametrize(
    "recipe",
    [
        {"codec": "png", "pixel_format": "rgb24", "size": (53, 41)},
        {"codec": "mjpeg", "pixel_format": "yuvj420p", "setup": {"color_range": 2}},
    ],
    ids=["png", "jpeg"],
)
def test_a_picture_is_published_as_a_picture(tmp_path: Path, recipe: dict[str, object], codec: Codec) -> None:
    source = one_picture(tmp_path / f"in.{'png' if recipe['codec'] == 'png' else 'jpg'}", **recipe)
    target = tmp_path / ("out.png" if codec == "png" else "out.jpg")
    with RawReader(source, codec=codec) as reader:
        frames = [publish(frame, (b"1,2,4,6,8,", b"\0\0\1")) for frame in reader]
        with PublicWriter(target, reader.info, EncodeSettings(codec)) as writer:
            writer.write(frames)
            assert not target.exists()
            report = writer.commit()
    assert report.stripped == ("metadata of the pictures, if any (Exif, text)",)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, target.name])
    with PublicReader(target, codec=codec) as public:
        (received,) = list(public)
        assert public.info.size == reader.info.size
        layout = public.info.layout
    assert received.payloads == frames[0].payloads
    before, after = frames[0].picture.planes[0].astype(float), received.picture.planes[0].astype(float)
    if not frames[0].picture.layout.full_range:
        before = (before - 16) * 255 / 219
    if not layout.full_range:
        after = (after - 16) * 255 / 219
    if layout.matrix == frames[0].picture.layout.matrix:  # else luma is another mixture of the colours
        assert np.abs(before - after).max() <= (3 if codec == "png" else 25)
    assert np.abs(before - after).mean() < 12
    content = target.read_bytes()
    assert b"Lavc" not in content
    assert b"Lavf" not in content


@dataclass
class Eyes:
    """A mark that keeps what it is shown."""

    seen: list[npt.NDArray[np.uint8]]
    attempts: int = 1

    def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
        return lambda picture: picture

    def survives(self, lumas: Iterable[npt.NDArray[np.uint8]]) -> bool:
        self.seen.extend(lumas)
        return True


def test_a_mark_in_a_picture_is_read_back(tmp_path: Path) -> None:
    source = one_picture(tmp_path / "in.png", codec="png", pixel_format="rgb24")
    codecs: tuple[Codec, ...] = ("png", "jpeg")
    for codec in codecs:
        with RawReader(source, codec=codec) as reader:
            frame = publish(next(iter(reader)))

            seen: list[npt.NDArray[np.uint8]] = []
            with PublicWriter(tmp_path / f"out.{codec}", reader.info, EncodeSettings(codec)) as writer:
                writer.write([frame], Eyes(seen))
                assert writer.commit().unread == []
        assert seen[0].dtype == np.uint8
        assert np.abs(seen[0].astype(float) - frame.picture.luma).max() <= (0 if codec == "png" else 40)


def test_every_picture_of_a_sequence_is_read_back(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=3)
    codecs: tuple[Codec, ...] = ("png", "jpeg")
    for codec in codecs:
        with RawReader(source, codec=codec) as reader:
            frames = [publish(frame) for frame in reader]
            seen: list[npt.NDArray[np.uint8]] = []
            with PublicWriter(tmp_path / f"out_%d.{codec}", reader.info, EncodeSettings(codec)) as writer:
                writer.write(frames, Eyes(seen))
                writer.commit()
        for luma, frame in zip(seen, frames, strict=True):
            assert np.abs(luma.astype(float) - frame.picture.luma).mean() < (0.1 if codec == "png" else 4)


def test_a_sequence_stays_a_sequence(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=5, rotation=90)
    with RawReader(source, codec="png") as reader:
        frames = [publish(frame, (b"%d" % frame.index,)) for frame in reader]
        with PublicWriter(tmp_path / "out_%02d.png", reader.info, EncodeSettings("png")) as writer:
            writer.write(frames[:3])
            writer.write(frames[3:])
            writer.commit()
        with (
            pytest.raises(OutputError, match="one picture only"),
            PublicWriter(tmp_path / "single.png", reader.info, EncodeSettings("png")) as writer,
        ):
            writer.write(frames)
            writer.commit()
    assert sorted(p.name for p in tmp_path.glob("*.png")) == [f"out_{n:02d}.png" for n in range(5)]
    with PublicReader(tmp_path / "out_%02d.png") as public:
        received = list(public)
        assert public.info.rotation == 1
        with (
            pytest.raises(OutputError, match="one of the inputs"),
            PublicWriter(tmp_path / "out_%02d.png", public.info, EncodeSettings("png")) as writer,
        ):
            writer.write(received)
            writer.commit()
    assert [frame.payloads for frame in received] == [frame.payloads for frame in frames]
    assert len(list(tmp_path.iterdir())) == 6


def test_a_sequence_keeps_its_numbers(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", frames=3)
    (tmp_path / "in").mkdir()
    with RawReader(source, codec="png") as reader:
        frames = [publish(frame) for frame in reader]
        with PublicWriter(tmp_path / "in" / "a_%03d.png", reader.info, EncodeSettings("png")) as writer:
            writer.write(frames)
            writer.commit()
    for number, name in enumerate(sorted((tmp_path / "in").iterdir())):
        name.rename(tmp_path / "in" / f"x_{1200 + number}.png")
    with RawReader(tmp_path / "in" / "x_%03d.png", codec="png") as reader:
        frames = [publish(frame) for frame in reader]
        with PublicWriter(tmp_path / "y_%03d.png", reader.info, EncodeSettings("png")) as writer:
            writer.write(frames)
            writer.commit()
    assert len(frames) == 3
    assert sorted(path.name for path in tmp_path.glob("y_*")) == [f"y_{1200 + n}.png" for n in range(3)]


def test_pictures_that_are_turned_differently_are_refused(tmp_path: Path) -> None:
    """Faces of one that lies on its side would not be found, and it would be shown so."""
    video = make_video(tmp_path / "in.mp4", frames=1)
    with RawReader(video, codec="jpeg") as reader:
        (frame,) = reader
        with PublicWriter(tmp_path / "one.jpg", reader.info, EncodeSettings("jpeg")) as writer:
            writer.write([publish(frame)])
            writer.commit()
    upright = (tmp_path / "one.jpg").read_bytes()
    for k, turns in enumerate((0, 0, 1)):
        (tmp_path / f"f_{k}.jpg").write_bytes(insert("jpeg", upright, [], turns))
    with (
        pytest.raises(InputError, match="turned differently") as caught,
        RawReader(tmp_path / "f_%d.jpg") as reader,
    ):
        list(reader)
    assert caught.value.hint
    with RawReader(tmp_path / "f_2.jpg") as reader:
        assert len(list(reader)) == 1
