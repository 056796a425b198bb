"""What a single row adds to a metric, for finding the rows and slices where a model is worst."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..tasks.predictions import Predictions
    from .table import Metric

RowLoss = tuple[str, Callable[[np.ndarray, "Predictions"], np.ndarray]]


def row_losses(metric: Metric, *sets: tuple[np.ndarray, Predictions]) -> tuple[str, list[np.ndarray]]:
    """Return (what it is, the loss of each row of each set, each of shape (n_rows,)); higher is worse.

    sets : (encoded truth, Predictions). The loss is the metric's own where the metric is a mean over rows;
    else the log loss of predictions with probabilities, and the squared error of numbers.
    """
    default = SQUARED if sets[0][1].probabilities is None else LOG
    name, loss = LOSSES.get(metric.name, default)
    with np.errstate(all="ignore"):
        losses = [np.asarray(loss(truth, said), dtype=float) for truth, said in sets]
    if all(np.isfinite(of_set).all() for of_set in losses):
        return name, losses
    name, loss = default  # a relative error, say, has no value where the target is zero
    return name, [loss(truth, said) for truth, said in sets]


def log_loss_of_rows(truth: np.ndarray, said: Predictions) -> np.ndarray:
    """The log loss of each row, of shares of one."""
    rows = said.by_class / said.by_class.sum(axis=1, keepdims=True)
    tiny = np.finfo(rows.dtype).eps
    return -np.log(np.clip(rows[np.arange(len(truth)), truth], tiny, 1 - tiny))


def brier_of_rows(truth: np.ndarray, said: Predictions) -> np.ndarray:
    """The Brier score of each row: of two classes of the positive one alone, of more the sum over all."""
    if said.positive is not None:
        return (said.by_class[:, said.positive] - (truth == said.positive)) ** 2
    hits = np.eye(said.by_class.shape[1])[truth]
    return ((said.by_class - hits) ** 2).sum(axis=1)


def pinball_of_rows(quantile: float) -> Callable[[np.ndarray, Predictions], np.ndarray]:
    """A function that returns the pinball loss of each row."""

    def loss(truth: np.ndarray, said: Predictions) -> np.ndarray:
        errors = truth - said.labels
        return np.maximum(quantile * errors, (quantile - 1) * errors)

    return loss


LOG: RowLoss = ("log loss", log_loss_of_rows)
SQUARED: RowLoss = ("squared error", lambda truth, said: (truth - said.labels) ** 2)
ABSOLUTE: RowLoss = ("absolute error", lambda truth, said: np.abs(truth - said.labels))
LOSSES: dict[str, RowLoss] = {
    "accuracy": ("share of wrong labels", lambda truth, said: (truth != said.labels).astype(float)),
    "log_loss": LOG,
    "brier_score": ("Brier score", brier_of_rows),
    "mae": ABSOLUTE,
    "median_absolute_error": ABSOLUTE,
    "mape": ("relative error", lambda truth, said: np.abs((truth - said.labels) / truth)),
    "pinball_loss_10": ("pinball loss", pinball_of_rows(0.1)),
    "pinball_loss_90": ("pinball loss", pinball_of_rows(0.9)),
}
