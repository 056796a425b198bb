"""Columns whose values lie too close together for scikit-learn's trees, which take 1e-7 for no difference."""

from __future__ import annotations

import numpy as np


def enlarging_factors(matrix: np.ndarray) -> np.ndarray:
    """Return for each column the power of two by which its values lie 1 apart or more; 1 where they do.

    matrix : shape (n_rows, n_columns), NaN where missing. Powers of two change no digit of a number.

    >>> enlarging_factors(np.array([[0.0, 0.25, 7.0], [3.0, 0.5, 7.0]])).tolist()
    [1.0, 4.0, 1.0]
    """
    ranges = np.fmax.reduce(matrix, axis=0) - np.fmin.reduce(matrix, axis=0)
    known = np.where(ranges > 0, ranges, 1.0)  # neither of one value alone nor of none
    return np.maximum(1.0, np.exp2(-np.floor(np.log2(known))))
