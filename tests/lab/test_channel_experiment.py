"""Restoration and messages through real codecs, of de-identifiers whose answers are known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.stand_ins import Blind, Constant, Small, Untouched, packed, pattern
from uunet.types import PublicFrame
from uunet.video import EncodeSettings
from uunet_lab.evaluation import channel
from uunet_lab.evaluation.channel import AGAIN, CHANNEL, SHAPE, WAYS
from uunet_lab.evaluation.experiment import Bench
from uunet_lab.evaluation.gallery import Deidentifier, Gallery
from uunet_lab.measuring.mosaic import Mosaic, shaken
from uunet_lab.measuring.publishing import Again, Paths, again, heard, publish, received


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "QUICK_SIDES", (64,))
    ways = {name: WAYS[name] for name in ("lossless", "H.264 18", "H.264 28")}
    monkeypatch.setattr(channel, "WAYS", ways)
    monkeypatch.setattr(channel, "AGAIN", {"again": AGAIN["again 3/4, H.264 23"]})


def _measured(folder: Path, pair: Deidentifier) -> dict[str, Any]:
    faces = packed(folder / "set", people=21)
    bench = Bench(Gallery(faces, np.arange(21), pair, Small()), Blind(), quick=True)
    found = CHANNEL.measure(bench)
    assert found["faces"] == SHAPE[0] * SHAPE[1]
    return found["sides"]["64"]  # type: ignore[no-any-return]


def test_what_is_not_touched_comes_back_as_well_as_the_codec_lets_it(tmp_path: Path) -> None:
    found = _measured(tmp_path, Untouched())
    assert found["lossless"]["psnr"]["value"] > 45  # but for the message in the lowest bits
    quality = [found[way]["psnr"]["value"] for way in ("lossless", "H.264 18", "H.264 28")]
    assert quality == sorted(quality, reverse=True)
    assert quality[1] > quality[2] + 1
    assert found["again"]["psnr"]["value"] > 20
    for way in found.values():
        assert (way["message"], way["message_alone"], way["windows"]) == (1, 1, 1)
        assert way["auc"]["value"] > 0.95
    assert found["lossless"]["same_person"]["value"] == 1


def test_a_constant_face_restores_nothing_but_its_message_is_read(tmp_path: Path) -> None:
    found = _measured(tmp_path, Constant())
    assert found["lossless"]["psnr"]["value"] < 20
    assert 0.3 < found["lossless"]["auc"]["value"] < 0.7
    assert found["H.264 18"]["message"] == 1


def _window(side: int = 64) -> tuple[list[Any], Paths]:
    x = Mosaic.of([pattern(i) for i in range(5, 17)], 0.1, side, cell=96, shape=(5, 4))
    paths = Paths.of(x.boxes, x.picture.size)
    return [shaken(x.picture, k) for k in range(paths.frames)], paths


@pytest.mark.parametrize("side", [24, 48, 64])
def test_paths_are_the_boxes_but_for_what_a_message_can_say(side: int) -> None:
    x = Mosaic.of([pattern(5)] * 20, 0.1, side, cell=96, shape=(5, 4))
    size = x.picture.size
    assert size == (480, 384)
    for box, wanted in zip(Paths.of(x.boxes, size).boxes(size), x.boxes, strict=True):
        assert abs(box.x - wanted.x) <= 2
        assert abs(box.y - wanted.y) <= 2
        assert 0 <= box.w - wanted.w <= 2
    half = Paths.of(x.boxes, size).boxes((240, 192))
    assert abs(half[7].x - x.boxes[7].x / 2) <= 2


def test_lost_messages_are_counted(tmp_path: Path) -> None:
    pictures, paths = _window()
    publish(pictures, paths, EncodeSettings("h264", crf=18), tmp_path / "public.mkv")
    frames = received(tmp_path / "public.mkv")
    assert channel._share(frames, paths, alone=False) == 1
    other = Paths(paths.segments[:-1])
    assert channel._share(frames, other, alone=False) == 0
    plain = [PublicFrame(picture, i, i) for i, picture in enumerate(pictures)]
    assert channel._share(plain, paths, alone=True) == 0


def test_images_hold_their_message_beside_them(tmp_path: Path) -> None:
    pictures, paths = _window()
    publish(pictures, paths, EncodeSettings("jpeg", crf=2), tmp_path / "frame_%04d.jpg")
    frames = received(tmp_path / "frame_%04d.jpg")
    wanted = tuple(paths.boxes(pictures[0].size))
    assert [revealed.boxes for revealed in heard(frames, alone=False)] == [wanted] * 48


def test_a_second_encode_scales_and_keeps_pictures_only(tmp_path: Path) -> None:
    pictures, paths = _window()
    publish(pictures, paths, EncodeSettings("h264", crf=18), tmp_path / "public.mkv")
    again(tmp_path / "public.mkv", tmp_path / "half.mkv", Again("libx264", (("crf", "23"),), Fraction(1, 2)))
    again(tmp_path / "public.mkv", tmp_path / "jpeg.mkv", AGAIN["again JPEG 5"])
    half, jpeg = received(tmp_path / "half.mkv"), received(tmp_path / "jpeg.mkv")
    assert [frame.picture.size for frame in half] == [(240, 192)] * 48
    assert not any(frame.payloads for frame in [*half, *jpeg])
    luma = pictures[5].planes[0].astype(float)
    assert jpeg[5].picture.size == (480, 384)
    assert jpeg[5].picture.layout.full_range
    shown = jpeg[5].picture.planes[0].astype(float) * 219 / 255 + 16
    assert np.abs(shown - luma).mean() < 4  # of the codecs and the mark
