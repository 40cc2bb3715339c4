"""Figures of any file of results as HTML: nested names become rows, lists of records become tables."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

_MOST = 400  # rows of one file
_MANY = 24  # numbers of a list from which on it is only counted


def text(value: object) -> str:
    """Anything, escaped."""
    return html.escape(str(value), quote=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table; the first column is text, the others are figures.

    Args:
        header, rows, caption: plain text.
    """
    top = "".join(f'<th scope="col">{text(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{text(row[0])}</th>' + "".join(f"<td>{text(c)}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    named = f"<caption>{text(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{named}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(figures: dict[str, Any]) -> str:
    """All figures of a file."""
    rows = list(_rows("", figures))
    shown = table(("figure", "value"), rows[:_MOST])
    return shown + (f"<p>… and {len(rows) - _MOST} more, in the file.</p>" if len(rows) > _MOST else "")


def _rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and "value" in value and "low" in value:
        yield name, _with_interval(value)
    elif isinstance(value, dict) and "mean" in value and ("ci95" in value or "sd" in value):
        yield name, _with_spread(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _rows(f"{name} · {key}" if name else str(key), inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for number, inner in enumerate(value):
            yield from _rows(f"{name} [{_called(inner, number)}]", inner)
    elif isinstance(value, list) and len(value) > _MANY:
        yield name, f"{len(value)} values"
    elif isinstance(value, list):
        yield name, ", ".join(map(shown, value)) or "none"
    else:
        yield name, shown(value)


def _called(record: Any, number: int) -> str:
    """A record's own name, if it has one."""
    if isinstance(record, dict):
        named = next((record[key] for key in ("name", "clip", "change", "source") if key in record), None)
        if isinstance(named, str):
            return named
    return str(number)


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
