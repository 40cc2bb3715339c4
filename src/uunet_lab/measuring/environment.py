"""A decision environment: scores of genuine and of impostor pairs, and how far apart they are (IV-C)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.resampling import LEAST_PEOPLE, Codes, Floats, figure, pair_weights, widened

RESAMPLES = 400
FARS = (0.01, 0.001)
"""False acceptance rates at which the share of accepted genuine pairs is given."""

BINS = 60
LARGEST = 1.5
"""How far histograms reach at least, so that they can be laid beside each other: dlib's distances go to about
1.2; where some are larger, to the tenth above the largest."""


def decidability_eq14(genuine: Floats, impostor: Floats) -> float:
    """d' = (μ_G - μ_I) / √(σ_G² + σ_I²), eq. 14 of the paper, of scores that are high for one person.

    Daugman's d' (`judge.decidability_daugman`) divides by the root of the *mean* of the two variances, and
    so is √2 times as large; the paper's published figures are of eq. 14.
    """
    return _dprime(float(genuine.mean() - impostor.mean()), float(genuine.var() + impostor.var()))


def _dprime(difference: float, variance: float) -> float:
    """0 where all scores are equal: nothing can be decided then."""
    return difference / variance**0.5 if variance > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Environment:
    """Pairs of faces.

    Attributes:
        distance: (n,) of the descriptors of each pair, small for one person.
        same: (n,) which pairs are genuine.
        first, second: (n,) codes of the people in each pair.
    """

    distance: Floats
    same: npt.NDArray[np.bool_]
    first: Codes
    second: Codes

    @classmethod
    def between(
        cls, first: Descriptors, second: Descriptors, identity: Codes, genuine: Codes, impostor: Codes
    ) -> Environment:
        """Of faces that are described twice.

        Args:
            first, second: (n, d) descriptors, for example of x and of a.
            identity: (n,) whose they are.
            genuine, impostor: (m, 2) pairs: row i of `first` with row j of `second`.
        """
        i, j = np.concatenate([genuine, impostor]).T
        distance = np.linalg.norm(first[i] - second[j], axis=1)
        return cls(distance, np.arange(len(i)) < len(genuine), identity[i], identity[j])

    def figures(self, seed: int = 0) -> dict[str, Any]:
        """d' (eq. 14), AUC, TAR at FARS, each with its interval over people; counts; histograms of both."""
        people = len(np.unique(np.concatenate([self.first, self.second])))
        ranked = _Ranked.of(-self.distance, self.same)
        value = ranked.figures(np.ones(len(self.distance)))
        weights = pair_weights(self.first, self.second, RESAMPLES if people >= LEAST_PEOPLE else 0, seed)
        drawn = [
            ranked.figures(weight)
            for weight in weights
            if weight[self.same].any() and weight[~self.same].any()
        ]
        intervals = {name: figure(value[name], [one[name] for one in drawn], people) for name in value}
        known = len(np.unique(self.first[self.same]))  # each with genuine pairs, of which TAR is a share
        for name in (name for name in value if name.startswith("tar")):
            wide = widened(intervals[name] | {"people": known})
            intervals[name] |= {"low": wide["low"], "high": wide["high"]}
        return intervals | {
            "genuine": int(self.same.sum()),
            "impostor": int((~self.same).sum()),
            "people": people,
            "histogram": self.histogram(),
        }

    def histogram(self) -> dict[str, Any]:
        """Counts of genuine and impostor pairs in BINS bins of the distance from 0 to LARGEST or beyond."""
        largest = max(LARGEST, float(np.ceil(10 * self.distance.max()) / 10))
        edges = np.linspace(0, largest, BINS + 1)
        counts = {
            name: np.histogram(self.distance[kind], edges)[0].tolist()
            for name, kind in (("genuine", self.same), ("impostor", ~self.same))
        }
        return {"of": "distance", "from": 0.0, "to": largest} | counts


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """Scores in order, made once for all draws.

    Attributes:
        scores, same: (n,).
        level: (n,) rank of each score, equal for equal scores, ascending.
    """

    scores: Floats
    same: npt.NDArray[np.bool_]
    level: npt.NDArray[np.intp]

    @classmethod
    def of(cls, scores: Floats, same: npt.NDArray[np.bool_]) -> _Ranked:
        return cls(scores, same, np.unique(scores, return_inverse=True)[1])

    def figures(self, weight: Floats) -> dict[str, float]:
        """dprime, auc and tar@FAR, if each pair counts `weight` times."""
        genuine, impostor = np.where(self.same, weight, 0.0), np.where(self.same, 0.0, weight)
        agree, differ = (np.bincount(self.level, kind) / kind.sum() for kind in (genuine, impostor))
        below = np.cumsum(differ) - differ / 2
        (mu_G, var_G), (mu_I, var_I) = (self._moments(kind) for kind in (genuine, impostor))
        far, tar = (np.cumsum(kind[::-1]) for kind in (differ, agree))
        return {
            "dprime": _dprime(mu_G - mu_I, var_G + var_I),
            "auc": float(agree @ below),
            **{f"tar_at_far_{most:g}": _accepted(far, tar, most) for most in FARS},
        }

    def _moments(self, weight: Floats) -> tuple[float, float]:
        mean = weight @ self.scores / weight.sum()
        return float(mean), float(weight @ (self.scores - mean) ** 2 / weight.sum())


def _accepted(far: Floats, tar: Floats, most: float) -> float:
    """The largest TAR of a threshold whose FAR is at most `most`; 0 if there is none."""
    allowed = int(np.searchsorted(far, most + 1e-12, "right"))
    return float(tar[allowed - 1]) if allowed else 0.0
