"""The record of openings: what may stand in it, what `log` makes of it, who may open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli_media import Ran
from desk import Desk, entries, give, listing, restore
from key_kit import ALICE, BOB, public
from uunet.errors import EvidenceError
from uunet.evidence import Keyring, rekey
from uunet.keys import journal, keyfile
from uunet.keys.identity import Group
from uunet.shown import visible

ODD = "17 [/a] [bold]x[/bold] :smile: \x1b[31mred\x1b[0m\n9\t2026\u202e \x85"


# --- what stands in it, on the terminal ----------------------------------------------------------------


@pytest.mark.parametrize("column", ["time", "action", "case", "file", "user", "tracks", "\x1b[31m[/b]"])
def test_what_others_wrote_is_text_and_nothing_else(log: Path, column: str) -> None:
    """In each column, also under a name that no record of ours has."""
    journal.append(log, ALICE, {"time": "1", "action": "grant", "case": "2", column: ODD})
    journal.append(log, ALICE, {"action": "rekey", column: [ODD]})
    ran = Ran("log", log)
    assert ran.code == 0, ran.err
    assert "17 [/a] [bold]x[/bold] :smile: \\x1b[31mred\\x1b[0m\\n9\\t2026\\u202e \\x85" in ran.out
    assert not {sign for sign in ran.out if not sign.isprintable()} - {"\n"}
    assert len(ran.out.splitlines()) == 4, ran.out  # the head, two entries, the summary: no line is forged


def test_nothing_is_left_out_on_a_narrow_terminal(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uunet.console._WIDE", 60)
    journal.append(log, ALICE, {"time": "1", "action": "grant", "case": "x" * 99 + "y", "file": "z" * 99})
    out = Ran("log", log).out
    assert out.count("x") == out.count("z") == 99 and "…" not in out


def test_the_document_holds_what_was_written(log: Path) -> None:
    """Whatever kinds of values that has; and an entry can't say for itself whose it is."""
    said = {"case": ODD, "bytes": b"\0\xff", "map": {b"k": [1, None, True]}, "list": [[b"x"], "y"]}
    journal.append(log, ALICE, {**said, "signer": public(BOB).signer, "number": 7, "digest": "00"})
    (entry,) = Ran("log", log, "--json").json["entries"]
    assert entry["case"] == ODD and entry["list"] == [["b'x'"], "y"]
    assert entry["signer"] == public(ALICE).signer and entry["number"] == 0 and len(entry["digest"]) == 64


def test_names_of_files_in_lines_and_warnings(tmp_path: Path) -> None:
    """A line stays a line, whatever a file is called."""
    ran = Ran("keygen", "-o", tmp_path / "[red]a\n\x1b[31m:smile:.key")
    assert ran.code == 0 and f"{tmp_path}/[red]a\\n\\x1b[31m:smile:.key: secret" in ran.out
    assert "\x1b" not in ran.out and len(ran.out.splitlines()) == 2
    ran = Ran("log", tmp_path / "gone\n\x1b[31m[/x]")
    ran.fails(1, "gone\\n\\x1b[31m[/x]: No such file")
    assert "\x1b" not in ran.err


def test_visible() -> None:
    assert visible("Äz. 17/26 – 日本, 'x' \\ [/a]") == "Äz. 17/26 – 日本, 'x' \\ [/a]"
    assert visible("a\nb\x00\x7f\u2028\u202e\udc80") == "a\\nb\\x00\\x7f\\u2028\\u202e\\udc80"


# --- the case ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("", "--case is empty"),
        (" \t ", "--case is empty"),
        ("17\n2 forged", "can't be shown: '\\n'"),
        ("17\x1b[31m", "can't be shown: '\\x1b'"),
        ("17\u202e", "can't be shown: '\\u202e'"),
        ("x" * 201, "201 characters"),
    ],
)
def test_cases_that_are_refused(desk: Desk, tmp_path: Path, log: Path, case: str, said: str) -> None:
    commands = (
        restore(desk, tmp_path / "r.mp4", "--log", log, case=case),
        give(desk, tmp_path / "g", "--log", log, case=case),
    )
    for command in commands:
        ran = desk.run(*command)
        ran.fails(2, said)
        assert "\x1b" not in ran.err
    assert listing(tmp_path) == set()


def test_a_case_is_kept_without_blanks_around_it(desk: Desk, tmp_path: Path, log: Path) -> None:
    desk.done(*give(desk, tmp_path / "g", "--log", log, case="  Äz. [/17] x  "))
    assert entries(log)[0].what["case"] == "Äz. [/17] x"
    assert " Äz. [/17] x " in desk.done("log", log).out
    desk.done(*give(desk, tmp_path / "h", "--log", log, case="y" * 200))
    assert entries(log)[1].what["case"] == "y" * 200


def test_a_file_whose_name_is_no_unicode(desk: Desk, tmp_path: Path, log: Path) -> None:
    odd = tmp_path / os.fsdecode(b"a\xff.mp4")
    odd.write_bytes((desk / "public.mp4").read_bytes())
    command = give(desk, tmp_path / "g", "--log", log)
    desk.done(*(odd if part == desk / "public.mp4" else part for part in command))
    assert entries(log)[0].what["file"] == "a\\xff.mp4"


def test_a_user_without_a_name(
    desk: Desk, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs under a number: no reason not to open, nor not to say who did."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    with monkeypatch.context() as patch:
        patch.setattr("getpass.getuser", nameless)
        desk.done(*give(desk, tmp_path / "g", "--log", log))
    assert entries(log)[0].what["user"] == f"uid {os.getuid()}"


# --- who may open, who opened --------------------------------------------------------------------------


def test_rekey_and_grant_refuse_the_publisher(desk: Desk, tmp_path: Path, log: Path) -> None:
    """What stands at the camera opens nothing, also in a copy; and nothing is written down."""
    group = tmp_path / "group.pub"
    custodians = [keyfile.recipient(str(desk / f"{name}.pub")).custodians[0] for name in ("other", "camera")]
    keyfile.save_public(group, Group(1, tuple(custodians)))
    change = ("rekey", desk / "public.mp4", "-o", tmp_path / "c.mp4", "--key", desk / "authority.key")
    for to in (desk / "camera.pub", group):
        ran = desk.run(*change, "--to", desk / "other.pub", "--to", to, "--case", "1", "--log", log)
        ran.fails(1, "publisher's key", "open nothing")
    desk.run(*give(desk, tmp_path / "g", "--log", log, to="camera")).fails(1, "publisher's key")
    assert listing(tmp_path) == {"group.pub"}


def test_the_library_refuses_the_publisher_too(desk: Desk, tmp_path: Path) -> None:
    keyring = Keyring((keyfile.load(desk / "authority.key", str),))
    recipients = [keyfile.recipient(str(desk / f"{name}.pub")) for name in ("other", "camera")]
    with pytest.raises(EvidenceError, match="publisher's key"):
        rekey(desk / "public.mp4", tmp_path / "c.mp4", keyring, recipients)
    assert listing(tmp_path) == set()
    rekey(desk / "public.mp4", tmp_path / "c.mp4", keyring, recipients[:1])


def test_a_grant_for_another_case_is_said(desk: Desk, tmp_path: Path, log: Path) -> None:
    desk.done(*give(desk, tmp_path / "g", "--log", log, case="2026 [17]"))
    for name, case in (("a.mp4", "2026 [17]"), ("b.mp4", "99")):
        how = ("--grant", tmp_path / "g", "--log", tmp_path / "l")
        ran = desk.done(*restore(desk, tmp_path / name, *how, case=case, by="investigator"))
        warned = "warning: the grant is for case 2026 [17], and this opening is for 99" in ran.err
        assert (
            warned is (case == "99") and "2026 [17]: track 0" in entries(tmp_path / "l")[-1].what["grants"][0]
        )


def test_windows_are_told_in_one_way(desk: Desk, tmp_path: Path) -> None:
    """Of a grant that is given, and of one that is used."""
    given, used = tmp_path / "given", tmp_path / "used"
    desk.done(*give(desk, tmp_path / "g", "--log", given))
    desk.done(*restore(desk, tmp_path / "a.mp4", "--grant", tmp_path / "g", "--log", used, by="investigator"))
    assert entries(given)[-1].what["windows"] == [0, 1]
    assert all("windows 0 to 1" in desk.done("log", log).out for log in (given, used))


def test_one_name_of_a_signer(desk: Desk, log: Path) -> None:
    """`keygen`, `verify` and `log` say the same, whether --by is given or not; and whether it was checked."""
    made = Ran("keygen", "-o", log.with_name("a.key"), "--json").json["keys"][0]
    key = keyfile.load(log.with_name("a.key"), str)
    assert made["signs_as"] == key.public().signer
    journal.append(log, key, {"action": "grant"})
    journal.append(log, key, {"action": "grant"})
    for by, said in (((), "checked: give --by"), (("--by", log.with_name("a.pub")), "by the keys of --by")):
        ran = Ran("log", log, *by)
        assert ran.out.count(made["signs_as"]) == 2 and said in ran.out and "2 entries, whole" in ran.out
        found = Ran("log", log, *by, "--json").json
        assert {entry["signer"] for entry in found["entries"]} == {made["signs_as"]}
        assert found["signers_checked"] is bool(by)
    shown = desk.done("verify", desk / "public.mp4").out
    assert keyfile.recipient(str(desk / "camera.pub")).custodians[0].signer in shown


def test_an_empty_record_shows_nothing(log: Path) -> None:
    log.touch()
    ran = Ran("log", log)
    assert ran.code == 0 and ran.out.startswith("the record is empty, which shows nothing")
    assert Ran("log", log, "--json").json["entries"] == []
