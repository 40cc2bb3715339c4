"""Sampling by a file of boxes: the frames that it lists, and whether they tell what is between them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from test_sampling import Scripted, face, movie, run
from uunet.errors import DetectionError
from uunet.sampling import Sampler
from uunet.types import Detection


class Listed(Scripted):
    """The same, with boxes for some frames only."""

    def __init__(self, frames: set[int]) -> None:
        super().__init__(lambda _: [])
        self.frames = frames

    def knows(self, index: int) -> bool:
        return index in self.frames


@pytest.mark.parametrize("frames", [{0, 9, 20, 30}, {5, 29, 35}, {0, 24}])
def test_listed_frames_only(frames: set[int]) -> None:
    detector = Listed(frames)
    run(detector, movie(max(frames) + 5))
    assert detector.asked == sorted(frames)


@pytest.mark.parametrize("frames", [{6, 20, 39}, {0, 25, 39}, {0, 20, 33}, set()])
def test_listed_frames_too_far_apart(frames: set[int]) -> None:
    with pytest.raises(DetectionError, match="leave out the"):
        list(Sampler(Listed(frames), 5, 0.25, 24).frames(movie(40), 1))


class ListedTruth(Listed):
    """Boxes for some frames, of a face that is known."""

    def __init__(self, frames: set[int], truth: Callable[[int], list[Detection]]) -> None:
        super().__init__(frames)
        self.truth = truth


@pytest.mark.parametrize(
    ("truth", "why"),
    [
        (lambda k: [face(60 + 12 * k)], "went far"),
        (lambda k: [face(100)] if k == 20 else [], "in one of them alone"),
        (lambda k: [face(100), *([face(200)] if k < 20 else [])], "in one of them alone"),
    ],
)
def test_listed_frames_that_do_not_tell_where_a_face_is_between(
    truth: Callable[[int], list[Detection]], why: str
) -> None:
    detector = ListedTruth({0, 20, 40}, truth)
    with pytest.raises(DetectionError, match=f"19 frames between .*{why}"):
        list(Sampler(detector, 5, 0.25, 24).frames(movie(41), 1))


def test_listed_frames_between_which_a_face_walks_slowly() -> None:
    detector = ListedTruth({0, 20, 40}, lambda k: [face(100 + k)])
    run(detector, movie(41))
