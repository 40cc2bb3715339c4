"""Attacks at a glance: what each gets from published files, what there is to lose, and what costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.paper.tables import NONE
from uunet_lab.reporting.glance import short
from uunet_lab.reporting.sources import Source

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gain:
    """What an attacker gets.

    Attributes:
        published: from what is published.
        bare: from raw faces, or with the owner's model; what there is to lose.
        nothing: by guessing, or from pictures as they are; what costs no attack.
    """

    published: str
    bare: str = NONE
    nothing: str = NONE


def _naive(m: Figures) -> Gain:
    return Gain(
        f"names {short(m['replaced']['rank1'], '.1%')}",
        short(m["raw"]["rank1"], ".1%"),
        f"{m['replaced']['by_chance']:.1%}",
    )


def _parrot(m: Figures) -> Gain:
    ways = [found for name, found in m.items() if name != "raw" and isinstance(found, dict)]
    best = max(ways, key=lambda found: float(found["rank1"]["value"]))
    return Gain(
        f"the best of {len(ways)} ways names {short(best['rank1'], '.1%')}",
        short(m["raw"]["rank1"], ".1%"),
        f"{m['raw']['by_chance']:.1%}",
    )


def _linkability(m: Figures) -> Gain:
    return Gain(
        f"links {m['published']['nearest_is_same']:.0%} of {m['recordings']} recordings",
        f"{m['raw']['nearest_is_same']:.0%}",
        f"{m['published']['by_chance']:.0%}",
    )


def _inversion(m: Figures) -> Gain:
    decoders = m["decoders"]
    asked = ", ".join(
        f"{decoders[str(n)]['psnr_clean']['mean']:.1f} dB after {n:,} answers" for n in m["queries"]
    )
    return Gain(
        asked,
        f"{decoders['owner']['psnr_clean']['mean']:.1f} dB",
        f"{decoders['published']['psnr_clean']['mean']:.1f} dB",
    )


def _missed(m: Figures) -> Gain:
    return Gain(f"{m['neither']} of {m['faces']} faces as they were", f"{m['faces']}")


def _metadata(m: Figures) -> Gain:
    return Gain(f"{m['left_in_public']} traces of {m['told_by_sources']}", f"{m['told_by_sources']}")


def _messages(m: Figures) -> Gain:
    return Gain(f"{m['detected']} changes are noticed by the reader's verdicts")


def _steganalysis(m: Figures) -> Gain:
    found = {name: f"{analyst['auc']:.0%}" for name, analyst in m["analysts"].items()}
    keyed = found.pop("key")
    return Gain(
        f"tells a marked window from another in {' or '.join(found.values())} without a key, in {keyed} with "
        "the public one",
        NONE,
        "50%",
    )


ATTACKS: dict[str, Callable[[Figures], Gain]] = {
    "naive": _naive,
    "parrot": _parrot,
    "linkability": _linkability,
    "inversion": _inversion,
    "missed": _missed,
    "metadata": _metadata,
    "messages": _messages,
    "steganalysis": _steganalysis,
}
"""By the name of the file, in the order in which they are shown: people first, then files."""


def kind(attack: Source) -> str:
    """Which of ATTACKS a file of results is of: `attacks/missed-corridor.json` → `missed`."""
    return attack.name.rsplit("/", 1)[-1].removesuffix(".json").split("-")[0]


def in_order(attacks: Sequence[Source]) -> list[Source]:
    """As ATTACKS has them; those that it does not know come last."""
    places = list(ATTACKS)
    return sorted(attacks, key=lambda one: places.index(kind(one)) if kind(one) in places else len(places))


def gain(attack: Source) -> Gain:
    """What an attack got; of one that is not known, or that lacks figures as it is older, its verdict."""
    made = ATTACKS.get(kind(attack))
    try:
        return Gain(attack.verdict or NONE) if made is None else made(attack.figures)
    except MeasuringError:
        return Gain(attack.verdict or NONE)
