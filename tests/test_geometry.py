"""Crop and paste: known colours, an exact inverse inside, and nothing touched outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uunet.geometry import crop, fill, paste, soft_border
from uunet.types import Box, Layout, Picture, Plane

CHROMA = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "440": (1, 2), "grey": (1, 1)}
GBR = [Layout(f"gbrp{depth}", depth, 1, 1, True, True, "gbr") for depth in (8, 16)]


def layout(chroma: str = "420", depth: int = 8, full: bool = False, matrix: Any = "bt709") -> Layout:
    w, h = CHROMA[chroma]
    return Layout(f"yuv{chroma}p{depth}", depth, w, h, chroma != "grey", full, matrix)


LAYOUTS = [
    *(layout(c, d, f, m) for c in CHROMA for d, f, m in ((8, False, "bt601"), (10, True, "bt2020"))),
    *GBR,
]


def noise(layout: Layout, size: tuple[int, int], seed: int = 0) -> Picture:
    """Random samples over the whole range of the numbers, also where no colour lies."""
    rng = np.random.default_rng(seed)
    width, height = size
    shapes = [(height, width)]
    if layout.colour:
        shapes += [(-(-height // layout.chroma_h), -(-width // layout.chroma_w))] * 2
    samples = (rng.integers(0, 1 << layout.depth, shape) for shape in shapes)
    planes: list[Plane] = [
        plane.astype(np.uint8) if layout.depth == 8 else plane.astype(np.uint16) for plane in samples
    ]
    return Picture(tuple(planes), layout)


def copy(picture: Picture) -> Picture:
    return Picture(tuple(plane.copy() for plane in picture.planes), picture.layout)


def may_change(picture: Picture, box: Box, plane: int) -> npt.NDArray[np.bool_]:
    """Where a paste may change a plane: inside the box, where M > 0."""
    target = picture.planes[plane]
    cw, ch = (picture.layout.chroma_w, picture.layout.chroma_h) if plane else (1, 1)
    rows, columns = -(-box.h // ch), -(-box.w // cw)
    allowed = np.zeros(target.shape, bool)
    y, x = box.y // ch, box.x // cw
    allowed[y : y + rows, x : x + columns] = soft_border(columns, rows) > 0
    return allowed


def ramp(side: int) -> npt.NDArray[np.float32]:
    """A smooth upright picture whose corners differ: dark-to-light red across, green down, some blue."""
    t = np.linspace(0.25, 0.75, side, dtype=np.float32)
    return np.stack([*np.meshgrid(t, t), np.full((side, side), 0.4, np.float32)], -1)


boxes = st.builds(
    lambda x, y, w, h: Box(2 * x, 2 * y, 2 * w, 2 * h),
    st.integers(0, 20),
    st.integers(0, 16),
    st.integers(1, 20),
    st.integers(1, 18),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LAYOUTS), boxes, st.integers(0, 3), st.booleans(), st.integers(0, 99))
def test_nothing_outside_the_box_or_its_corners_is_touched(
    layout: Layout, box: Box, rotation: int, odd: bool, seed: int
) -> None:
    picture = noise(layout, (81, 69) if odd else (80, 68), seed)
    before = copy(picture)
    patch = np.random.default_rng(seed).random((32, 32, 3), np.float32)
    paste(picture, box, patch, rotation)
    for i, (old, new) in enumerate(zip(before.planes, picture.planes, strict=True)):
        assert not (old != new)[~may_change(picture, box, i)].any()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LAYOUTS), boxes, st.integers(0, 3))
def test_pasting_what_was_cropped_changes_nothing(layout: Layout, box: Box, rotation: int) -> None:
    """At the region's own size and within RGB, crop and paste are inverse but for rounding."""
    side = 2 * (box.w // 2)
    box = Box(box.x, box.y, side, side)
    picture = noise(layout, (84, 74))
    paste(picture, Box(0, 0, 84, 74), ramp(64), 0)  # colours that RGB has
    picture = flat_inside(picture)
    before = copy(picture)
    paste(picture, box, crop(picture, box, side, rotation), rotation)
    for old, new in zip(before.planes, picture.planes, strict=True):
        assert np.abs(old.astype(int) - new).max() <= (1 if layout.depth == 8 else 2)


def flat_inside(picture: Picture) -> Picture:
    """One colour over everything, so that scaling the chroma planes up and down loses nothing."""
    middles = (plane[plane.shape[0] // 2, plane.shape[1] // 2] for plane in picture.planes)
    planes = (np.full_like(plane, value) for plane, value in zip(picture.planes, middles, strict=True))
    return Picture(tuple(planes), picture.layout)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: f"{one.name}-{one.matrix}")
@pytest.mark.parametrize("rotation", range(4))
def test_what_was_pasted_is_cropped_again(layout: Layout, rotation: int) -> None:
    picture = noise(layout, (100, 90))
    box, patch = Box(20, 10, 64, 64), ramp(64)
    if not layout.colour:
        patch = np.repeat(patch[..., :1], 3, -1)
    paste(picture, box, patch, rotation)
    again = crop(picture, box, 64, rotation)
    inner = slice(16, 48)  # M = 1 here
    assert soft_border(64, 64)[inner, inner].min() == 1
    assert np.abs(again - patch)[inner, inner].max() < 0.02


@settings(max_examples=30, deadline=None)
@given(boxes, st.integers(0, 3), st.integers(0, 99))
def test_two_exact_patches_undo_each_other_where_the_border_is_one(
    box: Box, rotation: int, seed: int
) -> None:
    """mask and unmask rest on this: where M = 1 the first patch leaves no trace under the second."""
    layout_ = layout("444", full=True, matrix="bt601")
    rng = np.random.default_rng(seed)
    first, second = rng.random((32, 32, 3), np.float32), rng.random((32, 32, 3), np.float32)
    once, twice = noise(layout_, (84, 74)), noise(layout_, (84, 74))
    paste(once, box, second, rotation)
    paste(twice, box, first, rotation)
    paste(twice, box, second, rotation)
    whole = np.zeros((74, 84), bool)
    whole[box.y : box.y + box.h, box.x : box.x + box.w] = soft_border(box.w, box.h) == 1
    for a, b in zip(once.planes, twice.planes, strict=True):
        assert np.array_equal(a[whole], b[whole])


@pytest.mark.parametrize(
    ("matrix", "full", "rgb", "yuv"),
    [  # ITU-R BT.601-7, 709-6 and 2020-2, 8 bits
        ("bt601", False, (1, 0, 0), (81, 90, 240)),
        ("bt601", False, (0, 1, 0), (145, 54, 34)),
        ("bt601", False, (0, 0, 1), (41, 240, 110)),
        ("bt601", True, (1, 0, 0), (76, 85, 255)),
        ("bt709", False, (1, 0, 0), (63, 102, 240)),
        ("bt709", False, (0, 1, 0), (173, 42, 26)),
        ("bt709", False, (0, 0, 1), (32, 240, 118)),
        ("bt709", False, (1, 1, 1), (235, 128, 128)),
        ("bt709", False, (0, 0, 0), (16, 128, 128)),
        ("bt709", True, (1, 1, 1), (255, 128, 128)),
        ("bt2020", False, (1, 0, 0), (74, 97, 240)),
    ],
)
@pytest.mark.parametrize("depth", [8, 10])
def test_known_colours(
    matrix: str, full: bool, rgb: tuple[int, ...], yuv: tuple[int, int, int], depth: int
) -> None:
    picture = noise(layout("420", depth, full, matrix), (64, 64))
    paste(picture, Box(0, 0, 64, 64), np.full((64, 64, 3), rgb, np.float32))
    for plane, value in zip(picture.planes, yuv, strict=True):
        middle = float(plane[plane.shape[0] // 2, plane.shape[1] // 2])
        assert middle / (1 << (depth - 8)) == pytest.approx(value, abs=1.0)
    back = crop(picture, Box(16, 16, 32, 32), 32)[16, 16]
    assert back == pytest.approx(np.array(rgb, np.float32), abs=0.015)


def test_turned_pictures_are_cropped_upright() -> None:
    picture = noise(layout("444"), (64, 64))
    patch = ramp(64)
    paste(picture, Box(0, 0, 64, 64), patch)
    for rotation in range(4):
        upright = crop(picture, Box(0, 0, 64, 64), 64, rotation)
        assert np.abs(upright - np.rot90(patch, rotation))[16:48, 16:48].max() < 0.02


def test_results_stay_in_the_legal_range() -> None:
    picture = noise(layout("420"), (64, 64))
    for luma in picture.planes:
        luma[...] = 128
    paste(picture, Box(0, 0, 64, 64), np.full((64, 64, 3), (4.0, -3.0, 9.0), np.float32))
    assert picture.planes[0].min() >= 16 and picture.planes[0].max() <= 235
    assert all(plane.min() >= 16 and plane.max() <= 240 for plane in picture.planes[1:])


def test_the_soft_border_is_as_specified() -> None:
    border = soft_border(64, 64)
    assert border.shape == (64, 64) and border.min() == 0 and border.max() == 1
    assert np.array_equal(border, border.T) and np.array_equal(border, border[::-1])
    d = (2 * (63 / 64) ** 4) ** 0.25  # a corner
    assert d > 0.97 and border[0, 0] == 0
    u, v = (10.5 / 64 * 2 - 1), (3.5 / 64 * 2 - 1)
    assert border[3, 10] == pytest.approx(np.clip((0.97 - (u**4 + v**4) ** 0.25) / 0.14, 0, 1), abs=1e-5)
    with pytest.raises(ValueError, match="read-only"):
        border[0, 0] = 1
    assert soft_border(40, 20).shape == (20, 40)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: f"{one.name}-{one.matrix}")
def test_fill_leaves_one_colour_and_the_rest(layout: Layout) -> None:
    picture = noise(layout, (41, 31))
    before, box = copy(picture), Box(10, 6, 16, 12)
    fill(picture, box)
    for i, (old, new) in enumerate(zip(before.planes, picture.planes, strict=True)):
        cw, ch = (layout.chroma_w, layout.chroma_h) if i else (1, 1)
        rows, columns = slice(6 // ch, 18 // ch), slice(10 // cw, 26 // cw)
        assert np.ptp(new[rows, columns]) == 0
        assert float(new[rows, columns].flat[0]) == pytest.approx(float(old[rows, columns].mean()), abs=0.5)
        outside = np.ones(old.shape, bool)
        outside[rows, columns] = False
        assert np.array_equal(old[outside], new[outside])


def test_fill_of_the_smallest_box() -> None:
    picture = noise(layout("420"), (3, 3))
    fill(picture, Box(0, 0, 2, 2))
    assert np.ptp(picture.planes[0][:2, :2]) == 0
