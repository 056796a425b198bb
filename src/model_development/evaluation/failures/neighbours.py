"""Which rows are like a row, over columns of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .levels import as_sortable

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema

TAILS = (0.05, 0.95)  # quantiles between which the distance of two numbers is 1
N_NAMED = 3  # columns in which two rows differ most


def nearest(
    schema: TableSchema, X: pd.DataFrame, known: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return (position of the nearest known row, its distance, the columns that differ most) for each row.

    The distance is the mean over the columns of 0 (equal) to 1: for numbers and dates their difference in
    units of the spread of the known rows, 1 at the most; else 1 where they differ. A missing value is like
    another missing one alone.
    Source: Gower (1971), A General Coefficient of Similarity, Biometrics 27(4).
    """
    columns = [column for column in schema.columns if column.kind != "dropped"]
    total = np.zeros((len(X), len(known)))
    for column in columns:
        total += _apart(column, X[column.name], known[column.name])
    positions = total.argmin(axis=1)
    distances = total[np.arange(len(X)), positions] / len(columns)
    pairs = known.iloc[positions].reset_index(drop=True)
    each = np.array(
        [
            np.diagonal(_apart(column, X[column.name], pairs[column.name], of=known[column.name]))
            for column in columns
        ]
    )
    return positions, distances, [_named(columns, of_row) for of_row in each.T]


def _apart(column, values, others, of=None):
    """Distances of each value to each other one, shape (n_values, n_others)."""
    a, b = as_sortable(column, values), as_sortable(column, others)
    missing = pd.isna(a)[:, None] != pd.isna(b)[None]
    if column.kind not in ("number", "date"):
        return np.where(missing, 1.0, (a[:, None] != b[None]).astype(float))
    reference = b if of is None else as_sortable(column, of)
    reference = reference[~np.isnan(reference)]
    low, high = np.quantile(reference, TAILS) if len(reference) else (0.0, 0.0)
    spread = (high - low) or float(np.ptp(reference) if len(reference) else 0.0) or 1.0
    with np.errstate(invalid="ignore"):
        apart = np.minimum(np.abs(a[:, None] - b[None]) / spread, 1.0)
    return np.where(missing, 1.0, np.nan_to_num(apart))


def _named(columns, distances):
    order = np.argsort(-distances, kind="stable")[:N_NAMED]
    return ", ".join(columns[k].name for k in order if distances[k] > 0)
