"""Attacks at a glance: what each gets from published files, what there is to lose, and what costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from uunet_lab.attacks.naive import how_well
from uunet_lab.attacks.parrot import WAYS
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
        most: what there is to lose.
        nothing: by guessing, or from pictures as they are; what costs no attack.
        word: what that comes to.
    """

    published: str
    most: str = NONE
    nothing: str = NONE
    word: str = NONE


def _named(found: Figures, raw: Figures, who: str, doubt: str = "") -> Gain:
    """Of somebody who names people behind replaced faces, and behind raw ones."""
    return Gain(
        f"{who}names {short(found['rank1'], '.1%')}; among the ten nearest {short(found['rank10'], '.1%')}",
        short(raw["rank1"], ".1%"),
        f"{found['by_chance']:.1%}; {10 * found['by_chance']:.1%}",
        how_well(found) + doubt,
    )


def _naive(m: Figures) -> Gain:
    if "second" not in m:
        return _named(m["replaced"], m["raw"], "", "; this recogniser alone was asked")
    both = (m, "dlib's "), (m["second"], "one that sees hair and background too ")
    first, second = (_named(found["replaced"], found["raw"], who) for found, who in both)
    itself = (
        f", by the very image that was replaced {short(m['second']['replaced_same_image']['rank1'], '.1%')}"
    )
    second = replace(second, published=second.published + itself)
    return Gain(*(f"{getattr(first, f.name)}; {getattr(second, f.name)}" for f in fields(Gain)))


def _parrot(m: Figures) -> Gain:
    ways = [m[name] for name in WAYS if name in m]
    best = max(ways, key=lambda found: float(found["rank1"]["value"]))
    return _named(best, m["raw"], f"the best of {len(ways)} ways ")


def _linkability(m: Figures) -> Gain:
    linked = f"{m['published']['nearest_is_same']:.0%} of {m['recordings']} recordings"
    return Gain(
        f"links {linked} of {m['people']} people",
        f"{m['raw']['nearest_is_same']:.0%}",
        f"{m['published']['by_chance']:.0%}",
        "too few people" if m["published"]["low"] is None else NONE,
    )


def _inversion(m: Figures) -> Gain:
    decoders, few = m["decoders"], m["queries"][0]

    def told(name: str) -> str:
        found = decoders[name]
        return f"{found['psnr_clean']['mean']:.1f} dB" + (
            f"; right person in {found['auc_x_clean']:.0%}" if "auc_x_clean" in found else ""
        )

    gained = decoders[str(few)]["psnr_clean"]["mean"] - decoders["published"]["psnr_clean"]["mean"]
    all_of_it = decoders["owner"]["psnr_clean"]["mean"] - decoders["published"]["psnr_clean"]["mean"]
    return Gain(
        f"restores {told(str(few))}, after {few:,} answers of U_e",
        told("owner"),
        told("published"),
        "broken: whoever can ask U_e restores" if gained > all_of_it / 2 else "not in so short a training",
    )


def _missed(m: Figures) -> Gain:
    looked = len(m["faces_to_look_at"])
    return Gain(
        f"{m['neither']} of {m['faces']} faces as they were, {looked - m['neither']} in doubt",
        f"{m['faces']}",
        NONE,
        f"{looked} to be looked at by a person" if looked else "none was left that this detector finds",
    )


def _metadata(m: Figures) -> Gain:
    left = Counter(one.split(":")[0] for file in m["files"] for one in file["left"])
    return Gain(
        f"{m['left_in_public']} traces of {m['told_by_sources']}",
        f"{m['told_by_sources']}",
        NONE,
        f"left: {', '.join(left)}" if left else "nothing is left",
    )


def _messages(m: Figures) -> Gain:
    changed = [one for one in m["changes"] if one["change"] != "nothing"]
    silent = sum(not (one["detected"] or one["visible_in_list"]) for one in changed)
    return Gain(
        f"of {len(changed)} kinds of changes the reader's verdicts notice "
        f"{sum(bool(one['detected']) for one in changed)}; {silent} leave no trace",
        f"{len(changed)}",
        NONE,
        "without a signature, no message proves anything",
    )


def _steganalysis(m: Figures) -> Gain:
    found = {name: analyst["auc"] for name, analyst in m["analysts"].items()}
    keyed = found.pop("key")
    return Gain(
        f"a marked window from another in {max(found.values()):.0%} without a key, in {keyed:.0%} with the "
        "public one",
        "100%",
        "50%",
        "no secret: who looks sees that a file was treated",
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
