"""Association: who is who from frame to frame, and where a face is when nobody sees it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from uunet.association import Follower, overlap
from uunet.filling import Path, fill, without_doubles
from uunet.types import Detection

SIZE = (640, 480)


def face(cx: float, cy: float, height: float = 40, score: float = 0.8) -> Detection:
    return Detection(cx - 0.4 * height, cy - height / 2, cx + 0.4 * height, cy + height / 2, score)


def test_two_people_cross() -> None:
    follower = Follower(0.25, 24)
    for k in range(0, 61, 5):
        follower.update(k, [face(100 + 4 * k, 200), face(400 - 4 * k, 225)])
    assert len(follower.tracks) == 2
    for track, sign in zip(follower.tracks, (1, -1), strict=True):
        xs = [rect[0] for rect in track.seen.values()]
        assert all(np.sign(b - a) == sign for a, b in pairwise(xs))


def test_weak_detections_continue_but_do_not_start() -> None:
    follower = Follower(0.25, 24)
    follower.update(0, [face(100, 100, score=0.9), face(300, 100, score=0.2)])
    assert len(follower.tracks) == 1
    follower.update(5, [face(104, 100, score=0.2)])
    assert list(follower.tracks[0].seen) == [0, 5]


def test_a_weak_detection_where_a_track_came_from_begins_it() -> None:
    """A face that runs in from behind somebody: found weakly, then surely, and faster at first."""
    follower = Follower(0.25, 24, head=6)
    follower.update(106, [face(90, 150, score=0.2), face(300, 400, score=0.2)])
    follower.update(109, [face(51, 153, score=0.6)])
    assert list(follower.tracks[0].seen) == [109]  # where it came from is not known yet
    follower.update(110, [face(42, 154)])
    (track,) = follower.tracks
    assert list(track.seen) == [106, 109, 110] and track.hits == 3
    path = fill(track, range(96, 112), head=6, tail=6, size=SIZE)
    assert path[108][1] == "between" and path[108][0][0] == pytest.approx(64)
    assert path[106][1] == "seen" and path[105][1] == "coasted"


@pytest.mark.parametrize(
    ("frame", "weak"),
    [
        (103, face(100, 150, score=0.2)),  # too long ago
        (106, face(180, 150, score=0.2)),  # elsewhere
        (106, face(90, 150, height=100, score=0.2)),  # of another size
    ],
)
def test_other_weak_detections_begin_no_track(frame: int, weak: Detection) -> None:
    follower = Follower(0.25, 24, head=5)
    follower.update(frame, [weak])
    follower.update(109, [face(51, 153, score=0.6)])
    follower.update(110, [face(42, 154)])
    assert list(follower.tracks[0].seen) == [109, 110]


def test_a_weak_detection_before_a_cut_begins_no_track_after_it() -> None:
    follower = Follower(0.25, 24, head=6)
    follower.update(106, [face(90, 150, score=0.2)])
    follower.cut(108)
    follower.update(109, [face(51, 153, score=0.6)])
    follower.update(110, [face(42, 154)])
    assert list(follower.tracks[0].seen) == [109, 110]


def test_a_weak_detection_begins_one_track_at_most() -> None:
    follower = Follower(0.25, 24, head=6)
    follower.update(100, [face(100, 150, score=0.2)])
    for k in (103, 104):
        follower.update(k, [face(103, 150), face(112, 172, height=44)])
    assert sorted(len(track.seen) for track in follower.tracks) == [2, 3]


def test_sure_detections_choose_first() -> None:
    follower = Follower(0.25, 24)
    follower.update(0, [face(100, 100)])
    follower.update(5, [face(112, 100, score=0.9), face(101, 100, score=0.3)])
    assert follower.tracks[0].seen[5][0] == 112


def test_gap_is_bridged_up_to_the_patience() -> None:
    for gap, tracks in ((24, 1), (25, 2)):
        follower = Follower(0.25, 24)
        follower.update(0, [face(100, 100)])
        follower.update(gap, [face(110, 100)])
        assert len(follower.tracks) == tracks


def test_what_another_track_takes_is_covered_all_the_same() -> None:
    """Two faces, then one between them: whosever it is, it is covered on the way there, but not for ever."""
    follower = Follower(0.25, 24)
    follower.update(0, [face(100, 200), face(124, 200)])
    follower.update(5, [face(112, 200)])
    assert [list(track.seen) for track in follower.tracks] == [[0, 5], [0, 5]]
    paths = [fill(track, range(48), 6, 12, SIZE) for track in follower.tracks]
    assert [path[3][0][0] for path in paths] == pytest.approx([107.2, 116.8])
    follower.update(10, [face(112, 200)])
    assert sorted(len(track.seen) for track in follower.tracks) == [2, 3]


def test_a_face_is_not_taken_for_a_narrower_one() -> None:
    follower = Follower(0.25, 24)
    narrow = Detection(94, 180, 106, 220, 0.8)
    follower.update(0, [face(112, 200), narrow])
    follower.update(5, [face(103, 200)])
    wide, thin = follower.tracks
    assert 5 in wide.seen and 5 not in thin.seen


def test_no_track_crosses_a_cut() -> None:
    follower = Follower(0.25, 24)
    follower.update(9, [face(100, 100)])
    follower.cut(10)
    follower.update(10, [face(100, 100)])
    first, second = follower.tracks
    paths = [fill(t, range(48), 6, 12, SIZE) for t in (first, second)]
    assert max(paths[0]) == 9
    assert min(paths[1]) == 10


def test_other_size_or_place_is_another_face() -> None:
    follower = Follower(0.25, 24)
    follower.update(0, [face(100, 100)])
    follower.update(5, [face(100, 100, height=120)])
    follower.update(10, [face(400, 100)])
    assert len(follower.tracks) == 3


def track_of(*frames: int, score: float = 0.8, speed: float = 2) -> Path:
    follower = Follower(0.25, 24)
    for k in frames:
        follower.update(k, [face(100 + speed * k, 100, score=score)])
    (track,) = follower.tracks
    return fill(track, range(60), 6, 12, SIZE)


def test_fill_between_before_and_after() -> None:
    path = track_of(10, 14, 18)
    assert list(path) == list(range(4, 31))
    hows = {k: how for k, (_, how) in path.items()}
    assert {k for k, how in hows.items() if how == "seen"} == {10, 14, 18}
    assert {k for k, how in hows.items() if how == "between"} == {11, 12, 13, 15, 16, 17}
    for k, (rect, how) in path.items():
        assert abs(rect[0] - (100 + 2 * k)) < (1e-9 if how != "coasted" else 12)
    assert path[12][0][3] > path[10][0][3]  # wider where it is not known
    assert path[30][0][3] > path[18][0][3]


def test_where_a_look_between_missed_it_a_face_may_have_stood() -> None:
    """It is seen in 10 and 25, not in 20: a straight line would leave it bare where it was in 15 or 21."""
    follower = Follower(0.25, 24)
    for k, seen in ((10, [face(100, 100)]), (20, []), (25, [face(148, 100)])):
        follower.update(k, seen)
    path = fill(follower.tracks[0], range(40), 6, 12, SIZE, near=5)

    def reach(k: int) -> tuple[float, float]:
        rect = path[k][0]
        return float(rect[0] - rect[2] / 2), float(rect[0] + rect[2] / 2)

    assert all(reach(k)[0] <= 84 for k in range(10, 16))
    assert all(reach(k)[1] >= 164 for k in range(21, 26))
    assert reach(20)[1] < 164  # the look shows that nobody was there
    assert reach(17)[0] > 84
    assert reach(17)[1] < 164


def test_flicker_of_the_detector_makes_no_region_larger() -> None:
    """Somebody walks fast, each frame is looked at, and in one of five the detector misses him."""
    follower = Follower(0.25, 24)
    for k in range(30):
        follower.update(k, [face(100 + 10 * k, 100)] if k % 5 else [])
    path = fill(follower.tracks[0], range(30), 6, 12, SIZE, near=5)
    assert max(rect[2] for k, (rect, _) in path.items() if 1 <= k < 29) < 34


def test_between_two_looks_that_follow_each_other_a_face_is_on_the_line() -> None:
    follower = Follower(0.25, 24)
    for k in (10, 15):
        follower.update(k, [face(100 + 4 * k, 100)])
    path = fill(follower.tracks[0], range(40), 6, 12, SIZE, near=5)
    assert [path[k][0][0] for k in range(10, 16)] == [100 + 4 * k for k in range(10, 16)]


def test_doubtful_single_detection_is_not_drawn_out() -> None:
    assert list(track_of(20, score=0.3)) == list(range(14, 27))
    assert list(track_of(20, score=0.8)) == list(range(14, 33))


def test_fill_ends_where_the_face_leaves_the_picture() -> None:
    follower = Follower(0.25, 24)
    for k in (0, 2, 4):
        follower.update(k, [face(600 + 10 * k, 100)])
    path = fill(follower.tracks[0], range(60), 6, 12, SIZE)
    assert 4 < max(path) < 10


def test_memory_is_flat_and_gaps_survive_forgetting() -> None:
    follower = Follower(0.25, 24)
    for k in range(0, 4000, 5):
        follower.update(k, [face(100, 100)])
        if k % 45 == 0:
            follower.forget(k)
    (track,) = follower.tracks
    assert len(track.seen) < 20
    follower.forget(3998)
    assert list(track.seen) == [3995]
    assert 4003 in fill(track, range(3998, 4046), 6, 12, SIZE)
    assert 3998 in fill(track, range(3998, 4046), 6, 12, SIZE)
    follower.forget(4100)
    assert follower.tracks == []


def test_extrapolated_double_is_dropped() -> None:
    here, there = np.array([100.0, 100, 32, 40]), np.array([300.0, 100, 32, 40])
    lost: Path = {0: (here, "seen"), 1: (here, "coasted"), 2: (here, "coasted"), 3: (there, "coasted")}
    found: Path = {2: (here + 1, "seen"), 3: (here, "between")}
    a, b = without_doubles([lost, found])
    assert list(a) == [0, 1, 3]
    assert list(b) == [2, 3]


def test_overlap() -> None:
    a = np.array([10.0, 10, 10, 10])
    assert overlap(a, a) == 1
    assert overlap(a, a + np.array([5, 0, 0, 0])) == 1 / 3
    assert overlap(a, a + np.array([20, 0, 0, 0])) == 0
