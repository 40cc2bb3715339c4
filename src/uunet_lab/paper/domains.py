"""IV-H, Fig. 13: what is left on a set that training never saw, beside sets of which it saw other people.

The paper shows Euclidean residuals of r; PSNR says the same here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from uunet_lab.paper.reading import Experiment, Measured
from uunet_lab.paper.style import BLUE, ORANGE, panels, whisker
from uunet_lab.paper.tables import NONE, Table, figure

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of Fig. 13.

    Attributes:
        experiment: whose figure it is.
        text: what it is.
        of: takes it from the figures of the experiment; None if they lack it.
        digits: to print.
    """

    experiment: Experiment
    text: str
    of: Callable[[Found], Found | None]
    digits: int = 3


SHOWN = (
    Shown("recognition", "recognition d′, x ↔ a′", lambda found: _dprime(found.get("x-a'"))),
    Shown("recognition", "same image d′, x ↔ a", lambda found: _dprime(found.get("x-a"))),
    Shown("consistency", "consistency d′, a", lambda found: _dprime(found["a"]["environment"])),
    Shown("diversity", "diversity d′, a ↔ a′", lambda found: _dprime(found["a-a'"])),
    Shown("reversibility", "PSNR of r, dB", lambda found: found["psnr"], 1),
)


def _dprime(environment: Found | None) -> Found | None:
    return None if environment is None else environment["dprime"]


@dataclass(slots=True)
class Domain:
    """A pair of models on a set.

    Attributes:
        model, faces: their names.
        crossed: True if no training saw the set; None if the results don't say.
        trained_on: in the words of the model's card.
        figures: of `SHOWN`, by text.
    """

    model: str
    faces: str
    crossed: bool | None = None
    trained_on: str = ""
    figures: dict[str, Found] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For people: which pair on which set, and whether it knows its kind."""
        kind = {True: "cross", False: "intra", None: "?"}[self.crossed]
        return f"{self.model} → {self.faces} ({kind})"


def domains(results: Sequence[Measured]) -> list[Domain]:
    """Every pair on every set of which a figure of `SHOWN` was measured."""
    found: dict[tuple[str, str], Domain] = {}
    for result in results:
        for shown in (one for one in SHOWN if one.experiment == result.experiment):
            value = shown.of(result.metrics)
            if value is None:
                continue
            key = (result.model, result.faces)
            domain = found.setdefault(key, Domain(*key))
            domain.figures[shown.text] = value
            domain.crossed = result.metrics.get("set", {}).get("unseen", domain.crossed)
            domain.trained_on = result.metrics.get("trained_on", domain.trained_on)
    return [found[key] for key in sorted(found)]


def domains_figure(found: Sequence[Domain]) -> Figure:
    """A panel for each figure, a row for each pair on each set: a square where it is of another domain."""
    drawn, axes = panels(len(SHOWN), height=0.9 + 0.28 * len(found))
    for shown, panel in zip(SHOWN, axes, strict=True):
        for row, domain in enumerate(reversed(found)):
            value = domain.figures.get(shown.text)
            if value is not None:
                colour, marker = (ORANGE, "s") if domain.crossed else (BLUE, "o")
                whisker(panel, value, row, colour, marker)
        first = panel is axes[0]
        panel.set_yticks(
            range(len(found)), [one.name if first else "" for one in reversed(found)], fontsize=7
        )
        panel.set_ylim(-0.6, len(found) - 0.4)
        panel.set_title(shown.text.replace(", ", ",\n", 1), fontsize=7)
        panel.tick_params(axis="x", labelsize=7)
        panel.grid(lw=0.4, alpha=0.5)
    return drawn


def domains_table(found: Sequence[Domain]) -> Table:
    """The same in figures; the paper prints none of its own."""
    rows = []
    for domain in found:
        told = (
            figure(domain.figures[shown.text], shown.digits) if shown.text in domain.figures else NONE
            for shown in SHOWN
        )
        rows.append((domain.name, domain.trained_on or NONE, *told))
    return Table(
        "fig13-domains",
        "Pairs on sets of which their training saw other people (intra), and on sets that it never saw "
        "(cross) (Fig. 13); 95 % intervals over people",
        ("pair → set", "trained on", *(shown.text for shown in SHOWN)),
        tuple(rows),
    )
