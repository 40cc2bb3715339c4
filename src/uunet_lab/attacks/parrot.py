"""A recogniser that is made for replaced faces, by somebody who has U_e.

Parrot recognition (Newton, Sweeney and Malin, 2005) treats the known images as the published ones were
treated; McPherson, Shokri and Shmatikov (2016) train on treated images. Three ways, each against people of
whom the attacker has several labelled raw images, and other images of whom are published:

gallery     the known images are replaced too; the recogniser stays as it is
classifier  the people's known images, replaced many times, train a linear discriminant on the descriptors
network     replaced images of other people train a network to say what the recogniser says of the raw face
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from lightning_fabric import Fabric

from uunet.models import Swapper
from uunet_lab.attacks.asking import Pairs, ask
from uunet_lab.attacks.finding import AttackError, Finding, named
from uunet_lab.attacks.lineup import Lineup, distances, line_up, mean_of_people, named_by, named_more
from uunet_lab.attacks.listener import Training, hear, train, unit
from uunet_lab.attacks.naive import how_well, told
from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.judge import Descriptors, Recogniser
from uunet_lab.measuring.resampling import Floats


@dataclass(frozen=True, slots=True)
class ParrotProfile:
    """How the attacker goes about it.

    Attributes:
        people: whom to name, at most.
        labelled, probes: images of each that are known, and that are published.
        times: how often the attacker has each known image replaced, under other noise.
        shrink: of the discriminant's covariance towards a multiple of the identity, in [0, 1].
        network: its training.
    """

    people: int = 120
    labelled: int = 3
    probes: int = 2
    times: int = 2
    shrink: float = 0.3
    network: Training = field(default_factory=Training)


FULL = ParrotProfile()
QUICK = ParrotProfile(people=40, times=1, network=Training(faces=300, steps=40))


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What was seen of the people.

    Attributes:
        known: the labelled images, replaced by the attacker `times` times; row by row, `whose`.
        whose: (n,) their people.
        probes, probed: the published images, and whose they are.
    """

    known: Pairs
    whose: Codes
    probes: Pairs
    probed: Codes


WAYS = {
    "off_the_shelf": "with the recogniser as it is, and raw images of the people",
    "gallery": "with the recogniser as it is, and images of the people that were replaced too",
    "classifier": "with a discriminant that learnt from replaced images of these people",
    "network": "with a network that learnt from replaced images of other people",
}
"""Ways to name people, the first of which is the naive one, to compare with."""


def parrot(
    fabric: Fabric,
    faces: FaceSet,
    others: FaceSet,
    swapper: Swapper,
    recogniser: Recogniser,
    *,
    profile: ParrotProfile = FULL,
    seed: int = 1,
) -> Finding:
    """Name the people behind replaced faces with recognisers that were made for such faces.

    Args:
        fabric: devices and precision of the network's training.
        faces: stills, several of a person, of which no training of U_e saw anything.
        others: faces of other people, whom the attacker has, for the network.
        swapper: U_e.
        recogniser: what the attacker begins with.
        profile: how.
        seed: of rows, noise, weights.

    Raises:
        AttackError: a set is too small.
    """
    if len(others) < profile.network.faces:
        raise AttackError(
            f"the network wants {profile.network.faces} faces, the set has {len(others)}",
            "give a larger set to --faces, or --quick",
        )
    lineup = line_up(faces, profile.people, profile.labelled, profile.probes, seed)
    shown = _shown(faces, lineup, swapper, profile, seed)
    once = len(lineup.labelled)  # what follows is the same again, under other noise
    raw, people = mean_of_people(_described(recogniser, shown.known.x[:once]), shown.whose[:once])
    said = _described(recogniser, shown.probes.a)
    treated = _described(recogniser, shown.known.a)
    targets, pairs = _of_others(others, swapper, recogniser, profile.network, seed)
    net = train(fabric, pairs, targets, profile.network, seed)
    tried = {
        "off_the_shelf": distances(raw, said),
        "gallery": distances(mean_of_people(treated, shown.whose)[0], said),
        "classifier": discriminant(treated, shown.whose, said, profile.shrink),
        "network": distances(unit(raw), hear(fabric, net, shown.probes.a)),
    }
    control = distances(raw, _described(recogniser, shown.probes.x))
    metrics: dict[str, Any] = {
        "people": len(people),
        "probes": len(shown.probed),
        "labelled_each": profile.labelled,
        "model": swapper.card.sha256,
        "network_faces": profile.network.faces,
        "network_steps": profile.network.steps,
        "raw": named_by(control, people, shown.probed),
        **{name: named_by(distance, people, shown.probed) for name, distance in tried.items()},
        "more_than_off_the_shelf": {
            name: named_more(distance, tried["off_the_shelf"], people, shown.probed)
            for name, distance in tried.items()
            if name != "off_the_shelf"
        },
    }
    return Finding(
        "a recogniser made for replaced faces, by somebody who has U_e",
        f"{named(len(people), 'person', 'people')} of {faces.origin or 'a set'}, {len(shown.probed)} "
        f"published images; the network: {profile.network.faces} faces of {others.origin or 'a set'}",
        metrics,
        verdict_on(metrics),
    )


def _shown(faces: FaceSet, lineup: Lineup, swapper: Swapper, profile: ParrotProfile, seed: int) -> _Shown:
    stills = [np.asarray(faces.images[row]) for row in lineup.labelled]
    asked = [ask(swapper, stills, seed + 10 * (k + 1)) for k in range(profile.times)]
    known = Pairs(np.concatenate([one.x for one in asked]), np.concatenate([one.a for one in asked]))
    # noise that the attacker does not know: the camera's
    probes = ask(swapper, [np.asarray(faces.images[row]) for row in lineup.probes], seed)
    whose = np.tile(faces.identity[lineup.labelled], profile.times)
    return _Shown(known, whose, probes, faces.identity[lineup.probes])


def _of_others(
    others: FaceSet, swapper: Swapper, recogniser: Recogniser, how: Training, seed: int
) -> tuple[Descriptors, Pairs]:
    """What the recogniser says of other people's raw faces, and what U_e makes of these, several times."""
    rows = np.sort(np.random.default_rng(seed).choice(len(others), how.faces, replace=False))
    stills = [np.asarray(others.images[row]) for row in rows]
    asked = [ask(swapper, stills, seed + 1000 * (k + 1)) for k in range(how.times)]
    pairs = Pairs(np.concatenate([one.x for one in asked]), np.concatenate([one.a for one in asked]))
    return np.tile(_described(recogniser, asked[0].x), (how.times, 1)), pairs


def _described(recogniser: Recogniser, images: np.ndarray[Any, np.dtype[np.uint8]]) -> Descriptors:
    return recogniser.describe(list(images))


def discriminant(known: Descriptors, whose: Codes, probes: Descriptors, shrink: float) -> Floats:
    """(people, probes): squared Mahalanobis distance of probes to the people's means (Fisher's discriminant).

    Args:
        known: (n, d) labelled.
        whose: (n,) codes of their people.
        probes: (m, d).
        shrink: of the covariance within people towards a multiple of the identity, in [0, 1].
    """
    means, people = mean_of_people(known, whose)
    rest = known - means[np.searchsorted(people, whose)]
    within = rest.T @ rest / max(len(rest) - len(means), 1)
    size = len(within)
    within = (1 - shrink) * within + shrink * np.eye(size) * np.trace(within) / size
    # distances after whitening are Mahalanobis'; 1e-9 keeps what never varies from being divided by 0
    root = np.linalg.cholesky(np.linalg.inv(within + 1e-9 * np.eye(size)))
    return distances(means @ root, probes @ root) ** 2


def verdict_on(metrics: dict[str, Any]) -> str:
    """What the figures say, in plain words."""
    said = [
        f"Of {metrics['probes']} published faces of {metrics['people']} people, somebody who has U_e and "
        f"{metrics['labelled_each']} labelled raw images of each names the right person"
    ]
    ways = [
        f"{words} in {told(metrics[name]['rank1'])} (AUC {metrics[name]['auc']['value']:.3f}; "
        f"{how_well(metrics[name])})"
        for name, words in WAYS.items()
    ]
    said.append("; ".join(ways) + ".")
    said.append(
        f"By guessing it is {metrics['raw']['by_chance']:.1%}; unreplaced they are named in "
        f"{told(metrics['raw']['rank1'])}."
    )
    return " ".join([*said, _gain(metrics)])


def _points(found: dict[str, Any]) -> str:
    """A difference of shares, with its interval."""
    spread = "" if found["low"] is None else f" ({100 * found['low']:.1f} to {100 * found['high']:.1f})"
    return f"{100 * found['value']:.1f} percentage points{spread}"


def _gain(metrics: dict[str, Any]) -> str:
    """Whether knowing of the replacement helps, as far as the intervals of differences tell."""
    more = metrics["more_than_off_the_shelf"]
    best = max(more, key=lambda name: float(more[name]["rank1"]["value"]))
    first, ten = more[best]["rank1"], more[best]["rank10"]
    said = (
        f"The best of the three names {_points(first)} more than the recogniser as it is, and {_points(ten)} "
        "more among the ten nearest: "
    )
    if first["low"] is None:
        said += "too few people to say whether that helps"
    elif max(first["low"], ten["low"]) > 0:
        said += "knowing of the replacement helps"
    else:
        said += "so few people don't show that it helps, nor that it does not"
    return f"{said}. A larger training may learn more."
