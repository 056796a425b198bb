"""The table of metrics. One row is one metric; "better" is read from its flag, nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SettingsError, did_you_mean
from ..tasks.predictions import Predictions
from . import constants as c
from . import definitions, vectorised
from .aliases import our_name

if TYPE_CHECKING:
    from ..tasks.base import Task


@dataclass(frozen=True)
class Metric:
    """One row.

    definition : (truth, Predictions) -> value; raises ValueError where it has no meaning.
    vectorised : (truth, Predictions, weights of shape (n_resamples, n_rows)) -> shape (n_resamples,): the
        same for many weightings of the rows at once; None: each is calculated by itself.
    constant : (encoded target of known rows, Predictions of the task) -> Predictions for one row: the best
        that can be said of every row alike, see metrics/constants.py.
    lowest, highest : what no value goes beyond.
    """

    name: str
    family: str
    greater_is_better: bool
    label: str  # on charts, with its unit
    definition: Callable[[np.ndarray, Predictions], float]
    constant: Callable[[np.ndarray, Predictions], Predictions]
    vectorised: Callable[[np.ndarray, Predictions, np.ndarray], np.ndarray] | None = None
    lowest: float = -math.inf
    highest: float = math.inf
    is_standard: bool = True  # in every table and chart; the others are in the files and in MLflow
    is_stepwise: bool = False  # a count of rows; the others change with degrees, or with pairs of rows

    def resampled(self, truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
        """Return the metric for many weightings of the rows, shape (n_resamples,); NaN where undefined.

        weights : how often each row counts, shape (n_resamples, n_rows).
        """
        with np.errstate(all="ignore"):
            if self.vectorised is not None:
                return self.vectorised(truth, outcome, weights)
        return np.array([self._of_rows(truth, outcome, row.astype(int)) for row in weights])

    def _of_rows(self, truth: np.ndarray, outcome: Predictions, times: np.ndarray) -> float:
        rows = np.repeat(np.arange(len(truth)), times)
        try:
            return float(self.definition(truth[rows], outcome.take(rows)))
        except ValueError:
            return math.nan

    def resolution(self, values: Sequence[float] | np.ndarray, n_rows: float) -> float:
        """Return the step in which the metric is known on `n_rows` rows, for a floor of its variance.

        Of what counts rows an n-th of the way from the worst value to the best, which is one row's worth; of
        what compares pairs of rows or measures degrees an n-th of that.
        values : scores on so many rows; the worst of them counts where the metric has no end of its own.
        """
        top = self.highest if math.isfinite(self.highest) else max(values)
        bottom = self.lowest if math.isfinite(self.lowest) else min(values)
        return (top - bottom) / n_rows ** (1 if self.is_stepwise else 2)

    def sort_key(self, value: float | None) -> tuple[bool, float]:
        """Sorts values best first and None last; ten digits count, since the last bits are rounding."""
        if value is None:
            return (True, 0.0)
        rounded = float(f"{value:.10g}")
        return (False, -rounded if self.greater_is_better else rounded)

    def is_better(self, value: float | None, than: float | None) -> bool:
        """Say whether one value beats another, rounding aside; any value beats None."""
        return self.sort_key(value) < self.sort_key(than)


C, R = "classification", "regression"
SHARE, CORRELATION, SQUARES = (0.0, 1.0), (-1.0, 1.0), (0.0, 2.0)
ERROR, EXPLAINED = (0.0, math.inf), (-math.inf, 1.0)


def _metric(
    name: str,
    family: str,
    greater_is_better: bool,
    label: str,
    constant: Callable[[np.ndarray, Predictions], Predictions],
    ends: tuple[float, float],
    is_standard: bool = True,
    is_stepwise: bool = False,
) -> Metric:
    """A row whose two functions have its name."""
    lowest, highest = ends
    return Metric(
        name,
        family,
        greater_is_better,
        label,
        getattr(definitions, name),
        constant,
        getattr(vectorised, name, None),
        lowest,
        highest,
        is_standard=is_standard,
        is_stepwise=is_stepwise,
    )


_extra = partial(_metric, is_standard=False)
_steps = partial(_metric, is_stepwise=True)
METRICS = {
    metric.name: metric
    for metric in (
        _steps("accuracy", C, True, "Accuracy", c.most_frequent, SHARE),
        _steps("precision", C, True, "Precision", c.positive, SHARE),
        _steps("recall", C, True, "Recall", c.positive, SHARE),
        _steps("f1_score", C, True, "F1", c.positive, SHARE),
        _metric("roc_auc", C, True, "ROC AUC", c.shares, SHARE),
        _metric("log_loss", C, False, "Log loss", c.shares, ERROR),
        _extra("pr_auc", C, True, "Average precision", c.shares, SHARE),
        _extra("brier_score", C, False, "Brier score", c.shares, SQUARES),
        _extra("balanced_accuracy", C, True, "Balanced accuracy", c.most_frequent, SHARE, is_stepwise=True),
        _extra("matthews", C, True, "Matthews correlation", c.most_frequent, CORRELATION, is_stepwise=True),
        _metric("mse", R, False, "MSE", c.mean, ERROR),
        _metric("rmse", R, False, "RMSE", c.mean, ERROR),
        _metric("mae", R, False, "MAE", c.median, ERROR),
        _metric("r2_score", R, True, "R²", c.mean, EXPLAINED),
        _metric("mape", R, False, "MAPE (fraction)", c.weighted_median, ERROR),
        _extra("median_absolute_error", R, False, "Median absolute error", c.median, ERROR),
        _extra("explained_variance", R, True, "Explained variance", c.mean, EXPLAINED),
        _extra("pinball_loss_10", R, False, "Pinball loss, 10 % quantile", c.quantile_10, ERROR),
        _extra("pinball_loss_90", R, False, "Pinball loss, 90 % quantile", c.quantile_90, ERROR),
    )
}
COSTS = {  # measured around the model rather than from its predictions; smaller is better
    "training_time": "Training time (s)",
    "inference_time_ms": "Inference time (ms)",
    "model_size_mb": "Model size (MB)",
    "gpu_used": "Ran on a GPU",
}


def metrics_for(family: str, *, standard_only: bool = False) -> list[Metric]:
    """Return the metrics of "classification" or "regression", in table order."""
    return [m for m in METRICS.values() if m.family == family and (m.is_standard or not standard_only)]


def get_primary_metric(name: str | None, task: Task) -> Metric:
    """Return the metric that decides, by its name or a usual other one; the task's default for None.

    Raises SettingsError with the allowed names.
    """
    name = name or task.default_metric
    if name not in METRICS:
        name = our_name(name)
    known = [metric.name for metric in metrics_for(task.family)]
    if name not in known:
        raise SettingsError(
            f"`primary_metric` is {name!r}, which does not measure {task.family}."
            f"{did_you_mean(name, known)} Allowed here: {', '.join(known)}.",
            what=f"{name!r} does not measure {task.family}",
            where="primary_metric",
            allowed=known,
        )
    return METRICS[name]


def score(
    truth: np.ndarray, outcome: Predictions, family: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return (values, reasons): every metric of the family, None with a reason where undefined.

    >>> import numpy as np
    >>> from model_development.tasks.predictions import Predictions
    >>> predicted = Predictions(np.array([0.5, 2.0]))
    >>> values, reasons = score(np.array([0.0, 2.0]), predicted, "regression")
    >>> values["mae"], values["mape"], reasons
    (0.25, None, {'mape': 'the target is zero in 1 of 2 rows'})
    """
    return _scores(truth, lambda metric: outcome, family)


def score_constants(
    known: np.ndarray, truth: np.ndarray, like: Predictions, family: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return (values, reasons) as `score` does, each metric of what is its best constant on the known rows.

    known : their encoded target, shape (n_known,). truth : of the rows that are scored, shape (n_rows,).
    like : any Predictions of the task.
    """
    return _scores(truth, lambda metric: constant_predictions(metric, known, len(truth), like), family)


def constant_predictions(metric: Metric, known: np.ndarray, n_rows: int, like: Predictions) -> Predictions:
    """Return Predictions for `n_rows` rows: the best constant of a metric on the known rows."""
    return metric.constant(known, like).take(np.zeros(n_rows, dtype=int))


def _scores(
    truth: np.ndarray, outcome_for: Callable[[Metric], Predictions], family: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    once = np.ones((1, len(truth)))
    for metric in metrics_for(family):
        try:
            values[metric.name] = _value(metric, truth, outcome_for(metric), once)
        except ValueError as error:
            values[metric.name], reasons[metric.name] = None, str(error)
    return values, reasons


def _value(metric: Metric, truth: np.ndarray, outcome: Predictions, once: np.ndarray) -> float:
    """The quick function first, since a search scores thousands of times; the other one knows its limits."""
    value = float(metric.resampled(truth, outcome, once)[0])
    value = value if math.isfinite(value) else float(metric.definition(truth, outcome))
    if not math.isfinite(value):
        raise ValueError("it is not a finite number on these rows")
    return value


def improvement_pct(value: float | None, baseline: float | None, greater_is_better: bool) -> float | None:
    """Improvement over `baseline` in percent of it, positive when better.

    None for a baseline of 0, and where one of the values is undefined (None).

    >>> improvement_pct(0.89, 0.85, True)
    4.7059
    >>> improvement_pct(45.0, 50.0, False)
    10.0
    """
    if not baseline or value is None:
        return None
    gain = value - baseline if greater_is_better else baseline - value
    return round(100 * gain / abs(baseline), 4)
