"""Files of keys on the command line: keygen, groups of custodians, passphrases, damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk import Desk, listing, mode
from uunet.keys import keyfile


def test_keygen(desk: Desk, tmp_path: Path) -> None:
    ran = desk.done("keygen", "-o", tmp_path / "a.key")
    assert listing(tmp_path) == {"a.key", "a.pub"} and mode(tmp_path / "a.key") == 0o600
    secret = (tmp_path / "a.key").read_text().splitlines()[1]
    assert secret not in ran.out + ran.err and secret[19:40] not in ran.out + ran.err
    key = keyfile.load(tmp_path / "a.key", str)
    assert key.public().fingerprint in ran.out and key.public().signer in ran.out
    assert keyfile.recipient(str(tmp_path / "a.pub")).custodians == (key.public(),)
    before = (tmp_path / "a.key").read_bytes()
    desk.run("keygen", "-o", tmp_path / "a.key").fails(1, "exists already", "never overwritten")
    (tmp_path / "a.key").unlink()
    desk.run("keygen", "-o", tmp_path / "a.key").fails(1, "a.pub exists already")
    assert listing(tmp_path) == {"a.pub"} and before


def test_keygen_for_custodians(desk: Desk, tmp_path: Path) -> None:
    ran = desk.done("keygen", "-o", tmp_path / "court.key", "--threshold", "2-of-3", "--json")
    names = {f"court-{n}.key" for n in (1, 2, 3)}
    publics = {f"court-{n}.pub" for n in (1, 2, 3)}
    assert listing(tmp_path) == {*names, *publics, "court.pub"}
    assert {mode(tmp_path / name) for name in names} == {0o600}
    assert ran.json["threshold"] == [2, 3] and ran.json["exit_code"] == 0 and ran.json["uunet"] == "keygen"
    assert {Path(key["file"]).name for key in ran.json["keys"]} == names
    group = keyfile.recipient(str(tmp_path / "court.pub"))
    assert [key.fingerprint for key in group.custodians] == [key["fingerprint"] for key in ran.json["keys"]]
    alone = [keyfile.recipient(str(tmp_path / name)).custodians for name in sorted(publics)]
    assert alone == [(key,) for key in group.custodians]
    assert group.threshold == 2 and "SECRET" not in ran.out + ran.err


def _opened_to_all(path: Path) -> Path:
    path.chmod(0o644)
    return path


def test_a_passphrase(desk: Desk, tmp_path: Path) -> None:
    """Made with one, refused with another; neither is ever printed."""
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse\nand more\n")
    wrong.write_text("battery staple\n")
    desk.run("keygen", "-o", tmp_path / "a.key", "--passphrase-file", _opened_to_all(right)).fails(
        1, "may be read by others", "chmod 600"
    )
    right.chmod(0o600)
    wrong.chmod(0o600)
    key = tmp_path / "a.key"
    made = desk.done("keygen", "-o", key, "--passphrase-file", right)
    assert key.read_bytes().startswith(b"age-encryption.org/v1") and mode(key) == 0o600
    rekey = [
        "rekey",
        desk / "public.mp4",
        "-o",
        tmp_path / "x.mp4",
        "--to",
        desk / "other.pub",
        "--case",
        "1",
    ]
    refused = desk.run(*rekey, "--key", key, "--passphrase-file", wrong)
    refused.fails(1, "passphrase does not open")
    for ran in (made, refused):
        assert "horse" not in ran.out + ran.err and "staple" not in ran.out + ran.err
    nobody = desk.run(*rekey, "--key", key)
    nobody.fails(2, "nobody is there to ask", "--passphrase-file")
    assert not (tmp_path / "x.mp4").exists()


def test_a_passphrase_comes_from_one_place(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("a b c\n")
    words.chmod(0o600)
    both = desk.run("keygen", "-o", tmp_path / "a.key", "--passphrase", "--passphrase-file", words)
    both.fails(2, "contradict each other", "give one of them")
    words.write_text("\n")
    desk.run("keygen", "-o", tmp_path / "a.key", "--passphrase-file", words).fails(1, "passphrase is empty")
    assert listing(tmp_path) == {"words"}


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_passphrase_that_is_typed_is_not_repeated(
    desk: Desk, tmp_path: Path, where: str, more: tuple[str, ...]
) -> None:
    """It is in the history of the shell by then: whoever typed it must know."""
    options = ("-o", tmp_path / "a.key", "--passphrase", *more)
    ran = desk.run("keygen", *(("hunter2", *options) if where == "first" else (*options, "hunter2")))
    ran.fails(2, "keygen takes options alone", "others may know it", "--passphrase asks")
    assert "hunter2" not in ran.out + ran.err and listing(tmp_path) == set()
    if more:
        assert ran.json["error"]["kind"] == "UsageError"


def test_a_damaged_file_of_a_key_may_be_the_fault(desk: Desk, tmp_path: Path) -> None:
    words, key = tmp_path / "words", tmp_path / "a.key"
    words.write_text("a b c\n")
    words.chmod(0o600)
    desk.done("keygen", "-o", key, "--passphrase-file", words)
    key.write_bytes(key.read_bytes()[:-9])
    sign = ("--sign", key, "--passphrase-file", words)
    ran = desk.run("deidentify", desk.kit.source, "-o", tmp_path / "x.mp4", *sign)
    ran.fails(1, "does not open", "damaged")


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        ("1-of-3", "each of the 3 custodians can open alone"),
        ("2-of-3", "2 of the 3 custodians must act together"),
        ("3-of-3", "all 3 custodians must act together"),
    ],
)
def test_how_many_custodians_it_takes(desk: Desk, tmp_path: Path, threshold: str, said: str) -> None:
    assert said in desk.done("keygen", "-o", tmp_path / "a.key", "--threshold", threshold).out


def test_a_group_where_one_key_is_wanted(desk: Desk, tmp_path: Path) -> None:
    """What is in a file is no fault of the command line: 1, as of any other file."""
    desk.done("keygen", "-o", tmp_path / "board.key", "--threshold", "2-of-2")
    board = tmp_path / "board.pub"
    give = ("grant", desk / "public.mp4", "--key", desk / "authority.key", "--track", "0", "--case", "1")
    desk.run(*give, "-o", tmp_path / "g", "--recipient", board).fails(1, "a grant is for one key")
    desk.run("verify", desk / "public.mp4", "--publisher", board).fails(1, "a group signs nothing")
    assert not (tmp_path / "g").exists()
