"""The figures that the judge's descriptors give, against a reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from uunet_lab.evaluation.judge import auc, decidability


def _descriptors(noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    first = rng.normal(size=(40, 8))
    return first, first + rng.normal(size=(40, 8)) * noise


@pytest.mark.parametrize("noise", [0.3, 1.5, 10.0])
def test_auc_is_the_rank_statistic(noise: float) -> None:
    first, second = _descriptors(noise)
    distance = np.linalg.norm(first[:, None] - second[None], axis=2)
    genuine, impostor = np.diag(distance), distance[~np.eye(40, dtype=bool)]
    expected = mannwhitneyu(impostor, genuine).statistic / (len(genuine) * len(impostor))
    assert auc(first, second) == pytest.approx(expected, abs=1e-9)


def test_auc_of_copies_is_one_and_of_strangers_a_half() -> None:
    first, second = _descriptors(0.0)
    assert auc(first, second) == 1.0
    assert auc(np.zeros((5, 3)), np.zeros((5, 3))) == 0.5


def test_decidability_grows_with_separation() -> None:
    assert decidability(*_descriptors(0.3)) > decidability(*_descriptors(1.5)) > 0
