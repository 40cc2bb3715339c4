"""How figures look: legible in print and to the colour-blind."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

Floats = npt.NDArray[np.float64]

BLUE, ORANGE = "#0072B2", "#D55E00"
"""Two of Okabe and Ito's colours, which differ in lightness too; hatching tells them apart without colour."""

COLOURS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555", "#000000")
"""All of theirs, but for yellow, which paper swallows: grey in its place."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""What tells curves and people apart without colour."""

WIDTH = 7.0  # inches: two columns of a journal
_DPI = 200


@contextmanager
def _ruled() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rc("font", size=9, family="DejaVu Sans")
        mpl.rc("axes", titlesize=9)
        mpl.rc("axes.spines", top=False, right=False)
        mpl.rc("legend", frameon=False)
        mpl.rc("hatch", linewidth=0.6)
        mpl.rc("svg", hashsalt="uunet")  # the same figures give the same file
        yield


def panels(columns: int, rows: int = 1, height: float = 2.4) -> tuple[Figure, list[Axes]]:
    """A figure of rows × columns panels, `height` inches each row."""
    drawn = Figure((WIDTH, height * rows), layout="constrained")
    return drawn, list(drawn.subplots(rows, columns, squeeze=False).reshape(-1))


def save(draw: Callable[[], Figure], path: Path) -> list[Path]:
    """Write what `draw` gives as `path`.png and `path`.svg, all of it in one style."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _ruled():
        drawn = draw()
        drawn.savefig(path.with_suffix(".png"), dpi=_DPI, metadata={"Software": None})
        drawn.set_layout_engine("none")  # its places are found: finding them is most of the time
        _save_svg(drawn, path.with_suffix(".svg"))
    return [path.with_suffix(".png"), path.with_suffix(".svg")]


def svg_of(draw: Callable[[], Figure]) -> bytes:
    """What `draw` gives as SVG alone, in the same style."""
    written = io.BytesIO()
    with _ruled():
        _save_svg(draw(), written)
    return written.getvalue()


def _save_svg(drawn: Figure, target: Path | io.BytesIO) -> None:
    drawn.savefig(target, format="svg", metadata={"Date": None})


def environment(axes: Axes, found: dict[str, Any], title: str) -> None:
    """Histograms of genuine and impostor pairs, each to an area of 1, with d' and AUC.

    Args:
        axes: the panel.
        found: a decision environment of the results.
        title: of the panel.
    """
    counted = found["histogram"]
    edges = np.linspace(counted["from"], counted["to"], len(counted["genuine"]) + 1)
    legend = []
    for name, colour, hatch in (("impostor", ORANGE, "\\\\\\\\"), ("genuine", BLUE, "////")):
        _filled(axes, np.array(counted[name], np.float64), edges, colour, hatch)
        label = f"{name} ({found[name]:,} pairs)"
        legend.append(Patch(facecolor=f"{colour}40", edgecolor=colour, hatch=hatch, label=label))
    axes.set_title(title)
    figures = f"d′ {_told(found['dprime'])}\nAUC {_told(found['auc'])}"
    axes.text(0.01, 0.98, figures, transform=axes.transAxes, va="top", fontsize=7)
    axes.set_xlabel("distance of descriptors (left: more alike)")
    axes.set_ylabel("density")
    both = np.add(counted["genuine"], counted["impostor"])
    axes.set_xlim(0, edges[np.flatnonzero(both)[-1] + 2] if both[-1] == 0 else edges[-1])
    axes.set_ylim(0, axes.get_ylim()[1] * 1.4)  # room for the legend
    axes.legend(handles=legend, loc="upper right", fontsize=7, handlelength=1.2)


def histogram(axes: Axes, counts: Sequence[int], low: float, high: float, colour: str) -> None:
    """A histogram to an area of 1, its bins centred from `low` to `high`; 0 is in the middle."""
    half = (high - low) / (len(counts) - 1) / 2
    edges = np.linspace(low - half, high + half, len(counts) + 1)
    _filled(axes, np.array(counts, np.float64), edges, colour)
    widest = np.maximum(-edges[:-1], edges[1:])[np.array(counts) > 0].max()
    axes.set_xlim(-widest, widest)
    axes.set_ylabel("density")


def list_rows(axes: Sequence[Axes], names: Sequence[str], titles: Sequence[str]) -> None:
    """Panels side by side that show figures of the same things, a row for each, named beside the first."""
    for panel, title in zip(axes, titles, strict=True):
        panel.set_yticks(range(len(names)), names if panel is axes[0] else [""] * len(names), fontsize=7)
        panel.set_ylim(-0.6, len(names) - 0.4)
        panel.set_title(title, fontsize=7)
        panel.tick_params(axis="x", labelsize=6)
        panel.xaxis.set_major_locator(MaxNLocator(3))
        panel.grid(lw=0.4, alpha=0.5)


def whisker(axes: Axes, found: dict[str, Any], row: float, colour: str, marker: str) -> None:
    """A figure of the results, its interval if it has one, as a point of a row; nothing if there is none."""
    if found["value"] is None:
        return
    axes.plot([found["value"]], [row], marker, color=colour, ms=5)
    if found["low"] is not None:
        axes.plot([found["low"], found["high"]], [row, row], color=colour, lw=1.2)


def _filled(axes: Axes, counts: Floats, edges: Floats, colour: str, hatch: str = "") -> None:
    density = counts / counts.sum() / np.diff(edges)
    axes.stairs(density, edges, fill=True, facecolor=colour, alpha=0.25)
    axes.stairs(density, edges, fill=True, facecolor="none", edgecolor=colour, hatch=hatch, lw=0, alpha=0.6)
    axes.stairs(density, edges, color=colour, lw=1.2)


def _told(found: dict[str, Any]) -> str:
    if found["low"] is None:
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"
