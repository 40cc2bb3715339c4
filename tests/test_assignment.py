from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from uunet.assignment import assign
from uunet.errors import FaultError


def total(cost: np.ndarray) -> float:
    rows, columns = assign(cost)
    assert len(rows) == len(columns) == min(cost.shape)
    assert list(rows) == sorted(set(rows.tolist())) and len(set(columns.tolist())) == len(columns)
    return float(cost[rows, columns].sum())


def by_trying(cost: np.ndarray) -> float:
    short = cost if cost.shape[0] <= cost.shape[1] else cost.T
    ways = permutations(range(short.shape[1]), short.shape[0])
    return min(float(short[np.arange(len(short)), list(way)].sum()) for way in ways)


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.integers(-4, 9).map(float))
    )
)
def test_nothing_is_cheaper(cost: np.ndarray) -> None:
    assert total(cost) == by_trying(cost)


def test_a_large_one_is_as_good_as_its_bound() -> None:
    rng = np.random.default_rng(3)
    hidden = rng.permutation(80)[:60]
    cost = rng.uniform(1, 9, (60, 80))
    cost[np.arange(60), hidden] = rng.uniform(0, 0.01, 60)
    rows, columns = assign(cost)
    assert np.array_equal(columns, hidden) and np.array_equal(rows, np.arange(60))


def test_empty_and_infinite() -> None:
    for shape in ((0, 0), (0, 3), (3, 0)):
        rows, columns = assign(np.zeros(shape))
        assert len(rows) == len(columns) == 0
    with pytest.raises(FaultError, match="not finite"):
        assign(np.array([[np.inf]]))
