"""`verify` and `inspect` tell the same times of a track; `verify` names the windows too, sealed whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk import Desk
from evidence_kit import parts_of, put_together
from tiny_models import PAIR
from uunet.evidence.reading import WindowEvidence, windows
from uunet.evidence.sightings import sightings
from uunet.message import pack, roi_key
from uunet.types import Segment
from uunet.video.coded import copy_with_payloads


@pytest.fixture(scope="module")
def public(desk: Desk) -> Path:
    """Two windows; a face in both, one in the second alone, and one that is away for a while."""
    frames: dict[str, list[list[float]]] = {}
    for k in range(96):
        frames[str(k)] = [[4.0, 30, 30, 60]]
        frames[str(k)] += [[36.0, 30, 62, 60]] if 60 <= k < 70 else []
        frames[str(k)] += [[66.0, 30, 92, 60]] if not 20 <= k < 90 else []
    boxes = desk / "away.json"
    size = list(desk.kit.size)
    boxes.write_text(json.dumps({"format": "uunet-boxes", "version": 1, "size": size, "frames": frames}))
    target = desk / "away.mp4"
    seal = ("--to", desk / "authority.pub", "--sign", desk / "camera.key", "--lookahead", "4", "--every", "1")
    desk.publish(target, "--boxes", boxes, *seal)
    return target


def of_inspect(desk: Desk, path: Path) -> dict[str, list[list[float]]]:
    found = desk.run("inspect", path, "--model", desk.kit.public, "--json").json
    return {
        track: [[span["begin"], span["end"]] for span in spans] for track, spans in found["tracks"].items()
    }


def test_both_say_the_same(desk: Desk, public: Path) -> None:
    found = desk.done("verify", public, "--json").json
    assert found["seen"] == of_inspect(desk, public)
    assert len(found["seen"]) >= 3 and max(spans[0][0] for spans in found["seen"].values()) > 1.92
    assert any(spans[0][1] < 1.2 for spans in found["seen"].values())
    for track, spans in found["seen"].items():
        first, last = found["sealed_windows"][track][0][0], found["sealed_windows"][track][-1][1]
        assert first == (spans[0][0] >= 1.92) and last == (spans[-1][1] > 1.92)
    shown = desk.done("verify", public).out
    assert "seen (seconds from the beginning)" in shown and "sealed in windows, each whole" in shown
    same = [
        line.split()[:2] for line in desk.done("inspect", public, "--model", desk.kit.public).out.splitlines()
    ]
    for line in shown.splitlines():
        if line.strip()[:1].isdigit():
            assert line.split()[:2] in same, line


def test_times_that_nothing_signed_tells_are_not_known(desk: Desk, public: Path, tmp_path: Path) -> None:
    path = tmp_path / "bare.mp4"
    copy_with_payloads(public, path, lambda payloads: [p for p in payloads if p[:1] == b"\x04"], lambda: None)
    ran = desk.run("verify", path)
    assert ran.code == 1 and "ALTERED_MESSAGES" in ran.out and "not known" in ran.out
    found = desk.run("verify", path, "--json").json
    assert found["sealed_windows"]["0"] == [[0, 1]] and not any(found["seen"].values())


def test_of_a_part_only_what_is_there(desk: Desk, public: Path, tmp_path: Path) -> None:
    parts = parts_of(public)
    twice = put_together(public, tmp_path / "twice.mp4", [parts[0], parts[1], parts[0]])
    found = desk.run("verify", twice, "--json").json
    assert found["sealed_windows"]["0"] == [[0, 1], [0, 0]]
    assert found["seen"] == of_inspect(desk, twice)


# --- one window ----------------------------------------------------------------------------------------


def segment(track: int, first: int, last: int) -> Segment:
    return Segment(track, first, last, 900, 900, 900, 900, 200, 200)


@pytest.fixture
def window(public: Path) -> WindowEvidence:
    return next(iter(windows(public)))


def saying(window: WindowEvidence, *segments: Segment, frames: int = 48) -> WindowEvidence:
    packets = pack(0, bytes(8), segments, roi_key(PAIR), frames=frames)
    return replace(window, packets=tuple(packets))


def numbered(window: WindowEvidence, *tracks: int) -> WindowEvidence:
    pieces: Any = [replace(window.sealed[0], track=track) for track in tracks]
    return replace(window, sealed=tuple(pieces))


def test_pieces_of_a_path_are_one_run_and_numbers_are_full(window: WindowEvidence) -> None:
    said = saying(numbered(window, 65, 3), segment(1, 9, 20), segment(1, 0, 8), segment(1, 30, 47))
    assert sightings(said) == {65: [(0, 20), (30, 47)]}


def test_nothing_is_said_of_what_is_not_clear(window: WindowEvidence) -> None:
    assert sightings(saying(numbered(window, 1, 65), segment(1, 0, 8))) == {}  # whose it is
    assert sightings(saying(numbered(window, 1), segment(1, 0, 8), frames=47)) == {}  # which frames
    many = saying(numbered(window, 1), *(segment(1, k, k) for k in range(9)))
    assert sightings(many) and sightings(replace(many, packets=many.packets[1:])) == {}
    assert sightings(replace(many, packets=())) == sightings(replace(many, packets=(bytes(64),))) == {}
    assert sightings(replace(many, header=None)) == {}


@pytest.mark.parametrize("how", [(), ("--envelopes",)])
def test_inspect_says_that_a_file_was_shredded(
    desk: Desk, public: Path, tmp_path: Path, how: tuple[str, ...]
) -> None:
    """Not that its tracks may be others than those that were signed, unless more was changed."""
    copy, forged = tmp_path / "copy.mp4", tmp_path / "forged.mp4"
    desk.done("shred", public, "-o", copy, *how)
    look = ("--model", desk.kit.public, "--json")
    found = desk.done("inspect", copy, *look)
    assert "was shredded" in found.err and "not as it was signed" not in found.err
    assert found.json["as_signed"] is False
    put_together(copy, forged, parts_of(copy)[:1])  # the end is missing too
    found = desk.done("inspect", forged, *look)
    assert "was shredded" not in found.err and "is not as it was signed" in found.err
    shown = desk.done("inspect", forged, "--model", desk.kit.public).out
    assert "message verdict" in shown  # no verdict on signatures
