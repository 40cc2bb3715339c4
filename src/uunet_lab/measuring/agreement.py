"""How well scores tell whether two faces agree, and how far two scores go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from uunet_lab.measuring.resampling import LEAST_PEOPLE, Codes, Floats, figure, pair_weights

__all__ = ["LEAST_PEOPLE", "auc_interval", "correlation", "weighted_auc"]


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
    """AUC and its 95 % interval by a bootstrap over people (`resampling.pair_weights`).

    Args:
        scores, same: (n,) b̂ and b.
        first, second: (n,) codes of the people in each pair.
        resamples: how many draws.
        seed: of the draws.

    Returns:
        auc, low, high (percentiles 2.5 and 97.5), pairs, people. Of fewer than LEAST_PEOPLE low and high are
        None, and `no_interval` says why.
    """
    people = len(np.unique(np.concatenate([first, second])))
    drawn = [
        weighted_auc(scores, same, weight)
        for weight in pair_weights(first, second, resamples if people >= LEAST_PEOPLE else 0, seed)
        if weight[same].any() and weight[~same].any()
    ]
    found = figure(weighted_auc(scores, same, np.ones(len(scores))), drawn, people)
    return {"auc": found.pop("value"), "pairs": len(scores), "people": people} | found


def correlation(first: Floats, second: Floats, weight: Floats) -> float:
    """Pearson's coefficient of weighted (n,) samples; NaN if either is constant."""
    share = weight / weight.sum()
    u, v = first - share @ first, second - share @ second
    spread = float((share @ u**2) * (share @ v**2))
    return float(share @ (u * v)) / spread**0.5 if spread > 1e-18 else float("nan")
