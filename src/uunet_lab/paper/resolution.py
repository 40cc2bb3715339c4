"""Fig. 15: a training of 64×64 pixels beside one of 256×256, on sets of other domains.

The paper shows faces and judges them by eye: more pixels did not help. It prints no figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.style import BLUE, COLOURS, ORANGE, list_rows, panels, whisker
from uunet_lab.paper.tables import NONE, Table, figure, number

Found = dict[str, Any]

SHOWN = {
    "psnr": ("PSNR of r, dB", 1),
    "ssim": ("SSIM of r", 3),
    "changed": ("distance of x, a", 3),
    "sharp_r": ("sharpness of r", 3),
    "sharp_a": ("sharpness of a", 3),
}
"""Figures by name, without the side at which they were measured: what they are, and digits to print."""

BOUND = "bound"
"""Of x itself, shrunk to the smaller side and enlarged again."""


def rows_of(metrics: Found) -> Iterator[tuple[str, str, Found]]:
    """Domain, training (its side, or BOUND) and figures; the domain that the trainings know first."""
    for domain, trained in metrics["domains"].items():
        for name, found in trained.items():
            yield domain, name, found


def resolution_figure(result: Measured) -> Figure:
    """A panel for each figure at the larger side, a row for each training on each domain.

    The larger training is a square. The line beside the smaller one is what is left of x if it is shrunk to
    its side.
    """
    larger = max(result.metrics["sides"])
    rows = [row for row in rows_of(result.metrics) if row[1] != BOUND]
    drawn, axes = panels(len(SHOWN), height=1.0 + 0.3 * len(rows))
    for name, panel in zip(SHOWN, axes, strict=True):
        for place, (domain, side, found) in enumerate(reversed(rows)):
            colour, marker = (ORANGE, "s") if side == str(larger) else (BLUE, "o")
            if found["diverged"]:
                panel.text(0.5, place, "diverged", transform=panel.get_yaxis_transform(), fontsize=6)
                continue
            whisker(panel, found[f"{name}_{larger}"], place, colour, marker)
            bound = result.metrics["domains"][domain][BOUND].get(f"{name}_{larger}")
            if side != str(larger) and bound is not None:
                at = bound["value"]
                panel.plot([at, at], [place - 0.4, place + 0.4], color=COLOURS[-2], lw=1.0, ls="dashed")
    names = [f"{domain}, {side} pixels" for domain, side, _ in reversed(rows)]
    list_rows(axes, names, [text for text, _ in SHOWN.values()])
    steps, profile = result.metrics["steps"], result.metrics["profile"]
    drawn.suptitle(f"{steps} steps of {profile}, seen at {larger}×{larger} pixels", fontsize=8)
    return drawn


def resolution_table(results: Sequence[Measured]) -> Table:
    """All figures, at both sides."""
    rows = []
    for result in of(results, "resolution"):
        sides, trainings = result.metrics["sides"], result.metrics["trainings"]
        for domain, name, found in rows_of(result.metrics):
            what = f"{min(sides)} pixels of x itself" if name == BOUND else f"{name} pixels"
            state = ", diverged" if found.get("diverged") else ""
            told = [
                figure(found[f"{kind}_{side}"], digits) if f"{kind}_{side}" in found else NONE
                for kind, (_, digits) in SHOWN.items()
                for side in sides
            ]
            took = NONE if name == BOUND else number(trainings[name]["seconds_per_step"], 2)
            about = f"{result.name}, {result.metrics['steps']} steps: {what} on {domain}{state}"
            rows.append((about, *told, took))
    return Table(
        "fig15-resolution",
        "Trainings of 64×64 and of 256×256 pixels, alike but for that, on people held out and on other "
        "domains (Fig. 15, which the paper judges by eye), seen at both sides; as long as the row says; 95 % "
        "intervals over people",
        (
            "training, domain",
            *(f"{text}, at {side}" for text, _ in SHOWN.values() for side in (64, 256)),
            "seconds a step",
        ),
        tuple(rows),
    )
