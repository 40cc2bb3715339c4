"""Files of keys: who may read them, passphrases, and what is refused without giving a secret away."""

from __future__ import annotations

import os
import stat
import traceback
from pathlib import Path

import pyrage
import pytest

from key_kit import ALICE, BOB, forms, public
from uunet.keys import keyfile
from uunet.keys.errors import KeyTextError
from uunet.keys.identity import Group, SecretKey

ROOT = bytes(range(100, 132))
KEY = SecretKey(ROOT)
LINE = KEY.line()


def nobody() -> str:
    raise AssertionError("no passphrase is needed")


def refused(error: KeyTextError) -> str:
    """What was said, which tells nothing of the secret."""
    said = "".join(traceback.format_exception(error)) + error.hint
    assert error.hint and LINE[20:32] not in said and LINE[-10:] not in said
    assert not any(form in said for form in forms(ROOT))
    return said


def test_a_secret_key_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    keyfile.save(path, KEY, None)
    assert keyfile.load(path, nobody) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    assert lines == [f"# secret key of {KEY.public().fingerprint}: keep it apart from the videos", LINE]


def test_nobody_else_may_read_it_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    original = os.fdopen

    def spy(descriptor: int, mode: str) -> object:
        modes.append((stat.S_IMODE(os.fstat(descriptor).st_mode), os.fstat(descriptor).st_size))
        return original(descriptor, mode)

    monkeypatch.setattr(keyfile.os, "fdopen", spy)  # type: ignore[attr-defined]
    before = os.umask(0)
    try:
        keyfile.save(tmp_path / "a.key", KEY, None)
        keyfile.save_public(tmp_path / "a.pub", Group(1, (public(ALICE),)))
    finally:
        os.umask(before)
    assert modes == [(0o600, 0), (0o644, 0)]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o644, 0o666])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.key"
    keyfile.save(path, KEY, None)
    path.chmod(mode)
    with pytest.raises(KeyTextError, match="may be read by others") as caught:
        keyfile.load(path, nobody)
    assert f"chmod 600 {path}" in refused(caught.value)
    for good in (0o600, 0o400):
        path.chmod(good)
        assert keyfile.load(path, nobody) == KEY


def test_files_that_exist_are_never_overwritten(tmp_path: Path) -> None:
    path, link = tmp_path / "a.key", tmp_path / "link"
    path.write_text("something")
    link.symlink_to(tmp_path / "elsewhere")
    for taken in (path, link):
        with pytest.raises(KeyTextError, match="exists already") as caught:
            keyfile.save(taken, KEY, None)
        refused(caught.value)
        with pytest.raises(KeyTextError, match="exists already"):
            keyfile.save_public(taken, Group(1, (public(ALICE),)))
    assert path.read_text() == "something" and not (tmp_path / "elsewhere").exists()
    with pytest.raises(KeyTextError, match="can't write"):
        keyfile.save(tmp_path / "missing" / "a.key", KEY, None)
    keyfile.save(tmp_path / "b.key", KEY, None)
    assert keyfile.load(tmp_path / "b.key", nobody) == KEY


def test_a_full_disk_leaves_no_half_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(KeyTextError, match="No space left") as caught:
            keyfile.save(tmp_path / "a.key", KEY, None)
    refused(caught.value)
    assert list(tmp_path.iterdir()) == []
    keyfile.save(tmp_path / "a.key", KEY, None)
    assert keyfile.load(tmp_path / "a.key", nobody) == KEY


def test_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    keyfile.save(path, KEY, "correct horse")
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n-> scrypt ") and b"secret" not in data
    assert not any(form.encode() in data for form in (*forms(ROOT), LINE[20:30]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile.load(path, lambda: "correct horse") == KEY
    wrong = "hoarse"[::-1]
    with pytest.raises(KeyTextError, match="passphrase does not open") as caught:
        keyfile.load(path, lambda: wrong)
    assert wrong not in refused(caught.value) and "damaged" in caught.value.hint


def test_age_files_for_keys_instead_of_passphrases(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(pyrage.encrypt(LINE.encode(), [pyrage.x25519.Identity.generate().to_public()]))
    path.chmod(0o600)
    with pytest.raises(KeyTextError) as caught:
        keyfile.load(path, lambda: "any")
    refused(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no secret key"),
        (b"# only a remark\n", "holds no secret key"),
        (str(public(ALICE)).encode(), "is a public key"),
        (LINE[:-1].encode(), "mistyped"),
        (LINE.encode() + b"x", "mistyped"),
        (LINE.lower().encode(), "holds no secret key"),
        (b"\xff\xfe" + LINE.encode(), "is no key"),
        (b"x" * (1 << 20) + b"y", "too large"),
    ],
)
def test_files_that_are_no_secret_keys(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyTextError, match=said) as caught:
        keyfile.load(path, nobody)
    refused(caught.value)
    path.write_bytes(f"# a remark\n\n  {LINE}  \n".encode())
    assert keyfile.load(path, nobody) == KEY


def test_recipients(tmp_path: Path) -> None:
    one, two = Group(1, (public(ALICE),)), Group(2, (public(ALICE), public(BOB)))
    for number, group in enumerate((one, two)):
        path = tmp_path / f"{number}.pub"
        keyfile.save_public(path, group)
        assert keyfile.recipient(str(path)) == keyfile.recipient(str(group)) == group
        assert all(key.fingerprint in path.read_text() for key in group.custodians)
    with pytest.raises(KeyTextError, match="holds no public key"):
        keyfile.recipient(str(_written(tmp_path, "# nothing")))
    with pytest.raises(KeyTextError, match="can't read"):
        keyfile.recipient(str(tmp_path / "missing.pub"))
    for nothing in ("", " "):
        with pytest.raises(KeyTextError, match="is empty"):
            keyfile.recipient(nothing)


def _written(folder: Path, text: str) -> Path:
    path = folder / "written"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text", [LINE, LINE[:-1], f" {LINE}", f"{LINE} ", f"key={LINE}", LINE.lower(), f"./{LINE}", f"'{LINE}'"]
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyTextError, match="secret key") as caught:
        keyfile.recipient(text)
    said = refused(caught.value)
    assert "replace the secret" in said and LINE[20:32].lower() not in said
    with pytest.raises(KeyTextError, match="secret key") as caught:
        keyfile.load(Path(text), nobody)
    assert LINE[20:32].lower() not in refused(caught.value)


def test_a_file_of_a_secret_is_no_recipient(tmp_path: Path) -> None:
    keyfile.save(tmp_path / "a.key", KEY, None)
    with pytest.raises(KeyTextError, match="is a secret key") as caught:
        keyfile.recipient(str(tmp_path / "a.key"))
    assert ".pub" in refused(caught.value)
