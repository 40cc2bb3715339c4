"""RGB stays RGB where the output can hold it: not one sample outside the regions is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from cli_media import Ran, face_image
from uunet.geometry import crop
from uunet.types import Box
from uunet.video import Codec, EncodeSettings, PublicReader, PublicWriter, RawReader
from uunet.video.pictures import planes_of
from video_media import make_video, publish, scene

STILL = {"frames": 1, "container": "image2", "muxer": {"update": "1"}}

# name → how to make it, the working format, how FFmpeg would say it
EXACT: dict[str, tuple[dict[str, Any], str, str]] = {
    "rgb.png": ({"codec": "png", "pixel_format": "rgb24", **STILL}, "gbrp", "rgb24"),
    "odd.png": ({"codec": "png", "pixel_format": "rgb24", "size": (53, 41), **STILL}, "gbrp", "rgb24"),
    "alpha.png": ({"codec": "png", "pixel_format": "rgba", **STILL}, "gbrp", "rgb24"),
    "deep.png": ({"codec": "png", "pixel_format": "rgb48be", **STILL}, "gbrp16le", "rgb48le"),
    "rgb.mkv": ({"codec": "ffv1", "pixel_format": "bgr0", "frames": 3}, "gbrp", "rgb24"),
    "ten.mkv": ({"codec": "ffv1", "pixel_format": "gbrp10le", "frames": 3}, "gbrp10le", "gbrp10le"),
    "twelve.mkv": ({"codec": "ffv1", "pixel_format": "gbrp12le", "frames": 3}, "gbrp12le", "gbrp12le"),
    "palette.gif": ({"codec": "gif", "pixel_format": "rgb8", "frames": 3}, "gbrp", "rgb24"),
    "raw.avi": ({"codec": "rawvideo", "pixel_format": "bgr24", "frames": 3}, "gbrp", "rgb24"),
}


def truth(path: Path, name: str) -> npt.NDArray[Any]:
    """The last frame as R, G, B by FFmpeg's own unpacking, (height, width, 3)."""
    with av.open(str(path)) as file:
        frame = list(file.decode(video=0))[-1]
    if name.startswith("gbrp"):
        return rgb_of(planes_of(frame, 3, 16))
    return frame.to_ndarray(format=name)


def rgb_of(planes: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    green, blue, red = planes
    return np.stack([red, green, blue], -1)


@pytest.mark.parametrize("codec", ["ffv1", "png", None])
@pytest.mark.parametrize("name", EXACT)
def test_rgb_is_read_as_it_is(tmp_path: Path, name: str, codec: Codec | None) -> None:
    recipe, layout, unpacked = EXACT[name]
    if codec == "png" and layout in ("gbrp10le", "gbrp12le"):
        layout = "gbrp16le"
    path = make_video(tmp_path / name, **recipe)
    with RawReader(path, codec=codec) as reader:
        picture = list(reader)[-1].picture
        info = reader.info
    assert (info.layout.name, info.layout.matrix, info.layout.full_range) == (layout, "gbr", True)
    assert not [note for note in info.notes if "transparency" not in note]
    got = rgb_of(picture.planes).astype(int)
    expected = truth(path, unpacked).astype(int)
    if info.layout.depth == 16 and unpacked != "rgb48le":  # PNG has 8 and 16 bits only
        bits = int(unpacked.removeprefix("gbrp").removesuffix("le"))
        assert np.abs(got / 65535 - expected / (2**bits - 1)).max() < 3 / 2**bits  # libswscale rounds
    else:
        assert np.array_equal(got, expected)
    y = got @ (0.299, 0.587, 0.114)
    assert np.abs(picture.luma - y).max() <= 0.51


@pytest.mark.parametrize(
    ("name", "codec"),
    [("rgb.png", "png"), ("deep.png", "png"), ("rgb.png", "ffv1"), ("rgb.mkv", "ffv1"), ("ten.mkv", "ffv1")],
)
def test_rgb_is_written_as_it_is(tmp_path: Path, name: str, codec: Codec) -> None:
    path = make_video(tmp_path / name, **EXACT[name][0])
    target = tmp_path / ("out.png" if codec == "png" else "out.mkv")
    with RawReader(path, codec=codec) as reader:
        frames, info = [publish(frame) for frame in reader], reader.info
    with PublicWriter(target, info, EncodeSettings(codec)) as writer:
        writer.write(frames)
        assert writer.commit().notes == ()
    with PublicReader(target) as again:
        received = list(again)
        assert again.info.layout == info.layout
    for a, b in zip(frames, received, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a.picture.planes, b.picture.planes, strict=True))


def test_a_crop_is_the_rgb_itself(tmp_path: Path) -> None:
    path = make_video(tmp_path / "rgb.png", **EXACT["rgb.png"][0])
    with RawReader(path, codec="png") as reader:
        (frame,) = reader
    patch = crop(frame.picture, Box(8, 4, 32, 32), 32)
    assert np.array_equal(np.rint(patch * 255), scene(0, (64, 48))[4:36, 8:40])


def test_jpeg_has_its_own_luma_whatever_it_is_made_of(tmp_path: Path) -> None:
    """BT.601 in full range, so that what is written into the luma is where every reader looks."""
    recipes: dict[str, dict[str, Any]] = {"in.png": EXACT["rgb.png"][0], "in.mp4": {"frames": 1}}
    for name, recipe in recipes.items():
        path = make_video(tmp_path / name, **recipe)
        with RawReader(path, codec="jpeg") as reader:
            (frame,) = reader
        with av.open(str(path)) as file:
            rgb = next(file.decode(video=0)).to_ndarray(format="rgb24").astype(float)
        assert (frame.picture.layout.matrix, frame.picture.layout.full_range) == ("bt601", True)
        assert np.abs(frame.picture.planes[0] - rgb @ (0.299, 0.587, 0.114)).mean() < 1.5


# --- the whole program ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    tint = np.array([0.85, 1.0, 0.92])  # its luma differs from its green and from BT.709's
    assert cv2.imwrite(str(path), (face_image() * tint).astype(np.uint8))
    return path


def pixels(path: Path) -> npt.NDArray[np.int32]:
    """B, G, R of an image."""
    return np.asarray(cv2.imread(str(path)), np.int32)


def test_outside_of_the_regions_only_the_mark_changes_a_photo(photo: Path, tmp_path: Path) -> None:
    public = tmp_path / "public.png"
    assert Ran("deidentify", photo, "-o", public).code == 0
    before, after = pixels(photo), pixels(public)
    with PublicReader(public) as reader:
        text = next(iter(reader)).payloads[1]
    n, x, y, w, h = (int(value) for value in text[1:-1].split(b","))
    assert n == 1
    outside = np.ones(before.shape[:2], bool)
    outside[y : y + h, x : x + w] = False
    change = (after - before)[outside]
    unclipped = ((after > 0) & (after < 255)).reshape(*outside.shape, 3)[outside].all(-1)
    assert np.ptp(change[unclipped], axis=-1).max() == 0  # the same grey step in R, G and B
    assert np.abs(change).max() < 30


@pytest.mark.parametrize("first", ["public.png", "public.jpg"])
@pytest.mark.parametrize("second", ["again.png", "again.jpg"])
def test_pixels_speak_in_every_kind_of_image(photo: Path, tmp_path: Path, first: str, second: str) -> None:
    """An editor that knows nothing of us opens the image and saves it."""
    ran = Ran("deidentify", photo, "-o", tmp_path / first)
    assert ran.code == 0 and "may not survive" not in ran.err
    assert cv2.imwrite(str(tmp_path / second), pixels(tmp_path / first).astype(np.uint8))
    found = Ran("inspect", tmp_path / second, "--json").json
    assert found["windows"][0]["carriers"] == {"spread": 1} and found["windows"][0]["regions"] == 1


def test_a_photo_comes_back(photo: Path, tmp_path: Path) -> None:
    public, restored = tmp_path / "public.png", tmp_path / "restored.png"
    assert Ran("deidentify", photo, "-o", public).code == 0
    assert Ran("reconstruct", public, "-o", restored, "--decoder", "demo").code == 0
    change = np.abs(pixels(public) - pixels(restored)).max(-1)
    assert 0 < np.mean(change > 0) < 0.5
    assert change[:, :30].max() == 0 == change[:, -30:].max()  # beside the face not one sample
