"""From windows to tracklets: where crops are cut, what is left out and why, where a tracklet ends."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from faces import noise_face
from uunet.types import (
    POSITION_UNITS,
    Box,
    Detection,
    Layout,
    Picture,
    RawFrame,
    Segment,
    Window,
    nearest_side,
)
from uunet_lab.datasets.crops import LARGEST, Crop, Cropper, match, place, sharpness
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.hashing import dhash, distance
from uunet_lab.datasets.tracklets import Gatherer, Tracklet, TrackletRules

GREY = Layout("gray", 8, 1, 1, False, True, "bt601")
SIZE = (640, 360)
Image = npt.NDArray[np.uint8]


def face(cx: float, cy: float, height: float = 40, score: float = 0.8) -> Detection:
    return Detection(cx - 0.4 * height, cy - height / 2, cx + 0.4 * height, cy + height / 2, score)


# dHash


def test_dhash_says_where_it_gets_brighter() -> None:
    ramp = np.repeat(np.arange(90, dtype=np.uint8)[None], 80, 0)
    rising: Image = np.repeat(ramp[:, :, None], 3, 2)
    assert dhash(rising) == 2**64 - 1
    assert dhash(rising[:, ::-1].copy()) == 0
    half = np.concatenate([rising[:40], rising[40:, ::-1]])
    assert dhash(half) == (2**32 - 1) << 32
    assert distance(dhash(rising), dhash(half)) == 32


def test_dhash_ignores_light_and_small_noise_and_tells_images_apart() -> None:
    image = noise_face(1, 64)
    darker: Image = (image * 0.6 + 10).astype(np.uint8)
    grainy = cv2.add(image, np.random.default_rng(0).integers(0, 6, image.shape, np.uint8))
    assert distance(dhash(image), dhash(darker)) <= 2
    assert distance(dhash(image), dhash(np.asarray(grainy, np.uint8))) <= 6
    assert distance(dhash(image), dhash(noise_face(2, 64))) > 20


def test_sharpness_falls_with_blur_and_not_with_light() -> None:
    image = noise_face(3, 64)
    blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), 6), np.uint8)
    assert sharpness(blurred) < 0.3 * sharpness(image)
    assert sharpness((image * 0.5).astype(np.uint8)) == pytest.approx(sharpness(image), rel=0.15)
    assert sharpness(np.full((40, 40, 3), 90, np.uint8)) == 0


# crops


def test_a_crop_is_as_large_as_the_box_and_a_little_below_it() -> None:
    box = place(face(300, 200, 50), SIZE, 0)
    assert box == Box(276, 178, 50, 50)  # 200 + 0.07 * 50 - 25 = 178.5, on the grid


@pytest.mark.parametrize(
    ("turns", "x", "y"), [(0, 160, 110), (1, 200 - 110, 160), (2, 300 - 160, 200 - 110), (3, 110, 300 - 160)]
)
def test_the_crop_of_a_turned_video_is_the_crop_of_the_upright_one(turns: int, x: int, y: int) -> None:
    """A face at (160, 110) of 300×200, stored with `turns` quarter turns clockwise."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    upright = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8)
    stored = np.ascontiguousarray(np.rot90(upright, -turns))
    w, h = (48, 60) if turns % 2 == 0 else (60, 48)
    found = Detection(x - w / 2, y - h / 2, x + w / 2, y + h / 2, 0.9)
    crop = _single(stored, found, turns)
    assert crop.image is not None and crop.image.shape == (60, 60, 3)
    top, left = 110 + 4 - 30, 160 - 30
    differences = {  # within a step of the grid, which lies elsewhere in a turned picture
        (dy, dx): np.abs(crop.image[:, :, 0].astype(int) - upright[top + dy :, left + dx :][:60, :60]).mean()
        for dy in range(-4, 5)
        for dx in range(-4, 5)
    }
    best = min(differences, key=differences.__getitem__)
    assert differences[best] < 0.6
    assert max(map(abs, best)) <= 1


def test_faces_at_the_edge_are_moved_inside_or_left_out() -> None:
    inside = place(face(22, 200, 50), SIZE, 0)
    assert inside is not None and inside.x == 0
    assert place(face(10, 200, 50), SIZE, 0) is None
    assert place(face(300, 355, 50), SIZE, 0) is None
    assert place(face(300, 200, 400), SIZE, 0) is None


def test_large_faces_are_reduced() -> None:
    crop = _single(np.zeros((720, 1280), np.uint8), face(640, 360, 500))
    assert crop.image is not None and crop.image.shape == (LARGEST, LARGEST, 3)


def test_detections_belong_to_the_nearest_region_one_each() -> None:
    regions = {4: Box(100, 100, 60, 60), 7: Box(140, 100, 60, 60), 9: Box(400, 100, 60, 60)}
    left, right, far = face(128, 132), face(172, 130), face(300, 130)
    assert match(regions, (right, far, left)) == {4: left, 7: right}
    assert match(regions, ()) == {}
    assert match({}, (left,)) == {}


def _segment(centre: tuple[float, float], side: float, last: int, shape: Sequence[int]) -> Segment:
    """A region of track 3 that stays where it is, in frames 0 to `last`."""
    height, width = shape
    cx, cy = int(centre[0] * POSITION_UNITS / width), int(centre[1] * POSITION_UNITS / height)
    s = nearest_side(side / max(width, height))
    return Segment(3, 0, last, cx, cy, cx, cy, s, s)


def _single(luma: Image, found: Detection, rotation: int = 0) -> Crop:
    """The crop of the one face of a grey picture."""
    centre = ((found.x0 + found.x1) / 2, (found.y0 + found.y1) / 2)
    segment = _segment(centre, 1.2 * (found.y1 - found.y0), 0, luma.shape)
    window = _window([RawFrame(Picture((luma,), GREY), 0, 0)], [(found,)], [segment])
    [crop] = Cropper(rotation).crops([window])
    return crop


def _window(
    frames: Sequence[RawFrame],
    detected: Sequence[tuple[Detection, ...] | None],
    segments: Sequence[Segment],
) -> Window:
    return Window(0, tuple(frames), tuple(segments), tuple(s.track for s in segments), tuple(detected))


def test_only_frames_between_two_sightings_are_cropped() -> None:
    """Looks at 0, 4, 8, 12 and 16; the face is missed at 8."""
    luma = np.tile(np.arange(0, 640).astype(np.float32) / 640 * 255, (360, 1)).astype(np.uint8)
    frames = [RawFrame(Picture((luma,), GREY), k, k) for k in range(17)]
    at = {0: 300.0, 4: 308.0, 12: 308.0, 16: 308.0}
    looks = [(face(at[k], 180, score=0.9 - k / 100),) if k in at else () for k in range(0, 17, 4)]
    detected = [looks[k // 4] if k % 4 == 0 else None for k in range(17)]
    cropper = Cropper(0)
    segment = _segment((304, 180), 60, 16, (360, 640))
    halves = [_window(frames[:6], detected[:6], [segment]), _window(frames[6:], detected[6:], [segment])]
    crops = list(cropper.crops(halves))
    assert [crop.frame for crop in crops] == [0, 1, 2, 3, 4, 12, 13, 14, 15, 16]
    assert {crop.track for crop in crops} == {3}
    assert crops[2].score == pytest.approx(0.86)  # the lower of both looks
    brightness = [float(crop.image.mean()) for crop in crops[:5] if crop.image is not None]
    steps = np.diff(brightness)  # the crop moves right, 2 pixels a frame, with the face
    assert (steps > 0).all() and steps.sum() == pytest.approx(8 / 640 * 255, abs=0.6)
    assert cropper.covered == 17


# tracklets


RULES = TrackletRules(shortest=4, longest=10, pause=5)


def _crops(image: Image | None, frames: Sequence[int], track: int = 0, score: float = 0.9) -> list[Crop]:
    return [Crop(track, frame, image, score) for frame in frames]


def _gather(crops: Sequence[Crop], rules: TrackletRules = RULES) -> tuple[list[Tracklet], Gatherer]:
    gatherer = Gatherer(rules)
    return list(gatherer.tracklets(crops)), gatherer


@pytest.mark.parametrize(
    ("crops", "reason"),
    [
        (_crops(None, range(6)), "edge"),
        (_crops(noise_face(1, 18), range(6)), "small"),
        (_crops(noise_face(1, 64), range(6), score=0.2), "unsure"),
        (_crops(np.full((64, 64, 3), 90, np.uint8), range(6)), "blurred"),
        (_crops(noise_face(1, 64), range(3)), "short"),
        (_crops(noise_face(1, 64), range(6), score=0.4), "doubtful"),
    ],
)
def test_what_is_left_out_is_counted(crops: list[Crop], reason: str) -> None:
    tracklets, gatherer = _gather(crops)
    assert tracklets == []
    assert gatherer.dropped == {reason: len(crops)}


def test_a_tracklet_is_one_track_in_order() -> None:
    a, b = noise_face(1, 64), noise_face(2, 64)
    mixed = [crop for k in range(6) for crop in (*_crops(a, [k], 1), *_crops(b, [k], 2))]
    tracklets, gatherer = _gather(mixed)
    assert [t.track for t in tracklets] == [1, 2]
    assert [[crop.frame for crop in t.crops] for t in tracklets] == [list(range(6))] * 2
    assert all((image == a).all() for image in tracklets[0].images)
    assert not gatherer.dropped


def test_another_face_under_the_same_number_begins_a_tracklet() -> None:
    a, b = noise_face(1, 64), noise_face(2, 64)
    tracklets, gatherer = _gather([*_crops(a, range(6)), *_crops(b, range(6, 12))])
    assert [t.crops[0].frame for t in tracklets] == [0, 6]
    assert gatherer.cuts == 1
    lenient = TrackletRules(shortest=4, longest=20, change=64)
    assert len(_gather([*_crops(a, range(6)), *_crops(b, range(6, 12))], lenient)[0]) == 1


def test_a_long_pause_ends_a_tracklet_and_a_short_one_does_not() -> None:
    a = noise_face(1, 64)
    assert len(_gather(_crops(a, [0, 1, 2, 7, 8]))[0]) == 1
    assert [len(t.crops) for t in _gather(_crops(a, [0, 1, 2, 3, 9, 10, 11, 12]))[0]] == [4, 4]


def test_a_tracklet_stops_growing_and_does_not_begin_again() -> None:
    tracklets, gatherer = _gather(_crops(noise_face(1, 64), range(40)))
    assert [len(t.crops) for t in tracklets] == [10]
    assert gatherer.dropped == {"surplus": 30}


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": 65},
        {"shortest": 0},
        {"shortest": 9, "longest": 8},
        {"score": 1.1},
        {"sharp": -1},
        {"pause": 0},
    ],
)
def test_rules_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(DatasetError, match="can't use"):
        TrackletRules(**wrong)
