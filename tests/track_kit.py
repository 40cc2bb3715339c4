"""A detector that knows the truth, and pictures for it, for tests of the tracker. Helpers, no tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from uunet.track import Tracker, TrackSettings
from uunet.types import Box, Detection, Layout, Picture, RawFrame, Window

LAYOUT = Layout("gray", 8, 1, 1, False, True, "bt601")
SIZE = (640, 360)
Truth = Callable[[int], list[Detection]]


class Scripted:
    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.asked: list[int] = []

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        self.asked.append(index)
        return self.truth(index)


def face(cx: float, cy: float, height: float = 40, score: float = 0.8) -> Detection:
    return Detection(cx - 0.4 * height, cy - height / 2, cx + 0.4 * height, cy + height / 2, score)


def movie(count: int, *, lamp: bool = False) -> Iterator[RawFrame]:
    """A still picture, or one with a lamp that goes on and off, so that not all is calm."""
    for k in range(count):
        luma = np.full((SIZE[1], SIZE[0]), 100, np.uint8)
        luma[-40:, -40:] += 25 * (k % 2) * lamp
        yield RawFrame(Picture((luma,), LAYOUT), k, 1001 * k)


def follow(truth: Truth, count: int, settings: TrackSettings | None = None) -> list[Window]:
    return list(Tracker(Scripted(truth), settings).windows(movie(count)))


def boxes_of(windows: list[Window]) -> dict[int, list[tuple[int, Box]]]:
    return {
        frame.index: [
            (track, box)
            for segment, track in zip(w.segments, w.tracks, strict=True)
            if (box := segment.box(k, frame.picture.size))
        ]
        for w in windows
        for k, frame in enumerate(w.frames)
    }


def covered(boxes: list[tuple[int, Box]], face: Detection, size: tuple[int, int] = SIZE) -> bool:
    x0, y0 = max(face.x0, 0), max(face.y0, 0)
    x1, y1 = min(face.x1, size[0]), min(face.y1, size[1])
    return any(b.x <= x0 and b.y <= y0 and b.x + b.w >= x1 and b.y + b.h >= y1 for _, b in boxes)
