"""Metrics of labels, for many thresholds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import SettingsError, did_you_mean
from ..tasks.predictions import Predictions
from .table import METRICS, Metric, metrics_for

if TYPE_CHECKING:
    from ..tasks.base import Task

OUTCOMES = (np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0]))  # (truth, label): hit, miss, false alarm, neither
MOST_CALLS = 200  # thresholds at which a metric is calculated that takes one at a time


def get_threshold_metric(name: str, task: Task) -> Metric:
    """Return a metric that a threshold changes.

    Raises SettingsError with the allowed names: of the package's those of labels, and the user's own.
    """
    known = [metric.name for metric in metrics_for(task.family) if _is_of_labels(metric)]
    if name not in known:
        raise SettingsError(
            f"`decisions.threshold_metric` is {name!r}, which no threshold changes, or no metric."
            f"{did_you_mean(name, known)} Allowed here: {', '.join(known)}."
        )
    return METRICS[name]


def _is_of_labels(metric):
    return metric.is_stepwise or metric.vectorised is None


def at_thresholds(metric: Metric, table: np.ndarray) -> np.ndarray:
    """Return a metric of labels at each threshold, shape (n_thresholds,); NaN where undefined.

    table : hits, misses, false alarms and rows rightly left alone at each, shape (n_thresholds, 4).

    >>> at_thresholds(METRICS["precision"], np.array([[30, 5, 10, 55], [35, 0, 65, 0]])).tolist()
    [0.75, 0.35]
    """
    truth, labels = OUTCOMES
    return metric.resampled(truth, Predictions(labels, np.eye(2)[labels], 1), np.asarray(table, dtype=float))
