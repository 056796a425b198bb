"""The threshold at which a metric of labels is best, or a cost lowest, on the rows at hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...metrics.of_threshold import MOST_CALLS, at_thresholds
from ...tasks.predictions import Predictions
from .threshold_counts import BinaryScores, count_at

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from ..evaluation_input import ScoredRows

PLAIN = 0.5  # the threshold of labels as a model gives them


def best_by_metric(metric: Metric, rows: ScoredRows) -> tuple[float, float | None]:
    """Return (threshold, value there); of thresholds that are equally good the one next to 0.5.

    The value is that of the rows by which the threshold was chosen, so it is too good for others. Where the
    metric has no value at any threshold, it is 0.5 and None.
    """
    scores = BinaryScores.of(rows)
    if metric.vectorised is None:
        thresholds = _some(scores.between())
        values = np.array([_one_at_a_time(metric, rows, threshold) for threshold in thresholds])
    else:
        counts = count_at(scores, scores.between())
        thresholds, values = counts.thresholds, at_thresholds(metric, counts.table)
    if not np.isfinite(values).any():
        return PLAIN, None
    position = nearest_of_the_best(thresholds, values if metric.greater_is_better else -values, PLAIN)
    return float(thresholds[position]), float(values[position])


def nearest_of_the_best(thresholds: np.ndarray, values: np.ndarray, wanted: float) -> int:
    """The position of the largest value; of equal ones, ten digits counted, that next to a wanted threshold.

    >>> nearest_of_the_best(np.array([0.9, 0.6, 0.2]), np.array([0.7, 0.8, 0.8]), 0.5)
    1
    """
    known = np.where(np.isfinite(values), values, -np.inf)
    best = known.max()
    is_best = known >= best - 1e-10 * max(1.0, abs(best)) if math.isfinite(best) else known == best
    return int(np.where(is_best, np.abs(thresholds - wanted), np.inf).argmin())


def _some(thresholds):
    """At most MOST_CALLS of them, evenly over the rows."""
    positions = np.linspace(0, len(thresholds) - 1, min(len(thresholds), MOST_CALLS))
    return thresholds[np.unique(positions.astype(int))]


def _one_at_a_time(metric, rows, threshold):
    """The same of a metric that knows no counts: a user's own."""
    positive = rows.said.positive
    called = rows.said.by_class[:, positive] >= threshold
    labels = np.where(called, positive, 1 - positive)
    outcome = Predictions(labels, rows.said.by_class, positive)
    return metric.resampled(rows.truth, outcome, np.ones((1, len(rows))))[0]
