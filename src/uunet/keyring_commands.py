"""What the commands about keys do, once their options are understood."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from uunet.arguments import UsageError
from uunet.console import Terminal
from uunet.custody import one_key, recipients
from uunet.errors import EvidenceError, OutputError
from uunet.evidence.chain import Chain
from uunet.evidence.copying import refuse_publisher, rekey, shred
from uunet.evidence.faults import explained
from uunet.evidence.opening import Keyring
from uunet.evidence.reading import WindowEvidence, find_evidence, windows
from uunet.job import Selection, Summary
from uunet.keys import keyfile
from uunet.keys.grant import Grant
from uunet.keys.identity import Group, SecretKey
from uunet.keys.newfile import write_new
from uunet.openings import Held
from uunet.origins import ledger_document, many
from uunet.video import refuse_input


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
            f"{_who_opens(needed, count)}; hand each of them one secret key, whose own public form is beside "
            "it"
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
                {
                    "file": str(path),
                    "fingerprint": key.public().fingerprint,
                    "signs_as": key.public().signer,
                }
                for path, key in zip(names, keys, strict=True)
            ],
        }
    )


def _who_opens(needed: int, count: int) -> str:
    """How many custodians it takes."""
    if needed == 1:
        return f"each of the {count} custodians can open alone"
    return f"{'all' if needed == count else f'{needed} of the'} {count} custodians must act together"


def give_grant(
    terminal: Terminal, public: Path, output: Path, selection: Selection, *, recipient: str, held: Held
) -> None:
    """A grant of the selected tracks and times, in a new file."""
    to = one_key(recipient, "a grant is for one key", "grant to each of them, in a file of its own")
    _refuse_existing(output, public)
    held.check_records(public, output)
    first, last = _span(public, selection, terminal)
    refuse_publisher(first.header, (Group(1, (to,)),))
    number = first.sealed[0].window, last.sealed[0].window
    tracks = sorted(selection.tracks or ())
    facts = {"tracks": tracks, "windows": list(number), "recipient": to.fingerprint}
    with held.recorded("grant", public, **facts) as told:
        with explained():
            opened = Keyring(held.keys).opened(first)
            if not opened.seeds:
                raise EvidenceError(
                    "this key does not open the evidence",
                    "use one that it was sealed to",
                    "WRONG_KEY_OR_CONTEXT",
                )
            made = Grant.of(opened.video_id, held.case, opened.seeds, tracks, number)
            data = made.seal(to)
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


def _span(public: Path, selection: Selection, terminal: Terminal) -> tuple[WindowEvidence, WindowEvidence]:
    """The first and the last window that the selection touches and that hold one of its tracks."""
    touched: list[WindowEvidence] = []
    chain, words = Chain(), Counter[str]()
    wanted, seen, any_evidence = selection.tracks or frozenset(), set[int](), False
    for window in windows(public):
        words.update(chain.judge(window).words)
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
    if words["ALTERED_MESSAGES"]:
        # attack: numbers are exchanged, so that the grant for one person opens another
        raise EvidenceError(
            "what says who is which track is not what was signed (ALTERED_MESSAGES)",
            "use an undamaged copy: its `inspect --sheet` shows whom you mean",
            "ALTERED_MESSAGES",
        )
    if set(words) != {"OK"} or not chain.complete:
        terminal.warn(f"{public} is not as it was published; `uunet verify` says where")
    return touched[0], touched[1]


def give_to_others(terminal: Terminal, public: Path, output: Path, to: Sequence[str], held: Held) -> None:
    """A copy for other recipients."""
    _refuse_existing(output, public)
    groups = recipients(to)
    held.check_records(public, output)
    refuse_publisher(find_evidence(public), groups)
    names = [key.fingerprint for group in groups for key in group.custodians]
    with held.recorded("rekey", public, recipients=names) as told:
        done = rekey(public, output, Keyring(held.keys), groups)
    terminal.say(
        f"{output}: {many(done.pieces, 'piece')} of evidence, for {many(len(names), 'key')} and nobody else"
    )
    terminal.say(f"recorded as {told}")
    terminal.document(_copied("rekey", output, done.pieces, record=told, recipients=names))


def drop_evidence(terminal: Terminal, public: Path, output: Path, *, envelopes_only: bool) -> None:
    """A copy without evidence."""
    _refuse_existing(output, public)
    done = shred(public, output, envelopes_only=envelopes_only)
    what = "closed to everybody" if envelopes_only else "dropped"
    terminal.say(f"{output}: {many(done.pieces, 'piece')} of evidence {what}, for good")
    terminal.warn(
        "only this copy is without them, and whoever has the private model still estimates its faces from "
        "the pictures"
    )
    terminal.document(_copied("shred", output, done.pieces, envelopes_only=envelopes_only))


def ledger_file(target: Path) -> Path:
    """OUTPUT.json, beside a restored file."""
    return target.with_name(target.name + ".json")


def refuse_ledger(target: Path, *, force: bool) -> None:
    """Raises OutputError if OUTPUT.json is there: what an earlier opening gave is told nowhere else."""
    path = ledger_file(target)
    if path.exists() and not (force and path.is_file()):
        raise OutputError(f"{path} exists already", "give another name, or --force to overwrite it")


def write_ledger(target: Path, source: Path, summary: Summary, held: Held | None, *, force: bool) -> None:
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
    path = ledger_file(target)
    if force:
        path.unlink(missing_ok=True)
    _write(path, (json.dumps(document, indent=1) + "\n").encode())


def _copied(action: str, output: Path, pieces: int, **more: Any) -> dict[str, Any]:
    return {"uunet": action, "format": 1, "exit_code": 0, "file": str(output), "pieces": pieces, **more}


def _refuse_existing(output: Path, public: Path) -> None:
    refuse_input(output, public)
    if output.exists():
        raise OutputError(f"{output} exists already", "give another name")


def _write(path: Path, data: bytes) -> None:
    """For its owner alone, since it opens or tells something."""
    try:
        write_new(path, data)
    except FileExistsError:
        raise OutputError(f"{path} exists already", "give another name") from None
    except OSError as error:
        raise OutputError(
            f"can't write {path}: {error.strerror}", "check the folder and permissions"
        ) from error
