"""What `log` shows: the entries of a record, verified."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from uunet.console import Terminal
from uunet.custody import recipients
from uunet.evidence.faults import explained
from uunet.keys import journal
from uunet.keys.identity import signer_name
from uunet.shown import visible

_COLUMNS = ("time", "action", "case", "file")
_OUTCOME = "outcome"


def show_record(terminal: Terminal, file: Path, by: Collection[str]) -> None:
    """The entries of a record, for people, or as a JSON document.

    Args:
        terminal: where to.
        file: the record. Others may have made it: nothing in it is taken for more than text.
        by: public keys of all who may open, in any form; none: whoever signed is believed.

    Raises:
        EvidenceError: it was changed, or has an entry of another key.
    """
    with explained():
        known = {key.signing for group in recipients(tuple(by)) for key in group.custodians}
        entries = list(journal.entries(file, known or None))
    if entries:
        terminal.show(_table(entries))
    terminal.say(_summary(len(entries), checked=bool(known)))
    for entry in entries:
        if entry.what.get("action") == _OUTCOME and not _names_its_own(entry, entries):
            terminal.warn(f"entry {entry.number} is no outcome: it names no opening by the same key")
    terminal.document(
        {
            "uunet": "log",
            "format": 1,
            "exit_code": 0,
            "file": str(file),
            "signers_checked": bool(known),
            "entries": [_document(entry) for entry in entries],
        }
    )


def _table(entries: Collection[journal.Entry]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("entry", *_COLUMNS, "what", "signed by"):
        table.add_column(name, overflow="fold")  # nothing is left out, however narrow the terminal is
    for entry in entries:
        told = [str(entry.what.get(name, "")) for name in _COLUMNS]
        cells = [str(entry.number), *told, _others(entry.what), signer_name(entry.signer)]
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


def _others(what: Mapping[str, Any]) -> str:
    """The facts that have no column."""
    facts = [(name, value) for name, value in what.items() if name not in _COLUMNS]
    return ", ".join(f"{name} {_listed(name, value)}" for name, value in facts if value not in (None, []))


def _listed(name: str, value: Any) -> str:
    if name == "windows" and isinstance(value, list | tuple) and len(value) == 2:
        return " to ".join(map(str, value))  # the first and the last, as what a grant opened says it
    return " + ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _summary(count: int, *, checked: bool) -> str:
    if not count:
        return "the record is empty, which shows nothing: whoever holds it can empty it"
    by = "all signed by the keys of --by" if checked else "whose keys signed them is not checked: give --by"
    return f"{'1 entry' if count == 1 else f'{count} entries'}, whole and in order; {by}"


def _names_its_own(outcome: journal.Entry, entries: Sequence[journal.Entry]) -> bool:
    """Whether an outcome is of an earlier opening by the same key."""
    of = outcome.what.get("of")
    if not isinstance(of, int) or not 0 <= of < outcome.number:
        return False
    # attack: in a record that several write, one takes back in words what another has opened
    return entries[of].signer == outcome.signer and entries[of].what.get("action") != _OUTCOME


def _document(entry: journal.Entry) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in entry.what.items()}
    # last: an entry must not say for itself whose it is
    return {**told, "number": entry.number, "digest": entry.digest, "signer": signer_name(entry.signer)}


def _plain(value: Any) -> Any:
    """A value of CBOR as one of JSON, which has fewer kinds."""
    match value:
        case None | bool() | int() | str():
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
    return str(value)
