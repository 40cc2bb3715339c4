"""Figures of any file of results as HTML: nested names become rows, records that are alike become tables."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST = 400  # rows of one file
_MANY = 24  # numbers of a list from which on it is only counted
_WIDE = 12  # columns that a page has room for
_UNREAD = ("histogram", "verdict")  # which nobody reads as figures: they are drawn, or said
_NAMES = ("name", "clip", "change", "source", "public")  # what a record may be called by


def text(value: object) -> str:
    """Anything, escaped."""
    return html.escape(str(value), quote=True)


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "", links: Sequence[str] = ()
) -> str:
    """A table; the first column is text, the others are figures.

    Args:
        header, rows, caption: plain text.
        links: of each row, the part of the page to which its first cell leads.
    """
    top = "".join(f'<th scope="col">{text(cell)}</th>' for cell in header)
    first = [text(row[0]) for row in rows]
    if links:
        first = [f'<a href="#{link}">{cell}</a>' for link, cell in zip(links, first, strict=True)]
    body = "".join(
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{text(c)}</td>" for c in row[1:]) + "</tr>"
        for name, row in zip(first, rows, strict=True)
    )
    named = f"<caption>{text(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{named}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


@dataclass(frozen=True, slots=True)
class _Alike:
    """Records with the same fields, each with its name."""

    name: str
    records: Mapping[str, Mapping[str, Any]]

    @property
    def fields(self) -> list[str]:
        """Of all records, in the order of their first appearance."""
        found = (field for record in self.records.values() for field in record)
        return [field for field in dict.fromkeys(found) if field not in _UNREAD]

    def shown(self) -> str:
        """As a table; what a record lacks is –."""
        rows = [
            (name, *(_cell(record.get(field)) for field in self.fields))
            for name, record in self.records.items()
        ]
        return table(("", *map(_worded, self.fields)), rows, _worded(self.name))


def facts(figures: dict[str, Any]) -> str:
    """All figures of a file."""
    parts = list(_parts("", figures))
    rows = [part for part in parts if not isinstance(part, _Alike)]
    alike = [part.shown() for part in parts if isinstance(part, _Alike)]
    shown = table(("figure", "value"), rows[:_MOST]) if rows else ""
    more = f"<p>… and {len(rows) - _MOST} more, in the file.</p>" if len(rows) > _MOST else ""
    return shown + more + "".join(alike)


def _parts(name: str, value: Any) -> Iterator[tuple[str, str] | _Alike]:
    if _leaf(value):
        yield _worded(name), _cell(value)
    elif isinstance(value, dict):
        yield from _of_names(name, value)
    elif records := _named(value):
        yield from _of_names(name, records)
    else:
        for number, inner in enumerate(value):
            yield from _parts(f"{name} [{number}]", inner)


def _of_names(name: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str] | _Alike]:
    """The children of an object: those that have the same fields side by side, the others one by one."""
    kin: dict[frozenset[str], dict[str, Any]] = defaultdict(dict)
    for key, value in values.items():
        if isinstance(value, dict) and not _leaf(value) and len(value) <= _WIDE:
            kin[frozenset(value)][key] = value
    together = [one for one in kin.values() if len(one) > 1]
    taken = {key for one in together for key in one}
    for key, value in values.items():
        if key not in taken:
            yield from _parts(f"{name} · {key}" if name else str(key), value)
    for records in together:
        yield _Alike(name, records)


def _named(value: Sequence[Any]) -> dict[str, Any]:
    """A list of records by their own names, or by number; empty if it is none."""
    if not all(isinstance(one, dict) for one in value):
        return {}
    names = [next((str(one[key]) for key in _NAMES if key in one), "") for one in value]
    if len(set(names)) < len(names) or not all(names):
        names = [f"{name} {number}".strip() for number, name in enumerate(names, 1)]
    return {
        name: {key: inner for key, inner in one.items() if str(inner) != name}
        for name, one in zip(names, value, strict=True)
    }


def _leaf(value: Any) -> bool:
    """Whether it is shown in one cell: all but objects of several figures, and lists of objects or lists."""
    if isinstance(value, dict):
        return _interval(value) or _spread(value)
    return not (isinstance(value, list) and value and isinstance(value[0], dict | list))


def _interval(value: Mapping[str, Any]) -> bool:
    return "value" in value and "low" in value


def _spread(value: Mapping[str, Any]) -> bool:
    return "mean" in value and ("ci95" in value or "sd" in value)


def _worded(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Any) -> str:
    """Anything, in one cell."""
    if isinstance(value, dict):
        if _interval(value):
            return _with_interval(value)
        return (
            _with_spread(value) if _spread(value) else ", ".join(f"{k} {_cell(v)}" for k, v in value.items())
        )
    if isinstance(value, list):
        if len(value) > _MANY:
            return f"{len(value)} values"
        return f"[{', '.join(map(_cell, value))}]" if value else "none"  # frame 0 is not no frame
    return shown(value)


def _with_interval(found: dict[str, Any]) -> str:
    interval = "" if found["low"] is None else f" [{shown(found['low'])}, {shown(found['high'])}]"
    return shown(found["value"]) + interval


def _with_spread(found: dict[str, Any]) -> str:
    spread = found.get("ci95", found.get("sd"))
    return shown(found["mean"]) + ("" if spread is None else f" ± {shown(spread)}")


def shown(value: Any) -> str:
    """A value for people."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
