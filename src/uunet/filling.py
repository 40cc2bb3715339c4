"""Where a face is in the frames of a window, in those too in which nobody saw it."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np

from uunet.association import SAME, Rect, Track, overlap
from uunet.types import FrameSize

How = Literal["seen", "between", "coasted"]
"""Detected in this frame, between two detections, or beyond the first or last one."""

Path = dict[int, tuple[Rect, How]]
"""Where a face is: frame → rect and how that is known."""

_DOUBT = 0.01  # a box between two detections grows by this share per frame from the nearer one …
_DOUBT_MOST = 0.05  # … up to this: people do not move on straight lines
_WIDEN = 0.01  # a box that is extrapolated grows by this share per frame
_WEAK = 0.5  # a track with fewer than 3 detections, all below this score, is extrapolated only `head` frames


def fill(  # noqa: PLR0917
    track: Track, window: range, head: int, tail: int, size: FrameSize, near: int = 0
) -> Path:
    """Where the track is in the frames of a window.

    Between two detections the rect moves on a straight line; where a look between did not see the face, it
    may as well have stood at either end, for `near` frames but not up to that look. Before the first one and
    after the last one it goes on with the velocity it had, for `head` and `tail` frames, while it is in the
    picture and in its scene: the face was there before it was recognised and is there after it has turned
    away. In the first `near` of these frames it may stand as well as go on: both places are covered.
    """
    times = list(track.seen)
    found: Path = {}
    for a, b in pairwise(times):
        stood = _stood(track, a, b, near)
        for k in range(max(a + 1, window.start), min(b, window.stop)):
            share = (k - a) / (b - a)
            rect = (1 - share) * track.seen[a] + share * track.seen[b]
            rect[2:] *= 1 + min(_DOUBT * min(k - a, b - k), _DOUBT_MOST)
            others = [place for place, frames in stood if k in frames]
            found[k] = _both(rect, *others) if others else rect, "between"
    found |= {k: (rect, "seen") for k, rect in track.seen.items() if k in window}
    if track.best < _WEAK and track.hits < 3:
        tail = min(tail, head)
    velocity = track.velocity
    stop = window.stop if track.end is None else min(window.stop, track.end)
    before = range(max(track.first - head, track.born, window.start), min(track.first, stop))
    after = range(max(track.last + 1, window.start), min(track.last + 1 + tail, stop))
    for k in before:
        _keep(found, k, _extrapolate(track.seen[times[0]], velocity, k - track.first, near), size)
    for k in after:
        _keep(found, k, _extrapolate(track.seen[times[-1]], track.state[:, 1], k - track.last, near), size)
    return dict(sorted(found.items()))


def _stood(track: Track, a: int, b: int, near: int) -> list[tuple[Rect, range]]:
    """Where else than on the line between its places in frames a and b the face may be, and in which."""
    missed = [frame for frame in track.missed if a < frame < b]
    if not missed:
        return []
    return [
        (track.seen[a], range(a, min(a + near + 1, missed[0]))),
        (track.seen[b], range(max(b - near, missed[-1] + 1), b)),
    ]


def _extrapolate(rect: Rect, velocity: Rect, frames: int, near: int) -> Rect:
    moved = rect + velocity * frames
    moved[2:] = np.clip(moved[2:], rect[2:] * 0.8, rect[2:] * 1.25) * (1 + _WIDEN * abs(frames))
    return moved if abs(frames) > near else _both(moved, rect)


def _both(*rects: Rect) -> Rect:
    """The rect that covers them all."""
    low = np.min([rect[:2] - rect[2:] / 2 for rect in rects], axis=0)
    high = np.max([rect[:2] + rect[2:] / 2 for rect in rects], axis=0)
    return np.concatenate([(low + high) / 2, high - low])


def _keep(found: Path, frame: int, rect: Rect, size: FrameSize) -> None:
    """Enters a rect if it is still in the picture."""
    if np.all(rect[:2] + rect[2:] / 2 > 0) and np.all(rect[:2] - rect[2:] / 2 < size):
        found[frame] = rect, "coasted"


def without_doubles(paths: list[Path]) -> list[Path]:
    """The paths, each without those extrapolated frames in which another path sees the same face."""
    seen: dict[int, list[tuple[int, Rect]]] = {}
    for i, path in enumerate(paths):
        for k, (rect, how) in path.items():
            if how != "coasted":
                seen.setdefault(k, []).append((i, rect))
    return [
        {
            k: (rect, how)
            for k, (rect, how) in path.items()
            if how != "coasted"
            or not any(j != i and overlap(rect, other) >= SAME for j, other in seen.get(k, ()))
        }
        for i, path in enumerate(paths)
    ]
