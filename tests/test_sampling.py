"""Sampling: few looks where all is quiet, more where it is not, and every frame exactly once in order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from uunet.changes import Change
from uunet.errors import DetectionError
from uunet.sampling import Sampler, Seen, thumbnail
from uunet.types import Detection, Layout, Picture, RawFrame

LAYOUT = Layout("gray", 8, 1, 1, False, True, "bt601")
Paint = Callable[[int, np.ndarray], None]


class Scripted:
    """A detector that knows the truth, and notes when it was asked."""

    def __init__(self, truth: Callable[[int], list[Detection]]) -> None:
        self.truth = truth
        self.asked: list[int] = []

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        assert rotation == 1
        self.asked.append(index)
        return self.truth(index)


def face(cx: float, height: float = 40, score: float = 0.8) -> Detection:
    return Detection(cx - 16, 100 - height / 2, cx + 16, 100 + height / 2, score)


def movie(count: int, paint: Paint | None = None) -> list[RawFrame]:
    base = np.random.default_rng(0).integers(90, 110, (180, 320)).astype(np.uint8)
    frames = []
    for k in range(count):
        luma = base.copy()
        if paint:
            paint(k, luma)
        frames.append(RawFrame(Picture((luma,), LAYOUT), k, k))
    return frames


def run(detector: Scripted, frames: list[RawFrame]) -> list[Seen]:
    seen = list(Sampler(detector, 5, 0.25, 24).frames(frames, 1))
    assert [s.frame.index for s in seen] == list(range(len(frames)))
    assert [s.frame.index for s in seen if s.detections is not None] == sorted(set(detector.asked))
    assert len(detector.asked) == len(set(detector.asked))
    return seen


def test_usual_distance_where_faces_walk() -> None:
    detector = Scripted(lambda k: [face(100 + 2 * k)])
    run(detector, movie(23))
    assert sorted(detector.asked) == [0, 5, 10, 15, 20, 22]


@pytest.mark.parametrize("truth", [[], [face(100)], [face(100), face(200, score=0.4)]])
def test_fewer_looks_where_nothing_happens(truth: list[Detection]) -> None:
    detector = Scripted(lambda _: truth)
    list(Sampler(detector, 5, 0.25, 60, ahead=60).frames(movie(43), 1))
    assert detector.asked == [0, 12, 36, 42]


def test_never_longer_than_the_look_ahead() -> None:
    detector = Scripted(lambda _: [])
    list(Sampler(detector, 5, 0.25, 12).frames(movie(21), 1))
    assert detector.asked == [0, 10, 20]


def test_a_look_where_a_window_can_be_given_out() -> None:
    detector = Scripted(lambda _: [])
    list(Sampler(detector, 5, 0.25, 30, ahead=30).frames(movie(60), 1))
    assert detector.asked == [0, 6, 30, 54, 59]


@pytest.mark.parametrize(
    "truth",
    [
        lambda k: [face(100, score=0.3)],  # may be gone in the next frame
        lambda k: [face(100)] * (k < 20),  # has gone
        lambda k: [face(100 + k)],  # moves
        lambda k: [face(100, height=40 + k / 2)],  # comes nearer
    ],
)
def test_usual_distance_where_a_face_is_in_doubt(truth: Callable[[int], list[Detection]]) -> None:
    detector = Scripted(truth)
    run(detector, movie(21))
    assert {0, 10, 20} <= set(detector.asked)


@pytest.mark.parametrize("amplitude", [20, 40, 80])
def test_a_face_that_leaves_its_place_and_comes_back_is_looked_at(amplitude: int) -> None:
    """Both looks at the ends show it in the same place; its looks are those of skin on a wall."""
    skin = np.random.default_rng(1).integers(95, 125, (8, 6)).astype(np.uint8).repeat(5, 0).repeat(5, 1)

    def place(k: int) -> int:
        return 84 + (round(amplitude * np.sin(np.pi * (k - 7) / 10)) if 7 <= k <= 17 else 0)

    def paint(k: int, luma: np.ndarray) -> None:
        luma[80:120, place(k) : place(k) + 30] = skin

    detector = Scripted(lambda k: [face(place(k) + 16)])
    list(Sampler(detector, 5, 0.25, 24, ahead=0).frames(movie(25, paint), 1))
    assert {10, 15} & set(detector.asked)


@pytest.mark.parametrize("beside", [False, True])
def test_who_walks_takes_shoulders_along(beside: bool) -> None:
    """A striped coat goes with its face, by a pixel a frame; whatever else comes up is looked at."""
    coat = np.random.default_rng(3).integers(20, 230, (8, 15)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    skin = np.random.default_rng(4).integers(60, 200, (8, 6)).astype(np.uint8).repeat(5, 0).repeat(5, 1)

    def paint(k: int, luma: np.ndarray) -> None:
        luma[120:, 60 + k : 180 + k] = coat[:60]
        if beside and 7 <= k <= 17:
            luma[100:140, 240:270] = skin

    detector = Scripted(lambda k: [face(120 + k, height=64)])
    list(Sampler(detector, 5, 0.25, 24, ahead=0).frames(movie(25, paint), 1))
    assert (len(detector.asked) > 3) == beside


@pytest.mark.parametrize("textured", [False, True])
def test_a_face_that_shows_itself_for_half_a_second_is_looked_at(textured: bool) -> None:
    """Before a plain wall, and before leaves that are as bright and as dark as it is."""
    rng = np.random.default_rng(2)
    leaves = rng.integers(20, 230, (45, 80)).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    skin = rng.integers(90, 160, (8, 6)).astype(np.uint8).repeat(5, 0).repeat(5, 1)

    def paint(k: int, luma: np.ndarray) -> None:
        if textured:
            luma[:] = leaves
        if 7 <= k <= 18:
            luma[80:120, 200:230] = skin

    detector = Scripted(lambda k: [face(215)] if 7 <= k <= 18 else [])
    list(Sampler(detector, 5, 0.25, 24, ahead=0).frames(movie(25, paint), 1))
    assert {10, 15} & set(detector.asked)


def test_every_frame_means_every_frame() -> None:
    detector = Scripted(lambda _: [])
    list(Sampler(detector, 1, 0.25, 24).frames(movie(30), 1))
    assert sorted(detector.asked) == list(range(30))


def test_usual_distance_where_something_stirs() -> None:
    """A head turns: darker for a few frames, by too little to be something that passes."""

    def paint(k: int, luma: np.ndarray) -> None:
        if 8 <= k <= 12:
            luma[80:120, 80:120] -= 20

    detector = Scripted(lambda _: [face(100)])
    run(detector, movie(21, paint))
    assert {0, 10, 20} <= set(detector.asked)


@pytest.mark.parametrize(("count", "asked"), [(0, []), (1, [0]), (2, [0, 1]), (7, [0, 6])])
def test_short_streams(count: int, asked: list[int]) -> None:
    detector = Scripted(lambda _: [])
    run(detector, movie(count))
    assert detector.asked == asked


def test_far_motion_is_looked_at_more_closely() -> None:
    detector = Scripted(lambda k: [face(20 + 20 * k)])
    run(detector, movie(11))
    assert detector.asked[0] == 0
    assert len(detector.asked) > 6


def test_a_face_that_appears_costs_nothing() -> None:
    detector = Scripted(lambda k: [face(100)] if k >= 7 else [])
    run(detector, movie(21))
    assert sorted(detector.asked) == [0, 5, 10, 20]


def test_cut_is_found_and_looked_at_from_both_sides() -> None:
    def paint(k: int, luma: np.ndarray) -> None:
        if k >= 8:
            luma[:, :160] += 120

    detector = Scripted(lambda _: [])
    seen = run(detector, movie(16, paint))
    assert [s.frame.index for s in seen if s.cut] == [8]
    assert {7, 8} <= set(detector.asked)


def test_motion_and_flicker_are_no_cut() -> None:
    def paint(k: int, luma: np.ndarray) -> None:
        luma[40:160, 8 * k : 8 * k + 40] = 20
        luma += np.uint8(3 * (k % 2))

    assert not any(s.cut for s in run(Scripted(lambda _: []), movie(24, paint)))


def test_something_that_passes_between_two_looks() -> None:
    def paint(k: int, luma: np.ndarray) -> None:
        if k in {7, 8}:
            luma[40:120, 140:200] = 220

    detector = Scripted(lambda k: [face(170)] if k in {7, 8} else [])
    run(detector, movie(16, paint))
    assert {7, 8} & set(detector.asked)


@pytest.mark.parametrize(
    "found",
    [
        None,
        (),
        [(0, 0, 9, 9, 1)],
        [Detection(0, 0, 9, 9, float("nan"))],
        [Detection(0, float("nan"), 9, 9, 0.5)],
        [Detection(0, 0, float("inf"), 9, 0.5)],
        [Detection(-1e160, 0, 9, 9, 0.5)],
        [Detection(0, 0, 1e-200, 9, 0.5)],
        [Detection(9, 0, 9, 9, 0.5)],
        [Detection(0, 0, 9, 9, -0.5)],
    ],
)
def test_a_detector_that_breaks_does_not_pass_for_one_that_finds_nobody(found: object) -> None:
    detector = Scripted(lambda _: found)  # type: ignore[arg-type,return-value]
    with pytest.raises(DetectionError, match="Scripted returned what are no boxes"):
        list(Sampler(detector, 5, 0.25, 24).frames(movie(6), 1))


def _explained(first: list[Detection], last: list[Detection], start: float) -> bool:
    return Change.between(first, last).explained(start)


def test_explained() -> None:
    assert _explained([], [], 0.25)
    assert _explained([face(100)], [face(110)], 0.25)
    assert _explained([face(100)], [], 0.25)
    assert not _explained([face(100)], [face(180)], 0.25)  # may be one face that ran
    assert not _explained([face(100)], [face(900)], 0.25)  # or that ran very fast
    assert not _explained([face(100)], [face(180, score=0.2)], 0.25)  # one that is hardly to be seen is one
    assert not _explained([face(100, score=0.2)], [face(180)], 0.25)
    assert _explained([face(100, score=0.2)], [face(180, score=0.2)], 0.25)
    assert not _explained([face(100)], [face(100, height=90)], 0.25)


def test_thumbnail_range() -> None:
    assert thumbnail(np.full((90, 160), 255, np.uint8)).max() == 1
    assert thumbnail(np.full((90, 160), 255, np.uint8)).shape == (54, 96)
    assert thumbnail(np.full((1, 1), 255, np.uint8)).shape == (1, 1)
