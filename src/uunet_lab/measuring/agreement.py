"""How well a matcher tells whether two faces agree in a label: AUC, with an interval over people."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


LEAST_PEOPLE = 20
"""From which on an interval is given. People drawn with repetition differ too little from draw to draw if
there are few: in 150 made-up trials, what was called a 95 % interval held the truth in .00 of them with 2
people, .45 with 5, .83 with 10, .89 with 20, .97 with 60."""


def weighted_auc(scores: Floats, same: npt.NDArray[np.bool_], weight: Floats) -> float:
    """How often a pair that agrees scores above one that doesn't; a tie counts half.

    Args:
        scores: (n,) b̂.
        same: (n,) b.
        weight: (n,) ≥ 0, how often each pair counts; of both kinds some must be above 0.
    """
    _, level = np.unique(scores, return_inverse=True)
    agree = np.bincount(level, np.where(same, weight, 0.0))
    differ = np.bincount(level, np.where(same, 0.0, weight))
    below = np.cumsum(differ) - differ / 2
    return float(agree @ below / (agree.sum() * differ.sum()))


def auc_interval(  # noqa: PLR0917
    scores: Floats,
    same: npt.NDArray[np.bool_],
    first: Codes,
    second: Codes,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """AUC and its 95 % interval by a bootstrap over people.

    Pairs that share a person are not independent, so people are drawn with repetition, not pairs: a pair
    counts as often as both of its people were drawn together, k_i · k_j times, and k_i times if both images
    are of one.

    Args:
        scores, same: (n,) b̂ and b.
        first, second: (n,) codes of the people in each pair.
        resamples: how many draws.
        seed: of the draws.

    Returns:
        auc, low, high (percentiles 2.5 and 97.5), pairs, people. Of fewer than LEAST_PEOPLE low and high are
        None, and `no_interval` says why.
    """
    people, code = np.unique(np.concatenate([first, second]), return_inverse=True)
    known: dict[str, Any] = {
        "auc": round(weighted_auc(scores, same, np.ones(len(scores))), 3),
        "low": None,
        "high": None,
        "pairs": len(scores),
        "people": len(people),
    }
    if len(people) < LEAST_PEOPLE:
        return known | {"no_interval": f"fewer than {LEAST_PEOPLE} people: it would be too narrow"}
    i, j = code[: len(first)], code[len(first) :]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        times = rng.multinomial(len(people), np.full(len(people), 1 / len(people))).astype(np.float64)
        weight = np.where(i == j, times[i], times[i] * times[j])
        if weight[same].any() and weight[~same].any():
            found.append(weighted_auc(scores, same, weight))
    low, high = np.percentile(found, [2.5, 97.5])
    return known | {"low": round(float(low), 3), "high": round(float(high), 3)}
