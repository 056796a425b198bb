"""Are some rows from the same distribution as others, column by column?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...statistics.two_samples import compare_bins, compare_levels, differ
from .levels import as_sortable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...data.columns.schema import Column

MIN_ROWS = 10  # present values on each side


def drift_by_column(columns: Sequence[Column], known: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """Return (column, what, effect, p, has_drifted) of each comparison of the rows X with the known rows.

    what : "values", or "missing" for the share of missing ones. effect : the largest difference of the
    distribution functions, or of the shares of any set of categories; 0 to 1. Rows must be independent.
    Source: see statistics/two_samples.py.
    """
    named, compared = [], []
    for column in columns:
        a, b = as_sortable(column, known[column.name]), as_sortable(column, X[column.name])
        gone = pd.isna(a), pd.isna(b)
        if gone[0].any() or gone[1].any():
            named.append((column.name, "missing"))
            compared.append(compare_levels(*_counts(*gone)))
        a, b = a[~gone[0]], b[~gone[1]]
        if column.kind != "text" and min(len(a), len(b)) >= MIN_ROWS:
            named.append((column.name, "values"))
            compare = compare_levels if column.kind == "category" else compare_bins
            compared.append(compare(*_counts(a, b)))
    found = pd.DataFrame(named, columns=["column", "what"])
    found["effect"] = np.array([comparison.effect for comparison in compared], dtype=float)
    found["p"] = np.array([comparison.p for comparison in compared], dtype=float)
    found["has_drifted"] = differ(compared)
    return found


def _counts(a, b):
    """How often each value occurs on both sides, in the order of the values."""
    values, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    return [np.bincount(part, minlength=len(values)) for part in (codes[: len(a)], codes[len(a) :])]
