"""IV-E, Fig. 8: raw and replaced faces of some people in the plane, by neighbourhood components analysis.

As in the paper, each person and each virtual identity is a class of its own. The embedding is learnt on
some people and shows others, of fewer images each than the paper's ten, of one pair, not of both presets.
The paper embeds what a VGG-19 sees that it trained for these classes; here it is the recogniser's
descriptors. All images of a person are replaced as one track, as one sequence is in the paper, so that the
person has one virtual identity here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uunet_lab.evaluation.experiment import LEARNT, SHOWN, Bench, Experiment
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.resampling import Codes, Floats


def split(identity: Codes) -> tuple[Codes, Codes]:
    """(learnt, shown): positions of people with two images or more; those with the most are shown.

    Args:
        identity: (n,) codes.
    """
    people, counts = np.unique(identity, return_counts=True)
    several = people[np.argsort(-counts, kind="stable")][: int((counts > 1).sum())]
    shown, learnt = several[:SHOWN], several[SHOWN : SHOWN + LEARNT]
    return np.flatnonzero(np.isin(identity, learnt)), np.flatnonzero(np.isin(identity, shown))


def embed(described: Descriptors, classes: Codes, others: Descriptors) -> Floats:
    """(m, 2) places of `others` in the plane that keeps the classes of (n, d) descriptors apart best."""
    from sklearn.neighbors import NeighborhoodComponentsAnalysis  # noqa: PLC0415  (comes with the judge)

    fitted = NeighborhoodComponentsAnalysis(2, init="pca", max_iter=200, random_state=0)
    fitted.fit(described, classes)
    return np.asarray(fitted.transform(others), np.float64)


def apart(x: Floats, a: Floats, person: Codes) -> dict[str, float | None]:
    """How far a is from x in the plane, and how far each spreads, in units of how far people are apart.

    Args:
        x, a: (m, 2) places.
        person: (m,) whose they are.

    Returns:
        apart: median distance of the middles of a person's x and a; spread_x, spread_a: mean distance of a
        face from the middle of its own; nearest_is_own: share of a whose nearest x is of the same person.
        All None if nobody is apart from anybody.
    """
    people, code = np.unique(person, return_inverse=True)
    middle_x, middle_a = (np.stack([at[code == i].mean(0) for i in range(len(people))]) for at in (x, a))
    between = np.linalg.norm(middle_x[:, None] - middle_x, axis=2)[np.triu_indices(len(people), 1)]
    unit = float(np.median(between))
    if unit < 1e-9:
        return dict.fromkeys(("apart", "spread_x", "spread_a", "nearest_is_own"))
    nearest = code[np.linalg.norm(a[:, None] - x, axis=2).argmin(1)]
    return {
        "apart": round(float(np.median(np.linalg.norm(middle_x - middle_a, axis=1))) / unit, 3),
        "spread_x": round(float(np.linalg.norm(x - middle_x[code], axis=1).mean()) / unit, 3),
        "spread_a": round(float(np.linalg.norm(a - middle_a[code], axis=1).mean()) / unit, 3),
        "nearest_is_own": round(float((nearest == code).mean()), 3),
    }


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    learnt, shown = split(gallery.identity)
    x = gallery.described("x")
    mosaics = gallery.replaced(gallery.identity)
    a = gallery.describe([face for mosaic in mosaics for face in mosaic.faces()])
    person = gallery.identity[learnt]
    classes = np.concatenate([person, person + gallery.identity.max() + 1])
    placed = embed(np.concatenate([x[learnt], a[learnt]]), classes, np.concatenate([x[shown], a[shown]]))
    placed -= placed.mean(0)
    placed /= max(float(np.abs(placed).max()), 1e-9)
    at_x, at_a = np.split(placed, 2)
    whose = np.unique(gallery.identity[shown], return_inverse=True)[1]
    return {
        "people_learnt": len(np.unique(person)),
        "people_shown": len(np.unique(whose)),
        "faces_shown": len(shown),
        **apart(at_x, at_a, whose),
        "points": {
            "person": whose.tolist(),
            "x": [[round(float(value), 3) for value in point] for point in at_x],
            "a": [[round(float(value), 3) for value in point] for point in at_a],
        },
    }


EMBEDDING = Experiment(
    "Raw and replaced faces in the plane, by neighbourhood components analysis",
    "IV-E, Fig. 8",
    needs=("many people",),
    recognises=True,
    measure=_measure,
)
