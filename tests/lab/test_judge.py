"""The figures that the judge's descriptors give, against a reference."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from uunet.errors import AuditError
from uunet_lab.measuring.judge import DlibJudge, auc, decidability_daugman
from uunet_lab.measuring.results import card_metrics


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
    assert decidability_daugman(*_descriptors(0.3)) > decidability_daugman(*_descriptors(1.5)) > 0


def test_a_cards_figures_are_flat_and_without_intervals(tmp_path: Path) -> None:
    results = tmp_path / "pair.json"
    figures = {
        "stills": {"auc": 0.6, "psnr": {"mean": 27.0, "ci95": 0.4, "n": 9}},
        "models": {"public": "ab"},
    }
    results.write_text(json.dumps({"metrics": figures}))
    assert card_metrics(results) == {"stills.auc": 0.6, "stills.psnr": 27.0}


def test_a_judge_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(AuditError) as caught:
        DlibJudge()
    assert "judge" in caught.value.hint
