"""Units that are drawn, permuted and counted: rows, or whole groups of rows that depend on each other."""

from __future__ import annotations

import numpy as np


def n_units(n_rows: int, groups: np.ndarray | None) -> int:
    """How many units so many rows are. groups : whole numbers, shape (n_rows,), or None."""
    return n_rows if groups is None else len(np.unique(groups))


def unit_codes(groups: np.ndarray | None) -> np.ndarray | None:
    """Return the groups numbered from 0, shape (n_rows,); None where there are none.

    >>> unit_codes(np.array([9, 7, 9])).tolist()
    [1, 0, 1]
    """
    return None if groups is None else np.unique(groups, return_inverse=True)[1]


def sample_units(n_rows: int, most: int, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """Return sorted positions of at most so many rows, drawn; of groups whole ones, one at least.

    groups : whole numbers, shape (n_rows,), or None.

    >>> sample_units(3, 5, 0).tolist()
    [0, 1, 2]
    >>> sample_units(4, 2, 0, np.array([7, 7, 9, 9])).tolist()
    [0, 1]
    """
    if n_rows <= most:
        return np.arange(n_rows)
    rng = np.random.default_rng(seed)
    if groups is None:
        return np.sort(rng.choice(n_rows, most, replace=False))
    codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    order = rng.permutation(len(sizes))
    n_taken = max(1, int((np.cumsum(sizes[order]) <= most).sum()))
    return np.flatnonzero(np.isin(codes, order[:n_taken]))


def one_of_each(n_rows: int, seed: int, groups: np.ndarray | None) -> np.ndarray:
    """Return sorted positions of rows that do not depend on each other: one drawn row of each group.

    >>> len(one_of_each(4, 0, np.array([7, 7, 9, 9]))), len(one_of_each(4, 0, None))
    (2, 4)
    """
    if groups is None:
        return np.arange(n_rows)
    order = np.random.default_rng(seed).permutation(n_rows)
    return np.sort(order[np.unique(groups[order], return_index=True)[1]])
