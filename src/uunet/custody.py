"""What the commands about keys share: passphrases, key files, recipients, grants."""

from __future__ import annotations

import getpass
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from uunet.arguments import EvidenceName, UsageError
from uunet.errors import EvidenceError, InputError
from uunet.evidence.faults import explained
from uunet.evidence.header import Mode
from uunet.evidence.sealing import Seal, check_mode
from uunet.keys import keyfile
from uunet.keys.errors import WrongKeyError
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, PublicKey, SecretKey

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
    """One for a new key, asked for twice where a person types it.

    Raises:
        UsageError: there is nobody to ask.
        InputError: it is empty or can't be read, or what was typed differs.
    """
    if file is not None:
        return _not_empty(first_line(file))
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to type a passphrase", "give --passphrase-file FILE")
    first = _not_empty(getpass.getpass("new passphrase: "))
    if getpass.getpass("the same again: ") != first:
        raise InputError("the two passphrases differ", "type it again")
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
        raise InputError("the passphrase is empty", "give one, or make the key without")
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
    return one_key(text, "a group signs nothing", "give the public key of who published").signing


def one_key(text: str, why: str, hint: str) -> PublicKey:
    """A public key, from any form of it.

    Raises:
        EvidenceError: it is that of a group, which `why` and `hint` say; or none.
    """
    (group,) = recipients([text])
    if len(group.custodians) != 1:
        raise EvidenceError(why, hint)
    return group.custodians[0]


def wanted_seal(
    to: Sequence[str], evidence: EvidenceName | None, signer: Path | None, passphrase_file: Path | None
) -> Seal | None:
    """What `deidentify` is to seal and sign; None: nothing.

    Raises:
        UsageError: evidence for nobody, or somebody for none.
    """
    mode = _MODES.get(evidence or (EvidenceName.visual if to else EvidenceName.none), "none")
    try:
        check_mode(mode, to)
    except EvidenceError as error:  # of options alone
        raise UsageError(str(error), error.hint) from error
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
