"""Mask and unmask: every region covered, nothing else touched, no neighbour seen raw, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_geometry import copy, layout, noise
from tiny_models import SIDE, private_model, public_model
from uunet.errors import ModelError
from uunet.geometry import paste, soft_border
from uunet.masking import NoiseBank, Region, is_reversible, mask, mask_window, unmask, waves
from uunet.models import Restorer, Swapper
from uunet.types import Box, Picture, RawFrame

Patches = Sequence[np.ndarray[Any, np.dtype[np.float32]]]
NOISE = NoiseBank(3, SIDE)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Swapper, Restorer]:
    folder = tmp_path_factory.mktemp("models")
    return Swapper(public_model(folder)), Restorer(private_model(folder))


def smooth(size: tuple[int, int] = (200, 160), chroma: str = "420") -> Picture:
    """Colours that a resize to the net's side and back brings through."""
    picture = noise(layout(chroma), size)
    t = np.linspace(0.3, 0.7, 64, dtype=np.float32)
    whole = np.stack([*np.meshgrid(t, t), np.full((64, 64), 0.45, np.float32)], -1)
    for plane in picture.planes:
        plane[...] = 128
    paste(picture, Box(0, 0, size[0] - size[0] % 2, size[1] - size[1] % 2), whole)
    return picture


def regions(*boxes: Box) -> list[Region]:
    return [Region(box, track) for track, box in enumerate(boxes)]


def inside(boxes: Sequence[Box], plane: int, shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """In 4:2:0."""
    step = 2 if plane else 1
    covered = np.zeros(shape, bool)
    for box in boxes:
        rows, columns = (
            slice(box.y // step, (box.y + box.h) // step),
            slice(box.x // step, (box.x + box.w) // step),
        )
        covered[rows, columns] = True
    return covered


box = st.builds(
    lambda x, y, w, h: Box(2 * x, 2 * y, 2 * w, 2 * h),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(1, 30),
    st.integers(1, 30),
)


def overlap(a: Box, b: Box) -> bool:
    pixels = [{(x, y) for x in range(c.x, c.x + c.w, 2) for y in range(c.y, c.y + c.h, 2)} for c in (a, b)]
    return bool(pixels[0] & pixels[1])


@settings(deadline=None)
@given(st.lists(box, max_size=7))
def test_waves(boxes: list[Box]) -> None:
    found = waves(boxes)
    assert sorted(i for wave in found for i in wave) == list(range(len(boxes)))
    level = {i: number for number, wave in enumerate(found) for i in wave}
    for i, a in enumerate(boxes):
        for j in range(i):
            if overlap(a, boxes[j]):
                assert level[j] < level[i]


def test_waves_by_hand() -> None:
    apart, first, second = Box(100, 0, 10, 10), Box(0, 0, 20, 20), Box(10, 10, 20, 20)
    assert waves([]) == []
    assert waves([first, apart, second]) == [[0, 1], [2]]
    assert waves([first, Box(20, 0, 20, 20)]) == [[0, 1]]  # they touch, but share no pixel
    assert waves([first, first, first]) == [[0], [1], [2]]


@settings(max_examples=40, deadline=None)
@given(boxes=st.lists(box, max_size=4))
def test_samples_outside_the_boxes_stay(pair: tuple[Swapper, Restorer], boxes: list[Box]) -> None:
    frame = RawFrame(noise(layout(), (123, 121)), 5, 77)
    before = copy(frame.picture)
    published = mask(frame, regions(*boxes), pair[0], NOISE)
    restored = unmask(published, boxes, pair[1])
    assert (published.index, published.pts) == (restored.index, restored.pts) == (5, 77)
    for i, old in enumerate(before.planes):
        outside = ~inside(boxes, i, old.shape)
        assert np.array_equal(frame.picture.planes[i], old)  # the input is not changed
        assert np.array_equal(published.picture.planes[i][outside], old[outside])
        assert np.array_equal(restored.picture.planes[i][outside], old[outside])


@settings(max_examples=20, deadline=None)
@given(many=st.lists(st.lists(box, max_size=7), max_size=9))
def test_a_window_is_its_frames_in_their_own_memory(
    pair: tuple[Swapper, Restorer], many: list[list[Box]]
) -> None:
    frames = [RawFrame(noise(layout(), (123, 121), seed), seed, 7 * seed) for seed in range(len(many))]
    single = [mask(f, regions(*boxes), pair[0], NOISE) for f, boxes in zip(frames, many, strict=True)]
    window = mask_window(frames, [regions(*boxes) for boxes in many], pair[0], NOISE)
    assert [(f.index, f.pts) for f in window] == [(f.index, f.pts) for f in single]
    for raw, one, other in zip(frames, single, window, strict=True):
        assert other.picture is raw.picture
        # the net may round differently in another company
        for a, b in zip(one.picture.planes, other.picture.planes, strict=True):
            np.testing.assert_allclose(a.astype(int), b.astype(int), atol=1)


def test_unmask_in_place(pair: tuple[Swapper, Restorer]) -> None:
    boxes = [Box(10, 10, 64, 64), Box(50, 40, 64, 64)]
    public = mask(RawFrame(smooth(), 0, 0), regions(*boxes), pair[0], NOISE)
    restored = unmask(public, boxes, pair[1])
    back = unmask(public, boxes, pair[1], in_place=True)
    assert back.picture is public.picture
    assert all(map(np.array_equal, back.picture.planes, restored.picture.planes))


class Counting(Swapper):
    """Remembers how many faces came at once."""

    def swap(self, patches: Patches, noise: Patches) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
        self.calls = [*getattr(self, "calls", []), len(patches)]
        return super().swap(patches, noise)


def test_faces_of_several_frames_share_a_call(tmp_path: Path) -> None:
    swapper = Counting(public_model(tmp_path))
    boxes = [Box(0, 0, 40, 40), Box(50, 50, 40, 40), Box(90, 0, 30, 30)]
    frames = [RawFrame(noise(layout(), (123, 121)), k, k) for k in range(5)]
    mask_window(frames, [regions(*boxes)] * 5, swapper, NOISE)
    assert swapper.calls == [12, 3]


@settings(max_examples=40, deadline=None)
@given(boxes=st.lists(box, min_size=1, max_size=4))
def test_every_region_is_changed(pair: tuple[Swapper, Restorer], boxes: list[Box]) -> None:
    """Of noise nothing can stay: where M = 1 each sample is the net's or the fill's."""
    frame = RawFrame(noise(layout(), (123, 121)), 0, 0)
    published = mask(frame, regions(*boxes), pair[0], NOISE)
    for one in boxes:
        rows, columns = slice(one.y, one.y + one.h), slice(one.x, one.x + one.w)
        old = frame.picture.planes[0][rows, columns].astype(int)
        new = published.picture.planes[0][rows, columns].astype(int)
        full = soft_border(one.w, one.h) == 1
        if is_reversible(one, pair[0].card.smallest) and full.sum() > 50:
            assert np.mean(np.abs(old - new)[full] > 2) > 0.5
        elif one is boxes[-1]:  # filled after all that overlap it
            assert np.ptp(new) == 0


@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("chroma", ["420", "422", "444"])
def test_unmask_is_the_inverse(pair: tuple[Swapper, Restorer], rotation: int, chroma: str) -> None:
    """With an exact pair of nets, the restored frame is the source where M = 1, overlaps too."""
    frame = RawFrame(smooth(chroma=chroma), 0, 0)
    boxes = [Box(10, 10, 64, 64), Box(50, 40, 64, 64), Box(120, 80, 64, 64)]
    published = mask(frame, regions(*boxes), pair[0], NOISE, rotation)
    restored = unmask(published, boxes, pair[1], rotation)
    full = soft_border(64, 64) == 1
    for number in (0, 2):
        one = boxes[number]
        rows, columns = slice(one.y, one.y + one.h), slice(one.x, one.x + one.w)
        x, a, r = (f.picture.planes[0][rows, columns].astype(int) for f in (frame, published, restored))
        assert np.abs(x - r)[full & ~inside([boxes[1]], 0, (160, 200))[rows, columns]].max() <= 4
        assert np.abs(x - a)[full].mean() > 8


class Spy(Swapper):
    """Remembers what the net was given."""

    def swap(self, patches: Patches, noise: Patches) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
        self.seen = [*getattr(self, "seen", []), *patches]
        return [np.zeros_like(patch) for patch in patches]


def test_a_net_never_sees_a_neighbour_raw(tmp_path: Path) -> None:
    picture = noise(layout("444"), (200, 160))
    picture.planes[0][...] = 235
    picture.planes[1][...] = picture.planes[2][...] = 128
    spy = Spy(public_model(tmp_path))
    mask(RawFrame(picture, 0, 0), regions(Box(0, 0, 64, 64), Box(32, 0, 64, 64)), spy, NOISE)
    first, second = spy.seen
    assert first.min() > 0.99  # nothing was masked when the first was taken
    assert second[20:44, 0:24].max() < 0.01  # the first region had been replaced when the second was taken


def test_regions_that_are_too_small_are_filled_and_stay_so(pair: tuple[Swapper, Restorer]) -> None:
    frame = RawFrame(noise(layout(), (100, 100)), 0, 0)
    boxes = [Box(0, 0, 10, 60), Box(40, 40, 10, 10), Box(60, 60, 12, 12)]
    assert [is_reversible(one, pair[0].card.smallest) for one in boxes] == [False, False, True]
    published = mask(frame, regions(*boxes), pair[0], NOISE)
    restored = unmask(published, boxes, pair[1])
    for one in boxes[:2]:
        rows, columns = slice(one.y, one.y + one.h), slice(one.x, one.x + one.w)
        for result in (published, restored):
            assert np.ptp(result.picture.planes[0][rows, columns]) == 0


def test_only_the_chosen_are_restored(pair: tuple[Swapper, Restorer]) -> None:
    frame = RawFrame(smooth(), 0, 0)
    boxes = [Box(10, 10, 64, 64), Box(120, 80, 64, 64)]
    published = mask(frame, regions(*boxes), pair[0], NOISE)
    restored = unmask(published, boxes, pair[1], chosen=frozenset({1}))
    shape = frame.picture.planes[0].shape
    kept, changed = inside(boxes[:1], 0, shape), inside(boxes[1:], 0, shape)
    a, r = published.picture.planes[0], restored.picture.planes[0]
    assert np.array_equal(a[kept], r[kept]) and not np.array_equal(a[changed], r[changed])
    none = unmask(published, boxes, pair[1], chosen=frozenset())
    assert np.array_equal(none.picture.planes[0], a)


def test_a_frame_without_faces(pair: tuple[Swapper, Restorer]) -> None:
    frame = RawFrame(noise(layout(), (64, 48)), 0, 0)
    published = mask(frame, [], pair[0], NOISE)
    assert all(map(np.array_equal, published.picture.planes, frame.picture.planes))
    assert published.picture.planes[0] is not frame.picture.planes[0]


@pytest.mark.parametrize("body", ["nan", "narrow", "identity"])
def test_a_net_that_fails_ends_it(tmp_path: Path, body: str) -> None:
    with pytest.raises(ModelError):
        mask(
            RawFrame(noise(layout(), (100, 100)), 0, 0),
            regions(Box(0, 0, 64, 64)),
            Swapper(public_model(tmp_path, body)),
            NOISE,
        )


def test_the_noise_is_the_tracks_own() -> None:
    one, other = NoiseBank(1, 8), NoiseBank(1, 8)
    planes = [one.plane(track).copy() for track in range(300)]
    assert np.array_equal(planes[0], one.plane(0))  # also after it has been forgotten
    assert np.array_equal(planes[7], other.plane(7))
    assert not np.array_equal(planes[0], planes[1])
    assert not np.array_equal(planes[0], NoiseBank(2, 8).plane(0))
    assert all(plane.min() >= 0 and plane.max() < 1 for plane in planes)


@pytest.mark.parametrize("chroma", ["420", "444"])
@pytest.mark.parametrize(
    ("box", "edge"),
    [
        (Box(0, 40, 64, 64), np.s_[56:88, :4]),
        (Box(136, 40, 64, 64), np.s_[56:88, -4:]),
        (Box(60, 0, 64, 64), np.s_[:4, 76:108]),
        (Box(60, 96, 64, 64), np.s_[-4:, 76:108]),
        (Box(136, 96, 64, 64), np.s_[-4:, -4:]),  # and into the corner
    ],
)
def test_a_head_that_the_edge_cuts_is_covered(
    pair: tuple[Swapper, Restorer], box: Box, edge: Any, chroma: str
) -> None:
    raw = noise(layout(chroma), (200, 160), seed=3)
    public = mask(RawFrame(raw, 0, 0), regions(box), pair[0], NoiseBank(1, SIDE)).picture
    shown = public.planes[0][edge]
    assert shown.std() == 0  # one colour: nothing of what was there
    outside = ~inside([box], 0, raw.planes[0].shape)
    assert np.array_equal(public.planes[0][outside], raw.planes[0][outside])


def test_a_head_off_the_edge_keeps_its_soft_border(pair: tuple[Swapper, Restorer]) -> None:
    raw, box = smooth(), Box(8, 8, 64, 64)
    public = mask(RawFrame(raw, 0, 0), regions(box), pair[0], NoiseBank(1, SIDE)).picture
    bare = soft_border(64, 64) == 0
    here = np.s_[8:72, 8:72]
    assert np.array_equal(public.planes[0][here][bare], raw.planes[0][here][bare])
