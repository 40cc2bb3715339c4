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

DIVERSITY = {
    "x-x'": "two sessions of a person, raw",
    "a-a'": "two sessions of a person, replaced",
    "a-a' of one image": "one image, replaced with other noise",
}


def recognition_figure(result: Measured) -> Figure:
    """One panel for each comparison that was made."""
    return _compared(result, RECOGNITION)


def diversity_figure(result: Measured) -> Figure:
    """Two sessions of one person, and one image twice, against two people."""
    return _compared(result, DIVERSITY)


def _compared(result: Measured, titles: dict[str, str]) -> Figure:
    made = [name for name in titles if name in result.metrics]
    drawn, axes = panels(2, -(-len(made) // 2))
    for name, panel in zip(made, axes, strict=False):
        environment(panel, result.metrics[name], titles[name])
    for spare in axes[len(made) :]:
        spare.set_axis_off()
    return drawn


def consistency_figure(result: Measured) -> Figure:
    """Two frames of one sequence against two people."""
    drawn, axes = panels(2)
    for kind, text, panel in zip("xa", ("raw", "replaced"), axes, strict=True):
        environment(panel, result.metrics[kind]["environment"], f"two frames of a sequence, {text}")
    return drawn
