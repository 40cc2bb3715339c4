"""Fig. 14: a training with one weight changed, beside the others. The paper shows faces, no figures."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.style import BLUE, ORANGE, list_rows, panels, whisker
from uunet_lab.paper.tables import NONE, Table, figure

SHOWN = {
    "restored": ("PSNR of r, dB", 1),
    "changed": ("distance of x, a", 3),
    "steady": ("change of a, less x's", 4),
    "diverse": ("distance of a, a′", 4),
    "colours": ("χ² of colours, x and a", 3),
}
"""Figures by name: what they are, and digits to print."""

WORDS = {"w_": "ω_", " / ": " ÷ ", " x ": " × ", "delta_gp": "δ_gp"}


def named(variant: str) -> str:
    """In the paper's symbols."""
    for plain, symbol in WORDS.items():
        variant = variant.replace(plain, symbol)
    return variant


def ablations_figure(result: Measured) -> Figure:
    """A panel for each figure, a row for each variant; the unchanged one is a square, and a line."""
    variants = result.metrics["variants"]
    drawn, axes = panels(len(SHOWN), height=3.0)
    for name, panel in zip(SHOWN, axes, strict=True):
        for row, found in enumerate(reversed(variants.values())):
            if name in found:
                plain = not found["factors"]
                whisker(panel, found[name], row, ORANGE if plain else BLUE, "s" if plain else "o")
                if plain and found[name]["value"] is not None:
                    panel.axvline(found[name]["value"], color=ORANGE, lw=0.7, ls="dashed")
            elif name == "restored":
                panel.text(0.5, row, "diverged", transform=panel.get_yaxis_transform(), fontsize=7)
    list_rows(axes, [named(variant) for variant in reversed(variants)], [text for text, _ in SHOWN.values()])
    drawn.suptitle(f"{result.metrics['steps']} steps of {result.metrics['profile']}", fontsize=8)
    return drawn


def ablations_table(results: Sequence[Measured]) -> Table:
    """The same in figures."""
    rows = []
    for result in of(results, "ablations"):
        about = f"{result.name}, {result.metrics['steps']} steps"
        for variant, found in result.metrics["variants"].items():
            told = (
                figure(found[name], digits) if name in found else NONE for name, (_, digits) in SHOWN.items()
            )
            state = ", diverged" if found["diverged"] else ""
            rows.append((f"{about}: {named(variant)}{state}", *told))
    return Table(
        "fig14-ablations",
        "Trainings with one weight of the loss a tenth, or δ_gp ten times as large (Fig. 14), as long as the "
        "row says; 95 % intervals over people",
        ("training", *(text for text, _ in SHOWN.values())),
        tuple(rows),
    )
