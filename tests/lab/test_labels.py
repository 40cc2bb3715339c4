"""The classifier of a soft label, and how far a shows the label of x."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")
from uunet_lab.evaluation.labels import LabelProbe, label_agreement


def test_the_probe_learns_what_descriptors_show() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 400)
    described = rng.normal(0, 1, (400, 16)) + codes[:, None] * np.eye(16)[3] * 3
    probe = LabelProbe.fit(described[:300], codes[:300])
    scores = probe.scores(described[300:])
    assert ((scores > 0) == (codes[300:] > 0)).mean() > 0.85


def test_agreement_is_of_scores_and_of_decisions() -> None:
    truth = np.array([0, 1] * 50)
    x = (truth * 2 - 1) * np.linspace(1, 2, 100)
    same = label_agreement(x, x, truth)
    assert (same["pearson"], same["agree"], same["right_a"]) == (1.0, 1.0, 1.0)
    other = label_agreement(x, np.where(np.arange(100) < 20, -x, x), truth)
    assert (other["agree"], other["right_x"], other["right_a"]) == (0.8, 1.0, 0.8)
    assert other["pearson"] < 0.8
