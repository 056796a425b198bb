"""Shares and means of rows that may depend on each other, with intervals in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .resampling import LEVEL
from .shares import mean_interval, share_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A share or a mean. low, high : its interval. n : rows that it is of.

    NaN where there are none; the ends of a mean are NaN, too, where rows or groups are too few to tell.
    """

    value: float
    low: float
    high: float
    n: int


def share(flags: np.ndarray, groups: np.ndarray | None = None, level: float = LEVEL) -> Estimate:
    """Return the share of True, with the ends of `share_interval`: 0 and 1 where it tells nothing.

    flags : bool, shape (n_rows,). groups : whole numbers, shape (n_rows,), or None.

    >>> tail = share(np.array([True] * 8 + [False] * 2))
    >>> tail.value, round(tail.low, 3), round(tail.high, 3)
    (0.8, 0.49, 0.943)
    """
    if not len(flags):
        return Estimate(math.nan, math.nan, math.nan, 0)
    p = float(np.mean(flags))
    low, high = share_interval(flags, groups, level) or (0.0, 1.0)
    return Estimate(p, min(p, low), max(p, high), len(flags))


def mean(values: np.ndarray, groups: np.ndarray | None = None, level: float = LEVEL) -> Estimate:
    """Return the mean, with the ends of `mean_interval`. values : shape (n_rows,)."""
    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0)
    low, high = mean_interval(values, groups, level) or (math.nan, math.nan)
    return Estimate(float(np.mean(values)), low, high, len(values))


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
