"""Tells which detections of different frames are one face: a Kalman filter and the Hungarian method."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from uunet.assignment import assign
from uunet.types import Detection

Rect = npt.NDArray[np.float64]
"""(4,): centre x, centre y, width, height in luma pixels."""

Rects = npt.NDArray[np.float64]
"""(…, 4): several of them."""

Floats = npt.NDArray[np.float64]

_SURE = 0.5  # detections from this score choose their tracks first (ByteTrack, arXiv:2110.06864)
_NOISE = 0.05  # error of a detection, in face sizes
_ACCELERATION = 0.01  # face sizes per frame², one sigma
_REACH = 0.8  # face sizes that a detection may lie off its prediction …
_REACH_FRAME = 0.12  # … and this much more for every frame since the last detection …
_REACH_NEW = 0.25  # … or this much where no motion is known yet …
_REACH_MOST = 2.0  # … up to this
_YOUNG = 4  # detections up to which a track may still begin earlier
_GROWTH = 2.0  # largest ratio of sizes between a track and its detection
SAME = 0.4
"""Intersection over union from which two boxes are on one face."""


def rect_of(detection: Detection) -> Rect:
    """Centre and size of a detection."""
    d = detection
    return np.array([(d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2, d.x1 - d.x0, d.y1 - d.y0])


def overlap(a: Rects, b: Rects) -> Floats:
    """Intersection over union, 0..1, of rects (…, 4) that are broadcast against each other."""
    low = np.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    high = np.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    common = np.prod(np.maximum(high - low, 0), axis=-1)
    shares: Floats = common / (np.prod(a[..., 2:], axis=-1) + np.prod(b[..., 2:], axis=-1) - common)
    return shares


@dataclass(slots=True, eq=False)
class Track:
    """One face through time.

    Attributes:
        born, end: first frame of its scene, and first frame after it (None while the scene goes on).
        seen: frame → rect, in ascending order of frames; old ones are forgotten.
        best: the highest score so far.
        state: (4, 2), value and velocity per frame of the four numbers of the rect, at the last detection.
        spread: (2, 2), their covariance in squared face sizes, the same for all four.
        hits: detections so far.
        number: from 0, unbounded; -1 until the track is first published.
        lent: whether its last detection is another track's too.
        missed: frames since its first detection in which the detector looked and did not see it, ascending.
    """

    born: int
    seen: dict[int, Rect]
    best: float
    state: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64] = field(default_factory=lambda: np.diag([_NOISE**2, 0.05**2]))
    hits: int = 1
    number: int = -1
    end: int | None = None
    lent: bool = False
    missed: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The first frame with a detection."""
        return next(iter(self.seen))

    @property
    def last(self) -> int:
        """The last frame with a detection."""
        return next(reversed(self.seen))

    def predict(self, frame: int) -> Rect:
        """Where the face should be in a frame after the last detection."""
        rect: Rect = self.state @ np.array([1.0, frame - self.last])
        rect[2:] = np.clip(rect[2:], self.state[2:, 0] * 0.7, self.state[2:, 0] * 1.4)
        return rect

    def add(self, frame: int, detection: Detection) -> None:
        """Takes a detection in a later frame (Kalman predict and update)."""
        dt = frame - self.last
        rect = rect_of(detection)
        move = np.array([[1.0, dt], [0.0, 1.0]])
        drift = _ACCELERATION**2 * np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        state, spread = self.state @ move.T, move @ self.spread @ move.T + drift
        gain = spread[:, 0] / (spread[0, 0] + _NOISE**2)
        self.state = state + np.outer(rect - state[:, 0], gain)
        self.spread = spread - np.outer(gain, spread[0])
        self.seen[frame] = rect
        self.hits += 1
        self.best = max(self.best, detection.score)

    @property
    def velocity(self) -> Rect:
        """Of its first detections, per frame; 0 while there is only one."""
        times = list(self.seen)
        later = times[min(2, len(times) - 1)]
        change: Rect = (self.seen[later] - self.seen[times[0]]) / max(later - times[0], 1)
        return change

    def begin_with(self, frame: int, detection: Detection) -> None:
        """Takes a detection in a frame before its first one."""
        self.seen = {frame: rect_of(detection)} | self.seen
        self.hits += 1

    def forget(self, frame: int) -> None:
        """Drops the detections that no frame from `frame` on can need: memory stays flat."""
        old = [k for k in self.seen if k < frame]
        for k in old[:-1]:
            del self.seen[k]
        self.missed = [k for k in self.missed if k > self.first]


class Follower:
    """Joins detections to tracks, frame by frame.

    Args:
        start: score from which a detection may start a track; weaker ones only continue tracks, or, once it
            is known where a track came from, lie before its beginning.
        patience: frames for which a track waits for its next detection.
        head: frames before its first detection in which a weaker one may begin a track.
    """

    def __init__(self, start: float, patience: int, head: int = 0) -> None:
        self._start = start
        self._patience = patience
        self._head = head
        self._weak: list[tuple[int, Detection]] = []  # that no track has, oldest first
        self._scene = 0
        self._looks: list[int] = []  # the last frames that were looked at
        self.tracks: list[Track] = []

    def cut(self, frame: int) -> None:
        """A new scene begins with `frame`: no track crosses it."""
        self._scene = frame
        for track in self.tracks:
            if track.end is None:
                track.end = frame

    def update(self, frame: int, detections: list[Detection]) -> None:
        """Takes what the detector found in `frame`; frames come in ascending order."""
        free = [t for t in self.tracks if t.end is None and frame - t.last <= self._patience]
        sure = [d for d in detections if d.score >= _SURE]
        free, sure = self._join(frame, free, sure)
        free, unsure = self._join(frame, free, [d for d in detections if d.score < _SURE])
        self._lend(frame, free, detections)
        for track in free:
            if track.last != frame:
                track.missed.append(frame)
        self._looks = [k for k in self._looks if frame - k <= self._head + self._patience] + [frame]
        self._weak = [(k, d) for k, d in self._weak if frame - k <= self._head + self._patience]
        self._weak += [(frame, d) for d in (*sure, *unsure) if d.score < self._start]
        for track in self.tracks:
            if track.last == frame and 1 < track.hits <= _YOUNG:
                self._begin_earlier(track)
        for detection in (*sure, *unsure):
            if detection.score >= self._start:
                rect = rect_of(detection)
                state = np.stack([rect, np.zeros(4)], axis=1)
                self.tracks.append(Track(self._scene, {frame: rect}, detection.score, state))

    @staticmethod
    def _join(
        frame: int, tracks: list[Track], detections: list[Detection]
    ) -> tuple[list[Track], list[Detection]]:
        """Gives detections to tracks; returns the tracks and the detections that remain."""
        if not tracks or not detections:
            return tracks, detections
        cost = _distances(tracks, frame, _rects_of(detections))
        rows, columns = assign(np.minimum(cost, 1e3))
        pairs = [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < 1e3]
        for r, c in pairs:
            tracks[r].add(frame, detections[c])
            tracks[r].lent = False
        taken = {r for r, _ in pairs}, {c for _, c in pairs}
        return (
            [t for i, t in enumerate(tracks) if i not in taken[0]],
            [d for i, d in enumerate(detections) if i not in taken[1]],
        )

    def _lend(self, frame: int, left: list[Track], detections: list[Detection]) -> None:
        """Where a face was at the last look there is one again, but another track has it: faces cross, and
        the tracks may have changed them. The one that is left follows it too, once, so that the face is
        covered in the frames between, whosever it is.
        """
        if not detections:
            return
        rects = _rects_of(detections)
        for track in left:
            if track.last != self._looks[-1] or track.lent:
                continue
            shares = overlap(track.seen[track.last], rects)
            if shares.max() >= SAME:
                track.add(frame, detections[int(shares.argmax())])
                track.lent = True

    def _begin_earlier(self, track: Track) -> None:
        """A face is often found weakly before it is surely: what lies where a track came from is its own."""
        for frame, detection in reversed(self._weak):
            dt = track.first - frame
            if not 0 < dt <= self._head or frame < track.born:
                continue
            first = track.seen[track.first]
            guess = np.concatenate([(first - track.velocity * dt)[:2], first[2:]])
            shift, growth = _misfit(guess, rect_of(detection))
            if shift <= min(_REACH + dt * _REACH_FRAME, _REACH_MOST) and growth <= np.log(_GROWTH):
                track.missed = [k for k in self._looks if frame < k < track.first] + track.missed
                track.begin_with(frame, detection)
                self._weak.remove((frame, detection))
                return

    def forget(self, frame: int) -> None:
        """Drops what no frame from `frame` on can need."""
        self.tracks = [
            t for t in self.tracks if frame - t.last <= self._patience and (t.end is None or t.end > frame)
        ]
        for track in self.tracks:
            track.forget(frame)


def _rects_of(detections: list[Detection]) -> Rects:
    return np.stack([rect_of(detection) for detection in detections])


def _distances(tracks: list[Track], frame: int, rects: Rects) -> Floats:
    """(tracks, rects): the cost of giving a detection to a track, 0 for a perfect fit, inf beyond reach."""
    since = np.array([frame - track.last for track in tracks])
    new = np.array([track.hits == 1 for track in tracks])
    reach = np.minimum(_REACH + since * np.where(new, _REACH_NEW, _REACH_FRAME), _REACH_MOST)
    guesses = np.stack([track.predict(frame) for track in tracks])[:, None]
    shift, growth = _misfit(guesses, rects)
    near = (shift <= reach[:, None]) & (growth <= np.log(_GROWTH))
    cost: Floats = np.where(near, shift + growth - 0.5 * overlap(guesses, rects), np.inf)
    return cost


def _misfit(guess: Rects, rect: Rects) -> tuple[Floats, Floats]:
    """How far rects (…, 4) lie off guesses, in face sizes, and the logarithm of the ratio of their sizes."""
    size = np.maximum(guess[..., 2:].max(-1), rect[..., 2:].max(-1))
    off = rect[..., :2] - guess[..., :2]
    shift: Floats = np.hypot(off[..., 0], off[..., 1]) / size
    growth: Floats = np.abs(np.log(rect[..., 2:] / guess[..., 2:])).mean(-1)
    return shift, growth
