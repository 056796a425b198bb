"""Raw rows and their target in whatever form scikit-learn's tools hand them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def as_table(X: ArrayLike) -> pd.DataFrame:
    """Raw rows as a DataFrame whose names are texts; an array's columns are called x0, x1, ..."""
    if isinstance(X, pd.DataFrame):
        named = all(isinstance(name, str) for name in X.columns)
        return X if named else X.set_axis(X.columns.map(str), axis=1)
    if hasattr(X, "tocsr"):
        raise TypeError("Sparse matrices are not taken: give a DataFrame or a dense array.")
    rows = np.asarray(X)
    if rows.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {rows.ndim}D array instead. Reshape your data: one row per case."
        )
    if rows.dtype.kind == "c":
        raise ValueError("Complex data not supported.")
    if rows.shape[1] == 0:
        raise ValueError(f"0 feature(s) (shape={rows.shape}) while a minimum of 1 is required.")
    return pd.DataFrame(rows, columns=[f"x{position}" for position in range(rows.shape[1])])


def as_target(y: ArrayLike | None, n_rows: int) -> np.ndarray:
    """The target, shape (n_rows,)."""
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None.")
    target = np.asarray(column_or_1d(y, warn=True))
    if len(target) != n_rows:
        raise ValueError(
            f"Found {n_rows} rows in X and {len(target)} values in y: their numbers must be equal."
        )
    if n_rows < 2:
        raise ValueError(f"Found array with n_samples={n_rows} while a minimum of 2 is required.")
    return target


def as_weights(sample_weight: ArrayLike, n_rows: int) -> np.ndarray:
    """How much each row counts, shape (n_rows,)."""
    weights = np.asarray(sample_weight, dtype=float)
    if weights.shape != (n_rows,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"sample_weight must be {n_rows} finite numbers that are not negative.")
    return weights
