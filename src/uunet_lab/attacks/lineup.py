"""Who is to be named: people of whom the attacker has labelled raw images, and published faces of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet_lab.attacks.finding import AttackError
from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.resampling import Floats, mean_over_people

RANKS = (1, 10)
"""A probe counts as named if its person is among so many nearest."""


@dataclass(frozen=True, slots=True, eq=False)
class Lineup:
    """Rows of a set: no image is in both.

    Attributes:
        labelled: (n,) of which the attacker knows whose they are.
        probes: (m,) of the same people, to be named.
    """

    labelled: Codes
    probes: Codes


def line_up(  # noqa: PLR0917
    faces: FaceSet, people: int, labelled: int, probes: int, seed: int, among: Codes | None = None
) -> Lineup:
    """Draw people with enough stills.

    Args:
        faces: the set.
        people: how many at most.
        labelled: images of each that the attacker has, exactly.
        probes: other images of each, at least one and at most so many.
        seed: of the draw.
        among: rows of all images of those who may be drawn; None for everybody.

    Raises:
        AttackError: fewer than two people have that many images.
    """
    rng = np.random.default_rng(seed)
    drawn = faces.identity if among is None else faces.identity[among]
    counts = np.bincount(drawn, minlength=faces.people)
    able = np.flatnonzero(counts > labelled)
    if len(able) < 2:
        raise AttackError(
            f"the set has {len(able)} people with {labelled + 1} images or more",
            "give a set with several images of each person",
        )
    chosen = rng.permutation(able)[:people]
    known, asked = [], []
    for person in chosen:
        rows = rng.permutation(np.flatnonzero(faces.identity == person))
        known.append(rows[:labelled])
        asked.append(rows[labelled : labelled + probes])
    return Lineup(np.concatenate(known), np.concatenate(asked))


def named_by(
    distance: Floats, gallery: npt.NDArray[np.int64], probes: npt.NDArray[np.int64], seed: int = 0
) -> dict[str, Any]:
    """How well distances name people: identification (ranks), and verification (`Environment.figures`).

    Args:
        distance: (people, probes), small where the probe looks like the person.
        gallery: (people,) codes, ascending, each once.
        probes: (probes,) codes, all of them in the gallery.
        seed: of the draws for the intervals.

    Returns:
        rank1 and rank10 with intervals over people, by_chance (of rank 1), and all of `Environment.figures`.
    """
    before = _before(distance, gallery, probes)
    found: dict[str, Any] = {
        f"rank{rank}": mean_over_people((before < rank).astype(np.float64), probes) for rank in RANKS
    }
    first, second = np.repeat(gallery, len(probes)), np.tile(probes, len(gallery))
    environment = Environment(distance.reshape(-1), first == second, first, second)
    return found | {"by_chance": round(1 / len(gallery), 4)} | environment.figures(seed)


def named_more(
    distance: Floats, base: Floats, gallery: npt.NDArray[np.int64], probes: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """How many more of the same probes one way names than another, `base`: differences of the ranks' shares,
    with intervals of the differences.
    """
    ranks = [_before(one, gallery, probes) for one in (distance, base)]
    return {
        f"rank{rank}": mean_over_people(
            (ranks[0] < rank).astype(np.float64) - (ranks[1] < rank).astype(np.float64), probes
        )
        for rank in RANKS
    }


def _before(distance: Floats, gallery: npt.NDArray[np.int64], probes: npt.NDArray[np.int64]) -> Floats:
    """(probes,) how many people are nearer than the right one; a tie counts half."""
    own = distance[np.searchsorted(gallery, probes), np.arange(len(probes))]
    return np.asarray((distance < own).sum(0) + ((distance == own).sum(0) - 1) / 2, np.float64)


def distances(gallery: Descriptors, probes: Descriptors) -> Floats:
    """(people, probes) Euclidean."""
    return np.asarray(np.linalg.norm(gallery[:, None] - probes[None], axis=2))


def mean_of_people(described: Descriptors, identity: npt.NDArray[np.int64]) -> tuple[Descriptors, Codes]:
    """One descriptor for each person, the mean of theirs, and the people, ascending."""
    people = np.unique(identity)
    return np.stack([described[identity == person].mean(0) for person in people]), people
