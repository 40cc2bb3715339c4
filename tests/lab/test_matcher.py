"""Phase 1: D_a learns from pairs, its figures are what a reference computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from lab_media import noise_set
from uunet_lab.datasets.pairs import PairSource
from uunet_lab.measuring.agreement import auc_interval, weighted_auc
from uunet_lab.methods.uunet.attributes import Label
from uunet_lab.methods.uunet.matcher import (
    MATCHER_PAPER,
    MATCHER_SLIM,
    MatcherProfile,
    MatcherTraining,
    agreement,
    load_matcher,
)
from uunet_lab.training.devices import open_devices
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import resume, run, save

FACES = noise_set()
TINY = replace(MATCHER_SLIM, steps=4, batch=6)


def _training(profile: MatcherProfile = TINY, label: Label = "id") -> MatcherTraining:
    name = {"id": "identity", "gender": "gender"}[label]
    pairs = PairSource(FACES, name, np.arange(len(FACES)), seed=3)
    return MatcherTraining(open_devices(), FACES.images, pairs, label=label, profile=profile, seed=1)


def _silent(_: str) -> None: ...


@pytest.mark.parametrize("profile", [MATCHER_PAPER, MATCHER_SLIM], ids=["paper", "paper-slim"])
def test_four_steps_of_each_profile(profile: MatcherProfile, tmp_path: Path) -> None:
    said: list[str] = []
    training = _training(replace(profile, steps=4, batch=6))
    assert run(training, tmp_path, said.append, log_every=4)
    assert "ce " in said[0]
    assert "nan" not in said[0]
    label, D_a = load_matcher(tmp_path)
    assert label == "id"
    assert not D_a.training
    assert not any(p.requires_grad for p in D_a.parameters())


def test_a_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    straight, broken = _training(), _training()
    run(straight, tmp_path / "a", _silent)
    for _ in range(2):
        broken.advance()
    save(broken, tmp_path / "b")
    again = _training()
    assert resume(again, tmp_path / "b")
    run(again, tmp_path / "b", _silent)
    for (name, one), two in zip(
        straight.D_a.state_dict().items(), again.D_a.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name


def test_it_learns_what_it_is_shown() -> None:
    """Twelve people, whose images hardly differ: D_a tells them apart after some steps."""
    training = _training(replace(MATCHER_PAPER, steps=40, batch=16, rate=1e-3, views=None))
    for _ in range(40):
        training.advance()
    drawn = PairSource(FACES, "identity", np.arange(len(FACES)), seed=9).batch(0, 200)
    scores = agreement(training.D_a.eval(), FACES.images, drawn.first, drawn.second, 1.0)
    assert weighted_auc(scores, drawn.same, np.ones(200)) > 0.75


def test_a_run_of_another_label_is_not_gone_on_with(tmp_path: Path) -> None:
    run(_training(), tmp_path, _silent)
    with pytest.raises(TrainingError, match=r"other options: label: id → gender$"):
        resume(_training(label="gender"), tmp_path)


def test_another_run_is_no_matcher(tmp_path: Path) -> None:
    torch.save({"step": 3, "method": "paper"}, tmp_path / "last.pt")
    with pytest.raises(TrainingError, match="not a run of"):
        load_matcher(tmp_path)
    with pytest.raises(TrainingError, match="there is no"):
        load_matcher(tmp_path / "nowhere")


def _scores(count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    same = rng.random(count) < 0.5
    return np.round(rng.normal(size=count) + same, 1), same  # rounded: ties


def test_auc_is_the_rank_statistic_and_weights_are_repetitions() -> None:
    scores, same = _scores()
    expected = mannwhitneyu(scores[same], scores[~same]).statistic / same.sum() / (~same).sum()
    assert weighted_auc(scores, same, np.ones(300)) == pytest.approx(expected)
    times = np.random.default_rng(3).integers(0, 4, 300)
    repeated = weighted_auc(scores.repeat(times), same.repeat(times), np.ones(times.sum()))
    assert weighted_auc(scores, same, times.astype(float)) == pytest.approx(repeated)


def test_a_person_in_all_agreeing_pairs_leaves_them_together() -> None:
    """Person 0 is in every pair that agrees: draws without 0 say nothing and are left out."""
    same = np.arange(100) < 50
    second = np.arange(100) + 1
    found = auc_interval(same.astype(np.float64), same, np.where(same, 0, second + 100), second, resamples=50)
    assert (found["auc"], found["low"], found["high"]) == (1.0, 1.0, 1.0)
    assert (found["pairs"], found["people"]) == (100, 151)


@pytest.mark.parametrize("people", [2, 3, 19, 20])
def test_few_people_have_no_interval(people: int) -> None:
    """Of two, each draw that has pairs has the same ones: an interval without width."""
    rng = np.random.default_rng(1)
    first = rng.integers(0, people, 400)
    second = (first + rng.integers(1, people, 400)) % people
    scores, same = _scores(400)
    found = auc_interval(scores, same, first, second, resamples=50)
    assert found["auc"] == round(weighted_auc(scores, same, np.ones(400)), 3)
    assert found["people"] == people
    if people < 20:
        assert (found["low"], found["high"]) == (None, None)
        assert found["no_interval"] == "fewer than 20 people: it would be too narrow"
    else:
        assert found["low"] < found["auc"] < found["high"]
        assert "no_interval" not in found


def test_the_interval_covers_the_truth_nearly_always() -> None:
    """Scores of people who each shift all their pairs: an interval over pairs would be too narrow."""
    covered = 0
    for trial in range(40):
        rng = np.random.default_rng(trial)
        shift = rng.normal(size=60)
        first, second = rng.integers(0, 60, (2, 250))
        same = rng.random(250) < 0.5
        scores = shift[first] + shift[second] + rng.normal(size=250) * 0.5
        found = auc_interval(scores, same, first, second, resamples=100, seed=trial)
        covered += found["low"] <= 0.5 <= found["high"]
    assert covered >= 35
