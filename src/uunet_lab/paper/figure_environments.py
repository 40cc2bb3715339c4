"""Fig. 6, 7 and 10: decision environments."""

from __future__ import annotations

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import environment, panels

RECOGNITION = {
    "x-x'": "x ↔ x′: another image, raw",
    "x-a'": "x ↔ a′: another image, replaced",
    "x-r'": "x ↔ r′: another image, restored",
    "x-a": "x ↔ a: the same image, replaced",
    "x-r": "x ↔ r: the same image, restored",
}


def recognition_figure(result: Measured) -> Figure:
    """One panel for each comparison that was made."""
    made = [name for name in RECOGNITION if name in result.metrics]
    drawn, axes = panels(2, -(-len(made) // 2))
    for name, panel in zip(made, axes, strict=False):
        environment(panel, result.metrics[name], RECOGNITION[name])
    for spare in axes[len(made) :]:
        spare.set_axis_off()
    return drawn


def consistency_figure(result: Measured) -> Figure:
    """Two frames of one sequence against two people."""
    drawn, axes = panels(2)
    for kind, text, panel in zip("xa", ("raw", "replaced"), axes, strict=True):
        environment(panel, result.metrics[kind]["environment"], f"two frames of a sequence, {text}")
    return drawn


def diversity_figure(result: Measured) -> Figure:
    """Two sessions of one person against two people."""
    drawn, axes = panels(2)
    for name, text, panel in zip(("x-x'", "a-a'"), ("raw", "replaced"), axes, strict=True):
        environment(panel, result.metrics[name], f"two sessions of a person, {text}")
    return drawn
