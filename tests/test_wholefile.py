"""Small files appear whole or not at all, and lie under no link."""

from __future__ import annotations

from pathlib import Path

import pytest

from uunet.wholefile import write_whole


def test_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("before")
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, path = tmp_path / "other.txt", tmp_path / "a.html"
    other.write_text("theirs")
    path.symlink_to(other)
    write_whole(path, b"ours")
    assert other.read_text() == "theirs"
    assert not path.is_symlink()
    assert path.read_bytes() == b"ours"


def test_what_was_there_stays_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.html"
    path.write_text("before")

    def fails(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"after")
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a.html", b"")
