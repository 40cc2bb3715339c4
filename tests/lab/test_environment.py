"""Decision environments and their intervals, against references and on cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from uunet_lab.measuring.environment import FARS, Environment, decidability_eq14
from uunet_lab.measuring.judge import decidability_daugman
from uunet_lab.measuring.resampling import mean_over_people, over_people


def _environment(shift: float, people: int = 40, seed: int = 0) -> Environment:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, people, (2, 3000))
    second[:600] = first[:600]
    same = first == second
    return Environment(rng.normal(1, 0.2, 3000) - shift * same, same, first, second)


def test_decidability_is_eq_14() -> None:
    genuine, impostor = np.array([0.0, 2.0]), np.array([-4.0, -1.0, 2.0])
    assert decidability_eq14(genuine, impostor) == pytest.approx((1 - -1) / (1 + 6) ** 0.5)
    environment = _environment(0.3)
    scores = -environment.distance
    expected = decidability_eq14(scores[environment.same], scores[~environment.same])
    assert environment.figures()["dprime"]["value"] == pytest.approx(expected, abs=5e-4)


def test_daugmans_decidability_is_root_two_times_eq_14() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 12, 4))
    distance = np.linalg.norm(first[:, None] - second[None], axis=2)
    own = np.eye(12, dtype=bool)
    eq14 = decidability_eq14(-distance[own], -distance[~own])
    assert decidability_daugman(first, second) == pytest.approx(2**0.5 * abs(eq14))


def test_scores_that_are_all_equal_decide_nothing() -> None:
    one = np.ones(30)
    people = np.arange(30)
    found = Environment(one, people < 10, people, np.where(people < 10, people, people - 1)).figures()
    assert (found["dprime"]["value"], found["auc"]["value"]) == (0.0, 0.5)
    assert [found[f"tar_at_far_{most:g}"]["value"] for most in FARS] == [0.0, 0.0]


def test_auc_is_the_rank_statistic() -> None:
    environment = _environment(0.1)
    scores = -environment.distance
    genuine, impostor = scores[environment.same], scores[~environment.same]
    expected = mannwhitneyu(genuine, impostor).statistic / (len(genuine) * len(impostor))
    assert environment.figures()["auc"]["value"] == pytest.approx(expected, abs=5e-4)


def test_tar_at_far_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="uunet[judge] is not installed")
    environment = _environment(0.3)
    far, tar, _ = metrics.roc_curve(environment.same, -environment.distance, drop_intermediate=False)
    for most in FARS:
        expected = tar[far <= most].max()
        value = environment.figures()[f"tar_at_far_{most:g}"]["value"]
        assert value == pytest.approx(expected, abs=5e-4)
        assert 0 < value < 1


def test_the_interval_holds_the_value_and_few_people_have_none() -> None:
    found = _environment(0.1).figures()
    assert found["auc"]["low"] < found["auc"]["value"] < found["auc"]["high"]
    few = _environment(0.1, people=5).figures()
    assert few["auc"]["low"] is None
    assert "fewer than 20 people" in few["auc"]["no_interval"]


def test_the_histogram_counts_every_pair() -> None:
    environment = _environment(0.3)
    histogram = environment.histogram()
    assert sum(histogram["genuine"]) == environment.same.sum()
    assert sum(histogram["impostor"]) == (~environment.same).sum()


def test_images_of_one_person_do_not_make_an_interval_narrower() -> None:
    values = np.random.default_rng(3).normal(size=60)
    once = mean_over_people(values, np.arange(60))
    often = mean_over_people(np.repeat(values, 9), np.repeat(np.arange(60), 9))
    assert often["n"] == 9 * once["n"]
    assert (often["low"], often["high"]) == (once["low"], once["high"])


def test_the_interval_of_a_mean_is_that_of_statistics() -> None:
    values = np.random.default_rng(4).normal(size=400)
    found = mean_over_people(values, np.arange(400))
    half = 1.96 * values.std(ddof=1) / 20
    assert found["value"] == pytest.approx(values.mean(), abs=5e-4)
    assert (found["high"] - found["low"]) / 2 == pytest.approx(half, rel=0.1)


def test_what_has_no_value_is_none() -> None:
    found = over_people(lambda _: float("nan"), np.arange(30))
    assert (found["value"], found["low"], found["high"]) == (None, None, None)


def test_a_rare_share_has_the_interval_of_clopper_and_pearson() -> None:
    """By scipy's `binomtest(2, 454).proportion_ci(method="exact")`."""
    people = np.arange(454)
    found = mean_over_people((people < 2).astype(float), people, digits=4)
    assert found["low"] == 0 and found["high"] == 0.0158  # the bootstrap's own reaches below
    none = mean_over_people(np.zeros(454), people, digits=4)
    assert (none["value"], none["low"], none["high"]) == (0, 0, 0.0081)
    assert mean_over_people(np.ones(454), people, digits=4)["low"] == 0.9919


def test_images_of_one_person_count_as_one_where_a_share_is_rare() -> None:
    people = np.repeat(np.arange(50), 4)
    found = mean_over_people(np.zeros(200), people)
    assert found["high"] == pytest.approx(0.071, abs=1e-3)  # of none in 50
    half = mean_over_people((np.arange(200) % 2).astype(float), people)
    assert half["low"] == half["high"] == 0.5  # not rare: the bootstrap's own
