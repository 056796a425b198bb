"""Differences of a metric in its own unit: between some rows and the others, and between two predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .resampling import FEWEST_GROUPS, draw_weights, percentile_interval
from .units import n_units, unit_codes

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from ..tasks.predictions import Predictions

N_QUICK, N_SLOW = 1000, 200  # resamples, of metrics that are calculated for many at once, and of others
NUMBERS_AT_ONCE = 500_000
Interval = tuple[float, float]


@dataclass(frozen=True)
class Gap:
    """A metric inside a set of rows and outside, nan where undefined; 95 % interval of the difference."""

    inside: float
    outside: float
    interval: Interval | None

    @property
    def difference(self) -> float:
        return self.inside - self.outside


def value_of(metric: Metric, truth: np.ndarray, said: Predictions) -> float:
    """The metric on these rows; nan where it has no meaning for them."""
    if not len(truth):
        return math.nan
    value = float(metric.resampled(truth, said, np.ones((1, len(truth))))[0])
    return value if math.isfinite(value) else math.nan


def gap(
    metric: Metric,
    truth: np.ndarray,
    said: Predictions,
    inside: np.ndarray,
    seed: int,
    groups: np.ndarray | None = None,
) -> Gap:
    """Return the metric inside and outside, and the 95 % interval of the difference.

    truth : shape (n_rows,). inside : bool, shape (n_rows,). Rows are drawn, or whole groups of them.
    Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    sets = [(truth[rows], said.take(rows), rows) for rows in map(np.flatnonzero, (inside, ~inside))]
    values = [value_of(metric, *of_set[:2]) for of_set in sets]
    if not all(map(math.isfinite, values)):
        return Gap(values[0], values[1], None)

    def difference(weights):
        a, b = (metric.resampled(known, outcome, weights[:, rows]) for known, outcome, rows in sets)
        return a - b

    fewest = min(n_units(len(rows), None if groups is None else groups[rows]) for _, _, rows in sets)
    return Gap(values[0], values[1], _resampled(difference, metric, len(truth), fewest, seed, groups))


def paired_fall(
    metric: Metric,
    truth: np.ndarray,
    before: Predictions,
    after: Predictions,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[float, Interval | None]:
    """Return (how much worse the metric is after than before, its 95 % interval); positive is worse.

    The same rows are drawn for both. nan and None where the metric is undefined.
    """
    sign = 1 if metric.greater_is_better else -1
    fall = sign * (value_of(metric, truth, before) - value_of(metric, truth, after))

    def difference(weights):
        return sign * (metric.resampled(truth, before, weights) - metric.resampled(truth, after, weights))

    if not math.isfinite(fall):
        return math.nan, None
    return fall, _resampled(difference, metric, len(truth), n_units(len(truth), groups), seed, groups)


def _resampled(
    difference: Callable[[np.ndarray], np.ndarray],
    metric: Metric,
    n_rows: int,
    fewest: int,
    seed: int,
    groups: np.ndarray | None,
) -> Interval | None:
    if groups is not None and fewest < FEWEST_GROUPS:
        return None
    rng, drawn, codes = np.random.default_rng(seed), [], unit_codes(groups)
    n_resamples = N_SLOW if metric.vectorised is None else N_QUICK
    size = max(8, NUMBERS_AT_ONCE // n_rows)
    for start in range(0, n_resamples, size):
        with np.errstate(all="ignore"):
            drawn.append(difference(draw_weights(rng, min(size, n_resamples - start), n_rows, codes)))
    return percentile_interval(np.concatenate(drawn), fewest)
