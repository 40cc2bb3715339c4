"""The report: one HTML page that needs no other file and no network, for the screen and for print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import Template

from uunet.errors import OutputError
from uunet_lab.measuring.results import write_whole
from uunet_lab.reporting import sections
from uunet_lab.reporting.gains import in_order
from uunet_lab.reporting.glossary import glossary
from uunet_lab.reporting.sources import Results, gather

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>UU-Net, measured and attacked</title>
<meta name="generator" content="uunet-lab report">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.55 system-ui, sans-serif; color: #1b1f24; }
body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; margin-top: 3rem; border-bottom: 2px solid #0072b2; }
h3 { font-size: 1.08rem; margin-top: 2rem; } h2, h3 { break-after: avoid; }
li { margin: .25rem 0; } .toc { columns: 2; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { padding: .22rem .8rem .22rem 0; vertical-align: top; border-bottom: 1px solid #d5dae0; }
th { text-align: left; font-weight: 400; } td { text-align: right; } thead th { font-weight: 600; }
dt { font-weight: 600; } thead th + th { text-align: right; } tr { break-inside: avoid; }
figure { margin: 1.4rem 0; break-inside: avoid; } figure img { max-width: 100%; height: auto; }
small, details { color: #4a5560; } code { overflow-wrap: anywhere; font-size: .82rem; }
.verdict { background: #eef3f7; border-left: 6px solid #0072b2; padding: .6rem 1rem; }
.note { background: #fff4d6; border-left: 6px solid #b36b00; padding: .6rem 1rem; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } .toc { columns: 3; } }
</style></head><body>
<h1>UU-Net: what it protects, preserves and restores, and what breaks it</h1>
<p class="note">What UU-Net publishes is <b>pseudonymised personal data</b>. Whoever holds the private model
of the pair restores the faces, and so, nearly as well, does whoever can use the public model and trains on
what it answers: keep it as a secret too. The private model of the demonstration pair, which comes with the
program, is everybody's. A restored face is a plausible one, not the original: it is no evidence of what
somebody looked like. Voices, clothes, gait, places, plates and clocks in the picture are not touched.</p>
<p>The figures are read from $count files of results, made by $versions versions of the program; each says by
which, and by which command. The paper's own are copied from it.</p>
<p>The letters of the paper: <b>x</b> is the raw face, <b>a</b> the one that is published in its place,
<b>r</b> the restored one; ′ is another image or another run. Figures in brackets are 95&nbsp;% intervals,
drawn over people; there is none where fewer than 20 people were measured. All other terms stand
<a href="#terms">at the end</a>.</p>
<ul class="toc">$contents</ul>
<h2 id="short">In short</h2>$short
<h2>The attacks</h2>$attacks
<h2>The paper's experiments, its figures beside ours</h2>
<p>The paper's sets can't be had by everybody, and its judges are others (MTCNN, VGG-Face2): its figures stand
beside ours, not against them. Compare a with x of the same line.</p>$paper
<h2 id="sheets">Contact sheets</h2>
<p>Sheets of faces have raw faces x in a row, below each its replacement a, below that the restored face r.
Sheets of tracks and tracklets go from left to right in time.</p>$sheets
<h2 id="others">Other measurements</h2>
<details><summary>Of the instrument and of trainings, for who develops them</summary>$others</details>
<h2 id="terms">Terms</h2>$terms
</body></html>
"""
)


def write(
    folder: Path,
    output: Path,
    *,
    figures: Path | None = None,
    left_out: Mapping[str, str] | None = None,
) -> int:
    """Write the page; it appears whole or not at all.

    Args:
        folder: of results.
        output: the HTML file.
        figures: where `paper` has drawn them; None draws them anew.
        left_out: attacks that were not tried, or failed, and why.

    Returns:
        How many files of results it binds.

    Raises:
        MeasuringError: see `sources.gather`.
        OutputError: it can't be written.
    """
    if output.is_dir() or not output.parent.is_dir():
        raise OutputError(f"{output} can't be written", "name a file in a folder that exists")
    found = gather(folder)
    results = replace(found, attacks=in_order(found.attacks), figures=figures, left_out=left_out or {})
    try:
        write_whole(output, page(results, folder))
    except OSError as error:
        raise OutputError(f"can't write {output}: {error.strerror or error}", "name another file") from error
    return results.count


def page(results: Results, folder: Path) -> str:
    """The page."""
    return _PAGE.substitute(
        count=results.count,
        versions=len({commit.split()[0] for commit in results.commits}),
        contents=sections.contents(results),
        short=sections.in_short(results),
        attacks=sections.attacks(results) or "<p>None was tried.</p>",
        paper=sections.paper(results),
        sheets=sections.sheets(results, folder) or "<p>There are none.</p>",
        others=sections.others(results) or "<p>There are none.</p>",
        terms=glossary(),
    )
