"""The record of openings: nothing takes its place, and whatever is tried leaves its outcome in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli_media import Ran
from desk import Desk, entries, give, listing, restore
from key_kit import ALICE, BOB
from uunet.keys import journal

# --- files that would take its place -------------------------------------------------------------------


def other_names(path: Path) -> list[Path]:
    """The same file by other ways: a detour, and a link, which may lead to what is not there yet."""
    link = path.with_name("link")
    link.symlink_to(path)
    return [path, path.parent / ".." / path.parent.name / path.name, link]


def test_the_record_is_no_output(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "r.mp4"
    change = ("rekey", desk / "public.mp4", "-o", out, "--key", desk / "authority.key", "--case", "1")
    for record in other_names(out):
        for command in (restore(desk, out), give(desk, out), (*change, "--to", desk / "other.pub")):
            desk.run(*command, "--log", record).fails(2, "r.mp4 can't be the record", "file of its own")
    (tmp_path / "link").unlink()
    for record in other_names(tmp_path / "r.mp4.json"):
        desk.run(*restore(desk, out), "--log", record).fails(2, "r.mp4.json can't be the record")
    assert listing(tmp_path) == {"link"} and not (tmp_path / "link").exists()


def test_a_record_beside_the_key_is_no_output_either(desk: Desk, tmp_path: Path) -> None:
    key = desk / "authority.key"
    out = key.with_name("authority.key.log")
    desk.run(*give(desk, out)).fails(2, "can't be the record")
    assert not out.exists()


def test_the_record_is_no_input(desk: Desk, tmp_path: Path, log: Path) -> None:
    """Keys, the public file and grants are refused by name; what else is there, since it is no record."""
    desk.done(*give(desk, tmp_path / "g", "--log", log))
    hard = tmp_path / "hard"
    os.link(desk / "authority.key", hard)
    note, empty = tmp_path / "note.txt", tmp_path / "empty"
    note.write_text("a note")
    empty.touch()
    before = listing(tmp_path)
    command = restore(desk, tmp_path / "r.mp4", "--grant", tmp_path / "g", by="investigator")
    refused = (
        (2, tmp_path / "g"),
        (2, desk / "public.mp4"),
        (2, desk / "investigator.key"),
        (1, note),
        (1, desk / "camera.pub"),
        (1, desk / "other.key"),
        (1, desk.kit.source),
        (1, tmp_path),
        (1, Path("/dev/null")),
    )
    for code, record in refused:
        data = record.read_bytes() if record.is_file() else b""
        desk.run(*command, "--log", record).fails(code, "record")
        assert (record.read_bytes() if record.is_file() else b"") == data
    desk.run(*give(desk, tmp_path / "h"), "--log", hard).fails(2, "can't be the record")
    assert listing(tmp_path) == before
    desk.done(*give(desk, tmp_path / "h"), "--log", empty)  # an empty record is one


def test_nothing_is_written_where_one_of_several_records_is_none(desk: Desk, tmp_path: Path) -> None:
    desk.done("keygen", "-o", tmp_path / "board.key", "--threshold", "2-of-2")
    desk.publish(tmp_path / "public.mp4", "--to", tmp_path / "board.pub")
    (tmp_path / "board-2.key.log").write_text("a note")
    before = listing(tmp_path)
    keys = ("--key", tmp_path / "board-1.key", "--key", tmp_path / "board-2.key")
    ran = desk.run("reconstruct", tmp_path / "public.mp4", "-o", tmp_path / "r.mp4", "--case", "5", *keys)
    ran.fails(1, "board-2.key.log does not hold together at entry 0", "no record")
    assert listing(tmp_path) == before


# --- what an opening leaves ----------------------------------------------------------------------------


def test_a_report_of_an_earlier_opening_stays(desk: Desk, tmp_path: Path, log: Path) -> None:
    out, report = tmp_path / "r.mp4", tmp_path / "r.mp4.json"
    report.write_text("earlier")
    desk.run(*restore(desk, out, "--log", log)).fails(1, "r.mp4.json exists already", "--force")
    assert listing(tmp_path) == {"r.mp4.json"} and report.read_text() == "earlier"
    desk.done(*restore(desk, out, "--log", log, "--force"))
    assert json.loads(report.read_text())["case"] == "17" and len(entries(log)) == 1
    for path in (out, report):
        path.unlink()
    report.mkdir()
    desk.run(*restore(desk, out, "--log", log, "--force")).fails(1, "r.mp4.json exists already")
    assert not out.exists() and len(entries(log)) == 1


def test_a_report_is_no_matter_without_a_key(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "r.mp4.json").write_text("earlier")
    how = ("-o", tmp_path / "r.mp4", "--decoder", desk.kit.private)
    desk.done("reconstruct", desk / "public.mp4", *how)
    assert (tmp_path / "r.mp4.json").read_text() == "earlier"


def test_what_fails_is_followed_by_its_outcome(desk: Desk, tmp_path: Path, log: Path) -> None:
    """Of all three commands; what succeeds has none, and a sound chain goes on."""
    change: tuple[object, ...] = ("rekey", desk / "public.mp4", "--to", desk / "other.pub")
    change = (*change, "--case", "3", "--log", log)
    strange = restore(desk, tmp_path / "r.mp4", "--log", log, case="1", by="investigator")
    desk.run(*strange).fails(1, "nothing could be opened")
    desk.done(*give(desk, tmp_path / "g", "--log", log, case="2"))
    desk.run(*give(desk, tmp_path / "h", "--log", log, by="investigator")).fails(1, "does not open")
    change = (*change, "--key", desk / "investigator.key", "-o", tmp_path / "c.mp4")
    desk.run(*change).fails(1, "nothing given opens")
    told = [entry.what for entry in entries(log)]
    assert [what["action"] for what in told] == [
        *("reconstruct", "outcome", "grant", "grant", "outcome", "rekey", "outcome")
    ]
    ends = [what for what in told if what["action"] == "outcome"]
    assert [(what["of"], what["case"], what["file"]) for what in ends] == [
        (0, "1", "public.mp4"),
        (3, "17", "public.mp4"),
        (5, "3", "public.mp4"),
    ]
    for what, said in zip(ends, ("nothing could be opened", "does not open", "nothing given"), strict=True):
        assert what["outcome"].startswith("failed: ") and said in what["outcome"]
    ran = desk.done("log", log)
    assert "of 0, " in ran.out and "outcome failed: nothing could be opened" in ran.out and not ran.err


def test_a_full_disk_and_a_signal_are_outcomes_too(
    desk: Desk, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uunet import keyring_commands  # noqa: PLC0415

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keyring_commands, "write_new", full)
        desk.run(*give(desk, tmp_path / "g", "--log", log)).fails(1, "No space left")
    with monkeypatch.context() as patch:
        patch.setattr(keyring_commands, "rekey", stopped)
        command = ("rekey", desk / "public.mp4", "-o", tmp_path / "c.mp4", "--key", desk / "authority.key")
        desk.run(*command, "--to", desk / "other.pub", "--case", "1", "--log", log)
    said = [entry.what["outcome"] for entry in entries(log) if entry.what["action"] == "outcome"]
    assert "No space left" in said[0] and said[1] == "failed: KeyboardInterrupt"


def test_an_output_without_report_is_no_failure(
    desk: Desk, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faces are there: the record must not say that nothing came of it."""
    from uunet import keyring_commands  # noqa: PLC0415

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyring_commands, "write_new", full)
    desk.run(*restore(desk, tmp_path / "r.mp4", "--log", log)).fails(1, "No space left")
    assert (tmp_path / "r.mp4").exists() and [entry.what["action"] for entry in entries(log)] == [
        "reconstruct"
    ]


def test_nothing_is_said_of_what_was_refused_before(desk: Desk, tmp_path: Path, log: Path) -> None:
    """Output = input is known before the record is touched."""
    public_file = desk / "public.mp4"
    before = public_file.read_bytes()
    desk.run(*restore(desk, public_file, "--force", "--log", log)).fails(1, "is the input")
    assert not log.exists() and public_file.read_bytes() == before


def test_an_outcome_of_an_entry_of_another_key(log: Path) -> None:
    """Who shares a record can't take back in words what another has opened."""
    journal.append(log, ALICE, {"action": "reconstruct", "case": "1"})
    journal.append(log, ALICE, {"action": "outcome", "of": 0, "outcome": "failed: x"})
    assert not Ran("log", log).err
    for number, of in enumerate((0, 2, 9, -1, "0", None), 2):
        journal.append(log, BOB, {"action": "outcome", "of": of, "outcome": "failed: y"})
        ran = Ran("log", log)
        assert ran.code == 0 and f"entry {number} is no outcome" in ran.err, ran.err
