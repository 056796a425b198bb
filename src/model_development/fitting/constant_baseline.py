"""What the dummy baseline is said to score: of each metric the best constant; in a worker.

One constant cannot stand for all metrics: always the most frequent class has an F1 of 0, which noise beats.
Constants are those of the rows that a fold fits, scored on the rows that it leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..metrics.table import constant_predictions, metrics_for, score_constants
from .measured import Measured
from .summary import summarize

if TYPE_CHECKING:
    import numpy as np

    from ..data.development import DevelopmentData
    from ..tasks.predictions import Predictions


def score_best_constants(
    measured: Measured,
    data: DevelopmentData,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    rows: np.ndarray,
    like: Predictions,
) -> Measured:
    """Return what was measured of the dummy, with the best constant of each metric in place of its scores.

    measured : dict of `train_candidate`. folds : (rows fitted, rows scored) of each fold that was done.
    rows : those that the last fit had. like : Predictions of the dummy.
    """
    family, y = data.task.family, data.task.encode(data.y_train)
    scores = [score_constants(y[fit], y[scored], like, family) for fit, scored in folds]
    seconds = measured["fold_seconds"]
    summary = summarize([(*both, s) for both, s in zip(scores, seconds, strict=True)])
    values, reasons = score_constants(y[rows], data.task.encode(data.y_validation), like, family)
    on_seen, _ = score_constants(y[rows], y[rows], like, family)
    metrics = measured["metrics"] | values
    return measured | summary | {"metrics": metrics, "train_metrics": on_seen, "reasons": reasons}


def constants_by_fold(
    data: DevelopmentData, folds: Sequence[tuple[np.ndarray, np.ndarray]], like: Predictions
) -> list[tuple[np.ndarray, dict[str, Predictions], np.ndarray | None]]:
    """Return (truth, {metric: Predictions}, groups) of each fold, as `bootstrap_intervals` takes them."""
    y, family = data.task.encode(data.y_train), data.task.family
    return [
        (y[scored], best_constants(y[fit], len(scored), like, family), data.groups_of(scored))
        for fit, scored in folds
    ]


def best_constants(known: np.ndarray, n_rows: int, like: Predictions, family: str) -> dict[str, Predictions]:
    """Return {metric: Predictions for `n_rows` rows}, each the metric's best constant on the known rows."""
    return {metric.name: constant_predictions(metric, known, n_rows, like) for metric in metrics_for(family)}
