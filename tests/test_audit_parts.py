"""The parts of an audit, on cases whose answer is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from cartoon import YUV420, picture, street
from uunet.audit.events import Events, Kind, Sighting, overlap, thumbnail
from uunet.audit.likeness import SIDE, Reservoir, Sample, likeness
from uunet.audit.presence import Presence
from uunet.audit.recogniser import Descriptors, Image
from uunet.types import Box, Detection, PublicFrame, RawFrame
from video_media import publish

BOX, FACE = Box(20, 20, 40, 40), Detection(30, 30, 50, 50, 0.9)


@pytest.mark.parametrize(
    ("seen", "bridged", "coasted"),
    [
        ([1, 1, 1], 0, 0),
        ([0, 1, 0, 0, 1, 0], 2, 2),
        ([0, 0, 0], 0, 3),
        ([1, 0, 1, 0, 1], 2, 0),
    ],
)
def test_bridged_lies_between_sightings_and_coasted_outside(
    seen: list[int], bridged: int, coasted: int
) -> None:
    presence = Presence()
    for index, here in enumerate(seen):
        presence.add(index, [BOX], [3], [FACE] if here else [])
    presence.finish()
    assert (presence.bridged, presence.coasted, presence.tracks) == (bridged, coasted, 1)
    assert presence.regions == len(seen) == presence.seen + bridged + coasted


def test_a_track_that_was_away_is_still_one() -> None:
    """As `inspect` and `deidentify` count it; nothing is bridged where there is no region."""
    presence = Presence()
    for index in (0, 1, 5, 6):  # a face, none; away; none, a face
        presence.add(index, [BOX], [3], [FACE] if index in (0, 6) else [])
    presence.finish()
    assert (presence.tracks, presence.bridged, presence.coasted) == (1, 0, 2)


@pytest.mark.parametrize("first", [0, 40])
def test_numbers_that_are_used_again_are_other_tracks(first: int) -> None:
    """150 tracks, each in two frames; of ten, one comes back after two others have begun."""
    presence = Presence()
    for k in range(150):
        for index in (3 * k, 3 * k + 1):
            presence.add(index, [BOX], [(first + k) % 64], [FACE])
        if k % 10 == 9:
            presence.add(3 * k + 2, [BOX], [(first + k - 2) % 64], [FACE])
    presence.finish()
    assert presence.tracks == 150


def test_two_tracks_of_one_number_and_regions_of_none() -> None:
    presence, far = Presence(), Box(100, 20, 40, 40)
    presence.add(0, [BOX, far, Box(160, 20, 40, 40)], [3, 3, None], [FACE])
    presence.add(1, [BOX, far, Box(160, 20, 40, 40)], [3, 3, None], [])
    presence.finish()
    assert (presence.tracks, presence.seen, presence.coasted) == (2, 1, 5)


def frame(index: int) -> PublicFrame:
    return publish(RawFrame(picture(street(320, 240), YUV420), index, index))


def test_a_face_in_frames_that_follow_is_one_event() -> None:
    events = Events(gap=2, rotation=0)
    here, moved, far = (Detection(x, 50, x + 30, 90, 0.5) for x in (50, 55, 200))
    events.add(frame(0), 0.0, [Sighting("partly", here, 0.5)])
    events.add(frame(2), 0.1, [Sighting("bare", moved, 0.0), Sighting("shown", far, 0.0)])
    events.add(frame(3), 0.2, [Sighting("partly", moved, 0.7)])
    events.add(frame(6), 0.3, [Sighting("bare", moved, 0.0)])
    told = [(e.kind, e.first, e.last, e.frames, e.shown_in) for e in events.found]
    assert told == [("bare", 0, 3, 3, 2), ("shown", 2, 2, 1, 2), ("bare", 6, 6, 1, 6)]


def test_frames_are_counted_of_the_worst_kind() -> None:
    events = Events(3, 0)
    kinds: tuple[Kind, ...] = ("partly", "bare", "partly", "bare", "shown")
    for index, kind in enumerate(kinds):
        events.add(frame(index), index / 25, [Sighting(kind, FACE, 0.0)])
    (event,) = events.found
    assert (event.kind, event.frames, event.frames_of_kind) == ("bare", 5, 2)


def test_a_face_that_walks_is_one_event() -> None:
    events = Events(gap=1, rotation=0)
    for k in range(12):  # 132 pixels in all, a third of its width from frame to frame
        face = Detection(20 + 12 * k, 50, 56 + 12 * k, 90, 0.9 - 0.05 * k)
        events.add(frame(k), k / 25, [Sighting("bare", face, 0.0)])
    assert [(event.first, event.last, event.shown_in) for event in events.found] == [(0, 11, 0)]


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(FACE, FACE) == 1.0
    assert overlap(FACE, Detection(40, 30, 60, 50, 1)) == pytest.approx(1 / 3)
    assert overlap(FACE, Detection(60, 60, 70, 70, 1)) == 0.0


@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("face", [FACE, Detection(-9, -5, 12, 20, 1), Detection(10, 2, 400, 260, 1)])
def test_a_thumbnail_is_upright_and_inside_the_picture(face: Detection, rotation: int) -> None:
    image = street(320, 240)
    image[:, :, 2] = np.linspace(0, 255, 320, dtype=np.uint8)  # brighter to the right
    shown = cv2.imdecode(
        np.frombuffer(thumbnail(publish(RawFrame(picture(image), 0, 0)), face, rotation), np.uint8), 1
    )
    assert shown is not None and shown.shape == (144, 144, 3)
    upright = np.rot90(shown, -rotation)[:, :, 2]
    assert upright[:, 100:].mean() > upright[:, :44].mean() + 5


def samples(count: int, *, same: bool) -> list[Sample]:
    """Regions of `count` tracks, two each; a is x, or the x of another track."""
    rng = np.random.default_rng(1)
    looks = [
        cv2.resize(rng.integers(0, 255, (8, 8, 3)).astype(np.uint8), (SIDE, SIDE)).astype(np.uint8)
        for _ in range(count)
    ]
    shift = 0 if same else 1
    return [
        Sample(track, looks[track], looks[(track + shift) % count], looks[track] if same else None)
        for track in [*range(count)] * 2
    ]


class ByPixels:
    """Knows faces by 4 × 4 pixels of them."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        small = [cv2.resize(face, (4, 4), interpolation=cv2.INTER_AREA) for face in faces]
        return np.stack(small).reshape(len(faces), -1).astype(np.float64) / 50


def test_a_replacement_that_is_the_face_is_recognised() -> None:
    found = likeness(samples(6, same=True), ByPixels())
    assert found is not None and found.recognised is not None
    assert (found.regions, found.tracks) == (12, 6)
    assert found.correlation == pytest.approx(1) and found.psnr_published > 70
    assert found.psnr_restored == found.psnr_published
    assert found.correlation_others is not None and abs(found.correlation_others) < 0.5
    known = found.recognised
    assert (known.own, known.raw, known.restored, known.auc, known.others) == (1, 1, 1, 1, 0)


def test_another_face_is_not() -> None:
    found = likeness(samples(6, same=False), ByPixels())
    assert found is not None and found.recognised is not None
    known = found.recognised
    assert abs(found.correlation) < 0.5 and found.psnr_published < 15 and found.psnr_restored is None
    assert known.own == 0 and known.others is not None and known.others > 0 and known.restored is None
    assert known.auc is not None and known.auc < 0.5


def test_one_track_has_no_others_and_no_sample_no_likeness() -> None:
    found = likeness(samples(1, same=True), ByPixels())
    assert found is not None and found.correlation_others is None and found.recognised is not None
    assert found.recognised.others is found.recognised.auc is None and found.recognised.raw == 1
    assert likeness([], ByPixels()) is None


def test_a_reservoir_draws_evenly_and_makes_only_what_it_keeps() -> None:
    blank = np.zeros((1, 1, 3), np.uint8)
    reservoir, made = Reservoir(20), Counter[int]()

    def make(number: int) -> Sample:
        made[number] += 1
        return Sample(number, blank, blank, None)

    for number in range(1000):
        reservoir.offer(lambda number=number: make(number))  # type: ignore[misc]
    kept = [sample.track for sample in reservoir.kept]
    assert len(set(kept)) == 20 and made.total() < 150  # 20 (1 + ln 50) are expected
    assert 300 < np.mean([track for track in kept if track is not None]) < 700
