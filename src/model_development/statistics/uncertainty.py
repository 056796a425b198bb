"""How sure differences between models are: paired tests over the folds, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..metrics.table import Metric
from .resampling import LEVEL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


SURE = 0.05  # p-value, adjusted for the number of tests, below which a difference counts
FEWEST_FOLDS = 3  # from which a paired test can tell something


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
