"""Intervals by bootstrap: rows, or whole groups of them, drawn again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..metrics.table import Metric, metrics_for
from ..tasks.table import codecs
from .many_rows import as_of_all, part_of_many
from .units import n_units, unit_codes

if TYPE_CHECKING:
    from ..tasks.predictions import Predictions


LEVEL = 0.95
N_RESAMPLES = 1000
TAILS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
FEWEST_GROUPS = 5  # in a fold, for drawing whole groups to say something
DEFINED = 0.9  # share of the resamples in which a metric must have a value
ROWS_AT_ONCE = 500_000  # weights held at once, resamples x rows
FEWEST_AT_ONCE = 8  # resamples: each block puts the rows into order anew


def bootstrap_intervals(
    folds: Sequence[tuple[np.ndarray, Predictions | dict[str, Predictions], np.ndarray | None]],
    family: str,
    seed: int = 0,
    only: Metric | None = None,
    until: float | None = None,
) -> dict[str, tuple[float, float] | None] | None:
    """Return {metric: (low, high)}, the 95 % interval of its mean over the folds; None where undefined.

    folds : list of (truth, Predictions, groups) of the rows that each fold left out; groups are whole
        numbers, shape (n_rows,), or None. {metric: Predictions} where each metric has its own.
    only : the one Metric that is wanted; all of the family where None.
    until : time.monotonic() by which it must be done. Returns None where the first draws show that it will
        not be.

    Rows, or whole groups of them, are drawn within each fold, so that an interval is about the mean that
    is reported; it is undefined where a fold has so few groups that a draw hardly differs from it. It says
    how much the rows that were scored matter, not how much other training rows would; rows that depend on
    their neighbours in time make it too narrow.
    Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    if any(groups is not None and len(np.unique(groups)) < FEWEST_GROUPS for _, _, groups in folds):
        return dict.fromkeys(metric.name for metric in ([only] if only else metrics_for(family)))
    drawn = resampled_means(folds, family, seed, only, until)
    if drawn is None:
        return None
    fewest = min(n_units(len(truth), groups) for truth, _, groups in folds)
    return {name: percentile_interval(values, fewest) for name, values in drawn.items()}


def resampled_means(
    folds: Sequence[tuple[np.ndarray, Predictions | dict[str, Predictions], np.ndarray | None]],
    family: str,
    seed: int = 0,
    only: Metric | None = None,
    until: float | None = None,
) -> dict[str, np.ndarray] | None:
    """Return {metric: its mean over the folds in each resample, shape (N_RESAMPLES,)}.

    Arguments and None as in `bootstrap_intervals`. The same seed and rows draw the same resamples, so that
    the values of two models differ by the models alone. Of very many rows a part is drawn from, see
    `part_of_many`.
    """
    rng, metrics = np.random.default_rng(seed), [only] if only else metrics_for(family)
    values = {metric.name: np.zeros(N_RESAMPLES) for metric in metrics}
    parts = [part_of_many(truth, groups, codecs()[family].has_classes) for truth, _, groups in folds]
    there = [
        fold if part is None else _some_rows(fold, part) for fold, part in zip(folds, parts, strict=True)
    ]
    n_numbers, n_done = N_RESAMPLES * sum(len(truth) for truth, _, _ in there), 0
    began = time.monotonic()
    for fold, part, (truth, said, groups) in zip(folds, parts, there, strict=True):
        drawn, codes = {metric.name: np.empty(N_RESAMPLES) for metric in metrics}, unit_codes(groups)
        for rows in _blocks(len(truth)):
            weights = draw_weights(rng, len(rows), len(truth), codes)
            for metric in metrics:
                drawn[metric.name][rows] = metric.resampled(truth, _outcome(said, metric), weights)
            n_done += weights.size
            if until is not None and began + (time.monotonic() - began) * n_numbers / n_done > until:
                return None
        for metric in metrics:
            found = drawn[metric.name]
            if part is not None:
                found = as_of_all(found, metric, fold[0], _outcome(fold[1], metric), part, fold[2])
            values[metric.name] += found / len(folds)
    return values


def _some_rows(fold, part):
    truth, said, groups = fold
    of_part = None if groups is None else groups[part]
    if isinstance(said, dict):
        return truth[part], {name: outcome.take(part) for name, outcome in said.items()}, of_part
    return truth[part], said.take(part), of_part


def _outcome(said, metric):
    """The Predictions for a metric, where each may have its own."""
    return said[metric.name] if isinstance(said, dict) else said


def paired_improvement(
    truth: np.ndarray,
    ours: Predictions,
    theirs: Predictions,
    metric: Metric,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> tuple[float, float] | None:
    """Return (low, high), the 95 % interval of the improvement of a metric in percent; None where undefined.

    truth : shape (n_rows,). ours, theirs : Predictions for the same rows. Positive is better, for errors too.
    The rows are drawn once for both, so that what is hard for both does not count as a difference; whole
    groups of them where there are groups, whole numbers of shape (n_rows,).

    Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    if groups is not None and len(np.unique(groups)) < FEWEST_GROUPS:
        return None
    rng, gains, codes = np.random.default_rng(seed), [], unit_codes(groups)
    for rows in _blocks(len(truth)):
        weights = draw_weights(rng, len(rows), len(truth), codes)
        new, old = (metric.resampled(truth, said, weights) for said in (ours, theirs))
        with np.errstate(all="ignore"):
            gains.append(100 * (new - old) / np.abs(old))
    drawn = np.concatenate(gains) if metric.greater_is_better else -np.concatenate(gains)
    return percentile_interval(drawn, n_units(len(truth), groups))


def bootstrap_figures(
    figures: Callable[[np.ndarray], np.ndarray],
    n_rows: int,
    seed: int,
    groups: np.ndarray | None = None,
    n_draws: int = N_RESAMPLES,
) -> list[tuple[float, float] | None]:
    """Return the 95 % interval of each of some figures of the same rows; None where undefined.

    figures : (weights of shape (n_resamples, n_rows)) -> shape (n_resamples, n_figures), NaN where undefined.
    groups : see `bootstrap_intervals`, which draws in the same way. n_draws : at least, where they are dear.
    """
    rng, drawn, codes = np.random.default_rng(seed), [], unit_codes(groups)
    for rows in (block for block in _blocks(n_rows) if block[0] < n_draws):
        drawn.append(figures(draw_weights(rng, len(rows), n_rows, codes)))
    n_drawn = n_units(n_rows, groups)
    if groups is not None and n_drawn < FEWEST_GROUPS:
        return [None] * drawn[0].shape[1]
    return [percentile_interval(values, n_drawn) for values in np.concatenate(drawn).T]


def percentile_interval(drawn: np.ndarray, n_units: int) -> tuple[float, float] | None:
    """Return the 95 % interval of the resamples that have a value; None where too many have none.

    drawn : shape (n_resamples,). n_units : rows, or groups, that were drawn from.
    Wider than the plain percentiles, as those of a t-distribution are for so many units.
    Source: Hesterberg (2015), What Teachers Should Know About the Bootstrap, American Statistician 69(4).
    """
    from scipy.stats import norm, t

    finite = drawn[np.isfinite(drawn)]
    if len(finite) < DEFINED * len(drawn) or n_units < 2:
        return None
    expanded = norm.cdf(np.sqrt(n_units / (n_units - 1)) * t.ppf(TAILS, n_units - 1))
    return tuple(np.quantile(finite, expanded).tolist())


def weights_at_once(n_rows: int) -> int:
    """How many numbers the weights of a block of resamples are, for so many rows."""
    return n_rows * len(_blocks(n_rows)[0])


def _blocks(n_rows):
    size = max(FEWEST_AT_ONCE, ROWS_AT_ONCE // n_rows)
    return [np.arange(start, min(start + size, N_RESAMPLES)) for start in range(0, N_RESAMPLES, size)]


def draw_weights(
    rng: np.random.Generator, n_resamples: int, n_rows: int, codes: np.ndarray | None
) -> np.ndarray:
    """How often each row is drawn, shape (n_resamples, n_rows); what is drawn of a row lies in one piece.

    codes : of `unit_codes`, made once for all draws; None where rows stand alone.
    """
    n_units = n_rows if codes is None else codes.max() + 1
    drawn = rng.integers(0, n_units, (n_units, n_resamples))
    drawn *= n_resamples
    drawn += np.arange(n_resamples)
    times = np.bincount(drawn.ravel(), minlength=n_units * n_resamples).reshape(n_units, n_resamples)
    times = times.astype(float)
    return (times if codes is None else times[codes]).T
