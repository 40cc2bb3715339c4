"""The demo's report: one HTML page that needs nothing but the files beside it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from string import Template

from uunet.job import Summary
from uunet.wording import CARRIERS, PARTS

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>uunet demo</title>
$generator
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.row { display: grid; grid-template-columns: repeat(3, 1fr); gap: .8rem; }
video, img { width: 100%; height: auto; }
figure { margin: 0; } figcaption { color: #55606e; font-size: .9rem; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .15rem 1.2rem .15rem 0; vertical-align: top; }
.note { background: #fff4d6; border-left: 4px solid #d9a300; padding: .6rem 1rem; }
</style></head><body>
<h1>A video without its faces, and back</h1>
<p class="note">The public video is pseudonymised personal data: whoever has the private model can restore it.
$warning</p>
<div class="row">
<figure><video src="$source" controls loop muted></video>
<figcaption>x: what the camera recorded</figcaption></figure>
<figure><video src="$public" controls loop muted></video>
<figcaption>a: the public file</figcaption></figure>
<figure><video src="$restored" controls loop muted></video>
<figcaption>r: restored from the public file alone</figcaption></figure>
</div>
<h2>Faces: x (camera) above a (public) above r (restored)</h2><img src="$faces" alt="contact sheet of faces">
<h2>Frames: x (camera), a (public), r (restored)</h2><img src="$frames" alt="contact sheet of frames">
<h2>What happened</h2>
<table><tr><th></th><th>deidentify</th><th>reconstruct</th></tr>$rows</table>
</body></html>
"""
)

_GENERATOR = '<meta name="generator" content="uunet demo">'

_DEMONSTRATION = (
    "The shipped pair is for demonstration: its private model is public too, so everybody can restore what "
    "it de-identifies. Train your own pair before you publish anything."
)


def is_one(path: Path) -> bool:
    """Whether a file is a page that a demo wrote."""
    return path.is_file() and _GENERATOR in path.read_text("utf-8", errors="replace")


def write(path: Path, files: dict[str, str], runs: tuple[Summary, Summary], *, demonstration: bool) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        files: names, relative to the page, of `source`, `public`, `restored`, `faces`, `frames`.
        runs: of deidentify and of reconstruct.
        demonstration: whether the models are the shipped pair.
    """
    escaped = {name: html.escape(value, quote=True) for name, value in files.items()}
    text = _PAGE.substitute(
        escaped,
        generator=_GENERATOR,
        rows="".join(_rows(*runs)),
        warning=html.escape(_DEMONSTRATION) if demonstration else "",
    )
    path.write_text(text, "utf-8")


def _rows(published: Summary, restored: Summary) -> Iterable[str]:
    def row(name: str, first: object, second: object) -> str:
        cells = "".join(f"<td>{html.escape(str(value))}</td>" for value in (first, second))
        return f"<tr><th>{html.escape(name)}</th>{cells}</tr>"

    yield row("frames", published.frames, restored.frames)
    yield row("faces, over all frames", published.faces, restored.faces)
    yield row("tracks", published.tracks, restored.tracks)
    yield row("filled (not reversible)", published.filled, "")
    yield row("covered, though not seen in their frame", published.coasted, "")
    yield row("stripped", ", ".join(published.stripped) or "nothing", "")
    yield row("the boxes came from", "", _carriers(restored))
    yield row("frames without a message", "", restored.silent)
    for name in {**published.engines, **restored.engines}:
        yield row(
            f"engine of the {PARTS.get(name, name)}",
            published.engines.get(name, ""),
            restored.engines.get(name, ""),
        )
    for name in {**published.seconds, **restored.seconds}:
        times = [run.seconds.get(name) for run in (published, restored)]
        yield row(f"seconds: {name}", *("" if t is None else f"{t:.2f}" for t in times))


def _carriers(restored: Summary) -> str:
    return ", ".join(f"{CARRIERS[name]}: {n} frames" for name, n in restored.carriers.items())
