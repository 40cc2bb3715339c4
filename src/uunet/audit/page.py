"""The audit's report: one HTML page that needs no other file and no network, for the screen and for print."""

from __future__ import annotations

import base64
import html
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Template

from uunet.audit.events import WORST_FIRST, Event
from uunet.audit.examination import Audit
from uunet.audit.figures import figures
from uunet.audit.remarks import remarks, verdict
from uunet.audit.timeline import timeline
from uunet.audit.traces import Trace
from uunet.audit.words import KINDS, clock, many
from uunet.errors import OutputError
from uunet.inspection import WindowHealth
from uunet.video import refuse_input
from uunet.wholefile import write_whole
from uunet.wording import CARRIERS, WHY

_MOST_SHOWN = 120  # events with a thumbnail; the others are counted
_MOST_LISTED = 100  # windows, things told

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>uunet audit of $public</title>
<meta name="generator" content="uunet audit">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; }
body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem 1rem .3rem 0; vertical-align: top; }
td, th { border-bottom: 1px solid #d5dae0; }
th { font-weight: 600; } td.value { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.free { white-space: normal; }
table.figures th { width: 24%; } table.figures td.value { width: 30%; }
small, figcaption, .meaning { color: #4a5560; font-size: .9rem; }
.verdict { padding: .6rem 1rem; font-weight: 600; border-left: 6px solid; }
.look { background: #fff4d6; border-color: #b36b00; } .fine { background: #e6f1f8; border-color: #0072b2; }
.mark { font-weight: 700; }
.events { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; }
tr, figure { break-inside: avoid; } figure { margin: 0; } figure img { width: 144px; height: 144px; }
svg { width: 100%; height: auto; } code { overflow-wrap: anywhere; font-size: .85rem; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
</style></head><body>
<h1>Audit of a published video</h1>
<p class="verdict $level">$verdict</p>
<ul>$remarks</ul>
<p><small>$data Pictures on this page are of the public file alone.</small></p>
<h2>Figures</h2><table class="figures">$figures</table>
<h2>Over time</h2>$timeline
<h2>Faces to look at</h2>$events
<h2>Messages: can the faces be restored?</h2>$messages
<h2>What stands beside the pictures</h2>$traces
<h2>What was compared</h2>
<table><tr><th>public</th><td>$public<br><code>SHA-256 $public_digest</code></td></tr>
<tr><th>original</th><td>$original<br><code>SHA-256 $original_digest</code></td></tr>
<tr><th>video</th><td>$video</td></tr><tr><th>models</th><td>$models</td></tr>
<tr><th>how</th><td>$how</td></tr></table>
</body></html>
"""
)


_DATA = (
    "This file is pseudonymised personal data: whoever holds the private model of its pair can restore the "
    "faces."
)
_RAW = "No message in this file says that anything is replaced: treat it as you treat the raw video."


def refuse(path: Path, inputs: Sequence[Path], *, force: bool) -> None:
    """Say before minutes are spent that a report can't be written.

    Raises:
        OutputError: it is one of the inputs, a folder, in no folder, or there and not to be overwritten.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise OutputError(f"{path} can't be written", "name a file in a folder that exists")
    for given in inputs:
        refuse_input(path, given)
    if path.exists() and not force:
        raise OutputError(f"{path} exists already", "give another name, or --force to overwrite it")


def write(path: Path, audit: Audit) -> None:
    """Write the page, for its owner alone, since it shows faces; it appears whole or not at all.

    Raises:
        OutputError: it can't be written.
    """
    try:
        write_whole(path, page(audit).encode())
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}", "give another name") from error


def page(audit: Audit) -> str:
    """The page."""
    said = remarks(audit)
    look = any(remark.level == "look" for remark in said)
    words = {"look": "Look: ", "know": "Know: "}
    listed = (f'<li><span class="mark">{words[r.level]}</span>{_text(r.text)}</li>' for r in said)
    rows = (
        f'<tr><th>{_text(f.name)}</th><td class="value{" free" if len(f.value) > 40 else ""}">'
        f'{_text(f.value)}</td><td class="meaning">{_text(f.meaning)}</td></tr>'
        for f in figures(audit)
    )
    return _PAGE.substitute(
        public=_text(audit.public),
        original=_text(audit.original),
        public_digest=audit.digests[0],
        original_digest=audit.digests[1],
        data=_DATA if audit.presence.regions else _RAW,
        level="look" if look else "fine",
        verdict=_text(verdict(audit)),
        remarks="".join(listed),
        figures="".join(rows),
        timeline=timeline(audit),
        events=_events(audit),
        messages=_messages(audit),
        traces=_traces(audit.remains, audit.own),
        video=_text(_video(audit)),
        models=_text(_models(audit)),
        how=_text(_how(audit)),
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _events(audit: Audit) -> str:
    if not audit.events:
        return "<p>None: every face that was found in the original is replaced or filled, and changed.</p>"
    worst = sorted(audit.events, key=lambda event: (WORST_FIRST.index(event.kind), -event.worst.face.score))
    shown = "".join(map(_event, worst[:_MOST_SHOWN]))
    kinds = "".join(
        f"<li><b>{_text(KINDS[kind][0])}</b>: {_text(KINDS[kind][1])}.</li>"
        for kind in WORST_FIRST
        if any(event.kind == kind for event in worst)
    )
    rest = len(worst) - _MOST_SHOWN
    more = f"<p>{many(rest, 'more event')}: --json lists all of them.</p>" if rest > 0 else ""
    return (
        "<p>Each picture is a place in the public file, the detector's frame drawn in it, at the moment when "
        f"it was surest; what is framed may be no face at all.</p><ul>{kinds}</ul>"
        f'<div class="events">{shown}</div>{more}'
    )


def _event(event: Event) -> str:
    data = base64.b64encode(event.thumbnail).decode("ascii")
    one = event.first == event.last
    frames = f"frame {event.first}" if one else f"frames {event.first}–{event.last}"
    times = clock(event.begin) if one else f"{clock(event.begin)} to {clock(event.end)}"
    words = KINDS[event.kind][0]
    return (
        f'<figure><img alt="{_text(words)}, {frames}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption><b>{_text(words)}</b><br>{frames}, {times}<br>score {event.worst.face.score:.2f}, "
        f"{event.worst.share:.0%} replaced</figcaption></figure>"
    )


def _messages(audit: Audit) -> str:
    inspection = audit.inspection
    windows = inspection.windows
    read = sum((window.carriers for window in windows), Counter[str]())
    where = "; ".join(f"{CARRIERS[name]}: {many(n, 'frame')}" for name, n in read.items() if name != "none")
    ill = [window for window in windows if set(window.verdicts) - {"OK"}]
    said = (
        f"<p>Where the faces are is hidden in the file itself, window by window. It can be read in "
        f"{inspection.readable:,} of {many(inspection.frames, 'frame')} ({where or 'nowhere'}); "
        f"whole in {len(windows) - len(ill):,} of {many(len(windows), 'window')}. What can be read can be "
        "restored with the private model. A message alone proves neither "
        "origin nor integrity: whoever has a public model can forge it. `uunet verify` checks signed "
        "files.</p>"
    )
    if not ill:
        return said
    rows = "".join(map(_window, ill[:_MOST_LISTED]))
    return f"{said}<table><tr><th>frames</th><th>time</th><th>what was read</th></tr>{rows}</table>"


def _window(window: WindowHealth) -> str:
    span = window.span
    verdicts = (
        f"{many(count, 'frame')}: {name}" + (f", {WHY[name]}" if name in WHY else "")
        for name, count in window.verdicts.items()
    )
    times = f"{clock(float(span.begin))} to {clock(float(span.end))}"
    return f"<tr><td>{span.first}–{span.last}</td><td>{times}</td><td>{_text('; '.join(verdicts))}</td></tr>"


def _traces(remains: Sequence[Trace], own: Sequence[Trace]) -> str:
    def listed(found: Sequence[Trace]) -> str:
        items = "".join(f"<li><code>{_text(trace.shown())}</code></li>" for trace in found[:_MOST_LISTED])
        rest = len(found) - _MOST_LISTED
        return f"<ul>{items}{f'<li>and {rest} more</li>' if rest > 0 else ''}</ul>"

    if remains:
        said = "<p>Things that the original tells and the public file still does:</p>" + listed(remains)
    else:
        said = (
            "<p>Of the original's tags, thumbnails, data and banners nothing is left in the public file.</p>"
        )
    if own:
        said += f"<p>What the public file tells, and its original does not:</p>{listed(own)}"
    return said


def _video(audit: Audit) -> str:
    info = audit.inspection.info
    streams = ", ".join(f"{stream.kind} ({stream.codec})" for stream in info.streams) or "nothing"
    width, height = info.size
    return f"{info.codec}, {width}x{height}, {audit.rate:.6g} frames/s; beside the pictures: {streams}"


def _models(audit: Audit) -> str:
    return f"{audit.model or 'not said in the file'}, pair {audit.inspection.pair}"


def _how(audit: Audit) -> str:
    every = audit.settings.every
    where = "every frame" if every == 1 else f"every {every}th frame"
    return (
        f"{where}, a face from a score of {audit.settings.threshold:g} on; the detector is CenterFace, "
        "without tracking and without the 8 bits that publishing may use. It is of the same family: "
        "what neither finds, nobody has looked at but you."
    )
