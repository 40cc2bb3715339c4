"""What the paper never tested: curves over the size of faces, a curve for each way to publish."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import COLOURS, MARKERS, panels

ROWS = {
    "psnr": "PSNR of r, dB",
    "auc": "recognition AUC, x and r",
    "message_alone": "messages read from pixels",
}


def channel_figure(result: Measured) -> Figure:
    """Left as published, right encoded once more, beside what it was published as."""
    sides = result.metrics["sides"]
    ways = list(next(iter(sides.values())))
    again = [way for way in ways if way.startswith("again ")]
    columns = {
        "as published": [way for way in ways if way not in again],
        "encoded once more": [result.metrics["published"], *again],
    }
    drawn, axes = panels(2, len(ROWS), height=2.2)
    for column, (title, shown) in enumerate(columns.items()):
        for row, (name, text) in enumerate(ROWS.items()):
            panel = axes[2 * row + column]
            for way, colour, marker in zip(shown, COLOURS, MARKERS, strict=False):
                values = [_value(found[way][name]) for found in sides.values()]
                panel.plot(
                    [int(side) for side in sides],
                    values,
                    color=colour,
                    marker=marker,
                    ms=4,
                    lw=1.1,
                    label=way,
                )
            panel.set(xlabel="side of the region, pixels", ylabel=text)
            panel.set_xticks([int(side) for side in sides])
            panel.grid(lw=0.4, alpha=0.5)
            if name == "message_alone":
                panel.set_ylim(-0.05, 1.05)
                panel.legend(fontsize=7, ncols=2, loc="center")
            if row == 0:
                panel.set_title(title)
        low = min(axes[column].get_ylim()[0], axes[0].get_ylim()[0])
        high = max(axes[column].get_ylim()[1], axes[0].get_ylim()[1])
        for panel in (axes[0], axes[column]):
            panel.set_ylim(low, high)
    return drawn


def _value(found: Any) -> float:
    """Of a figure with an interval, or of one without."""
    value = found["value"] if isinstance(found, dict) else found
    return float("nan") if value is None else float(value)
