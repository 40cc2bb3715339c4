"""What the commands about keys do, once their options are understood."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from rich.table import Table

from uunet.arguments import UsageError
from uunet.console import Terminal
from uunet.custody import load_keys, open_grants, publisher_key, recipients, record
from uunet.errors import EvidenceError, OutputError
from uunet.evidence.copying import rekey, shred
from uunet.evidence.faults import explained
from uunet.evidence.opening import Keyring
from uunet.evidence.reading import WindowEvidence, find_evidence, windows
from uunet.job import Selection, Summary
from uunet.keys import journal, keyfile
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey
from uunet.ledger import Opening
from uunet.wording import ledger_document, many


@dataclass(frozen=True, slots=True)
class Held:
    """Keys, and why they are used.

    Attributes:
        paths, keys: files and what is in them.
        case: what for.
        log: the record; None: beside each key.
    """

    paths: tuple[Path, ...]
    keys: tuple[SecretKey, ...]
    case: str
    log: Path | None

    @classmethod
    def of(
        cls, paths: Sequence[Path] | None, passphrase_file: Path | None, case: str | None, log: Path | None
    ) -> Self:
        """What was typed.

        Raises:
            UsageError: no key, or no case.
        """
        if not paths:
            raise UsageError("--key is missing", "give the secret key that the evidence was sealed to")
        if not case:
            raise UsageError("--case is missing", "say what for: it stands in the record of openings")
        return cls(tuple(paths), load_keys(paths, passphrase_file), case, log)

    def opening(
        self,
        grants: Sequence[Path],
        public: Path,
        selection: Selection,
        *,
        publisher: str | None,
    ) -> Opening:
        """What `reconstruct` opens with: written down first."""
        signer = publisher_key(publisher)
        keyring = Keyring(self.keys, open_grants(grants, self.keys))
        self.record(
            "reconstruct",
            public,
            tracks=sorted(selection.tracks or ()),
            begin=seconds(selection.begin),
            end=seconds(selection.end),
            grants=[_said(grant) for grant in keyring.grants],
        )
        return Opening(keyring, signer)

    def record(self, action: str, public: Path, **facts: Any) -> str:
        """Write down what is about to be opened."""
        evidence = find_evidence(public)
        video = None if evidence is None else evidence.video_id.hex()
        what = {"action": action, "case": self.case, "file": public.name, "video": video, **facts}
        return record(self.log, self.paths, self.keys, what)


def make_keys(terminal: Terminal, output: Path, needed: int, count: int, passphrase: str | None) -> None:
    """Secret keys and their public form, in new files."""
    if output.suffix == ".pub":
        raise UsageError(
            f"{output} is named like a public key", "name the secret one; .pub is made beside it"
        )
    names = [output]
    if count > 1:
        names = [output.with_name(f"{output.stem}-{i + 1}{output.suffix}") for i in range(count)]
    public = output.with_suffix(".pub")
    for path in (*names, *(name.with_suffix(".pub") for name in names), public):
        if path.exists():
            raise OutputError(f"{path} exists already", "keys are never overwritten: give another name")
    keys = [SecretKey.generate() for _ in names]
    with explained():
        group = Group(needed, tuple(key.public() for key in keys))
        for path, key in zip(names, keys, strict=True):
            keyfile.save(path, key, passphrase)
        keyfile.save_public(public, group)
        if count > 1:
            for path, key in zip(names, keys, strict=True):
                keyfile.save_public(path.with_suffix(".pub"), Group(1, (key.public(),)))
    for path, key in zip(names, keys, strict=True):
        terminal.say(
            f"{path}: secret, fingerprint {key.public().fingerprint}, signs as {key.public().signer}"
        )
    if count > 1:
        terminal.say(f"{public}: public, of the group; for `deidentify --to`")
        terminal.say(
            f"{needed} of the {count} custodians must act together; hand each of them one secret key, whose "
            "own public form is beside it"
        )
    else:
        terminal.say(
            f"{public}: public; for `deidentify --to`, `grant --recipient`, or, if the key signs, "
            "`verify --publisher`"
        )
    terminal.document(
        {
            "uunet": "keygen",
            "format": 1,
            "exit_code": 0,
            "public": str(public),
            "threshold": [needed, count],
            "keys": [
                {"file": str(path), "fingerprint": key.public().fingerprint}
                for path, key in zip(names, keys, strict=True)
            ],
        }
    )


def give_grant(
    terminal: Terminal, public: Path, output: Path, selection: Selection, *, recipient: str, held: Held
) -> None:
    """A grant of the selected tracks and times, in a new file."""
    (group,) = recipients([recipient])
    if len(group.custodians) != 1:
        raise UsageError("a grant is for one key", "grant to each of them, in a file of its own")
    if output.exists():
        raise OutputError(f"{output} exists already", "give another name")
    first, last = _span(public, selection)
    number = first.sealed[0].window, last.sealed[0].window
    tracks = sorted(selection.tracks or ())
    told = held.record(
        "grant",
        public,
        tracks=tracks,
        windows=list(number),
        recipient=group.custodians[0].fingerprint,
    )
    with explained():
        opened = Keyring(held.keys).opened(first)
        if not opened.seeds:
            raise EvidenceError(
                "this key does not open the evidence", "use one that it was sealed to", "WRONG_KEY_OR_CONTEXT"
            )
        made = Grant.of(opened.video_id, held.case, opened.seeds, tracks, number)
        data = made.seal(group.custodians[0])
    _write(output, data)
    begin, end = float(first.begin), float(last.end)
    terminal.say(f"{output}: track {', '.join(map(str, tracks))} from {begin:.2f} to {end:.2f} s")
    terminal.say(f"recorded as {told}")
    terminal.document(
        {
            "uunet": "grant",
            "format": 1,
            "exit_code": 0,
            "file": str(output),
            "tracks": tracks,
            "windows": list(number),
            "begin": begin,
            "end": end,
            "record": told,
        }
    )


def _span(public: Path, selection: Selection) -> tuple[WindowEvidence, WindowEvidence]:
    """The first and the last window that the selection touches and that hold one of its tracks."""
    touched: list[WindowEvidence] = []
    wanted, seen, any_evidence = selection.tracks or frozenset(), set[int](), False
    for window in windows(public):
        if window.header is None or window.envelope is None:
            continue
        any_evidence = True
        begins = selection.end is None or window.begin < selection.end
        ends = selection.begin is None or window.end > selection.begin
        here = wanted & {piece.track for piece in window.sealed}
        if begins and ends and here:
            seen |= here
            touched = [touched[0] if touched else window, window]
    if not any_evidence:
        raise EvidenceError(
            f"{public} has no sealed evidence",
            "it was never made, or was stripped or shredded: see `uunet verify`",
            "NO_EVIDENCE",
        )
    missing = sorted(wanted - seen)
    if missing:  # a grant of less than it says would be found out when it is too late
        raise EvidenceError(
            f"there is no evidence of track {', '.join(map(str, missing))} in this time",
            "`uunet verify` lists what is sealed, and when",
        )
    return touched[0], touched[1]


def give_to_others(terminal: Terminal, public: Path, output: Path, to: Sequence[str], held: Held) -> None:
    """A copy for other recipients."""
    _refuse_existing(output)
    groups = recipients(to)
    names = [key.fingerprint for group in groups for key in group.custodians]
    told = held.record("rekey", public, recipients=names)
    done = rekey(public, output, Keyring(held.keys), groups)
    terminal.say(
        f"{output}: {many(done.pieces, 'piece')} of evidence, for {many(len(names), 'key')} and nobody else"
    )
    terminal.say(f"recorded as {told}")
    terminal.document(_copied("rekey", output, done.pieces, record=told, recipients=names))


def drop_evidence(terminal: Terminal, public: Path, output: Path, *, envelopes_only: bool) -> None:
    """A copy without evidence."""
    _refuse_existing(output)
    done = shred(public, output, envelopes_only=envelopes_only)
    what = "closed to everybody" if envelopes_only else "dropped"
    terminal.say(f"{output}: {many(done.pieces, 'piece')} of evidence {what}, for good")
    terminal.warn(
        "only this copy is without them, and whoever has the private model still estimates its faces from "
        "the pictures"
    )
    terminal.document(_copied("shred", output, done.pieces, envelopes_only=envelopes_only))


def write_ledger(target: Path, source: Path, summary: Summary, held: Held | None) -> None:
    """OUTPUT.json: what each region of a restored file shows, where keys were used."""
    if held is None or summary.ledger is None:
        return
    document = {
        "uunet": "restoration",
        "format": 1,
        "public": source.name,
        "restored": target.name,
        "case": held.case,
        **ledger_document(summary.ledger),
    }
    path = target.with_name(target.name + ".json")
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
            file.write(json.dumps(document, indent=1) + "\n")
    except OSError as error:
        raise OutputError(
            f"can't write {path}: {error.strerror}", "check the folder and permissions"
        ) from error


def show_record(terminal: Terminal, file: Path, by: Sequence[str]) -> None:
    """The entries of a record, verified."""
    known = {key.signing: key for group in recipients(by) for key in group.custodians}
    table = Table("entry", "time", "action", "case", "file", "what", "key", box=None, header_style="bold")
    listed = []
    with explained():
        for entry in journal.entries(file, known or None):
            facts = dict(entry.what)
            shown = [str(facts.pop(name, "")) for name in ("time", "action", "case", "file")]
            signer = known[entry.signer].fingerprint if entry.signer in known else entry.signer.hex()[:16]
            rest = ", ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, []))
            table.add_row(str(entry.number), *shown, rest, signer)
            listed.append({"number": entry.number, "digest": entry.digest, "signer": signer, **entry.what})
    terminal.show(table)
    terminal.say(f"{len(listed)} entries, all signed and in order" if listed else "the record is empty")
    terminal.document({"uunet": "log", "format": 1, "exit_code": 0, "file": str(file), "entries": listed})


def _said(grant: Grant) -> str:
    """A grant as it stands in the record."""
    tracks = ", ".join(map(str, sorted(grant.tracks)))
    return f"{grant.case}: track {tracks}, windows {grant.first} to {grant.last}"


def seconds(value: Fraction | None) -> str | None:
    """A time as it stands in the record."""
    return None if value is None else f"{float(value):.3f}"


def _copied(action: str, output: Path, pieces: int, **more: Any) -> dict[str, Any]:
    return {"uunet": action, "format": 1, "exit_code": 0, "file": str(output), "pieces": pieces, **more}


def _refuse_existing(output: Path) -> None:
    if output.exists():
        raise OutputError(f"{output} exists already", "give another name")


def _write(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"can't write {path}: {error.strerror}", "check the folder and permissions"
        ) from error
