"""Building shards from video: what is in the folder, going on with it, labels, and the commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli_media import face_clip
from uunet.errors import InputError
from uunet.types import Detection, Picture
from uunet.video import RawReader
from uunet_lab.__main__ import app
from uunet_lab.datasets.building import build, summary
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.labels import read_labels
from uunet_lab.datasets.packing import open_set
from uunet_lab.datasets.registry import KINDS, Kind, load
from uunet_lab.datasets.tracklets import TrackletRules

RULES = TrackletRules(shortest=6)


class Scripted:
    """Finds the drawn face of `face_clip`, and a second thing at its right if asked to."""

    def __init__(self, *, two: bool = False, broken: bool = False) -> None:
        self.two, self.broken = two, broken

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        if self.broken:
            raise AssertionError("nothing should be decoded")
        found = [Detection(74 + index, 32, 118 + index, 88, 0.9)]
        if self.two:
            found.append(Detection(140, 80, 180, 120, 0.8))
        return found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_clip(tmp_path_factory.mktemp("video") / "door.mp4", frames=12)


@pytest.fixture
def labels(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "labels.csv"
        path.write_text(text)
        return path

    return write


def _named(folder: Path) -> list[tuple[str, str, int, str, dict[str, str]]]:
    return [(r.identity, r.sequence, r.frame, r.camera, r.labels) for r in load("shards", folder)]


def test_a_shard_holds_the_crops_of_the_video(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    built, before = build(clip, folder, Scripted(), RULES)
    assert not before
    assert sorted(path.name for path in folder.iterdir()) == ["door.csv", "door.jpg", "door.json", "door.tar"]
    assert _named(folder) == [("door/0000", "door/0000", k, "door", {}) for k in range(12)]
    assert (built.frames, built.tracklets, built.crops, built.cuts) == (12, 1, 12, 0)
    assert built.covered == built.crops + sum(built.dropped.values())
    assert summary(folder) == [built]


def test_crops_are_stored_without_loss(clip: Path, tmp_path: Path) -> None:
    build(clip, tmp_path, Scripted(), RULES)
    record = next(iter(load("shards", tmp_path, side=56)))  # the true side: 56 of the box
    with RawReader(clip) as reader:
        picture = next(iter(reader)).picture
    luma = picture.planes[0][36:92, 68:124].astype(int)  # the box is 96 ± 22, 60 ± 28; 4 pixels down
    grey = record.image @ np.array([0.299, 0.587, 0.114])
    assert np.abs((luma - 16) * 255 / 219 - grey).mean() < 1.5


def test_a_finished_video_is_not_decoded_again(clip: Path, tmp_path: Path) -> None:
    first, _ = build(clip, tmp_path, Scripted(), RULES)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again, before = build(clip, tmp_path, Scripted(broken=True), RULES)
    assert before and again == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    with pytest.raises(DatasetError, match="other rules"):
        build(clip, tmp_path, Scripted(broken=True), TrackletRules(shortest=7))


def test_an_interrupted_video_leaves_no_shard_and_is_built_the_next_time(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        build(clip, tmp_path, Scripted(broken=True), RULES)
    assert list(tmp_path.iterdir()) == []
    assert not build(clip, tmp_path, Scripted(), RULES)[1]


def test_two_videos_of_one_name_are_two_cameras(clip: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "door.mp4"
    other.parent.mkdir()
    os.link(clip, other)
    folder = tmp_path / "shards"
    names = [build(video, folder, Scripted(), RULES)[0].camera for video in (clip, other, clip, other)]
    assert names == ["door", "door-2", "door", "door-2"]
    assert {row[3] for row in _named(folder)} == {"door", "door-2"}


def test_a_video_without_faces_is_an_empty_shard(clip: Path, tmp_path: Path) -> None:
    built, _ = build(clip, tmp_path, Scripted(), TrackletRules(shortest=13))
    assert (built.tracklets, built.crops, built.dropped["short"]) == (0, 0, 12)
    assert _named(tmp_path) == []


def test_labels_name_people_and_can_change_without_decoding(
    clip: Path, tmp_path: Path, labels: Callable[[str], Path]
) -> None:
    folder = tmp_path / "shards"
    build(clip, folder, Scripted(two=True), RULES)
    assert {row[0] for row in _named(folder)} == {"door/0000", "door/0001"}
    said = labels(
        "video,sequence,identity,gender\ndoor.mp4,,,F\ndoor.mp4,1,-,\ndoor.mp4,0,ann,\nx.mp4,,bob,M\n"
    )
    build(clip, folder, Scripted(broken=True), RULES, read_labels(said))
    assert {(row[0], row[1], row[4]["gender"]) for row in _named(folder)} == {("ann", "door/0000", "F")}
    build(clip, folder, Scripted(broken=True), RULES)  # without labels: they stay
    assert {row[0] for row in _named(folder)} == {"ann"}
    build(clip, folder, Scripted(broken=True), RULES, read_labels(labels("path,gender\ndoor.mp4,M\n")))
    assert {(row[0], row[4]["gender"]) for row in _named(folder)} == {("door/0000", "M"), ("door/0001", "M")}


def test_nobody_is_in_two_places(clip: Path, tmp_path: Path, labels: Callable[[str], Path]) -> None:
    said = read_labels(labels("video,identity\ndoor.mp4,ann\n"))
    with pytest.raises(DatasetError, match="both 'ann' and share frame 0") as caught:
        build(clip, tmp_path / "shards", Scripted(two=True), RULES, said)
    assert "sequence" in caught.value.hint
    build(clip, tmp_path / "one", Scripted(), RULES, said)
    assert {row[0] for row in _named(tmp_path / "one")} == {"ann"}


def test_labels_may_tell_files_of_one_name_apart(labels: Callable[[str], Path]) -> None:
    said = read_labels(labels("video,place\nday1/door.mp4,in\nday2/door.mp4,out\n"))
    assert said.of("/cam/day2/door.mp4", "0000") == {"place": "out"}
    assert said.of("/cam/day3/door.mp4", "0000") == {}
    assert said.of("/cam/day2/trapdoor.mp4", "0000") == {}


@pytest.mark.parametrize(
    ("row", "named"), [("door.mp4,7,-", "0007 (line 3)"), ("door.mp4,one,-", "one (line 3)")]
)
def test_a_row_about_a_tracklet_that_is_not_there_is_an_error(
    clip: Path, tmp_path: Path, labels: Callable[[str], Path], row: str, named: str
) -> None:
    """Else a mistyped number leaves a tracklet in the set that somebody took out."""
    said = read_labels(labels(f"video,sequence,identity\ndoor.mp4,1,-\n{row}\n"))
    folder = tmp_path / "shards"
    with pytest.raises(DatasetError) as caught:
        build(clip, folder, Scripted(two=True), RULES, said)
    assert f"tracklets that door.mp4 has not: {named}" in str(caught.value)
    assert "it has 0000 to 0001: see door.jpg" in caught.value.hint
    assert not (folder / "door.csv").exists()  # `pack` refuses the shard until the labels fit
    right = read_labels(labels("video,sequence,identity\ndoor.mp4,1,-\n"))
    assert build(clip, folder, Scripted(broken=True), RULES, right)[1]
    assert {row[1] for row in _named(folder)} == {"door/0000"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("video,gender\n,F\n", "line 2, names no video"),
        ("video,gender\ndoor.mp4,F,tall\n", "line 2, has a cell in no column"),
        ("video,gender,\n,,\ndoor.mp4,F,tall\n", "line 3, has a cell in no column"),
    ],
)
def test_rows_that_would_do_nothing_are_refused(labels: Callable[[str], Path], text: str, what: str) -> None:
    with pytest.raises(DatasetError, match=what):
        read_labels(labels(text))


def test_blanks_round_a_cell_mean_nothing(labels: Callable[[str], Path]) -> None:
    said = read_labels(labels("video, sequence, identity\ndoor.mp4, 1, -\n,,\n"))
    assert (said.of("door.mp4", "0001"), said.of("door.mp4", "0000")) == ({"identity": "-"}, {})
    assert len(said.rows) == 1


@pytest.mark.parametrize("text", ["", "gender\nF\n", "video,camera\na,b\n", "video,path\na,b\n"])
def test_labels_with_other_columns_are_refused(labels: Callable[[str], Path], text: str) -> None:
    with pytest.raises(DatasetError, match="columns") as caught:
        read_labels(labels(text))
    assert "every other column is a label" in caught.value.hint


def test_a_damaged_summary_is_not_taken_for_none(clip: Path, tmp_path: Path) -> None:
    build(clip, tmp_path, Scripted(), RULES)
    (tmp_path / "door.json").write_text("{")
    with pytest.raises(DatasetError, match="damaged"):
        build(clip, tmp_path, Scripted(), RULES)


def test_a_video_that_breaks_off_gives_what_was_before(tmp_path: Path) -> None:
    whole = face_clip(tmp_path / "whole.mkv", frames=60).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    built, _ = build(tmp_path / "cut.mkv", tmp_path / "shards", Scripted(), RULES)
    assert 10 < built.frames < 60
    assert built.crops == built.frames
    assert built.damage


def test_no_video_no_shard(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"x" * 99)
    with pytest.raises(InputError):
        build(tmp_path / "no.mp4", tmp_path / "out", Scripted(), RULES)
    assert list((tmp_path / "out").iterdir()) == []


# the commands, with the real detector


def _run(*arguments: object) -> Result:
    plain = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}
    return CliRunner().invoke(app, ["dataset", *(str(argument) for argument in arguments)], env=plain)


def test_from_video_to_a_packed_set(tmp_path: Path) -> None:
    clip = face_clip(tmp_path / "hall.mp4", frames=26)
    missing = tmp_path / "missing.mp4"
    shards, packed, sheet = tmp_path / "shards", tmp_path / "packed", tmp_path / "sheet.png"
    ran = _run("build", clip, missing, "-o", shards, "--shortest", 20, "--score", 0.2)
    assert ran.exit_code == 1  # one of two
    assert "hall: 1 tracklets, 26 faces" in ran.stdout
    assert "personal data" in ran.stdout
    assert f"error: {missing} does not exist" in ran.stderr
    assert _run("pack", shards, "-o", packed).exit_code == 0
    faces = open_set(packed)
    assert (len(faces), faces.people, faces.images.shape[1:]) == (26, 1, (96, 96, 3))
    assert len(faces.runs(26)) == 1
    assert _run("show", packed, "-o", sheet).exit_code == 0
    assert sheet.stat().st_size > 1000
    assert [built.crops for built in summary(shards)] == [26]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"hall.mp4", "shards", "packed", "sheet.png"}  # faces stay where they were asked for


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet.detect.CenterFaceDetector", lambda: Scripted(two=True))


def test_labels_are_about_the_whole_folder(
    clip: Path, tmp_path: Path, labels: Callable[[str], Path], scripted: None
) -> None:
    """A row works though its video is not given again; one about no video at all is named."""
    folder, other = tmp_path / "shards", tmp_path / "hall.mp4"
    os.link(clip, other)
    assert _run("build", clip, "-o", folder, "--shortest", 6).exit_code == 0
    said = labels("video,sequence,identity\ndoor.mp4,1,-\nhal.mp4,0,-\nhall.mp4,,\n")
    ran = _run("build", other, "-o", folder, "--shortest", 6, "--labels", said)
    assert ran.exit_code == 0, ran.stderr
    assert {row[1] for row in _named(folder)} == {"door/0000", "hall/0000", "hall/0001"}
    assert f"{folder}: labelled 1 videos that were not given" in ran.stdout
    assert ran.stderr.count("warning: ") == 1
    assert (
        f"rows that do nothing, about videos that are neither given nor in {folder}: hal.mp4 (line 3)\n"
        in ran.stderr
    )
    ran = _run("build", other, "-o", folder, "--shortest", 6, "--labels", labels("video\nhall.mp4\n"))
    assert "labelled" not in ran.stdout + ran.stderr
    assert {row[1] for row in _named(folder)} == {"door/0000", "hall/0000", "hall/0001"}


def test_labels_that_do_not_fit_a_video_that_is_not_given_are_an_error(
    clip: Path, tmp_path: Path, labels: Callable[[str], Path], scripted: None
) -> None:
    folder, other = tmp_path / "shards", tmp_path / "hall.mp4"
    os.link(clip, other)
    assert _run("build", clip, "-o", folder, "--shortest", 6).exit_code == 0
    said = labels("video,sequence,identity\ndoor.mp4,11,-\n")
    ran = _run("build", other, "-o", folder, "--shortest", 6, "--labels", said)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert "door.mp4 has not: 0011 (line 2)" in ran.stderr
    assert {row[3] for row in _named(folder)} == {"door", "hall"}  # the others are done


def test_a_long_table_of_another_folder_is_named_in_short(
    clip: Path, tmp_path: Path, labels: Callable[[str], Path], scripted: None
) -> None:
    said = labels("video\n" + "".join(f"{i}.mp4\n" for i in range(30)))
    ran = _run("build", clip, "-o", tmp_path / "shards", "--shortest", 6, "--labels", said)
    assert ran.exit_code == 0
    assert "7.mp4 (line 9) and 22 more" in ran.stderr
    assert "8.mp4" not in ran.stderr


def test_shards_are_not_built_in_a_packed_set(clip: Path, tmp_path: Path, scripted: None) -> None:
    packed = tmp_path / "packed"
    assert _run("build", clip, "-o", tmp_path / "shards", "--shortest", 6).exit_code == 0
    assert _run("pack", tmp_path / "shards", "-o", packed).exit_code == 0
    before = sorted(packed.iterdir())
    ran = _run("build", clip, clip, "-o", packed)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert f"{packed} is a packed set, not a folder of shards" in ran.stderr
    with pytest.raises(DatasetError, match="is a packed set"):
        build(clip, packed, Scripted(), RULES)
    assert sorted(packed.iterdir()) == before


def test_a_folder_that_is_a_file_is_an_error_of_the_output(clip: Path, tmp_path: Path) -> None:
    build(clip, tmp_path / "shards", Scripted(), RULES)
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for arguments in (("build", clip), ("pack", tmp_path / "shards")):
        ran = _run(*arguments, "-o", taken)
        assert ran.exit_code == 1
        assert f"error: can't write to {taken}" in ran.stderr
        assert taken.read_text() == "mine"


def test_the_kinds_of_sets_are_named_and_explained() -> None:
    assert set(KINDS) == set(get_args(Kind))
    shown = " ".join(_run("pack", "--help").stdout.replace("│", " ").split())
    ran = _run("pack", "nowhere", "-o", "x", "--kind", "video")
    assert ran.exit_code == 2
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    for kind, what in KINDS.items():
        assert f"{kind}: {what}" in shown
        assert f"'{kind}'" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("pack", "nowhere", "-o", "x"), "nowhere does not exist"),
        (("pack", "nowhere", "-o", "x", "--kind", "mars"), "expected a folder: bbox_train"),
        (("show", "nowhere", "-o", "x.png"), "nowhere is not a packed set"),
        (("build", "nowhere", "-o", "x", "--change", "65"), "change=65"),
    ],
)
def test_what_is_wrong_is_said_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = _run(*arguments)
    assert ran.exit_code == 1
    assert ran.stderr.count("error: ") == ran.stderr.count("hint: ") == 1
    assert what in ran.stderr
    assert list(tmp_path.iterdir()) == []
