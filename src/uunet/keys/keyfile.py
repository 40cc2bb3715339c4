"""Files of keys: a secret key in a file that only its owner may read, a public one in a file for everybody.

A passphrase makes the secret file an age file (age-encryption.org/v1, scrypt): `age -d` opens it too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pyrage

from uunet.keys.errors import KeyTextError
from uunet.keys.identity import GROUP, PUBLIC, Group, SecretKey
from uunet.keys.newfile import write_new
from uunet.keys.text import SECRET

_AGE = b"age-encryption.org/v1"
_MOST = 1 << 20  # bytes: no key is longer

Passphrase = Callable[[], str]
"""Asks for a passphrase: only called where one is needed."""


def save(path: Path, key: SecretKey, passphrase: str | None) -> None:
    """Write a secret key to a new file with mode 600.

    Raises:
        KeyTextError: the file is there already, or can't be written.
    """
    text = f"# secret key of {key.public().fingerprint}: keep it apart from the videos\n{key.line()}\n"
    data = text.encode()
    if passphrase is not None:
        data = pyrage.passphrase.encrypt(data, passphrase)
    _write(path, data, 0o600)


def load(path: Path, passphrase: Passphrase) -> SecretKey:
    """Inverse of `save`.

    Raises:
        KeyTextError: missing, readable by others, no secret key, or a wrong passphrase.
    """
    _refuse_secret(str(path))
    data = _read(path)
    if any(line.startswith((PUBLIC, GROUP)) for line in data.decode("ascii", "replace").splitlines()):
        raise KeyTextError(f"{path} is a public key", "give the file that `keygen -o` named")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyTextError(f"{path} may be read by others", f"it is a secret: chmod 600 {path}")
    if data.startswith(_AGE):
        try:
            data = pyrage.passphrase.decrypt(data, passphrase())
        except pyrage.DecryptError:
            # age says the same of both: it can't tell a wrong passphrase from a file that was cut off
            raise KeyTextError(
                f"the passphrase does not open {path}",
                "try again; if it is right, the file is damaged: take a copy of it that is whole",
            ) from None
    for line in _lines(data, path):
        if line.startswith(SECRET):
            return SecretKey.parse(line)
    raise KeyTextError(f"{path} holds no secret key", "give a file that `uunet keygen` wrote")


def save_public(path: Path, group: Group) -> None:
    """Write the public form of a key or a group to a new file.

    Raises:
        KeyTextError: the file is there already, or can't be written.
    """
    names = ", ".join(key.fingerprint for key in group.custodians)
    _write(path, f"# public, of {names}\n{group}\n".encode(), 0o644)


def recipient(text: str) -> Group:
    """A recipient, from its public form or from a file of it.

    Raises:
        KeyTextError: it is neither.
    """
    if not text.strip():
        raise KeyTextError("the name of a public key is empty", "give a file .pub, or the key's one line")
    if text.startswith((PUBLIC, GROUP)):
        return Group.parse(text)
    _refuse_secret(text)
    path = Path(text)
    for line in _lines(_read(path), path):
        if line.startswith((PUBLIC, GROUP)):
            return Group.parse(line)
        if line.startswith(SECRET):
            raise KeyTextError(f"{path} is a secret key", "give the .pub that `keygen` wrote beside it")
    raise KeyTextError(f"{path} holds no public key", "give a file .pub that `uunet keygen` wrote")


def _refuse_secret(text: str) -> None:
    """Where the name of a file or a public key is expected: the text is not repeated."""
    if SECRET.lower() in text.lower():
        # attack: a secret on the command line is in the history of the shell and in the list of processes
        raise KeyTextError(
            "this is a secret key",
            "give the file of a key or a public one, and replace the secret: others may know it now",
        )


def _lines(data: bytes, path: Path) -> list[str]:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise KeyTextError(f"{path} is no key", "give a file that `uunet keygen` wrote") from None
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise KeyTextError(f"can't read {path}: {error.strerror}", "check path and permissions") from error
    if len(data) > _MOST:
        raise KeyTextError(f"{path} is no key: it is too large", "give a file that `uunet keygen` wrote")
    return data


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        write_new(path, data, mode)
    except FileExistsError:
        raise KeyTextError(
            f"{path} exists already", "keys are never overwritten: give another name"
        ) from None
    except OSError as error:
        raise KeyTextError(f"can't write {path}: {error.strerror}", "check folder and permissions") from error
