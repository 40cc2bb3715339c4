"""Fig. 12: pose, background and expression."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import BLUE, ORANGE, panels, whisker
from uunet_lab.paper.table_scene import ANGLES, MEASURES

KINDS = {
    "a": (ORANGE, "s", "solid", "x and a (replaced)"),
    "r": (BLUE, "o", "dashed", "x and r (restored)"),
    "stranger": ("black", "^", "dotted", "x and another person's"),
}


def scene_figure(result: Measured) -> Figure:
    """Above errors of the pose, below residuals of the background and the expression."""
    drawn, axes = panels(3, 2, height=2.3)
    pose, background = result.metrics["pose"], result.metrics["background"]
    for angle, panel in zip(ANGLES, axes[:3], strict=True):
        _densities(panel, pose, {kind: pose[kind].get(angle) for kind in KINDS})
        panel.set(xlabel="absolute difference, rad", title=angle)
    _densities(axes[3], background, {kind: background.get(kind) for kind in KINDS})
    axes[3].set(xlabel="residual in L*a*b*", title="background", yscale="log")
    for row, name in enumerate(reversed(MEASURES)):
        for kind, shift in zip(KINDS, (0.2, 0.0, -0.2), strict=True):
            found, (colour, marker, *_) = result.metrics["expression"][kind][name], KINDS[kind]
            whisker(axes[4], found["pearson"], row + shift, colour, marker)
            whisker(axes[5], found["agree"], row + shift, colour, marker)
    for panel, text in ((axes[4], "Pearson's coefficient"), (axes[5], "share on one side")):
        panel.set_yticks(range(len(MEASURES)), list(reversed(MEASURES)), fontsize=7)
        panel.set(xlabel=text, title="expression")
        panel.grid(axis="x", lw=0.4, alpha=0.5)
    axes[5].set_yticklabels([])
    legend = [
        Line2D([], [], color=colour, marker=marker, ls=style, label=text)
        for colour, marker, style, text in KINDS.values()
    ]
    drawn.legend(handles=legend, loc="outside upper center", ncols=3, fontsize=7)
    return drawn


def _densities(axes: Axes, whole: dict[str, Any], found: dict[str, dict[str, Any] | None]) -> None:
    """Step lines to an area of 1, of all that could be measured."""
    edges = np.linspace(0, whole["largest"], whole["bins"] + 1)
    for kind, one in found.items():
        if one is not None:
            colour, _, style, _ = KINDS[kind]
            counts = np.array(one["counts"], np.float64)
            axes.stairs(counts / counts.sum() / np.diff(edges), edges, color=colour, ls=style, lw=1.3)
    axes.set_ylabel("density")
