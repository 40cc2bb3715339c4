"""Paths: every face is replaced in every frame, with as few pieces as allowed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uunet.geometry import hidden
from uunet.paths import Course, square_at_end, straighten
from uunet.regions import HEAD, Region, squares_of
from uunet.types import SIDE_STEPS, FrameSize, Layout, Segment

Rects = npt.NDArray[np.float64]
LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")


def walk(frames: int, start: tuple[float, ...], step: tuple[float, ...]) -> Rects:
    rects: Rects = np.array(start) + np.arange(frames)[:, None] * np.array(step)
    return rects


def assert_covered(segments: list[Segment], rects: Rects, first: int, size: FrameSize) -> None:
    """Every luma sample of a face's squircle is replaced or covered, in every frame."""
    rows, columns = (np.arange(length - length % 2) for length in (size[1], size[0]))
    for k, (cx, cy, w, h) in enumerate(rects, first):
        boxes = [box for s in segments if (box := s.box(k, size))]
        assert len(boxes) == 1, "one piece per frame"
        (box,) = boxes
        shown = np.ones((len(rows), len(columns)), bool)
        shown[box.y : box.y + box.h, box.x : box.x + box.w] = ~hidden(box, size, LAYOUT)
        across, down = ((columns + 0.5 - cx) / (w / 2)) ** 4, ((rows + 0.5 - cy) / (h / 2)) ** 4
        assert not (shown & (across + down[:, None] < 1)).any()


def test_straight_walk_is_one_piece_of_the_stated_size() -> None:
    rects = walk(48, (200, 150, 32, 40), (4, 0.5, 0.1, 0.125))
    course = Course(rects, 0, (1280, 720))
    straighten([course], 20)
    (segment,) = course.segments(5)
    assert (segment.track, segment.first, segment.last) == (5, 0, 47)
    assert_covered([segment], rects, 0, (1280, 720))
    for k, rect in enumerate(rects):
        box = segment.box(k, (1280, 720))
        assert box is not None
        needed = (rect[3] + 2 * HEAD.margin + 2 * HEAD.down * rect[3]) / (0.97 - 0.95 * 0.14)
        assert needed - 1 <= box.w <= needed * 1.03 + 4


def test_bent_path_gets_more_pieces_and_smaller_regions() -> None:
    there, back = walk(24, (200, 150, 32, 40), (8, 0, 0, 0)), walk(24, (392, 150, 32, 40), (-8, 0, 0, 0))
    rects = np.concatenate([there, back])
    one, more = Course(rects, 0, (1280, 720)), Course(rects, 0, (1280, 720))
    straighten([one], 1)
    straighten([more], 20)
    assert one.pieces == 1
    assert 2 <= more.pieces <= 6
    assert more.waste < 0.1 < one.waste
    for course in (one, more):
        assert_covered(course.segments(0), rects, 0, (1280, 720))


def test_pieces_go_where_they_help() -> None:
    calm = Course(walk(48, (200, 150, 32, 40), (1, 0, 0, 0)), 0, (1280, 720))
    bend = np.concatenate(
        [walk(24, (200, 150, 32, 40), (8, 0, 0, 0)), walk(24, (392, 150, 32, 40), (-8, 0, 0, 0))]
    )
    restless = Course(bend, 0, (1280, 720))
    straighten([calm, restless], 4)
    assert calm.pieces == 1
    assert 2 <= restless.pieces <= 3


def test_pieces_meet() -> None:
    time = np.arange(48)
    rects = np.stack([600 + 200 * np.sin(time / 8), 300 + 0 * time, 32 + 0 * time, 40 + 0 * time], axis=1)
    course = Course(rects, 0, (1280, 720))
    straighten([course], 20)
    segments = course.segments(0)
    assert len(segments) > 2
    steps = np.abs(np.diff(rects[:, 0])).max()
    for a, b in pairwise(segments):
        assert b.first == a.last + 1
        before, after = square_at_end(a, (1280, 720))[0], (b.cx0 + 0.5) / 2048 * 1280
        assert abs(before[0] - after) < steps + 4


def test_window_border_does_not_jump() -> None:
    rng, size = np.random.default_rng(0), (1280, 720)
    jumps = np.zeros(2)
    for _ in range(10):
        rects = walk(96, (300, 300, 40, 50), (2, 0, 0, 0)) + rng.normal(0, 2, (96, 4)) * [1, 1, 0.5, 0.5]
        end = Course(rects[:48], 0, size).segments(0)[-1]
        for i, before in enumerate((square_at_end(end, size), None)):
            a, b = end.box(47, size), Course(rects[48:], 0, size, before=before).segments(0)[0].box(0, size)
            assert a is not None
            assert b is not None
            jumps[i] += abs(a.w - b.w) + abs(a.x - b.x - 2) + abs(a.y - b.y)
    assert jumps[0] < jumps[1]
    assert jumps[0] / 10 < 8


@pytest.mark.parametrize("frames", [65, 67, 70, 71])
def test_pieces_stay_inside_long_windows(frames: int) -> None:
    time = np.arange(frames)
    rects = np.stack([600 + 200 * np.sin(time / 6), 300 + 0 * time, 32 + 0 * time, 40 + 0 * time], axis=1)
    course = Course(rects, 0, (1280, 720))
    straighten([course], 20)
    segments = course.segments(0)
    assert len(segments) > 2
    assert segments[0].first == 0
    assert segments[-1].last == frames - 1
    assert_covered(segments, rects, 0, (1280, 720))


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (16, 900), (853, 479)])
def test_odd_and_tiny_frames(size: FrameSize) -> None:
    rects = walk(10, (size[0] / 2, size[1] / 2, size[0], size[1]), (0.3, 0, 0, 0))
    assert_covered(Course(rects, 0, size).segments(0), rects, 0, size)


coordinate = st.floats(-200, 1500)
length = st.floats(1, 900)


@settings(max_examples=60, deadline=None)
@given(
    rects=st.lists(st.tuples(coordinate, coordinate, length, length), min_size=1, max_size=71),
    first=st.integers(0, 40),
    pieces=st.integers(1, 12),
    size=st.sampled_from([(1280, 720), (479, 853), (64, 48)]),
)
def test_whatever_it_does_it_is_covered(
    rects: list[tuple[float, ...]], first: int, pieces: int, size: FrameSize
) -> None:
    faces = np.array(rects)
    course = Course(faces, first, size, before=np.array([[100.0, 100.0, 50.0]]))
    straighten([course], pieces)
    segments = course.segments(63)
    assert len(segments) == course.pieces <= pieces
    for s in segments:
        assert 0 <= s.first <= s.last <= 127
        assert all(0 <= c <= 2047 for c in (s.cx0, s.cy0, s.cx1, s.cy1))
        assert 0 <= s.s0 < SIDE_STEPS
        assert 0 <= s.s1 < SIDE_STEPS
    assert_covered(segments, faces, first, size)


def test_region_is_a_square_round_the_longer_side() -> None:
    squares = squares_of(np.array([[100.0, 50.0, 20.0, 40.0], [100.0, 50.0, 40.0, 20.0]]), Region(1.5, 0.1))
    np.testing.assert_allclose(squares, [[100, 54, 60], [100, 54, 60]])


def test_a_face_near_the_smallest_size_does_not_flicker() -> None:
    """A window whose path reaches the least side anywhere stays there; one that never does stays below."""
    kinds = set()
    for tallest in np.arange(10.0, 16.0, 0.5):
        heights = tallest - 3 * np.abs(np.sin(np.arange(48) / 6))
        rects = np.stack([300 + 0 * heights, 200 + 0 * heights, 0.8 * heights, heights], axis=1)
        course = Course(rects, 0, (1280, 720))
        straighten([course], 20)
        boxes = [box for k in range(48) for s in course.segments(0) if (box := s.box(k, (1280, 720)))]
        assert len(boxes) == 48
        reached = {box.w >= HEAD.least for box in boxes}
        assert len(reached) == 1
        kinds |= reached
        assert_covered(course.segments(0), rects, 0, (1280, 720))
    assert kinds == {True, False}
