"""Shares and means of rows that may depend on each other, with intervals in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from .resampling import LEVEL
from .shares import clustered_variance, wilson_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A share or a mean. low, high : its interval. n : rows that it is of.

    NaN where there are none; the ends of a mean are NaN, too, where one row or group alone tells no spread.
    """

    value: float
    low: float
    high: float
    n: int


def share(flags: np.ndarray, groups: np.ndarray | None = None, level: float = LEVEL) -> Estimate:
    """Return the share of True, with Wilson's interval. flags : bool, shape (n_rows,).

    groups : whole numbers, shape (n_rows,), or None. Of groups the interval is that of as many independent
    rows as have the same variance.
    Source: Wilson (1927), JASA 22; Korn and Graubard (1998), Survey Methodology 24(2), for clusters.

    >>> tail = share(np.array([True] * 8 + [False] * 2))
    >>> tail.value, round(tail.low, 3), round(tail.high, 3)
    (0.8, 0.49, 0.943)
    """
    n = len(flags)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    p = float(np.mean(flags))
    n_effective, z = float(n), _quantile(level)
    if groups is not None:
        variance, n_groups = _variance_of_mean(np.asarray(flags, dtype=float), groups)
        n_effective = min(n, p * (1 - p) / variance) if variance > 0 else n_groups
        z = _quantile(level, n_groups - 1)
    if not math.isfinite(z):
        return Estimate(p, 0.0, 1.0, n)
    low, high = wilson_interval(p, n_effective, z)
    return Estimate(p, min(p, low), max(p, high), n)


def mean(values: np.ndarray, groups: np.ndarray | None = None, level: float = LEVEL) -> Estimate:
    """Return the mean with a t-interval, of groups one of their sums. values : shape (n_rows,).

    Source: Liang and Zeger (1986), Biometrika 73(1), for groups.
    """
    n = len(values)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    variance, n_units = _variance_of_mean(values, np.arange(n) if groups is None else groups)
    half = _quantile(level, n_units - 1) * math.sqrt(variance) if n_units > 1 else math.nan
    value = float(np.mean(values))
    return Estimate(value, value - half, value + half, n)


def difference(a: Estimate, b: Estimate) -> Interval:
    """The interval of a - b at the level of the two, which are independent.

    Source: Newcombe (1998), Statistics in Medicine 17; Zou and Donner (2008), Statistics in Medicine 27.
    """
    low = math.hypot(a.value - a.low, b.high - b.value)
    high = math.hypot(a.high - a.value, b.value - b.low)
    return a.value - b.value - low, a.value - b.value + high


def ratio(a: Estimate, b: Estimate) -> Interval:
    """The interval of a / b of two shares at the level of the two, which are independent.

    Their logarithms are subtracted as by `difference`. Source: Zou and Donner (2008), as above.

    >>> low, high = ratio(share(np.arange(100) < 50), share(np.arange(100) < 50))
    >>> round(low, 2), round(high, 2)
    (0.76, 1.32)
    """
    if not b.value > 0:
        return 0.0, math.inf
    if a.value == 0:
        return 0.0, a.high / b.low if b.low > 0 else math.inf
    log_a, log_b = (_logarithms(one) for one in (a, b))
    low, high = difference(log_a, log_b)
    return math.exp(low), math.exp(high) if math.isfinite(high) else math.inf


def _logarithms(share):
    low = math.log(share.low) if share.low > 0 else -math.inf
    return Estimate(math.log(share.value), low, math.log(share.high), share.n)


@cache
def _quantile(level, degrees=None):
    """Of the normal distribution, or of the t-distribution; infinite without a degree of freedom."""
    from scipy.stats import norm, t

    if degrees is None:
        return float(norm.ppf((1 + level) / 2))
    return float(t.ppf((1 + level) / 2, degrees)) if degrees > 0 else math.inf


def _variance_of_mean(values, groups):
    """Return (variance of the mean, number of groups); 0 where there is one group alone."""
    codes = np.unique(groups, return_inverse=True)[1]
    n_groups = int(codes.max()) + 1
    return clustered_variance(values - values.mean(), codes) if n_groups > 1 else 0.0, n_groups
