"""Lines and labels round restored regions: readable, inside the picture, not on one another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uunet.evidence.outline import Mark, Outlines
from uunet.geometry import plane_slices
from uunet.types import Box, FrameSize, Layout, Picture, Plane
from uunet.video.formats import Colour, make_layout

GREY = 100
SMALL = (480, 270)


def blank(size: FrameSize = SMALL, name: str = "yuv420p") -> Picture:
    layout = make_layout(name, Colour(), size)
    kind, value = (np.uint8, GREY) if layout.depth == 8 else (np.uint16, GREY << layout.depth - 8)
    return Picture(
        tuple(_plane(layout, i, size, kind, value) for i in range(3 if layout.colour else 1)), layout
    )


def _plane(layout: Layout, i: int, size: FrameSize, kind: npt.DTypeLike, value: int) -> Plane:
    across, down = (layout.chroma_w, layout.chroma_h) if layout.is_chroma(i) else (1, 1)
    return np.full((-(-size[1] // down), -(-size[0] // across)), value, kind)


def drawn(*marks: Mark, size: FrameSize = SMALL, pen: Outlines | None = None) -> Plane:
    """Luma of a grey picture with these marks."""
    picture = blank(size)
    (pen or Outlines()).draw(picture, marks)
    return picture.planes[0]


def ink(luma: Plane) -> int:
    """How many samples are as light as letters; no line is."""
    return int((luma > 225).sum())


def fields(luma: Plane) -> int:
    """How many samples are as dark as what labels stand on; no line is."""
    return int((luma == 16).sum())


@pytest.mark.parametrize("size", [(320, 180), (480, 270), (752, 416), (1920, 1080)])
def test_letters_are_light_on_dark_and_large_enough(size: FrameSize) -> None:
    luma = drawn(Mark(Box(100, 80, 40, 40), 3, "visual"), size=size)
    light = np.nonzero((luma > 225).any(1))[0]
    assert max(9, size[1] / 70) <= light[-1] - light[0] + 1 <= max(14, size[1] / 40)  # rows of a capital
    assert fields(luma) > ink(luma) > 40


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_letters_stand_upright_as_the_picture_is_shown(turns: int) -> None:
    size = SMALL if turns % 2 == 0 else (SMALL[1], SMALL[0])
    luma = drawn(Mark(Box(120, 120, 40, 40), 3, "exact"), size=size, pen=Outlines(turns))
    shown = np.rot90(luma, turns)
    rows, columns = np.nonzero(shown == 16)
    label = shown[rows.min() : rows.max() + 1, columns.min() - 4 : columns.max() + 1]
    assert label.shape[1] > 2 * label.shape[0]
    usual = drawn(Mark(Box(120, 120, 40, 40), 3, "exact"))
    rows, columns = np.nonzero(usual == 16)
    assert (label == usual[rows.min() : rows.max() + 1, columns.min() - 4 : columns.max() + 1]).all()


def test_labels_of_faces_side_by_side_are_whole() -> None:
    marks = [Mark(Box(200 + 44 * i, 120 + 6 * i, 40, 40), i, "exact") for i in range(3)]
    together = drawn(*marks)
    assert ink(together) == sum(ink(drawn(mark)) for mark in marks)
    assert fields(together) == sum(fields(drawn(mark)) for mark in marks)


@pytest.mark.parametrize(
    "box", [Box(0, 0, 40, 40), Box(440, 0, 40, 40), Box(0, 230, 40, 40), Box(440, 230, 40, 40)]
)
def test_a_label_in_a_corner_is_inside_the_picture(box: Box) -> None:
    corner, middle = (drawn(Mark(b, 7, "neural", in_part=True)) for b in (box, Box(200, 100, 40, 40)))
    assert (ink(corner), fields(corner)) == (ink(middle), fields(middle))
    assert (corner[plane_slices(blank().layout, box)[0]] == GREY).all()


def test_where_there_is_less_room_a_letter_stands_and_then_none() -> None:
    box, sizes = Box(0, 24, 40, 40), [(200, 64), (48, 64), (40, 64), (40, 42)]
    inks = [
        ink(drawn(Mark(box if size[1] > 42 else Box(0, 2, 40, 40), 1, "exact"), size=size)) for size in sizes
    ]
    assert inks[0] > inks[1] == inks[2] > inks[3] == 0


def test_a_label_stays_where_it_was_while_it_can() -> None:
    pen, one, above = (
        Outlines(),
        Mark(Box(200, 120, 40, 40), 1, "exact"),
        Mark(Box(190, 70, 60, 40), 2, "exact"),
    )
    alone = drawn(one)
    drawn(above, one, pen=pen)
    after = drawn(one, pen=pen)
    assert ink(after) == ink(alone)
    assert (after != alone).any() and (after[160:] == 16).any()  # it went below, and does not jump back


@pytest.mark.parametrize("name", ["yuv420p10le", "yuv444p", "gbrp", "gray", "gray16le"])
def test_in_every_layout(name: str) -> None:
    picture, box = blank(name=name), Box(200, 100, 40, 40)
    before = picture.copy()
    Outlines().draw(picture, [Mark(box, 1, "unavailable")])
    unit = 1 << picture.layout.depth - 8
    assert picture.planes[0].max() >= 225 * unit and picture.planes[0].min() == 16 * unit
    for plane, old, where in zip(
        picture.planes, before.planes, plane_slices(picture.layout, box), strict=True
    ):
        assert (plane != old).any() and (plane[where] == old[where]).all()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), unique=True, max_size=40))
def test_no_label_in_a_crowd_stands_on_a_region(places: list[tuple[int, int]]) -> None:
    boxes = [Box(48 * x + 4, 44 * y + 4, 40, 36) for x, y in places]
    picture = blank()
    Outlines().draw(picture, [Mark(box, i, "visual") for i, box in enumerate(boxes)])
    for box in boxes:
        for plane, where in zip(picture.planes, plane_slices(picture.layout, box), strict=True):
            assert (plane[where] == GREY).all()
