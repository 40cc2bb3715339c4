"""Fig. 11: residuals under fresh noise, and whether r stays the same person."""

from __future__ import annotations

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import BLUE, ORANGE, environment, histogram, panels

IDENTITY = {
    "a-a'": "a ↔ a′: replaced twice",
    "r-r'": "r ↔ r′: restored twice",
}


def reversibility_figure(result: Measured) -> Figure:
    """Above the residuals of a and of r, below the same images as the recogniser sees them."""
    drawn, axes = panels(2, 2)
    for name, colour, panel in zip(IDENTITY, (ORANGE, BLUE), axes[:2], strict=True):
        found = result.metrics["residuals"][name]
        counted = found["histogram"]
        histogram(panel, counted["counts"], counted["from"], counted["to"], colour)
        panel.set_yscale("log")
        panel.set_title(f"{name.replace('-', ' – ').replace(chr(39), '′')}: sd {found['sd']:.3f}")
        panel.set_xlabel("residual of a sample (range of samples: 0 to 1)")
    for name, panel in zip(IDENTITY, axes[2:], strict=True):
        environment(panel, result.metrics["identity"][name]["environment"], IDENTITY[name])
    return drawn
