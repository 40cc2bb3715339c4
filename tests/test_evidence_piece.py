"""A track's regions of a window as a little video: bit for bit, and to each region its own samples only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_vectors import the_piece
from uunet.errors import EvidenceError
from uunet.evidence import crops, piece
from uunet.evidence.piece import Piece, Placed, cut, lacking, lay, placed_together
from uunet.geometry import plane_slices
from uunet.keys.codec import pack, unpack
from uunet.keys.errors import SealError
from uunet.types import Box, FrameSize, Layout, Picture
from uunet.video.formats import Colour, make_layout, working_format

SIZE = (98, 76)
FORMATS = sorted(
    {
        working_format(name)
        for base in ("yuv420p", "yuv422p", "yuv444p", "yuv440p", "gray", "gbrp", "yuv410p", "yuv411p")
        for name in (base, *(f"{base}{depth}le" for depth in (10, 12, 16)))
        if (base, name[len(base) :]) not in {("yuv440p", "16le")} and base not in ("yuv410p", "yuv411p")
    }
)


def layout_of(name: str) -> Layout:
    return make_layout(name, Colour(), SIZE)


def noise(layout: Layout, size: FrameSize = SIZE, seed: int = 0) -> Picture:
    """Every sample drawn: nothing of it can be guessed from its neighbours."""
    rng, (width, height) = np.random.default_rng(seed), size
    planes = []
    for number in range(3 if layout.colour else 1):
        step_x, step_y = (layout.chroma_w, layout.chroma_h) if layout.is_chroma(number) else (1, 1)
        shape = -(-height // step_y), -(-width // step_x)
        drawn = rng.integers(0, 1 << layout.depth, shape, np.uint16)
        planes.append(drawn.astype(np.uint8) if layout.depth == 8 else drawn)
    return Picture(tuple(planes), layout)


# --- bit for bit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FORMATS, "yuv410p", "yuv411p"])
def test_every_layout_comes_back_bit_for_bit(name: str) -> None:
    layout = layout_of(name)
    if name in ("yuv410p", "yuv411p"):
        layout = Layout(name, 8, 4, 4 if name == "yuv410p" else 1, True, False, "bt601")
    boxes = [
        Box(10, 20, 24, 26),
        Box(13, 21, 31, 27),
        Box(0, 0, 2, 2),
        Box(60, 40, 38, 36),
        Box(97, 75, 1, 1),
    ]
    regions = [Placed(number, box) for number, box in enumerate(boxes)]
    pictures = [noise(layout, seed=number) for number in range(len(boxes))]
    taken = [cut(picture, placed) for picture, placed in zip(pictures, regions, strict=True)]
    made = Piece.unpack(Piece.of(regions, taken, layout, SIZE, exact=True).pack())
    assert made.exact and made.layout == layout and made.regions == tuple(regions)
    assert made.coding == ("x264-lossless" if common(layout) else "ffv1")
    for placed, picture, pixels in zip(regions, pictures, made.pixels(), strict=True):
        changed = Picture(tuple(np.zeros_like(plane) for plane in picture.planes), layout)
        lay(changed, placed, pixels)
        for where, plane, wanted in zip(
            plane_slices(layout, placed.box), changed.planes, picture.planes, strict=True
        ):
            assert plane[where].size > 0 and np.array_equal(plane[where], wanted[where])
            outside = np.ones(plane.shape, bool)
            outside[where] = False
            assert not plane[outside].any()


def common(layout: Layout) -> bool:
    return (
        layout.colour
        and layout.depth in (8, 10)
        and (layout.chroma_w, layout.chroma_h) in ((1, 1), (2, 1), (2, 2))
    )


EVEN = st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(1, 15), st.integers(1, 15)).map(
    lambda n: Box(2 * n[0], 2 * n[1], 2 * n[2], 2 * n[3])
)
ANY = st.builds(Box, st.integers(0, 60), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30))


@settings(max_examples=25, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=4), st.sampled_from(["yuv420p", "yuv422p10le", "gbrp", "gray16le"]))
def test_boxes_anywhere(boxes: list[Box], name: str) -> None:
    layout = layout_of(name)
    regions = [Placed(number, box) for number, box in enumerate(boxes)]
    taken = [cut(noise(layout, seed=number), placed) for number, placed in enumerate(regions)]
    for wanted, pixels in zip(
        taken, Piece.of(regions, taken, layout, SIZE, exact=True).pixels(), strict=True
    ):
        assert all(np.array_equal(a, b) for a, b in zip(wanted, pixels, strict=True))


def test_visual_is_near_and_says_that_it_is_not_exact() -> None:
    layout = layout_of("yuv420p")
    y, x = np.mgrid[:76, :98]
    planes = [np.asarray((x + 2 * y) * 0.8, np.uint8)[::step, ::step].copy() for step in (1, 2, 2)]
    picture, placed = Picture(tuple(planes), layout), Placed(0, Box(8, 8, 60, 60))
    visual, exact = (
        Piece.of([placed], [cut(picture, placed)], layout, SIZE, exact=exact) for exact in (False, True)
    )
    assert visual.coding == "x264" and not visual.exact and visual.digest == b""
    assert sum(map(len, visual.packets)) < sum(map(len, exact.packets))
    difference = visual.pixels()[0][0].astype(int) - exact.pixels()[0][0].astype(int)
    assert 0 < np.abs(difference).mean() < 4
    assert crops.coding_for(layout_of("gray"), exact=False) == "ffv1"  # what x264 has no planes for is exact


# --- whose sample ------------------------------------------------------------------------------------------


PLAIN = {name: noise(layout_of(name)) for name in ("yuv420p", "yuv422p", "yuv444p", "gray", "yuv440p")}


@settings(max_examples=100, deadline=None)
@given(st.lists(EVEN, min_size=1, max_size=5), st.sampled_from(list(PLAIN)))
def test_every_sample_belongs_to_exactly_one_region(boxes: list[Box], name: str) -> None:
    layout = layout_of(name)
    for number, plane in enumerate(PLAIN[name].planes):
        owners, covered = np.zeros(plane.shape, int), np.zeros(plane.shape, bool)
        for placed in placed_together(0, boxes):
            where, own = plane_slices(layout, placed.box)[number], placed.own(layout)[number]
            covered[where] = True
            owners[where] += True if own is None else own
        assert np.array_equal(owners, covered.astype(int))


@pytest.mark.parametrize("boxes", [[Box(4, 4, 20, 20)] * 2, [Box(4, 4, 20, 20)] * 3, [Box(0, 0, 98, 76)] * 2])
def test_two_people_in_the_very_same_box(boxes: list[Box]) -> None:
    """The first has it all, and nothing is lost."""
    owns = [placed.own(layout_of("gray"))[0] for placed in placed_together(0, boxes)]
    assert owns[0] is None or owns[0].all()
    assert all(own is not None and not own.any() for own in owns[1:])


BOXES = [Box(10, 10, 40, 40), Box(36, 20, 30, 44), Box(30, 44, 20, 20)]


@pytest.mark.parametrize("name", ["yuv420p", "yuv444p10le", "gbrp", "gray12le"])
def test_a_piece_holds_nothing_of_others_and_all_restore_everything(name: str) -> None:
    layout, changed = layout_of(name), noise(layout_of(name), seed=1)
    picture, regions = noise(layout), placed_together(0, BOXES)
    pieces = [Piece.of([placed], [cut(picture, placed)], layout, SIZE, exact=True) for placed in regions]
    for one in pieces:
        (placed,), (pixels,) = one.regions, one.pixels()
        assert placed.others
        alone = changed.copy()
        lay(alone, placed, pixels)
        for number, (where, own) in enumerate(
            zip(plane_slices(layout, placed.box), placed.own(layout), strict=True)
        ):
            assert own is not None and own.any() and not own.all()
            grey = pixels[number][~own]
            assert (grey == 1 << (layout.depth - 1)).all()
            assert np.array_equal(pixels[number][own], picture.planes[number][where][own])
            assert np.array_equal(alone.planes[number][where][~own], changed.planes[number][where][~own])
    everything = changed.copy()
    for one in pieces:
        lay(everything, one.regions[0], one.pixels()[0])
    for box in BOXES:
        for number, where in enumerate(plane_slices(layout, box)):
            assert np.array_equal(everything.planes[number][where], picture.planes[number][where])


def test_nearer_is_measured_in_sides() -> None:
    """A small face before a large one keeps its middle."""
    large, small = Box(0, 0, 80, 60), Box(68, 20, 16, 16)
    own_large, own_small = (placed.own(layout_of("gray"))[0] for placed in placed_together(0, [large, small]))
    assert own_large is not None and own_small is not None
    assert own_small[6:10, 3:].all() and not own_large[26:30, 71:].any()
    assert own_large[:20].all() and own_large[:, :60].all()


# --- what is refused ---------------------------------------------------------------------------------------


def test_pictures_that_are_not_as_it_says() -> None:
    made = the_piece()
    wrongs: list[dict[str, Any]] = [
        {"packets": made.packets[:1]},
        {"packets": made.packets * 2},
        {"packets": (b"\0\0\0\x01junk", b"more")},
        {"packets": ()},
        {"canvas": (8, 8), "coding": "ffv1"},
        {"digest": bytes(32)},
        {"regions": made.regions[:1]},
        {"regions": (*made.regions, Placed(3, Box(0, 0, 4, 4)))},
        {"regions": (Placed(0, Box(0, 0, 64, 48)), made.regions[1])},
        {"layout": layout_of("yuv444p")},
        {"layout": Layout("nonsense", 8, 2, 2, True, True, "bt601"), "coding": "ffv1"},
    ]
    assert len(made.pixels()) == 2
    for wrong in wrongs:
        fields = {name: getattr(made, name) for name in Piece.__slots__}
        with pytest.raises(EvidenceError) as caught:
            Piece(**{**fields, **wrong}).pixels()
        assert caught.value.hint, wrong


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 0, 1, 2**70, b"", b"xx", "", "ffv1", [], [0], [[0]], {}, True]
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_field_of_any_other_value_is_refused(data: st.DataObject) -> None:
    """Whatever stands in a field, of whatever depth: an EvidenceError, or the samples are the right ones."""
    made = the_piece()
    value = unpack(made.pack())
    name = data.draw(st.sampled_from(sorted(value)))
    holder, at = value, name
    while isinstance(holder[at], list) and holder[at] and data.draw(st.booleans()):
        holder, at = holder[at], data.draw(st.integers(0, len(holder[at]) - 1))
    holder[at] = data.draw(VALUES)
    try:
        pixels = Piece.unpack(pack(value)).pixels()
    except (EvidenceError, SealError) as error:
        assert error.hint
        return
    assert piece._digest(pixels) == made.digest


def test_what_the_encoder_refuses_is_an_error() -> None:
    layout = layout_of("yuv420p12le")
    taken = [cut(noise(layout), Placed(0, Box(0, 0, 8, 8)))]
    assert crops.encode(taken, layout, "ffv1")[0] == (8, 8)
    with pytest.raises(EvidenceError, match="can't code"):
        crops.encode(taken, layout, "x264-lossless")


# --- what does not come back ---------------------------------------------------------------------------


def test_what_lacks_is_what_no_opened_region_brings_back() -> None:
    layout = layout_of("yuv420p")
    boxes = [Box(10, 10, 20, 20), Box(22, 12, 20, 20), Box(18, 24, 16, 16), Box(60, 40, 12, 12)]
    placed = placed_together(0, boxes)
    dark = Picture(tuple(np.zeros_like(plane) for plane in noise(layout).planes), layout)
    for chosen in ([0], [0, 1], [1, 2], [0, 1, 2], [3], [0, 3]):
        opened = [placed[i] for i in chosen]
        bright = Picture(tuple(np.full_like(plane, 255) for plane in dark.planes), layout)
        for one in opened:
            lay(bright, one, tuple(plane[where] for plane, where in _slices(dark, one)))
        for one in opened:
            box = one.box
            left = bright.planes[0][box.y : box.y + box.h, box.x : box.x + box.w].astype(bool)
            assert lacking(one, opened, layout) == left.sum()
            assert left.any() == (not set(one.others) <= {other.box for other in opened})


def _slices(picture: Picture, placed: Placed) -> list[tuple[Any, Any]]:
    return list(zip(picture.planes, plane_slices(picture.layout, placed.box), strict=True))
