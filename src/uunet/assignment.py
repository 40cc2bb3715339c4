"""The linear assignment problem: which of these belongs to which of those, at the least cost together.

SciPy has it too, but its import takes 45 MB of memory and a third of a second, and its wheel 110 MB of disk.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from uunet.errors import DetectionError

Indices = npt.NDArray[np.intp]


def assign(cost: npt.ArrayLike) -> tuple[Indices, Indices]:
    """Pairs of rows and columns with the smallest sum of costs; as many pairs as the shorter side has.

    Shortest augmenting paths (Jonker and Volgenant, 1987; rectangular: Crouse, 2016).

    Args:
        cost: (n, m), finite.

    Returns:
        Rows in rising order, and the column of each; both (min(n, m),).

    Raises:
        DetectionError: a cost is not finite.
    """
    costs = np.asarray(cost, np.float64)
    if not np.isfinite(costs).all():
        raise DetectionError("a cost of an assignment is not finite", "this is a fault of the program")
    if costs.shape[0] > costs.shape[1]:
        columns, rows = assign(costs.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    taken = _augment(costs)
    return np.arange(len(costs)), taken


def _augment(costs: npt.NDArray[np.float64]) -> Indices:
    """The column of each row; n <= m. `prices` and `values` are the dual variables of columns and rows."""
    n, m = costs.shape
    values, prices = np.zeros(n), np.zeros(m)
    owner, column_of = np.full(m, -1), np.full(n, -1)
    for start in range(n):
        shortest, before = np.full(m, np.inf), np.full(m, -1)
        done = np.zeros(m, bool)
        row, length, end = start, 0.0, -1
        while end < 0:
            reach = length + costs[row] - values[row] - prices
            better = ~done & (reach < shortest)
            shortest[better], before[better] = reach[better], row
            column = int(np.argmin(np.where(done, np.inf, shortest)))
            length = float(shortest[column])
            done[column] = True
            if owner[column] < 0:
                end = column
            else:
                row = int(owner[column])
        inside = done & (owner >= 0)
        values[start] += length
        values[owner[inside]] += length - shortest[inside]
        prices[done] -= length - shortest[done]
        while end >= 0:  # flip the path: every column on it goes to the row that reached it
            row = int(before[end])
            owner[end] = row
            column_of[row], end = end, int(column_of[row]) if row != start else -1
    return column_of
