"""The tracker: windows of the agreed lengths, flat memory, and no face left uncovered in any frame."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cartoon import YUV420, draw, picture, street
from track_kit import LAYOUT, SIZE, Scripted, Truth, boxes_of, covered, face, follow, movie
from uunet.boxfile import BoxFile, BoxFileWriter
from uunet.detect import CenterFaceDetector
from uunet.errors import DetectionError
from uunet.track import Tracker, TrackSettings
from uunet.types import WINDOW, Detection, Picture, RawFrame


@pytest.mark.parametrize(
    ("count", "lengths"),
    [(0, []), (1, [1]), (48, [48]), (71, [71]), (72, [48, 24]), (119, [48, 71]), (120, [48, 48, 24])],
)
@pytest.mark.parametrize("lookahead", [5, 24, 60])
def test_window_lengths(count: int, lengths: list[int], lookahead: int) -> None:
    settings = TrackSettings(every=1, lookahead=lookahead, head=1, tail=1)
    windows = follow(lambda _: [face(100, 100)], count, settings)
    assert [len(w.frames) for w in windows] == lengths
    assert [w.number for w in windows] == list(range(len(lengths)))
    assert [f.index for w in windows for f in w.frames] == list(range(count))
    for w in windows:
        assert len(w.detected) == len(w.frames)
        assert len(w.tracks) == len(w.segments)
        last = max(s.last for s in w.segments)
        assert last == len(w.frames) - 1 or (len(w.frames) > 64 and last == len(w.frames))


def test_found_in_10_and_14_is_covered_between_and_around() -> None:
    truth = {10: [face(100, 100)], 14: [face(112, 104)]}
    detector = Scripted(lambda k: truth.get(k, []))
    boxes = boxes_of(list(Tracker(detector, TrackSettings(every=2)).windows(movie(40, lamp=True))))
    for k in range(10, 15):
        share = (k - 10) / 4
        assert covered(boxes[k], face(100 + 12 * share, 100 + 4 * share))
    assert [k for k in boxes if boxes[k]] == list(range(4, 27))


def test_gap_over_a_window_border() -> None:
    """Lost in frame 40, found again in 60: covered on both sides of frame 48, as one track."""
    windows = follow(lambda k: [] if 40 < k < 60 else [face(100 + 2 * k, 100)], 96)
    boxes = boxes_of(windows)
    for k in range(96):
        assert covered(boxes[k], face(100 + 2 * k, 100)), k
    assert {track for w in windows for track in w.tracks} == {0}
    assert sum(w.stats["bridged"] for w in windows) > 0


def test_walks_bends_and_jitter_are_covered() -> None:
    rng = np.random.default_rng(3)
    jitter = rng.normal(0, 0.8, (300, 2))

    def truth(k: int) -> list[Detection]:
        bob = 6 * np.sin(k / 3)
        return [
            face(60 + 1.7 * k + jitter[k, 0], 120 + bob + jitter[k, 1], 36 + 0.08 * k),
            face(580 - 1.5 * k, 200 + 0.3 * k, 50),
        ]

    boxes = boxes_of(follow(truth, 300))
    missed = [
        k
        for k in range(300)
        for f in truth(k)
        if not covered(boxes[k], Detection(f.x0 + 2, f.y0 + 2, f.x1 - 2, f.y1 - 2, 1))
    ]
    assert missed == []
    assert np.mean([len(found) for found in boxes.values()]) < 2.2


def test_few_pieces_and_the_budget() -> None:
    def truth(k: int) -> list[Detection]:
        return [face(40 + 80 * (i % 7) + 20 * np.sin(k / 9 + i), 60 + 80 * (i // 7), 30) for i in range(21)]

    for budget in (21, 40):
        windows = follow(truth, 96, TrackSettings(segments=budget))
        assert all(21 <= len(w.segments) <= budget for w in windows)
        boxes = boxes_of(windows)
        assert all(covered(boxes[k], f) for k in (0, 5, 50, 95) for f in truth(k))


def test_numbers_on_the_wire_differ_within_a_window() -> None:
    """A new face every 12 frames beside one that stays: numbers pass 64, and never meet modulo 64."""

    def truth(k: int) -> list[Detection]:
        born = k // 12
        return [face(60, 300), face(60 + (born * 97) % 520, 60 + (born * 61) % 160)]

    windows = follow(truth, 12 * 80, TrackSettings(every=3, tail=3, head=3))
    assert max(track for w in windows for track in w.tracks) >= 70
    for w in windows:
        numbers = set(w.tracks)
        assert len({track % 64 for track in numbers}) == len(numbers)
        assert all(s.track == track % 64 for s, track in zip(w.segments, w.tracks, strict=True))
    stays = [{t for s, t in zip(w.segments, w.tracks, strict=True) if s.cy0 > 1400} for w in windows]
    assert set.union(*stays) == {min(stays[0])}


def test_same_code_for_live_is_bounded_and_late_by_window_and_lookahead() -> None:
    alive: weakref.WeakSet[RawFrame] = weakref.WeakSet()
    most = 0
    given = 0

    class Counted(RawFrame):
        __slots__ = ("__weakref__",)

    def camera() -> Iterator[RawFrame]:
        nonlocal most, given
        luma = np.full((36, 64), 100, np.uint8)
        for k in range(600):
            frame = Counted(Picture((luma,), LAYOUT), k, k)
            alive.add(frame)
            given = k
            most = max(most, len(alive))
            yield frame

    detector = Scripted(lambda _: [face(30, 18, 10)])
    for window in Tracker(detector).windows(camera()):
        if given < 599:
            assert given - window.frames[-1].index <= WINDOW // 2 + 1
        del window
    assert most <= 2 * WINDOW + WINDOW // 2 + 5


def test_settings() -> None:
    assert TrackSettings.at(24) == TrackSettings()
    assert TrackSettings.at(12.5).every == 2
    assert TrackSettings.at(0.5).every == 1
    assert TrackSettings.at(1e6).lookahead == 120
    for wrong in (
        {"every": 0},
        {"lookahead": 4},
        {"start": 1.5},
        {"head": 25},
        {"tail": -1},
        {"segments": 0},
    ):
        with pytest.raises(DetectionError):
            TrackSettings(**wrong)


def test_real_detector_on_a_drawn_street() -> None:
    """Two drawn people walk past each other, one from outside; the detector is asked in few frames."""

    def people(k: int) -> list[tuple[float, float, float]]:
        return [(40 + 3.0 * k, 90 + 3 * np.sin(k / 4), 44), (330 - 5.0 * k, 150, 52)]

    frames = []
    for k in range(60):
        image = street(320, 240)
        for person in people(k):
            draw(image, *person)
        frames.append(RawFrame(picture(image, YUV420), k, k))
    detector = CenterFaceDetector()
    asked = []

    class Spy:
        def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
            asked.append(index)
            return detector.detect(picture, index, rotation)

    windows = list(Tracker(Spy()).windows(frames))
    assert len(windows) == 1
    assert len(asked) <= 40
    boxes = boxes_of(windows)
    for k in range(60):
        for cx, cy, height in people(k):
            if 0 < cx < 320:
                inner = Detection(
                    cx - 0.25 * height, cy - 0.3 * height, cx + 0.25 * height, cy + 0.3 * height, 1
                )
                assert covered(boxes[k], inner, (320, 240)), (k, cx)


def test_exported_boxes_lead_to_the_same_regions(tmp_path: Path) -> None:
    def truth(k: int) -> list[Detection]:
        return [face(100 + 2.3 * k, 100 + 5 * np.sin(k / 5)), face(500 - 3.1 * k, 200, score=0.3)][
            : 1 + k % 9
        ]

    windows = follow(truth, 130)
    with BoxFileWriter(tmp_path / "boxes.json", SIZE) as writer:
        for window in windows:
            writer.add(window)
        writer.finish()
        writer.commit()
    again = list(Tracker(BoxFile(tmp_path / "boxes.json")).windows(movie(130)))
    assert [w.tracks for w in again] == [w.tracks for w in windows]
    assert [w.stats for w in again] == [w.stats for w in windows]
    before, after = boxes_of(windows), boxes_of(again)
    for k in range(130):
        for (_, a), (_, b) in zip(before[k], after[k], strict=True):
            assert max(abs(a.x - b.x), abs(a.y - b.y), abs(a.w - b.w)) <= 2


class Recorded(Scripted):
    """Detections of some frames only, as files of boxes have them."""

    def knows(self, index: int) -> bool:
        return index % 20 in {0, 1, 19}


@pytest.mark.parametrize("rate", [4, 24, 120])
@pytest.mark.parametrize("kind", [Scripted, Recorded])
def test_never_holds_more_frames_than_it_says(kind: type[Scripted], rate: float) -> None:
    """Whoever feeds it waits for room: one frame more, and nobody could go on."""
    truth: Truth = lambda k: [face(100 + 2 * k % 400, 150)] if k % 90 < 70 else []  # noqa: E731
    settings = TrackSettings.at(rate)
    if kind is Recorded:
        truth = lambda k: [face(100, 150)]  # noqa: E731 (whom a gap of 17 frames can't lose)
        settings = TrackSettings(every=min(settings.every, 5), lookahead=max(settings.lookahead, 24))
    tracker = Tracker(kind(truth), settings)
    taken = 0

    def counted() -> Iterator[RawFrame]:
        nonlocal taken
        for frame in movie(900, lamp=True):
            taken += 1
            yield frame

    given, most = 0, 0
    for window in tracker.windows(counted()):
        most = max(most, taken - given)
        given += len(window.frames)
    assert given == 900
    assert most <= tracker.holds
    assert most >= tracker.holds - settings.lookahead - 2  # else memory is kept free for nothing


def test_large_regions_come_last() -> None:
    """They are masked last and restored first: who is nearer hides others, and comes back whole."""

    def truth(index: int) -> list[Detection]:
        return [face(200 + index, 150, 80), face(300 - index, 150, 40), face(500, 200, 60)]

    for window in follow(truth, 96):
        sides = [box.w for s in window.segments if (box := s.box(s.first, SIZE))]
        by_track = dict(zip(window.tracks, sides, strict=True))
        assert len(by_track) == 3
        assert list(by_track.values()) == sorted(by_track.values())
