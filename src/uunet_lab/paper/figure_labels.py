"""Table III as a picture, and Fig. 8: soft labels that are kept, and faces in the plane."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from uunet_lab.paper.reading import Measured
from uunet_lab.paper.style import BLUE, COLOURS, MARKERS, ORANGE, panels, whisker
from uunet_lab.paper.table_labels import LABELS


def labels_figure(result: Measured) -> Figure:
    """Left Pearson's coefficient of each label, right how often x and a are taken for the same."""
    measured = [name for name in LABELS if name in result.metrics]
    drawn, (pearson, agree) = panels(2, height=2.6)
    for row, name in enumerate(measured):
        for kind, colour, marker, shift in (("a", ORANGE, "s", 0.12), ("r", BLUE, "o", -0.12)):
            found = result.metrics[name][f"x-{kind}"]
            whisker(pearson, found["pearson"], row + shift, colour, marker)
            whisker(agree, found["agree"], row + shift, colour, marker)
            agree.plot([found["agree_by_chance"]], [row + shift], "|", color="black", ms=9)
    for panel, text in ((pearson, "Pearson's coefficient"), (agree, "share of faces taken for the same")):
        panel.set_yticks(range(len(measured)), measured)
        panel.set(xlim=(min(0.0, panel.get_xlim()[0]), 1.02), ylim=(-0.6, len(measured) - 0.1), xlabel=text)
        panel.grid(axis="x", lw=0.4, alpha=0.5)
    legend = [
        Line2D([], [], color=ORANGE, marker="s", ls="none", label="x and a (replaced)"),
        Line2D([], [], color=BLUE, marker="o", ls="none", label="x and r (restored)"),
        Line2D([], [], color="black", marker="|", ls="none", label="by chance"),
    ]
    drawn.legend(handles=legend, loc="outside upper center", ncols=3, fontsize=7)
    return drawn


def embedding_figure(result: Measured) -> Figure:
    """x with a black border, a without, as in the paper; a colour and a shape for each person."""
    points = result.metrics["points"]
    person = np.array(points["person"])
    drawn, (panel,) = panels(1, height=3.6)
    for code in np.unique(person):
        colour, marker = COLOURS[code % len(COLOURS)], MARKERS[code % len(MARKERS)]
        for kind, edge in (("x", "black"), ("a", "none")):
            at = np.array(points[kind])[person == code]
            panel.scatter(
                at[:, 0], at[:, 1], s=46, c=colour, marker=marker, edgecolors=edge, linewidths=1.2, alpha=0.9
            )
    legend = [
        Line2D([], [], color="grey", marker="o", mec="black", ls="none", label="x, raw: black border"),
        Line2D([], [], color="grey", marker="o", mec="none", ls="none", label="a, replaced: none"),
    ]
    panel.legend(handles=legend, loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    people, faces = result.metrics["people_shown"], result.metrics["faces_shown"]
    panel.set_title(f"{faces} faces of {people} people, a colour and a shape for each")
    panel.set(xticks=[], yticks=[], aspect="equal")
    return drawn
