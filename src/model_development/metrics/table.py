"""The table of metrics. One row is one metric; "better" is read from its flag, nowhere else."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import SettingsError, did_you_mean
from ..tasks.predictions import Predictions
from . import definitions, vectorised


@dataclass(frozen=True)
class Metric:
    """One row.

    definition : (truth, Predictions) -> value; raises ValueError where it has no meaning.
    vectorised : (truth, Predictions, weights of shape (n_resamples, n_rows)) -> shape (n_resamples,): the
        same for many weightings of the rows at once; None: each is calculated by itself.
    lowest, highest : what no value goes beyond.
    """

    name: str
    family: str
    greater_is_better: bool
    label: str  # on charts, with its unit
    definition: Callable
    vectorised: Callable | None = None
    lowest: float = -math.inf
    highest: float = math.inf
    is_standard: bool = True  # in every table and chart; the others are in the files and in MLflow

    def resampled(self, truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
        """Return the metric for many weightings of the rows, shape (n_resamples,); NaN where undefined.

        weights : how often each row counts, shape (n_resamples, n_rows).
        """
        with np.errstate(all="ignore"):
            if self.vectorised is not None:
                return self.vectorised(truth, outcome, weights)
        return np.array([self._of_rows(truth, outcome, row.astype(int)) for row in weights])

    def _of_rows(self, truth, outcome, times):
        rows = np.repeat(np.arange(len(truth)), times)
        try:
            return float(self.definition(truth[rows], outcome.take(rows)))
        except ValueError:
            return math.nan

    def sort_key(self, value):
        """Sorts values best first and None last; ten digits count, since the last bits are rounding."""
        if value is None:
            return (True, 0.0)
        rounded = float(f"{value:.10g}")
        return (False, -rounded if self.greater_is_better else rounded)

    def is_better(self, value, than):
        """Say whether one value beats another, rounding aside; any value beats None."""
        return self.sort_key(value) < self.sort_key(than)


C, R = "classification", "regression"
SHARE, CORRELATION, SQUARES = (0.0, 1.0), (-1.0, 1.0), (0.0, 2.0)
ERROR, EXPLAINED = (0.0, math.inf), (-math.inf, 1.0)


def _metric(name, family, greater_is_better, label, ends, is_standard=True):
    """A row whose two functions have its name."""
    return Metric(
        name,
        family,
        greater_is_better,
        label,
        getattr(definitions, name),
        getattr(vectorised, name, None),
        *ends,
        is_standard=is_standard,
    )


METRICS = {
    metric.name: metric
    for metric in (
        _metric("accuracy", C, True, "Accuracy", SHARE),
        _metric("precision", C, True, "Precision", SHARE),
        _metric("recall", C, True, "Recall", SHARE),
        _metric("f1_score", C, True, "F1", SHARE),
        _metric("roc_auc", C, True, "ROC AUC", SHARE),
        _metric("log_loss", C, False, "Log loss", ERROR),
        _metric("pr_auc", C, True, "Average precision", SHARE, is_standard=False),
        _metric("brier_score", C, False, "Brier score", SQUARES, is_standard=False),
        _metric("balanced_accuracy", C, True, "Balanced accuracy", SHARE, is_standard=False),
        _metric("matthews", C, True, "Matthews correlation", CORRELATION, is_standard=False),
        _metric("mse", R, False, "MSE", ERROR),
        _metric("rmse", R, False, "RMSE", ERROR),
        _metric("mae", R, False, "MAE", ERROR),
        _metric("r2_score", R, True, "R²", EXPLAINED),
        _metric("mape", R, False, "MAPE (fraction)", ERROR),
        _metric("median_absolute_error", R, False, "Median absolute error", ERROR, is_standard=False),
        _metric("explained_variance", R, True, "Explained variance", EXPLAINED, is_standard=False),
        _metric("pinball_loss_10", R, False, "Pinball loss, 10 % quantile", ERROR, is_standard=False),
        _metric("pinball_loss_90", R, False, "Pinball loss, 90 % quantile", ERROR, is_standard=False),
    )
}
COSTS = {  # measured around the model rather than from its predictions; smaller is better
    "training_time": "Training time (s)",
    "inference_time_ms": "Inference time (ms)",
    "model_size_mb": "Model size (MB)",
    "gpu_used": "Ran on a GPU",
}


def metrics_for(family, *, standard_only=False) -> list:
    """Return the metrics of "classification" or "regression", in table order."""
    return [m for m in METRICS.values() if m.family == family and (m.is_standard or not standard_only)]


def get_primary_metric(name, task):
    """Return the metric that decides; the task's default when `name` is None.

    Raises SettingsError with the allowed names.
    """
    name = name or task.default_metric
    known = [metric.name for metric in metrics_for(task.family)]
    if name not in known:
        raise SettingsError(
            f"`primary_metric` is {name!r}, which does not measure {task.family}."
            f"{did_you_mean(name, known)} Allowed here: {', '.join(known)}."
        )
    return METRICS[name]


def score(truth, outcome, family):
    """Return (values, reasons): every metric of the family, None with a reason where undefined.

    >>> import numpy as np
    >>> from model_development.tasks.predictions import Predictions
    >>> predicted = Predictions(np.array([0.5, 2.0]))
    >>> values, reasons = score(np.array([0.0, 2.0]), predicted, "regression")
    >>> values["mae"], values["mape"], reasons
    (0.25, None, {'mape': 'the target is zero in 1 of 2 rows'})
    """
    values, reasons, once = {}, {}, np.ones((1, len(truth)))
    for metric in metrics_for(family):
        try:
            values[metric.name] = _value(metric, truth, outcome, once)
        except ValueError as error:
            values[metric.name], reasons[metric.name] = None, str(error)
    return values, reasons


def _value(metric, truth, outcome, once):
    """The quick function first, since a search scores thousands of times; the other one knows its limits."""
    value = float(metric.resampled(truth, outcome, once)[0])
    value = value if math.isfinite(value) else float(metric.definition(truth, outcome))
    if not math.isfinite(value):
        raise ValueError("it is not a finite number on these rows")
    return value


def improvement_pct(value, baseline, greater_is_better):
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
