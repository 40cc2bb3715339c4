"""Table III, and the figures of Fig. 8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from uunet_lab.paper.published import SETS, SOFT_LABELS
from uunet_lab.paper.reading import Measured, of
from uunet_lab.paper.tables import NONE, Table, figure, number, spread

COMPARED = {
    "truth-a": "as the set says",
    "truth-x": "as the set says, of x: the most that this judge gives",
    "x-a": "as the judge says of x",
}
LABELS = ("gender", "ethnicity", "hairstyle")


def labels_table(results: Sequence[Measured]) -> Table:
    """Pearson's coefficient of each label, ours and the paper's: of the set's labels, and of x, with a."""
    ours = of(results, "soft_labels")
    rows = []
    for label in LABELS:
        asked = (_asked(result.metrics["s"], label) for result in ours)
        rows.append((f"{label}, what the training was told", *asked, *("to keep it" for _ in SETS)))
        for name, text in COMPARED.items():
            told = [
                _splits(result.metrics[label][name]) if label in result.metrics else NONE for result in ours
            ]
            theirs = (spread(one.mean, one.sd, 3) for one in SOFT_LABELS[label])
            paper = theirs if name == "truth-a" else (NONE for _ in SETS)
            rows.append((f"{label}, {text}", *told, *paper))
    return Table(
        "table3-soft-labels",
        "Pearson's coefficient of soft labels and a, mean ± sd over 50 samples of 90 % (Table III): a "
        "classifier on dlib's descriptors looks at a here, D_a at x and a in the paper, whose training asked "
        "for these labels ('All Equal')",
        ("label", *(result.name for result in ours), *(f"paper: {name}" for name in SETS)),
        tuple(rows),
    )


def _asked(s: dict[str, int] | str, label: str) -> str:
    """Of one label; cards of before say nothing of any."""
    if isinstance(s, str):
        return "its card does not say"
    return {1: "to keep it", -1: "to change it"}.get(s.get(label, 0), "nothing")


def _splits(found: dict[str, Any]) -> str:
    splits = found["pearson_splits"]
    return NONE if splits["mean"] is None else spread(splits["mean"], splits["sd"], 3)


def agreement_table(results: Sequence[Measured]) -> Table:
    """What stands behind Table III: intervals, decisions, and how well the classifier knows raw faces."""
    rows = []
    for result in of(results, "soft_labels"):
        for label in (name for name in LABELS if name in result.metrics):
            found = result.metrics[label]
            both = found["x-a"]
            rows.append(
                (
                    f"{result.name}: {label}, {len(found['values'])} values",
                    figure(both["pearson"]),
                    figure(found["x-r"]["pearson"]),
                    figure(both["agree"]),
                    number(both["agree_by_chance"]),
                    *(figure(found["right"][kind]) for kind in ("x", "a")),
                )
            )
    return Table(
        "table3-agreement",
        "Soft labels in x, a and r, 95 % intervals over people: Pearson's coefficient, share of faces of "
        "which the classifier says the same in x and a (and by chance), and of which it is right",
        ("label", "Pearson x, a", "Pearson x, r", "agree x, a", "by chance", "right in x", "right in a"),
        tuple(rows),
    )


def embedding_table(results: Sequence[Measured]) -> Table:
    """How far apart x and a are in the plane."""
    rows = [
        (
            f"{result.name}: {result.metrics['people_shown']} people",
            *(number(result.metrics[key]) for key in ("apart", "spread_x", "spread_a", "nearest_is_own")),
        )
        for result in of(results, "embedding")
    ]
    return Table(
        "fig8-embedding",
        "Raw and replaced faces in the plane (Fig. 8): how far the middles of a person's x and a are apart, "
        "and how far each spreads, where two people are 1 apart; share of a whose nearest x is that person",
        ("faces", "x – a", "spread of x", "spread of a", "nearest is own"),
        tuple(rows),
    )
