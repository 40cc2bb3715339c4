"""Which soft labels a face shows, in the eyes of a classifier that took no part in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from uunet_lab.measuring.judge import Descriptors

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_DRAWS, _SHARE = 50, 0.9  # bootstraps and their share of the faces, as the paper has (IV-E)


@dataclass(frozen=True, slots=True, eq=False)
class LabelProbe:
    """Logistic regression of a label on the judge's descriptors.

    Attributes:
        classifier: a fitted scikit-learn pipeline.
    """

    classifier: Pipeline

    @classmethod
    def fit(cls, described: Descriptors, codes: Codes) -> LabelProbe:
        """Learn from faces that the measured people are not among.

        Args:
            described: (n, d).
            codes: (n,) of two values or more.
        """
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
        classifier.fit(described, codes)
        return cls(classifier)

    def scores(self, described: Descriptors) -> Floats:
        """(n,) log odds of 1, of a label of the values 0 and 1."""
        return np.asarray(self.classifier.decision_function(described), np.float64)

    @property
    def values(self) -> Codes:
        """(k,) the codes that were learnt, ascending."""
        return np.asarray(self.classifier.classes_, np.int64)

    def evidence(self, described: Descriptors) -> Floats:
        """(n, k) for each of `values`, the larger the surer; of two values one is the other's negative."""
        found = np.asarray(self.classifier.decision_function(described), np.float64)
        return np.stack([-found, found], 1) if found.ndim == 1 else found


def label_agreement(of_x: Floats, of_a: Floats, truth: Codes, seed: int = 0) -> dict[str, float]:
    """How far a shows the label of x (Table III of the paper).

    Args:
        of_x, of_a: (n,) log odds.
        truth: (n,) 0 or 1.
        seed: of the bootstraps.

    Returns:
        pearson: the correlation of the two, mean over bootstraps, and its standard deviation there; agree:
        share of faces of which both say the same; right_x, right_a: share of which each says the truth.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(_DRAWS):
        drawn = rng.integers(0, len(of_x), round(_SHARE * len(of_x)))
        found.append(float(np.corrcoef(of_x[drawn], of_a[drawn])[0, 1]))
    return {
        "pearson": round(float(np.mean(found)), 3),
        "pearson_sd": round(float(np.std(found, ddof=1)), 3),
        "agree": round(float(((of_x > 0) == (of_a > 0)).mean()), 3),
        "right_x": round(float(((of_x > 0) == (truth > 0)).mean()), 3),
        "right_a": round(float(((of_a > 0) == (truth > 0)).mean()), 3),
        "n": len(of_x),
    }
