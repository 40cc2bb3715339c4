"""What explains most of many faces' values, in few numbers: principal components, and codes as columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.index import Codes

Floats = npt.NDArray[np.float64]


def project(values: Floats, count: int, rows: Codes) -> Floats:
    """The first `count` principal components of the rows, for all (N, d) values, by falling variance."""
    centred = values - values[rows].mean(0)
    directions = np.linalg.eigh(centred[rows].T @ centred[rows])[1][:, ::-1][:, :count]
    return np.asarray(centred @ directions)


def components(values: npt.NDArray[np.float32], count: int, rows: Codes) -> Floats:
    """The same, in units of their standard deviation in the rows."""
    scores = project(values.astype(np.float64), count, rows)
    return np.asarray(scores / scores[rows].std(0).clip(1e-6))


def one_hot(codes: Codes) -> Floats:
    """(N, k) codes → a column of ones, and one of zeros and ones for each value of each code."""
    columns = [codes[:, i, None] == np.unique(codes[:, i]) for i in range(codes.shape[1])]
    return np.concatenate([np.ones((len(codes), 1)), *columns], 1).astype(np.float64)
