"""Fig. 5: confidence of the detector in raw and in replaced faces."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import BLUE, ORANGE, panels


def detection_figure(result: Measured) -> Figure:
    """Left the joint histogram of both confidences, right each by itself."""
    counts = np.array(result.metrics["histogram_x_a"]["counts"])
    edges = np.linspace(0, 1, len(counts) + 1)
    drawn, (joint, single) = panels(2, height=2.9)
    shown = np.ma.masked_equal(counts.T, 0)
    image = joint.pcolormesh(edges, edges, shown, cmap="viridis_r", vmin=0)
    drawn.colorbar(image, ax=joint, label="faces", ticks=MaxNLocator(integer=True))
    joint.set(xlabel="confidence in x (raw)", ylabel="confidence in a (replaced)", aspect="equal")
    pearson = result.metrics["pearson_x"]["a"]["value"]
    joint.set_title("both" if pearson is None else f"Pearson's coefficient {pearson:.3f}")
    for name, text, axis, colour, style in (
        ("x", "raw", 1, BLUE, "solid"),
        ("a", "replaced", 0, ORANGE, "dashed"),
    ):
        mean = result.metrics["confidence"][name]["value"]
        label = f"{name}, {text}: mean {mean:.3f}"
        single.stairs(counts.sum(axis), edges, color=colour, ls=style, lw=1.4, label=label)
    single.set(xlabel="confidence (0: not found)", ylabel="faces")
    single.set_title(f"{int(counts.sum())} faces")
    single.legend(loc="upper left", fontsize=7)
    return drawn
