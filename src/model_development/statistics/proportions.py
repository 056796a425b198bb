"""Exact bounds of a share, and how many rows a sample of groups is worth.

Source: Clopper and Pearson (1934), The Use of Confidence or Fiducial Limits, Biometrika 26(4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .resampling import LEVEL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def lower_bound(hits: ArrayLike, n: ArrayLike, level: float = LEVEL) -> np.ndarray:
    """What a share is at least, with a probability of `level`; 0 where nothing was hit.

    hits, n : counts, any shape; they need not be whole.

    >>> round(float(lower_bound(45, 50)), 4)
    0.8012
    """
    from scipy.special import betaincinv

    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    some = hits > 0
    return np.where(some, betaincinv(np.where(some, hits, 1), np.maximum(n - hits, 0) + 1, 1 - level), 0.0)


def upper_bound(hits: ArrayLike, n: ArrayLike, level: float = LEVEL) -> np.ndarray:
    """What a share is at most, with a probability of `level`; 1 where nothing was missed.

    >>> round(float(upper_bound(0, 60)), 4)
    0.0487
    """
    return 1 - lower_bound(np.asarray(n, dtype=float) - hits, n, level)


def share_interval(hits: float, n: float, n_effective: float | None = None) -> tuple[float, float] | None:
    """The two-sided 95 % interval of a share; None without rows.

    n_effective : see `effective_rows`.

    >>> low, high = share_interval(36, 42)
    >>> round(low, 3), round(high, 3)
    (0.715, 0.946)
    """
    if n == 0:
        return None
    worth = n if n_effective is None else min(n, n_effective)
    level, scaled = (1 + LEVEL) / 2, hits / n * worth
    return float(lower_bound(scaled, worth, level)), float(upper_bound(scaled, worth, level))


def effective_rows(groups: np.ndarray) -> np.ndarray:
    """How many independent rows the first 1, 2, ... rows are worth, shape (n_rows,).

    groups : whole numbers, shape (n_rows,). It is as if all rows of a group said the same, which is the least
    that they can be worth: the number of groups, less where groups are of different sizes.
    Source: Kish (1965), Survey Sampling, ch. 5 and 8.

    >>> effective_rows(np.array([7, 7, 3, 3])).tolist()
    [1.0, 1.0, 1.8, 2.0]
    """
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.r_[0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1]
    within = np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
    earlier = np.empty(len(groups))
    earlier[order] = within
    squares = np.cumsum(2 * earlier + 1)
    return np.arange(1, len(groups) + 1) ** 2 / squares
