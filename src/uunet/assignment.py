"""The linear assignment problem: which of these belongs to which of those, at the least cost together.

The solver is lapx's (15 MB). SciPy has one too, but its import takes 45 MB of memory and a third of a second,
and its wheel 110 MB of disk.
"""

from __future__ import annotations

import lap
import numpy as np
import numpy.typing as npt

from uunet.errors import FaultError

Indices = npt.NDArray[np.intp]


def assign(cost: npt.ArrayLike) -> tuple[Indices, Indices]:
    """Pairs of rows and columns with the smallest sum of costs; as many pairs as the shorter side has.

    Jonker and Volgenant (1987).

    Args:
        cost: (n, m), finite.

    Returns:
        Rows in rising order, and the column of each; both (min(n, m),).

    Raises:
        FaultError: a cost is not finite.
    """
    costs = np.ascontiguousarray(cost, np.float64)
    if not np.isfinite(costs).all():
        raise FaultError("a cost of an assignment is not finite")
    if costs.size == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    column_of, _ = lap.lapjv(costs, extend_cost=True, return_cost=False)
    rows = np.flatnonzero(column_of >= 0)
    return rows, np.asarray(column_of[rows], np.intp)
