"""Outputs that appear under their name only when they are complete: hidden files beside it until then."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import av.error

from uunet.errors import OutputError
from uunet.video.opening import reason_of

_HINT = "check free space and permissions"

_unfinished: set[Path] = set()


@atexit.register
def _sweep() -> None:
    """Removes what a signal caught in the hands of nobody who would have."""
    for partial in _unfinished:
        partial.unlink(missing_ok=True)


def settle(partial: Path) -> None:
    """What `reserve` gave has its name now, or is gone."""
    _unfinished.discard(partial)


def reserve(path: Path, source: Path, mode: int = 0o666) -> Path:
    """A new, empty file beside `path`, hidden, with a name of its own; `mode` as far as the umask lets it.

    Raises:
        OutputError: `path` is the source or a folder, its folder is missing or may not be written.
    """
    refuse_input(path, source)
    if path.is_dir():
        raise OutputError(f"{path} is a folder", "give a file name")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist", "create it first")
    partial = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    _unfinished.add(partial)  # first: a signal may come between any two lines
    with named(path):
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    return partial


def refuse_input(path: Path, source: Path) -> None:
    """Raises OutputError if both are one file."""
    if path.exists() and source.exists() and path.samefile(source):
        raise OutputError(f"{path} is the input", "give the output another name")


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Turns what the operating system and FFmpeg say about writing into our error."""
    try:
        yield
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise OutputError(f"can't write {path}: {reason_of(error)}", _HINT) from error
