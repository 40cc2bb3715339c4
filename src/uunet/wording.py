"""Runs and inspections in words for people and in JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from uunet.batch import Outcome, Plan
from uunet.errors import FaultError
from uunet.inspection import Inspection, Span
from uunet.job import FrameRun, Summary
from uunet.models import Card
from uunet.origins import ledger_document, many, origins
from uunet.shown import visible

WHY = {
    "NO_MESSAGE": "there is nothing to read: not made by uunet, or cropped, or encoded too hard",
    "BAD_MAC": "the message is damaged, or of another pair of models",
    "BAD_GRAMMAR": "the message is damaged",
    "UNSUPPORTED_VERSION": "the message is of a newer uunet",
    "DESYNC": "frames are missing or were inserted here",
    "INCOMPLETE": "there are more faces than the message names; the others stay as published",
}
"""Verdicts in words."""

CARRIERS = {"sei": "beside the pictures", "lsb": "in the lowest bits", "spread": "in the pixels", "none": "-"}
"""Carriers in words."""

PARTS = {"detector": "detector", "U_e": "public model", "U_d": "private model"}
"""What engines run, in words."""


def summary_table(summary: Summary, *, restored: bool = False) -> Table:
    """A run, for people."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    total = summary.seconds.get("total", 0.0)
    rate = f", {summary.frames / total:.1f} frames/s" if total else ""
    rows = [("  frames", f"{summary.frames} in {total:.1f} s{rate}")]
    if restored:
        poor = ", as far as this copy still tells" if summary.of_a_copy else ""
        rows.append(("  faces", f"{summary.faces} restored{poor}, {many(summary.tracks, 'track')}"))
        rows += origins(summary.ledger) if summary.ledger else ()
        rows.append(("  messages", _messages(summary)))
        rows += [("  unread", line) for line in run_lines(summary.silent_frames)]
        rows += [("  incomplete", line) for line in run_lines(summary.incomplete_frames)]
    else:
        rows += _published(summary)
    rows += [("  dropped", line) for line in summary.dropped]
    rows += [("  note", line) for line in summary.notes]
    engines = ", ".join(f"{PARTS.get(name, name)}: {engine}" for name, engine in summary.engines.items())
    rows += [("  engines", engines)] if engines else []
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _published(summary: Summary) -> Iterator[tuple[str, str]]:
    """What became of the faces, in words that need no knowledge of how they are followed."""
    film = summary.frames > 1
    yield "  faces", f"{summary.faces} replaced" + ", over all frames" * film
    if summary.coasted:
        gaps = f"; in {many(summary.bridged, 'frame')} between two that show it" if summary.bridged else ""
        unseen = many(summary.coasted, "face")
        yield "  unseen", f"{unseen} covered where none was seen in that frame, but before or after it{gaps}"
    if summary.filled:
        good = "which the sealed originals undo" if summary.sealed else "for good"
        yield "  filled", f"{many(summary.filled, 'more face')}, too small for the model: one colour, {good}"
    if film:
        too = ", filled ones too" * bool(summary.filled)
        yield "  tracks", f"{summary.tracks}: faces followed from frame to frame{too}"
    yield "  stripped", ", ".join(summary.stripped) or "nothing"
    if summary.evidence:
        yield "  evidence", _evidence(summary)


def _evidence(summary: Summary) -> str:
    faces = summary.faces + summary.filled
    per = f", {summary.evidence / faces:.0f} bytes per face and frame" if faces else ""
    return f"{summary.evidence / 1000:.0f} kB beside the pictures{per}"


def run_lines(runs: Sequence[FrameRun]) -> list[str]:
    """Runs of frames whose message could not be read, or not all of it, and why, for people."""
    return [f"frames {run.first}-{run.last}: {run.verdict}, {WHY.get(run.verdict, '')}" for run in runs]


def runs_document(outcomes: Sequence[Outcome], code: int, command: str, todo: Plan | None = None) -> Any:
    """Runs, for machines."""
    files = [
        {
            "input": str(outcome.job.source),
            "output": str(outcome.job.target),
            "status": outcome.status,
            "summary": None if outcome.summary is None else _summary(outcome.summary),
            "error": None if outcome.error is None else error_value(outcome.error),
        }
        for outcome in outcomes
    ]
    ignored = [str(path) for path in todo.ignored] if todo else []
    return {"uunet": command, "format": 1, "exit_code": code, "files": files, "ignored": ignored}


def error_value(error: Exception) -> dict[str, str]:
    """An error, for machines."""
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "hint": getattr(error, "hint", FaultError.HINT),
    }


def faceless_warning(source: Path, target: Path) -> str:
    """What is to be said of a video that was published as it is."""
    return (
        f"no face was found in {source}: {target} shows what it shows; look at it before you publish, and "
        "try a lower --threshold (--require-faces makes it an error)"
    )


def demonstration_warning(card: Card) -> str:
    """What the user of the shipped pair must know."""
    return (
        f"{card.name} is a DEMONSTRATION model: its private half comes with uunet, so everybody can restore "
        "these faces; train a pair of your own before you publish"
    )


def _summary(summary: Summary) -> dict[str, Any]:
    names = "frames faces filled tracks coasted bridged stripped dropped notes weak_windows left_out unnamed"
    more = ["evidence", "carriers", "engines"]
    values = {name: getattr(summary, name) for name in [*names.split(), *more]}
    seconds = {name: round(value, 3) for name, value in summary.seconds.items()}
    total = summary.seconds.get("total", 0.0)
    return {
        **values,
        "silent_frames": [asdict(run) for run in summary.silent_frames],
        "incomplete_frames": [asdict(run) for run in summary.incomplete_frames],
        "restoration": None if summary.ledger is None else ledger_document(summary.ledger),
        "seconds": seconds,
        "frames_per_second": round(summary.frames / total, 2) if total else None,
    }


def _messages(summary: Summary) -> str:
    carriers = ", ".join(f"{CARRIERS[name]}: {n}" for name, n in summary.carriers.items() if name != "none")
    read = _read(summary.frames - summary.silent, summary.frames, summary.incomplete)
    return f"{read} ({carriers})"


def _read(read: int, frames: int, incomplete: int) -> str:
    return f"read in {read} of {frames} frames" + (f", incomplete in {incomplete}" if incomplete else "")


# --- inspections --------------------------------------------------------------------------------


def inspection_document(found: Inspection, path: Path, signed: bool | None) -> dict[str, Any]:
    """An inspection, for machines; `signed`: whether all is as it was signed, None where nothing is."""
    info, header = found.info, found.header
    return {
        "uunet": "inspect",
        "format": 1,
        "file": str(path),
        "container": info.container,
        "codec": info.codec,
        "size": list(info.size),
        "pixel_format": info.source_format,
        "rate": str(info.average_rate),
        "duration": None if info.duration is None else float(info.duration),
        "streams": [f"{stream.kind} {stream.codec}" for stream in info.streams],
        "model": header and header.model,
        "pair": found.pair if header or found.readable else None,
        "message_format": header and header.format,
        "frames": found.frames,
        "readable_frames": found.readable,
        "incomplete_frames": found.incomplete,
        "tracks": {
            str(track): [_span(span) for span in spans] for track, spans in sorted(found.tracks.items())
        },
        "unnamed_regions": found.unnamed,
        "evidence_bytes": found.evidence,
        "as_signed": signed,
        "windows": [
            {
                "number": window.number,
                **_span(window.span),
                "carriers": dict(window.carriers),
                "verdicts": dict(window.verdicts),
                "regions": window.regions,
            }
            for window in found.windows
        ],
        "damage": None if found.damage is None else error_value(found.damage),
    }


def inspection_tables(found: Inspection) -> Iterator[Table]:
    """An inspection, for people."""
    info, header = found.info, found.header
    about = Table.grid(padding=(0, 2))
    about.add_column(style="bold", no_wrap=True)
    about.add_column(overflow="fold")
    size = f"{info.size[0]}x{info.size[1]}, {info.source_format}, {float(info.average_rate):.6g} frames/s"
    about.add_row("video", f"{info.codec} in {info.container}, {size}, {found.frames} frames")
    if header or found.readable:  # else it is not known to be of any pair
        about.add_row(
            "model", visible(header.model) if header else "not said (what stood beside the pictures is lost)"
        )
        about.add_row("pair", visible(found.pair))
        about.add_row("format", str(header.format) if header else "not said")
    about.add_row("messages", _read(found.readable, found.frames, found.incomplete))
    if found.incomplete:
        about.add_row("incomplete", WHY["INCOMPLETE"])
    if found.evidence:
        about.add_row("evidence", f"{found.evidence / 1000:.0f} kB, sealed or signed: see `uunet verify`")
    if found.unnamed:
        about.add_row("unnamed", f"{many(found.unnamed, 'region')} of no known track")
    yield about
    if found.tracks:
        tracks = Table("track", "seen (seconds from the beginning)", box=None, header_style="bold")
        for track, spans in sorted(found.tracks.items()):
            tracks.add_row(str(track), seen(spans))
        yield tracks
    if found.readable:
        windows = Table("window", "frames", "seconds", "message", "regions", "message verdict", box=None)
        for window in found.windows:
            span = window.span
            windows.add_row(
                "-" if window.number is None else str(window.number),
                f"{span.first}-{span.last}",
                f"{float(span.begin):.2f}-{float(span.end):.2f}",
                ", ".join(CARRIERS[name] for name in window.carriers),
                str(window.regions),
                ", ".join(
                    name if len(window.verdicts) == 1 else f"{name} {n}"
                    for name, n in window.verdicts.items()
                ),
            )
        yield windows


def seen(spans: Sequence[Span]) -> str:
    """When a track is seen, seconds."""
    return ", ".join(f"{float(span.begin):.2f}-{float(span.end):.2f}" for span in spans)


def _span(span: Span) -> dict[str, Any]:
    return {"first": span.first, "last": span.last, "begin": float(span.begin), "end": float(span.end)}
