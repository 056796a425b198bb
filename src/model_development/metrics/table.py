"""The table of metrics. One row is one metric; "better" is read from its flag, nowhere else."""

import math
from dataclasses import dataclass

import numpy as np

from ..errors import SettingsError, did_you_mean
from . import definitions as measures
from . import vectorised as weighted


@dataclass(frozen=True)
class Metric:
    """One row. Two functions of its name calculate it: in measures.py, and for resampling in weighted.py."""

    name: str
    family: str
    greater_is_better: bool
    label: str  # on charts, with its unit
    is_standard: bool = True  # in every table and chart; the others are in the files and in MLflow

    @property
    def function(self):
        """(truth, Predictions) -> value; raises ValueError where it has no meaning."""
        return getattr(measures, self.name)

    @property
    def weighted(self):
        """(truth, Predictions, weights of shape (n_resamples, n_rows)) -> shape (n_resamples,)."""
        return getattr(weighted, self.name)

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
METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", C, True, "Accuracy"),
        Metric("precision", C, True, "Precision"),
        Metric("recall", C, True, "Recall"),
        Metric("f1_score", C, True, "F1"),
        Metric("roc_auc", C, True, "ROC AUC"),
        Metric("log_loss", C, False, "Log loss"),
        Metric("pr_auc", C, True, "Average precision", is_standard=False),
        Metric("brier_score", C, False, "Brier score", is_standard=False),
        Metric("balanced_accuracy", C, True, "Balanced accuracy", is_standard=False),
        Metric("matthews", C, True, "Matthews correlation", is_standard=False),
        Metric("mse", R, False, "MSE"),
        Metric("rmse", R, False, "RMSE"),
        Metric("mae", R, False, "MAE"),
        Metric("r2_score", R, True, "R²"),
        Metric("mape", R, False, "MAPE (fraction)"),
        Metric("median_absolute_error", R, False, "Median absolute error", is_standard=False),
        Metric("explained_variance", R, True, "Explained variance", is_standard=False),
        Metric("pinball_loss_10", R, False, "Pinball loss, 10 % quantile", is_standard=False),
        Metric("pinball_loss_90", R, False, "Pinball loss, 90 % quantile", is_standard=False),
    )
}
COSTS = {  # measured around the model rather than from its predictions; smaller is better
    "training_time": "Training time (s)",
    "inference_time_ms": "Inference time (ms)",
    "model_size_mb": "Model size (MB)",
    "gpu_used": "Ran on a GPU",
}


def metrics_for(family, *, standard_only=False):
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
    with np.errstate(all="ignore"):
        value = float(metric.weighted(truth, outcome, once)[0])
    value = value if math.isfinite(value) else float(metric.function(truth, outcome))
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
