"""A metric on the test rows with an interval that does not pretend to know more than the rows say."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..metrics.row_losses import LOSSES, row_losses
from ..statistics.differences import value_of
from ..statistics.estimates import share
from ..statistics.proportions import upper_bound
from ..statistics.resampling import FEWEST_GROUPS, N_RESAMPLES, draw_weights
from ..statistics.shares import effective_rows, mean_and_error
from ..statistics.units import n_units, unit_codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..evaluation.evaluation_input import ScoredRows
    from ..metrics.table import Metric
    from ..tasks.predictions import Predictions

NUMBERS_AT_ONCE = 500_000
N_SLOW = 200  # resamples of metrics that are calculated one by one, and of many rows
MANY_ROWS = 100_000
DEFINED = 0.9  # share of the resamples in which it must have a value
TWO_SIDED, ONE_SIDED = 0.975, 0.95  # level of each bound


@dataclass(frozen=True)
class Judged:
    """value : NaN where undefined. low, high : bounds, None where the rows say nothing. error : of the value.

    no_variation : is it one at which no resample differs, as where every label is right? telling : then the
    share of the rows that could have shown a mistake.
    """

    value: float
    low: float | None
    high: float | None
    error: float = math.nan
    no_variation: bool = False
    telling: float = 1.0


def metric_with_interval(metric: Metric, rows: ScoredRows) -> Judged:
    """Return a metric of what was said of some rows, with its 95 % interval.

    Shares of rows have Wilson's; others the bootstrap's.
    """
    flags = _flags(metric.name, rows.truth, rows.said)
    value = value_of(metric, rows.truth, rows.said)
    if flags is None or math.isnan(value):
        drawn = drawn_interval(
            metric, lambda weights: metric.resampled(rows.truth, rows.said, weights), value, rows, TWO_SIDED
        )
        return _within(metric, drawn)
    hits, among = flags
    groups = None if rows.groups is None else rows.groups[among]
    found = share(hits[among], groups)
    is_known = found.n > 1 and (groups is None or n_units(found.n, groups) >= FEWEST_GROUPS)
    low, high = (found.low, found.high) if is_known else (None, None)
    worth = effective_rows(hits[among], groups) if found.n else math.nan
    error = math.sqrt(found.value * (1 - found.value) / worth) if worth > 0 else math.nan
    return Judged(value, low, high, error, no_variation=found.value in (0.0, 1.0))


def _within(metric, judged):
    if judged.low is None:
        return judged
    low, high = max(metric.lowest, judged.low), min(metric.highest, judged.high)
    return replace(judged, low=low, high=high)


def _flags(name, truth, said):
    """(hits, among which rows) where a metric is a share of rows; else None."""
    if name == "accuracy":
        return truth == said.labels, np.ones(len(truth), dtype=bool)
    if said.positive is None:
        return None
    called, positive = said.labels == said.positive, truth == said.positive
    return {"precision": (positive, called), "recall": (called, positive)}.get(name)


def improvement(
    metric: Metric, rows: ScoredRows, ours: Predictions, theirs: Predictions, level: float = ONE_SIDED
) -> Judged:
    """Return how much better `ours` is than `theirs` on the same rows; positive is better, for errors too.

    level : one-sided, of each bound. Of a metric that is a mean over rows the bounds are those of a paired
    t-test; for others the same rows are drawn for both, or whole groups of them.
    Source: percentile bootstrap, Efron and Tibshirani (1993), ch. 13, widened as Hesterberg (2015) says.
    """
    sign = 1 if metric.greater_is_better else -1

    def gain(weights: np.ndarray) -> np.ndarray:
        return sign * (
            metric.resampled(rows.truth, ours, weights) - metric.resampled(rows.truth, theirs, weights)
        )

    value = sign * (value_of(metric, rows.truth, ours) - value_of(metric, rows.truth, theirs))
    gains = _row_gains(metric, rows.truth, ours, theirs, value)
    if gains is None or not np.ptp(gains):
        return drawn_interval(metric, gain, value, rows, level)
    found = mean_and_error(gains, rows.groups)
    if found is None:
        return Judged(value, None, None)
    _, error, degrees = found
    half = error * _t_quantile(level, degrees)
    return Judged(value, value - half, value + half, error)


def _row_gains(metric, truth, ours, theirs, value):
    """What each row adds to the difference, where the metric is a mean over rows; else None."""
    if metric.name not in LOSSES:
        return None
    _, (our_losses, their_losses) = row_losses(metric, (truth, ours), (truth, theirs))
    gains = their_losses - our_losses
    return gains if math.isclose(float(gains.mean()), value, rel_tol=1e-6, abs_tol=1e-12) else None


def _t_quantile(level, degrees):
    from scipy.stats import t

    return float(t.ppf(level, degrees))


def drawn_interval(
    metric: Metric,
    figure: Callable[[np.ndarray], np.ndarray],
    value: float,
    rows: ScoredRows,
    level: float,
) -> Judged:
    """Return a figure with its bootstrap bounds.

    figure : (weights of shape (n_resamples, n_rows)) -> shape (n_resamples,).
    """
    n = n_units(len(rows), rows.groups)
    fewest = 2 if rows.groups is None else FEWEST_GROUPS
    if math.isnan(value) or n < fewest:
        return Judged(value, None, None)
    drawn = _draws(metric, figure, rows)
    finite = drawn[np.isfinite(drawn)]
    if len(finite) < DEFINED * len(drawn):
        return Judged(value, None, None)
    low, high = _quantiles(finite, n, level)
    if low == high:
        n_telling = _rows_that_tell(metric, rows, n)
        return replace(_without_variation(metric, value, n_telling, level), telling=n_telling / n)
    return Judged(value, low, high, float(finite.std(ddof=1)))


def _draws(metric, figure, rows):
    rng, drawn, codes = np.random.default_rng(0), [], unit_codes(rows.groups)
    is_dear = metric.vectorised is None or len(rows) > MANY_ROWS
    n_resamples = N_SLOW if is_dear else N_RESAMPLES
    size = max(8, NUMBERS_AT_ONCE // len(rows))
    for start in range(0, n_resamples, size):
        weights = draw_weights(rng, min(size, n_resamples - start), len(rows), codes)
        with np.errstate(all="ignore"):
            drawn.append(figure(weights))
    return np.concatenate(drawn)


def _quantiles(drawn, n, level):
    """Percentiles as wide as a t-distribution's are for so many units."""
    from scipy.stats import norm, t

    ends = norm.cdf(np.sqrt(n / (n - 1)) * t.ppf([1 - level, level], n - 1))
    return tuple(np.quantile(drawn, ends).tolist())


def _rows_that_tell(metric, rows, n):
    """How many units could have shown a mistake: of two classes those of the rarer one."""
    if rows.said.positive is None or metric.name in LOSSES:
        return n
    return max(1, min(n, *np.bincount(rows.truth, minlength=2).tolist()))


def _without_variation(metric, value, n, level):
    """No row differs: what a share of rows may still be of which n rows show none.

    Metrics without ends have no such bound, and their interval is the value.
    """
    span = metric.highest - metric.lowest
    if not math.isfinite(span):
        return Judged(value, value, value, 0.0, no_variation=True)
    reach = span * float(upper_bound(0, n, level))
    return Judged(value, value - reach, value + reach, 0.0, no_variation=True)
