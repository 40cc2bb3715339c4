"""Runs and inspections in words for people and in JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from uunet.batch import Outcome, Plan
from uunet.errors import FaultError
from uunet.inspection import Inspection, Span
from uunet.job import FrameRun, Summary
from uunet.ledger import Ledger
from uunet.models import Card
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

EVIDENCE = {
    "OK": "as it was signed",
    "NO_EVIDENCE": "no evidence: stripped, encoded again, or never made",
    "UNSUPPORTED_VERSION": "its evidence is of a newer uunet",
    "OTHER_VIDEO": "from another video",
    "OTHER_PUBLISHER": "signed by another publisher than the one that was asked for",
    "BAD_SIGNATURE": "not signed, or not by the publisher of this video",
    "PICTURES_MISSING": "some of its pictures are missing",
    "ALTERED_PICTURES": "its pictures are not those that were signed",
    "ALTERED_MESSAGES": "what names its regions and tracks, beside the pictures, is not what was signed",
    "ALTERED_EVIDENCE": "its evidence is not that which was signed",
    "EVIDENCE_MISSING": "its evidence, or some of it, is missing",
    "SHREDDED": "its evidence was taken away on purpose: it can't be opened any more",
    "CHAIN_GAP": "windows before it are missing",
    "BROKEN_CHAIN": "it does not follow the window before it",
    "OUT_OF_ORDER": "it stands in another place than it was published, or twice",
    "TRUNCATED": "the end is missing: the file was cut off after it was published, or is still being made",
    "WRONG_KEY_OR_CONTEXT": "none of the keys and grants opens it",
    "NEED_SHARES": "more custodians must act together",
    "ALTERED": "it is not what the publisher signed",
    "UNREADABLE": "it can't be decoded",
    "IN_PART": "what it shares with an overlapping region that stayed shut is not the original",
    "NOT_ASKED": "no key was given",
}
"""What is said of evidence, in words."""

CARRIERS = {"sei": "beside the pictures", "lsb": "in the lowest bits", "spread": "in the pixels", "none": "-"}
"""Carriers in words."""


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
        rows += _origins(summary.ledger) if summary.ledger else ()
        rows.append(("  messages", _messages(summary)))
        rows += [("  unread", line) for line in run_lines(summary.silent_frames)]
        rows += [("  incomplete", line) for line in run_lines(summary.incomplete_frames)]
    else:
        rows.append(("  faces", f"{summary.faces} replaced, {many(summary.tracks, 'track')}"))
        rows.append(("  coasted", f"{summary.coasted} of them not seen in their frame, but on a track"))
        bridged = many(summary.bridged, "frame")
        rows.append(("  bridged", f"{bridged}, between two in which the face was seen"))
        good = "which the sealed originals undo" if summary.sealed else "for good"
        rows.append(("  filled", f"{many(summary.filled, 'more face')} covered with one colour, {good}"))
        rows.append(("  stripped", ", ".join(summary.stripped) or "nothing to strip"))
        if summary.evidence:
            rows.append(("  evidence", _evidence(summary)))
    rows += [("  dropped", line) for line in summary.dropped]
    rows += [("  note", line) for line in summary.notes]
    engines = ", ".join(f"{name}: {engine}" for name, engine in summary.engines.items())
    rows += [("  engines", engines)] if engines else []
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _evidence(summary: Summary) -> str:
    faces = summary.faces + summary.filled
    per = f", {summary.evidence / faces:.0f} bytes per face and frame" if faces else ""
    return f"{summary.evidence / 1000:.0f} kB beside the pictures{per}"


def _origins(ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Where restored regions come from."""
    names = {"exact": "exact", "visual": "visual", "neural": "estimated", "unavailable": "filled"}
    words = {
        "exact": "originals, bit for bit, authenticated",
        "visual": "originals in a small encode, authenticated",
        "neural": "drawn by U_d: like the original, no evidence of it",
        "unavailable": "as published: too small for the model" if ledger.video is None else "as published",
    }
    for label, name in names.items():
        count = ledger.labels[label]
        if count and (label != "neural" or ledger.video is not None):
            yield (
                f"  {name}" if ledger.video is None else f"  {label}",
                f"{many(count, 'region')}, {words[label]}",
            )
    if ledger.in_part:
        shared = f"{many(ledger.in_part, 'region')} of these, {many(ledger.lacking, 'luma sample')}"
        yield "  in part", f"{shared}: shared with an overlapping region that stayed shut, not originals"
    if ledger.video is not None:
        said = verdicts(ledger.judged, ledger.windows)
        yield "  windows", said + ("" if ledger.complete else "; the signed end was not reached")
    for verdict, count in ledger.refusals.items():
        yield "  shut", f"{many(count, 'piece')} of evidence: {verdict}, {EVIDENCE.get(verdict, '')}"


def verdicts(windows: int, words: Mapping[str, int]) -> str:
    """How many windows have which verdicts; one may have several."""
    listed = ", ".join(f"{count} {word}" for word, count in words.items())
    return listed if sum(words.values()) == windows else f"{windows}, of which: {listed}"


def ledger_document(ledger: Ledger) -> dict[str, Any]:
    """What a restored file shows, for machines."""
    return {
        "video": ledger.video,
        "publisher": ledger.publisher,
        "lasting_key": ledger.lasting,
        "signed_to_the_end": ledger.complete,
        "output_is_lossless": ledger.lossless,
        "windows_judged": ledger.judged,
        "windows": dict(ledger.windows),
        "in_part": ledger.in_part,
        "lacking_samples": ledger.lacking,
        "shut": dict(ledger.refusals),
        "labels": dict(ledger.labels),
        "regions": [asdict(run) for run in ledger.runs],
        "digests": [
            # a line for each region: "frame x y width height"
            asdict(one) | {"regions": [" ".join(map(str, region)) for region in one.regions]}
            for one in ledger.digests
        ],
    }


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


def many(count: int, what: str) -> str:
    """`1 face`, `2 faces`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


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
        windows = Table("window", "frames", "seconds", "message", "regions", "verdict", box=None)
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
