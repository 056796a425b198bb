"""How sure the numbers are: intervals by bootstrap, and paired tests over the folds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..metrics.table import Metric, metrics_for

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..tasks.predictions import Predictions


N_RESAMPLES = 1000
LEVEL = 0.95
SURE = 0.05  # p-value, adjusted for the number of tests, below which a difference counts
FEWEST_FOLDS = 3  # from which a paired test can tell something
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
    rng, metrics = np.random.default_rng(seed), [only] if only else metrics_for(family)
    values = {metric.name: np.zeros(N_RESAMPLES) for metric in metrics}
    if any(groups is not None and len(np.unique(groups)) < FEWEST_GROUPS for _, _, groups in folds):
        return dict.fromkeys(values)
    n_numbers, n_done = N_RESAMPLES * sum(len(truth) for truth, _, _ in folds), 0
    began = time.monotonic()
    for truth, said, groups in folds:
        for rows in _blocks(len(truth)):
            weights = draw_weights(rng, len(rows), len(truth), groups)
            for metric in metrics:
                outcome = said[metric.name] if isinstance(said, dict) else said
                values[metric.name][rows] += metric.resampled(truth, outcome, weights) / len(folds)
            n_done += weights.size
            if until is not None and began + (time.monotonic() - began) * n_numbers / n_done > until:
                return None
    n_units = min(_n_units(truth, groups) for truth, _, groups in folds)
    return {name: percentile_interval(drawn, n_units) for name, drawn in values.items()}


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
    rng, gains = np.random.default_rng(seed), []
    for rows in _blocks(len(truth)):
        weights = draw_weights(rng, len(rows), len(truth), groups)
        new, old = (metric.resampled(truth, said, weights) for said in (ours, theirs))
        with np.errstate(all="ignore"):
            gains.append(100 * (new - old) / np.abs(old))
    drawn = np.concatenate(gains) if metric.greater_is_better else -np.concatenate(gains)
    return percentile_interval(drawn, _n_units(truth, groups))


def _n_units(truth, groups):
    """What is drawn: rows, or groups of them."""
    return len(truth) if groups is None else len(np.unique(groups))


def percentile_interval(drawn: np.ndarray, n_units: int) -> tuple[float, float] | None:
    """Return the 95 % interval of resamples, shape (n_resamples,); None where too many have no value.

    Wider than the plain percentiles, as those of a t-distribution are for so many units.
    Source: Hesterberg (2015), What Teachers Should Know About the Bootstrap, American Statistician 69(4).
    """
    from scipy.stats import norm, t

    finite = drawn[np.isfinite(drawn)]
    if len(finite) < DEFINED * len(drawn) or n_units < 2:
        return None
    expanded = norm.cdf(np.sqrt(n_units / (n_units - 1)) * t.ppf(TAILS, n_units - 1))
    return tuple(np.quantile(finite, expanded).tolist())


def corrected_t_test(
    scores: ArrayLike, others: ArrayLike, test_share: float, resolution: float
) -> tuple[float, tuple[float, float], float]:
    """Return (mean difference, its 95 % interval, two-sided p) of paired scores over folds.

    test_share : rows scored over rows fitted in a fold. Folds share training rows, so their scores
        vary together; the variance is made larger for it.
    resolution : what one row is worth, see `Metric.resolution`. Differences are not known more exactly than
        that: those that happen to be equal on a few folds are no proof.

    Source: Nadeau and Bengio (2003), Inference for the Generalization Error, Machine Learning 52.

    >>> difference, interval, p = corrected_t_test([0.9, 0.92, 0.91], [0.8, 0.81, 0.82], 0.5, 0.01)
    >>> round(difference, 3), round(p, 3)
    (0.1, 0.008)
    """
    from scipy.stats import t

    differences = np.asarray(scores, dtype=float) - np.asarray(others, dtype=float)
    n, mean = len(differences), float(differences.mean())
    variance = max(differences.var(ddof=1), resolution**2)
    error = float(np.sqrt((1 / n + test_share) * variance))
    if error == 0:
        return mean, (mean, mean), 1.0 if mean == 0 else 0.0
    half = float(t.ppf((1 + LEVEL) / 2, n - 1) * error)
    return mean, (mean - half, mean + half), float(2 * t.sf(abs(mean) / error, n - 1))


def fold_intervals(
    rows: ArrayLike, test_share: float, metric: Metric, n_scored: float
) -> list[tuple[float, float]]:
    """Return [(low, high)], 95 % intervals of means over folds, within the metric's range.

    rows : scores of several models, shape (n_models, n_folds). test_share, n_scored : see `corrected_t_test`
        and `Metric.resolution`. The variance over folds is the mean of the models', which are alike: that of
        a single one on a few folds is so uncertain that intervals of next to no width would occur.

    >>> from model_development.metrics.table import METRICS
    >>> rows = [[0.90, 0.90, 0.90], [0.99, 0.88, 0.83]]
    >>> [(round(low, 2), high) for low, high in fold_intervals(rows, 0.5, METRICS["f1_score"], 100)]
    [(0.67, 1.0), (0.67, 1.0)]
    """
    from scipy.stats import t

    scores = np.asarray(rows, dtype=float)
    if not scores.size:
        return []
    n = scores.shape[1]
    variance = max(scores.var(axis=1, ddof=1).mean(), metric.resolution(scores.ravel(), n_scored) ** 2)
    half = t.ppf((1 + LEVEL) / 2, n - 1) * np.sqrt((1 / n + test_share) * variance)
    means = scores.mean(axis=1)
    ends = np.clip([means - half, means + half], metric.lowest, metric.highest)
    return [tuple(pair) for pair in ends.T.tolist()]


def one_sided(difference: float, p: float, greater_is_better: bool) -> float:
    """Return the p-value of "better" from the two-sided one of a difference.

    >>> one_sided(0.1, 0.04, True), one_sided(0.1, 0.04, False)
    (0.02, 0.98)
    """
    return p / 2 if (difference > 0) == greater_is_better else 1 - p / 2


def n_folds(n: int) -> str:
    """Say how many folds there are.

    >>> n_folds(1), n_folds(2)
    ('1 fold', '2 folds')
    """
    return f"{n} fold" if n == 1 else f"{n} folds"


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, in the given order.

    Source: Holm (1979), Scandinavian Journal of Statistics 6(2).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    adjusted, largest = np.empty(len(p_values)), 0.0
    for rank, position in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = largest
    return adjusted.tolist()


def weights_at_once(n_rows: int) -> int:
    """How many numbers the weights of a block of resamples are, for so many rows."""
    return n_rows * len(_blocks(n_rows)[0])


def _blocks(n_rows):
    size = max(FEWEST_AT_ONCE, ROWS_AT_ONCE // n_rows)
    return [np.arange(start, min(start + size, N_RESAMPLES)) for start in range(0, N_RESAMPLES, size)]


def draw_weights(
    rng: np.random.Generator, n_resamples: int, n_rows: int, groups: np.ndarray | None
) -> np.ndarray:
    """How often each row is drawn, shape (n_resamples, n_rows); what is drawn of a row lies in one piece."""
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units = n_rows if codes is None else codes.max() + 1
    drawn = rng.integers(0, n_units, (n_units, n_resamples))
    drawn *= n_resamples
    drawn += np.arange(n_resamples)
    times = np.bincount(drawn.ravel(), minlength=n_units * n_resamples).reshape(n_units, n_resamples)
    times = times.astype(float)
    return (times if groups is None else times[codes]).T
