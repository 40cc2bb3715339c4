"""What the commands about keys share: opening key files and grants, and the record of every opening."""

from __future__ import annotations

import getpass
import os
import stat
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uunet.arguments import EvidenceName, UsageError
from uunet.errors import EvidenceError, InputError
from uunet.evidence.faults import explained
from uunet.evidence.header import Mode
from uunet.evidence.sealing import Seal
from uunet.keys import journal, keyfile
from uunet.keys.errors import WrongKeyError
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey

_MODES: dict[EvidenceName, Mode] = {
    EvidenceName.exact: "exact",
    EvidenceName.visual: "visual",
    EvidenceName.none: "none",
}
_LARGEST = 1 << 26  # bytes of a grant: a day of a hundred tracks has a thousandth of it


def passphrase_source(file: Path | None) -> Callable[[], str]:
    """Where a passphrase comes from: the first line of a file (or /dev/fd/N), else a prompt.

    It never comes from an option, since the list of processes shows those to everybody.
    """

    def ask() -> str:
        if file is not None:
            return first_line(file)
        if not sys.stdin.isatty():
            raise UsageError(
                "the key wants a passphrase, and nobody is there to ask", "give --passphrase-file FILE"
            )
        return getpass.getpass("passphrase: ")

    return ask


def new_passphrase(file: Path | None) -> str:
    """One for a new key, asked for twice where a person types it."""
    if file is not None:
        return _not_empty(first_line(file))
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to type a passphrase", "give --passphrase-file FILE")
    first = _not_empty(getpass.getpass("new passphrase: "))
    if getpass.getpass("the same again: ") != first:
        raise UsageError("the two passphrases differ", "type it again")
    return first


def first_line(file: Path) -> str:
    """The first line of a file, without its end.

    Raises:
        InputError: it can't be read, or others can read it too.
    """
    try:
        status = file.stat()
        if os.name == "posix" and stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) & 0o077:
            raise InputError(f"{file} may be read by others", f"it holds a passphrase: chmod 600 {file}")
        with file.open(encoding="utf-8") as lines:
            return lines.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"can't read the passphrase from {file}", "check the path and permissions"
        ) from error


def _not_empty(text: str) -> str:
    if not text:
        raise UsageError("the passphrase is empty", "leave --passphrase out for a key without one")
    return text


def load_keys(paths: Sequence[Path], passphrase_file: Path | None) -> tuple[SecretKey, ...]:
    """The secret keys of these files.

    Raises:
        EvidenceError: a file that is none, that others may read, or a wrong passphrase.
    """
    with explained():
        return tuple(keyfile.load(path, passphrase_source(passphrase_file)) for path in paths)


def recipients(texts: Sequence[str]) -> tuple[Group, ...]:
    """Public keys and groups, from files or in their one-line form; single keys stand for themselves."""
    with explained():
        return tuple(dict.fromkeys(keyfile.recipient(text) for text in texts))


def publisher_key(text: str | None) -> bytes | None:
    """The signing key of a publisher, from any form of its public key; None stays None."""
    if text is None:
        return None
    (group,) = recipients([text])
    if len(group.custodians) != 1:
        raise UsageError("a group signs nothing", "give the public key of who published")
    return group.custodians[0].signing


def wanted_seal(
    to: Sequence[str], evidence: EvidenceName | None, signer: Path | None, passphrase_file: Path | None
) -> Seal | None:
    """What `deidentify` is to seal and sign; None: nothing."""
    mode = _MODES.get(evidence or (EvidenceName.visual if to else EvidenceName.none), "none")
    if not to and signer is None and mode == "none":
        return None
    key = load_keys([signer], passphrase_file)[0] if signer is not None else None
    return Seal(recipients(to), mode, key)


def open_grants(paths: Sequence[Path], keys: Sequence[SecretKey]) -> tuple[Grant, ...]:
    """Grants, each of which one of the keys opens.

    Raises:
        EvidenceError: a grant can't be used.
    """
    return tuple(_grant(path, keys) for path in paths)


def _grant(path: Path, keys: Sequence[SecretKey]) -> Grant:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}", "check the path") from error
    with explained():
        for key in keys:
            try:
                return Grant.open(data, key)
            except WrongKeyError:
                continue
    raise EvidenceError(
        f"{path} is not for this key, or was changed",
        "give the key that it was granted to, or ask for it again",
        "WRONG_KEY_OR_CONTEXT",
    )


def record(log: Path | None, keys: Sequence[Path], held: Sequence[SecretKey], facts: dict[str, Any]) -> str:
    """Write an opening down before it happens, once for each key, signed by it; gives where.

    Args:
        log: the record; None: for each key the one beside its file, under its name and `.log`.
        keys: files of the keys.
        held: the keys.
        facts: action, case, and what is opened.

    Raises:
        EvidenceError: a record can't be written or was changed: nothing may be opened then.
    """
    entry = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "user": getpass.getuser(), **facts}
    told = []
    with explained():
        for path, key in zip(keys, held, strict=True):
            target = log or path.with_name(path.name + ".log")
            written = journal.append(target, key, entry)
            told.append(f"entry {written.number} of {target}: {written.digest}")
    return "; ".join(told)
