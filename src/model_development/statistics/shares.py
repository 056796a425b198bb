"""Intervals and tests of shares and means of rows, which may come in groups."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .resampling import FEWEST_GROUPS, LEVEL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Interval = tuple[float, float]


@cache
def _quantile(level: float, degrees: int | None = None) -> float:
    """Of the normal distribution, or of the t-distribution, for a two-sided interval."""
    from scipy.stats import norm, t

    half = (1 + level) / 2
    return float(norm.ppf(half) if degrees is None else t.ppf(half, degrees))


def wilson_interval(share: float, n: float, quantile: float | None = None) -> Interval:
    """Return (low, high), the 95 % interval of a share of n independent rows; n need not be whole.

    quantile : of the normal distribution, or another one, that stands for the level.
    Source: Wilson (1927), JASA 22(158); Brown, Cai and DasGupta (2001), Statistical Science 16(2).

    >>> [round(end, 3) for end in wilson_interval(0.9, 100)]
    [0.826, 0.945]
    """
    z = _quantile(LEVEL) if quantile is None else quantile
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def share_interval(
    hits: ArrayLike, groups: np.ndarray | None = None, level: float = LEVEL
) -> Interval | None:
    """Return the interval of the share of hits; None where there are no rows, or fewer than 5 groups.

    hits : booleans, shape (n_rows,). groups : whole numbers; then the interval is Wilson's for as many
        independent rows as vary like these, with the t-distribution of so many groups.
    Source: Korn and Graubard (1998), Survey Methodology 24(2).
    """
    hits = np.asarray(hits, dtype=bool)
    if not len(hits):
        return None
    if groups is None:
        return wilson_interval(float(hits.mean()), len(hits), _quantile(level))
    n_groups = len(np.unique(groups))
    if n_groups < FEWEST_GROUPS:
        return None
    return wilson_interval(float(hits.mean()), effective_rows(hits, groups), _quantile(level, n_groups - 1))


def share_p_value(hits: ArrayLike, expected: float, groups: np.ndarray | None = None) -> float:
    """Return the two-sided p-value of a share of hits being `expected`, exact for independent rows.

    It is 1 for fewer than 5 groups, of which nothing can be said.
    """
    from scipy.stats import binomtest

    hits = np.asarray(hits, dtype=bool)
    if groups is not None and len(np.unique(groups)) < FEWEST_GROUPS:
        return 1.0
    n = max(1, int(effective_rows(hits, groups)))
    return float(binomtest(round(float(hits.mean()) * n), n, expected).pvalue)


def effective_rows(hits: np.ndarray, groups: np.ndarray | None) -> float:
    """Return how many independent rows vary as these do, at least the number of groups but for large ones."""
    share = float(hits.mean())
    if groups is None:
        return float(len(hits))
    codes = np.unique(groups, return_inverse=True)[1]
    n_groups = int(codes.max()) + 1
    variance = clustered_variance(hits - share, codes)
    if variance <= 0 or share in (0.0, 1.0):
        return float(n_groups)
    return float(min(len(hits), share * (1 - share) / variance))


def mean_interval(
    values: ArrayLike, groups: np.ndarray | None = None, level: float = LEVEL
) -> Interval | None:
    """Return the t-interval of a mean; None for fewer than 2 rows, or 5 groups where rows have groups.

    Source: of groups Liang and Zeger (1986), Biometrika 73(1).

    >>> [round(end, 2) for end in mean_interval([1.0, 2.0, 3.0])]
    [-0.48, 4.48]
    """
    found = mean_and_error(values, groups)
    if found is None:
        return None
    mean, error, degrees = found
    half = _quantile(level, degrees) * error
    return mean - half, mean + half


def mean_and_error(values: ArrayLike, groups: np.ndarray | None = None) -> tuple[float, float, int] | None:
    """Return (mean, its standard error, degrees of freedom); None where rows or groups are too few."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return None
    mean = float(values.mean())
    if groups is None:
        return mean, float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1
    codes = np.unique(groups, return_inverse=True)[1]
    n_groups = int(codes.max()) + 1
    if n_groups < FEWEST_GROUPS:
        return None
    return mean, float(np.sqrt(clustered_variance(values - mean, codes))), n_groups - 1


def clustered_variance(centred: np.ndarray, codes: np.ndarray) -> float:
    """Variance of a mean of rows in groups. Source: Cochran (1977), Sampling Techniques, section 9A."""
    sums = np.bincount(codes, centred)
    return float((sums**2).sum() / len(centred) ** 2 * len(sums) / (len(sums) - 1))
