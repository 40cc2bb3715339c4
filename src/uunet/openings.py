"""Openings: with which keys, what for, and the record, which is written before anything is opened."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from uunet.arguments import UsageError, parse_case
from uunet.console import Terminal
from uunet.custody import load_keys, open_grants, publisher_key
from uunet.errors import EvidenceError, UUNetError
from uunet.evidence.faults import explained
from uunet.evidence.opening import Keyring
from uunet.evidence.reading import find_evidence
from uunet.job import Selection
from uunet.keys import journal
from uunet.keys.grant import Grant
from uunet.keys.identity import SecretKey
from uunet.ledger import Opening


@dataclass(frozen=True, slots=True)
class Held:
    """Keys, and why they are used.

    Attributes:
        paths, keys: files and what is in them.
        case: what for.
        records: where the openings of each key are written down.
    """

    paths: tuple[Path, ...]
    keys: tuple[SecretKey, ...]
    case: str
    records: tuple[Path, ...]

    @classmethod
    def of(
        cls, paths: Sequence[Path] | None, passphrase_file: Path | None, case: str | None, log: Path | None
    ) -> Self:
        """What was typed; the record is beside each key unless `log` says where.

        Raises:
            UsageError: no key, or no case.
            EvidenceError: a key can't be used.
        """
        if not paths:
            raise UsageError("--key is missing", "give the secret key that the evidence was sealed to")
        why = parse_case(case)
        records = tuple(log or path.with_name(path.name + ".log") for path in paths)
        return cls(tuple(paths), load_keys(paths, passphrase_file), why, records)

    def check_records(self, *others: Path) -> None:
        """Refuse, before anything is done, records that can't be one.

        Args:
            others: files that are read or written beside them, whether they are there yet or not.

        Raises:
            UsageError: a record is a key or one of the others too.
            EvidenceError: a record was changed, or there is another file in its place.
        """
        for record in dict.fromkeys(self.records):
            for other in (*self.paths, *others):
                if _are_one(record, other):
                    # attack: an output takes the place of the record, and nobody knows of the opening
                    raise UsageError(
                        f"{other} can't be the record of openings too", "give --log a file of its own"
                    )
            if record.exists():
                with explained():
                    for _ in journal.entries(record):
                        pass

    def opening(
        self,
        terminal: Terminal,
        public: Path,
        outputs: Sequence[Path],
        selection: Selection,
        *,
        grants: Sequence[Path],
        publisher: str | None,
    ) -> AbstractContextManager[Opening]:
        """What `reconstruct` opens with, inside `with`: checked now, written down when it begins.

        Raises:
            UsageError, EvidenceError: a record, a grant or the publisher's key can't be used.
        """
        self.check_records(public, *outputs, *grants)
        try:
            opened = open_grants(grants, self.keys)
        except EvidenceError as error:  # attack: somebody tries a grant that is not theirs
            names = [_as_text(grant.name) for grant in grants]
            with self.recorded("reconstruct", public, grants=names):
                raise error
        for grant in opened:
            if grant.case != self.case:
                terminal.warn(f"the grant is for case {grant.case}, and this opening is for {self.case}")
        return self._opened(Opening(Keyring(self.keys, opened), publisher_key(publisher)), public, selection)

    @contextmanager
    def _opened(self, opening: Opening, public: Path, selection: Selection) -> Iterator[Opening]:
        facts = {
            "tracks": sorted(selection.tracks or ()),
            "begin": _seconds(selection.begin),
            "end": _seconds(selection.end),
            "grants": [_said(grant) for grant in opening.keyring.grants],
        }
        with self.recorded("reconstruct", public, **facts):
            yield opening

    @contextmanager
    def recorded(self, action: str, public: Path, **facts: Any) -> Iterator[str]:
        """Write down what is done inside `with`, before it is done; gives where that stands.

        Once for each key, signed by it. If nothing comes of it, that is written down after it.

        Raises:
            EvidenceError: a record can't be written or was changed: nothing may be opened then.
        """
        evidence = find_evidence(public)
        video = None if evidence is None else evidence.video_id.hex()
        about = {"case": self.case, "file": _as_text(public.name)}
        written: list[journal.Entry] = []
        try:
            for record, key in zip(self.records, self.keys, strict=True):
                written.append(_append(record, key, {"action": action, **about, "video": video, **facts}))
            yield "; ".join(
                f"entry {entry.number} of {record}: {entry.digest}"
                for record, entry in zip(self.records, written, strict=True)
            )
        except BaseException as error:  # Ctrl-C too
            for record, key, entry in zip(self.records, self.keys, written, strict=False):
                ended = {"action": "outcome", **about, "of": entry.number, "outcome": _outcome(error)}
                with suppress(EvidenceError):  # an entry without outcome counts as an opening: the safe side
                    _append(record, key, ended)
            raise


def _append(record: Path, key: SecretKey, facts: dict[str, Any]) -> journal.Entry:
    with explained():
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return journal.append(record, key, {"time": now, "user": _user(), **facts})


def _user() -> str:
    """Who is at work, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container a user may have a number and no name
        return f"uid {os.getuid()}"


def _outcome(error: BaseException) -> str:
    """Why nothing came of it, as it stands in the record."""
    return f"failed: {error if isinstance(error, UUNetError) else type(error).__name__}"


def _are_one(first: Path, second: Path) -> bool:
    """Whether two names are of one file, which need not be there yet."""
    try:
        return first.samefile(second)
    except OSError:
        return first.resolve() == second.resolve()


def _as_text(name: str) -> str:
    """The name of a file in Unicode, whatever its bytes are."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _said(grant: Grant) -> str:
    """A grant as it stands in the record."""
    tracks = ", ".join(map(str, sorted(grant.tracks)))
    return f"{grant.case}: track {tracks}, windows {grant.first} to {grant.last}"


def _seconds(value: Fraction | None) -> str | None:
    """A time as it stands in the record."""
    return None if value is None else f"{float(value):.3f}"
