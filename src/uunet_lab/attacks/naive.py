"""A recogniser off the shelf: it has a raw image of each person, and is shown published faces.

The naive attack of Newton, Sweeney and Malin (2005): nothing is known of the de-identification.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uunet.models import Swapper
from uunet_lab.attacks.asking import ask
from uunet_lab.attacks.finding import Finding, named
from uunet_lab.attacks.lineup import Lineup, distances, line_up, named_by
from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.judge import Recogniser

PEOPLE, PROBES = 300, 2
"""People at most, and images of each that are shown besides the one that is known."""


def naive(
    faces: FaceSet,
    swapper: Swapper,
    recogniser: Recogniser,
    *,
    people: int = PEOPLE,
    seed: int = 1,
    second: tuple[Recogniser, Codes] | None = None,
) -> Finding:
    """Name the people behind replaced faces by one raw image of each.

    Args:
        faces: stills, several of a person, of which no training saw anything.
        swapper: U_e, as the camera has it; the attacker does not.
        recogniser: who compares; it took no part in training.
        people: how many at most.
        seed: of the people and of the virtual identities.
        second: another recogniser, and the rows of people whom it never saw: it is asked of these.

    Raises:
        AttackError: the set has too few people with several images.
    """
    metrics = _named(faces, swapper, recogniser, line_up(faces, people, 1, PROBES, seed), seed)
    about, shown = named(metrics["people"], "person", "people"), metrics["probes"]
    if second is not None:
        another, rows = second
        lineup = line_up(faces, people, 1, PROBES, seed, rows)
        metrics["second"] = _named(faces, swapper, another, lineup, seed)
    return Finding(
        "a recogniser off the shelf, which has a raw image of each person, is shown published faces",
        f"{about} of {faces.origin or 'a set'}, {shown} other images",
        metrics | {"model": swapper.card.sha256},
        verdict_on(metrics),
    )


def _named(
    faces: FaceSet, swapper: Swapper, recogniser: Recogniser, lineup: Lineup, seed: int
) -> dict[str, Any]:
    """How well one recogniser names the people of a line-up, raw and replaced."""
    known = ask(swapper, [np.asarray(faces.images[row]) for row in lineup.labelled], seed)
    shown = ask(swapper, [np.asarray(faces.images[row]) for row in lineup.probes], seed + 1)
    order = np.argsort(faces.identity[lineup.labelled])
    gallery = faces.identity[lineup.labelled][order]
    probes = faces.identity[lineup.probes]
    described = recogniser.describe(list(known.x))[order]
    compared = {
        "raw": (list(shown.x), probes),
        "replaced": (list(shown.a), probes),
        "replaced_same_image": (list(known.a[order]), gallery),
    }
    return {
        "people": len(gallery),
        "probes": len(probes),
        **{
            name: named_by(distances(described, recogniser.describe(images)), gallery, whose)
            for name, (images, whose) in compared.items()
        },
    }


def verdict_on(metrics: dict[str, Any]) -> str:
    """What the figures say, in plain words."""
    raw, replaced, same = (metrics[name] for name in ("raw", "replaced", "replaced_same_image"))
    accepted = "tar_at_far_0.01"
    return (
        f"Whoever has one raw image of each of {metrics['people']} people, and a recogniser off the shelf, "
        f"names the right one behind {told(replaced['rank1'])} of {metrics['probes']} replaced faces, behind "
        f"{told(raw['rank1'])} of the same faces left raw, by guessing {replaced['by_chance']:.1%}: "
        f"{how_well(replaced)}. Among the ten nearest it is behind {told(replaced['rank10'])}, by guessing "
        f"{10 * replaced['by_chance']:.1%}. At a threshold that takes 1 % of strangers for the person, "
        f"{told(replaced[accepted])} of replaced faces are taken for their person (raw "
        f"{told(raw[accepted])}); "
        f"AUC {replaced['auc']['value']:.3f}, where .5 is guessing (raw {raw['auc']['value']:.3f}). If the "
        f"very image that was replaced is the one that is known: {told(same['rank1'])}, AUC "
        f"{same['auc']['value']:.3f}." + (_second(metrics["second"]) if "second" in metrics else "")
    )


def _second(found: dict[str, Any]) -> str:
    """The same in the eyes of another recogniser, in short."""
    replaced, same = found["replaced"], found["replaced_same_image"]
    return (
        f" A second recogniser, of our own, which looks at the whole region, hair and background too, names "
        f"{told(replaced['rank1'])} of {found['probes']} replaced faces of {found['people']} people whom it "
        f"never saw, {told(found['raw']['rank1'])} of the raw ones, by guessing {replaced['by_chance']:.1%}: "
        f"{how_well(replaced)}; by the very image that was replaced {told(same['rank1'])}."
    )


def told(figure: dict[str, Any]) -> str:
    """A share with its interval."""
    if figure["low"] is None:
        return f"{figure['value']:.1%}"
    return f"{figure['value']:.1%} ({figure['low']:.1%} to {figure['high']:.1%})"


def how_well(found: dict[str, Any]) -> str:
    """In words, of a comparison: what it is to be believed by this experiment."""
    rank, auc = found["rank1"], found["auc"]
    if rank["value"] > 0.5:
        return "people are named"
    if rank["low"] is None or auc["low"] is None:
        return "too few people to say more"
    if rank["low"] > found["by_chance"]:
        often = f"{rank['value'] / found['by_chance']:.0f} times as often as by guessing"
        return often if rank["value"] > 0.1 else f"seldom, and {often}"
    if auc["low"] > 0.5:
        return "no more often than by guessing, though the right one is a little nearer than others"
    return "no more often than by guessing"
