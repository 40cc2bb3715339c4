"""What becomes what, what is skipped, and that one bad file does not stop the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from uunet import batch
from uunet.batch import Job, Plan
from uunet.errors import InputError, OutputError, TruncatedError
from uunet.job import Summary
from uunet.video import EncodeSettings

H264 = EncodeSettings()


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def targets(todo: Plan, base: Path) -> dict[str, str]:
    return {str(j.source.relative_to(base)): str(j.target.relative_to(base)) for j in todo.jobs}


def test_a_file_becomes_a_file(tmp_path: Path) -> None:
    todo = batch.plan([tmp_path / "a.avi"], tmp_path / "b.mkv", H264)
    assert todo == Plan((Job(tmp_path / "a.avi", tmp_path / "b.mkv"),))


def test_a_file_into_a_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    todo = batch.plan([tmp_path / "a.avi"], tmp_path / "out", H264)
    assert targets(todo, tmp_path) == {"a.avi": "out/a.avi.mp4"}
    assert not todo.several


def test_a_folder_keeps_its_tree(tmp_path: Path) -> None:
    source = tmp_path / "in"
    touch(source / "a.MOV", source / "b" / "c.gif", source / "b" / "photo.JPG", source / "b" / "d.webm")
    touch(source / "notes.txt", source / ".hidden.mp4", source / ".git" / "x.mp4")
    todo = batch.plan([source], tmp_path / "out", H264)
    assert targets(todo, tmp_path) == {
        "in/a.MOV": "out/a.MOV",
        "in/b/c.gif": "out/b/c.gif.mp4",
        "in/b/photo.JPG": "out/b/photo.JPG.png",
        "in/b/d.webm": "out/b/d.webm.mp4",
    }
    assert todo.ignored == (source / "notes.txt",)
    assert todo.several


def test_suffixes_suit_the_codec(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.mp4", tmp_path / "in" / "b.webm")
    ffv1 = batch.plan([tmp_path / "in"], tmp_path / "out", EncodeSettings("ffv1"))
    assert {job.target.name for job in ffv1.jobs} == {"a.mp4.mkv", "b.webm.mkv"}
    av1 = batch.plan([tmp_path / "in"], tmp_path / "out", EncodeSettings("av1"))
    assert {job.target.name for job in av1.jobs} == {"a.mp4", "b.webm"}


def test_the_output_inside_the_input_is_not_read_again(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4", tmp_path / "out" / "a.mp4")
    assert targets(batch.plan([tmp_path], tmp_path / "out", H264), tmp_path) == {"a.mp4": "out/a.mp4"}


def test_a_name_depends_on_no_neighbour(tmp_path: Path) -> None:
    expected = {
        "in/a.avi": "out/a.avi.mp4",
        "in/a.gif": "out/a.gif.mp4",
        "in/a.mp4": "out/a.mp4",
    }
    for number, name in enumerate(sorted(expected), start=1):  # one after the other, as recordings come
        touch(tmp_path / name)
        todo = batch.plan([tmp_path / "in"], tmp_path / "out", H264)
        assert targets(todo, tmp_path) == dict(sorted(expected.items())[:number])
    touch(tmp_path / "in" / "a.gif.mp4")
    with pytest.raises(OutputError, match="would both become"):
        batch.plan([tmp_path / "in"], tmp_path / "out", H264)


def test_several_inputs(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "a.mp4", tmp_path / "two" / "a.mp4", tmp_path / "b.mkv")
    inputs = [tmp_path / "one", tmp_path / "two", tmp_path / "b.mkv", tmp_path / "b.mkv"]
    assert targets(batch.plan(inputs, tmp_path / "out", H264), tmp_path) == {
        "one/a.mp4": "out/one/a.mp4",
        "two/a.mp4": "out/two/a.mp4",
        "b.mkv": "out/b.mkv",
    }
    with pytest.raises(OutputError, match="would both become"):
        batch.plan([tmp_path / "one" / "a.mp4", tmp_path / "two" / "a.mp4"], tmp_path / "out", H264)


def test_what_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.mp4", tmp_path / "b.mp4", tmp_path / "text" / "a.txt")
    with pytest.raises(OutputError, match="is a file"):
        batch.plan([tmp_path / "in"], tmp_path / "b.mp4", H264)
    with pytest.raises(OutputError, match="is the input folder"):
        batch.plan([tmp_path / "in"], tmp_path / "in", H264)
    with pytest.raises(OutputError, match="is an input"):
        batch.plan([tmp_path / "in" / "a.mp4", tmp_path / "b.mp4"], tmp_path / "in", H264)
    with pytest.raises(InputError, match="no video and no image"):
        batch.plan([tmp_path / "text"], tmp_path / "out", H264)


def test_one_bad_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    for name in "abcde":
        touch(tmp_path / "in" / f"{name}.mp4")
    touch(tmp_path / "out" / "a.mp4")
    worked = []

    def work(job: Job) -> Summary:
        worked.append(job.source.stem)
        if job.source.stem == "b":
            raise InputError("it is broken", "mend it")
        if job.source.stem == "c":
            raise ZeroDivisionError
        damage = TruncatedError("it breaks off", "get the rest") if job.source.stem == "d" else None
        touch(job.target)
        return Summary(damage=damage)

    todo = batch.plan([tmp_path / "in"], tmp_path / "out", H264)
    outcomes = list(batch.run(todo, work))
    assert [o.status for o in outcomes] == ["skipped", "failed", "failed", "truncated", "done"]
    assert [o.exit_code for o in outcomes] == [0, 1, 70, 4, 0]
    assert worked == ["b", "c", "d", "e"]
    assert batch.exit_code(outcomes, several=True) == 1
    assert batch.exit_code(outcomes[3:], several=True) == 4
    assert batch.exit_code(outcomes[4:], several=True) == 0
    again = list(batch.run(todo, work))
    assert [o.status for o in again] == ["skipped", "failed", "failed", "skipped", "skipped"]
    assert next(batch.run(todo, work, force=True)).status == "done"


def test_a_single_output_is_not_overwritten(tmp_path: Path) -> None:
    touch(tmp_path / "b.mp4")
    todo = batch.plan([tmp_path / "a.mp4"], tmp_path / "b.mp4", H264)
    (refused,) = batch.run(todo, lambda job: Summary())
    assert isinstance(refused.error, OutputError)
    (done,) = batch.run(todo, lambda job: Summary(), force=True)
    assert done.status == "done"


def test_folders_that_cannot_be_made(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "sub" / "a.mp4", tmp_path / "out" / "sub")
    (failed,) = batch.run(batch.plan([tmp_path / "in"], tmp_path / "out", H264), lambda job: Summary())
    assert isinstance(failed.error, OutputError)
    assert "can't make the folder" in str(failed.error)


def test_a_sequence_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x_0007.png").write_bytes(b"mine")
    batch.refuse_existing(tmp_path / "y_%04d.png")
    with pytest.raises(OutputError, match=r"x_0007\.png exists already"):
        batch.refuse_existing(tmp_path / "x_%04d.png")


def test_a_link_to_the_recording_is_no_output_that_is_done(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("a.mkv", "b.mkv"):
        (tmp_path / "in" / name).write_bytes(b"raw")
    (tmp_path / "out" / "a.mkv").hardlink_to(tmp_path / "in" / "a.mkv")
    (tmp_path / "out" / "b.mkv").write_bytes(b"public")
    made = batch.plan([tmp_path / "in"], tmp_path / "out", EncodeSettings())
    outcomes = list(batch.run(made, lambda job: pytest.fail("done again")))
    assert {o.job.source.name: o.status for o in outcomes} == {"a.mkv": "failed", "b.mkv": "skipped"}
    assert "is the input" in str(next(o.error for o in outcomes if o.status == "failed"))
