"""Beyond the paper: the same figures for groups of people, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.style import BLUE, ORANGE, panels, whisker
from uunet_lab.paper.tables import Table, figure

LABELS = ("gender", "ethnicity", "age")
SHOWN = {
    "found_x": ("raw face found", 3),
    "found_a": ("replaced face found", 3),
    "auc_x_a": ("AUC, raw ↔ replaced", 3),
    "psnr": ("PSNR of r, dB", 1),
}
"""Figures by name: what they are, and digits to print."""


def groups(metrics: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Label, value and figures of each group that is large enough, label by label."""
    return [(label, value, found) for label in LABELS for value, found in metrics.get(label, {}).items()]


def groups_figure(result: Measured) -> Figure:
    """A panel for each figure, a row for each group; labels alternate in colour and mark."""
    rows = groups(result.metrics)[::-1]
    drawn, axes = panels(len(SHOWN), height=1.0 + 0.2 * len(rows))
    for (name, (text, _)), panel in zip(SHOWN.items(), axes, strict=True):
        for row, (label, _, found) in enumerate(rows):
            second = label == "ethnicity"
            whisker(panel, found[name], row, ORANGE if second else BLUE, "s" if second else "o")
        labels = [f"{value} ({found['psnr']['people']})" for _, value, found in rows]
        panel.set_yticks(range(len(rows)), labels if panel is axes[0] else [""] * len(rows), fontsize=7)
        panel.set_ylim(-0.6, len(rows) - 0.4)
        panel.set_title(text, fontsize=7)
        panel.tick_params(axis="x", labelsize=6)
        panel.grid(lw=0.4, alpha=0.5)
    drawn.suptitle(
        "By gender, ethnicity (squares) and age; in brackets: people; lines: 95 % intervals", fontsize=8
    )
    return drawn


def groups_table(results: Sequence[Measured]) -> Table:
    """The same in figures."""
    rows = [
        (
            f"{result.name}: {label} {value}",
            f"{found['psnr']['people']}",
            *(figure(found[name], digits) for name, (_, digits) in SHOWN.items()),
        )
        for result in of(results, "groups")
        for label, value, found in groups(result.metrics)
    ]
    return Table(
        "groups",
        "Detection, protection and restoration by groups of people, as the sets label them; 95 % intervals "
        "over people; recognition against impostors of the same group",
        ("group", "people", *(text for text, _ in SHOWN.values())),
        tuple(rows),
    )
