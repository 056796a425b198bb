"""Are some rows from the same distribution as others, column by column?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .levels import as_sortable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...data.columns.schema import Column

LEVEL_OF_DRIFT = 0.01  # false discovery rate
SMALLEST = 0.05  # effect that counts: with many rows any difference is significant
MIN_EXPECTED = 5  # rows of a category, below which it is one with the other rare ones
MIN_ROWS = 10  # present values on each side


def drift_by_column(columns: Sequence[Column], known: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """Return (column, what, effect, p, has_drifted) of each comparison of the rows X with the known rows.

    what : "values", or "missing" for the share of missing ones. effect : the largest difference of the
    distribution functions, or of the shares of any set of categories; 0 to 1. Rows must be independent.
    Source: Benjamini and Hochberg (1995), JRSS B 57(1), over all comparisons.
    """
    rows = []
    for column in columns:
        a, b = as_sortable(column, known[column.name]), as_sortable(column, X[column.name])
        gone = pd.isna(a), pd.isna(b)
        if gone[0].any() or gone[1].any():
            rows.append((column.name, "missing", *_of_categories(*gone)))
        a, b = a[~gone[0]], b[~gone[1]]
        if column.kind != "text" and min(len(a), len(b)) >= MIN_ROWS:
            test = _of_categories if column.kind == "category" else _of_numbers
            rows.append((column.name, "values", *test(a, b)))
    found = pd.DataFrame(rows, columns=["column", "what", "effect", "p"])
    found["has_drifted"] = _discovered(found["p"].to_numpy(dtype=float)) & (found["effect"] >= SMALLEST)
    return found


def _of_numbers(a, b):
    from scipy.stats import ks_2samp

    found = ks_2samp(a, b, method="asymp")  # the exact one knows no ties
    return float(found.statistic), float(found.pvalue)


def _of_categories(a, b):
    from scipy.stats import chi2_contingency

    levels, codes = np.unique(np.concatenate([a, b]).astype(str), return_inverse=True)
    counts = np.array(
        [np.bincount(part, minlength=len(levels)) for part in (codes[: len(a)], codes[len(a) :])]
    )
    expected = counts.sum(axis=0) * min(len(a), len(b)) / counts.sum()
    rare = expected < MIN_EXPECTED
    if rare.any():
        counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    if counts.shape[1] < 2:
        return 0.0, 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chi2_contingency(counts).pvalue)


def _discovered(p):
    """Benjamini and Hochberg's choice at LEVEL_OF_DRIFT, bool."""
    order = np.argsort(p)
    below = p[order] <= LEVEL_OF_DRIFT * np.arange(1, len(p) + 1) / max(len(p), 1)
    chosen = np.zeros(len(p), dtype=bool)
    chosen[order[: int(np.flatnonzero(below)[-1]) + 1 if below.any() else 0]] = True
    return chosen
