"""The record of every opening: entries signed by the key that opened, each with the digest of the one before.

The file is a CBOR sequence (RFC 8742) of COSE_Sign1 statements, the first of which names nothing before it.
An entry is written, and is on the disk, before anything is opened.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import cbor2

from uunet.keys import signing
from uunet.keys.errors import AlteredError, SealError
from uunet.keys.identity import SecretKey

_PURPOSE = "journal"
_NOTHING = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One opening, or its outcome.

    Attributes:
        number: from 0.
        signer: Ed25519 public key of who opened, 32 bytes.
        what: the facts: `time` (UTC, ISO 8601), `action`, `case`, and whatever the action tells.
        digest: SHA-256 of the entry, hexadecimal: whoever keeps it can show that nothing before it changed.
    """

    number: int
    signer: bytes
    what: Mapping[str, Any]
    digest: str


def append(path: Path, key: SecretKey, what: Mapping[str, Any]) -> Entry:
    """Add an entry, after the whole record has been verified.

    Raises:
        AlteredError: the record was changed or cut off within an entry, or is none.
        SealError: the file can't be written, or keeps nothing.
    """
    try:
        _refuse_device(path)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            _lock(file)
            last = _NOTHING
            number = -1
            for number, (_, statement) in enumerate(_entries(file, path)):  # noqa: B007 (the last counts)
                last = signing.digest(statement)
            entry: dict[str, Any] = {
                "previous": last,
                "number": number + 1,
                "signer": key.public().signing,
                "what": dict(what),
            }
            statement = signing.sign(key, _PURPOSE, entry)
            file.seek(0, os.SEEK_END)
            file.write(statement)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SealError(
            f"can't write the record {path}: {error.strerror}",
            "nothing is opened without a record; see --log",
        ) from error
    return Entry(number + 1, entry["signer"], what, signing.digest(statement).hex())


def entries(path: Path, signers: Collection[bytes] | None = None) -> Iterator[Entry]:
    """The entries of a record, each verified before it is given.

    Args:
        path: the record.
        signers: whose entries are believed: signing keys; None believes that each signer is who it says.

    Raises:
        AlteredError: an entry was changed, removed, put in another place, or is of none of the signers; or
            this is no record.
        SealError: the file can't be read.
    """
    try:
        _refuse_device(path)
        with path.open("rb") as file:
            for entry, statement in _entries(file, path):
                if signers is not None and entry["signer"] not in signers:
                    raise AlteredError(
                        f"entry {entry['number']} is of an unknown key", "give the public key of all who open"
                    )
                yield Entry(entry["number"], entry["signer"], entry["what"], signing.digest(statement).hex())
    except OSError as error:
        raise SealError(f"can't read the record {path}: {error.strerror}", "check the path") from error


def _refuse_device(path: Path) -> None:
    """/dev/null would keep nothing, /dev/zero gives zeros without end, and a pipe waits for ever."""
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise SealError(f"the record {path} is no file", "give --log the name of one")


def _lock(file: BinaryIO) -> None:
    """Until the file is closed: two openings at once would both follow the same entry."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX)


def _entries(file: BinaryIO, path: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    data = file.read()
    stream, start, previous = BytesIO(data), 0, _NOTHING
    for number in range(len(data)):
        if start == len(data):
            return
        try:
            cbor2.load(stream)
        except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
            raise _changed(path, number) from error
        statement = data[start : stream.tell()]
        start = stream.tell()
        try:
            entry = signing.read(statement)
        except AlteredError as error:
            raise _changed(path, number) from error
        match entry:
            case {
                "previous": bytes() as before,
                "number": int() as given,
                "signer": bytes() as signer,
                "what": dict() as what,
            } if all(isinstance(name, str) for name in what):
                if before != previous or given != number:
                    raise _changed(path, number)
                try:
                    signing.verify(signer, _PURPOSE, statement)
                except AlteredError as error:
                    raise _changed(path, number) from error
            case _:
                raise _changed(path, number)
        previous = signing.digest(statement)
        yield entry, statement


def _changed(path: Path, number: int) -> AlteredError:
    return AlteredError(
        f"the record {path} does not hold together at entry {number}",
        "an entry was changed, removed or cut off, or this is no record: keep it as it is",
    )
