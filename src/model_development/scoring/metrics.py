"""The table of metrics. One row is one metric; "better" is read from its flag, nowhere else.

Each function takes (truth, outcome): `truth` holds class positions or numbers, shape (n_rows,);
`outcome` is a Predictions. It raises ValueError where the metric has no meaning for these rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import SettingsError, did_you_mean


@dataclass(frozen=True)
class Predictions:
    """What a model says of some rows.

    labels : class positions or numbers, shape (n_rows,).
    probabilities : shape (n_rows, n_classes); None for regression.
    positive : position of the positive class for binary tasks, else None.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None = None
    positive: int | None = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    name: str
    family: str
    function: Callable
    greater_is_better: bool
    label: str  # on charts, with its unit

    def sort_key(self, value):
        """Sorts values best first and None last; ten digits count, since the last bits are rounding."""
        if value is None:
            return (True, 0.0)
        rounded = float(f"{value:.10g}")
        return (False, -rounded if self.greater_is_better else rounded)

    def is_better(self, value, than):
        """Say whether one value beats another, rounding aside; any value beats None."""
        return self.sort_key(value) < self.sort_key(than)


def _accuracy(truth, outcome):
    from sklearn.metrics import accuracy_score

    return accuracy_score(truth, outcome.labels)


def _averaging(outcome):
    """Of the positive class where there is one, else weighted by the classes' shares."""
    if outcome.positive is None:
        return {"average": "weighted"}
    return {"average": "binary", "pos_label": outcome.positive}


def _precision(truth, outcome):
    from sklearn.metrics import precision_score

    return precision_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def _recall(truth, outcome):
    from sklearn.metrics import recall_score

    return recall_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def _f1_score(truth, outcome):
    from sklearn.metrics import f1_score

    return f1_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def _roc_auc(truth, outcome):
    from sklearn.metrics import roc_auc_score

    n_classes = outcome.probabilities.shape[1]
    present = np.unique(truth)
    if len(present) < n_classes:
        raise ValueError(f"only {len(present)} of {n_classes} classes occur in these rows")
    if outcome.positive is not None:
        return roc_auc_score(truth == outcome.positive, outcome.probabilities[:, outcome.positive])
    return roc_auc_score(truth, outcome.probabilities, multi_class="ovr", average="weighted")


def _log_loss(truth, outcome):
    from sklearn.metrics import log_loss

    n_classes = outcome.probabilities.shape[1]
    return log_loss(truth, outcome.probabilities, labels=np.arange(n_classes))


def _mse(truth, outcome):
    from sklearn.metrics import mean_squared_error

    return mean_squared_error(truth, outcome.labels)


def _rmse(truth, outcome):
    from sklearn.metrics import root_mean_squared_error

    return root_mean_squared_error(truth, outcome.labels)


def _mae(truth, outcome):
    from sklearn.metrics import mean_absolute_error

    return mean_absolute_error(truth, outcome.labels)


def _r2(truth, outcome):
    from sklearn.metrics import r2_score

    return r2_score(truth, outcome.labels)


def _mape(truth, outcome):
    from sklearn.metrics import mean_absolute_percentage_error

    zeros = int((truth == 0).sum())
    if zeros:
        raise ValueError(f"the target is zero in {zeros} of {len(truth)} rows")
    return mean_absolute_percentage_error(truth, outcome.labels)


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            name="accuracy",
            family="classification",
            function=_accuracy,
            greater_is_better=True,
            label="Accuracy",
        ),
        Metric(
            name="precision",
            family="classification",
            function=_precision,
            greater_is_better=True,
            label="Precision",
        ),
        Metric(
            name="recall", family="classification", function=_recall, greater_is_better=True, label="Recall"
        ),
        Metric(
            name="f1_score", family="classification", function=_f1_score, greater_is_better=True, label="F1"
        ),
        Metric(
            name="roc_auc",
            family="classification",
            function=_roc_auc,
            greater_is_better=True,
            label="ROC AUC",
        ),
        Metric(
            name="log_loss",
            family="classification",
            function=_log_loss,
            greater_is_better=False,
            label="Log loss",
        ),
        Metric(name="mse", family="regression", function=_mse, greater_is_better=False, label="MSE"),
        Metric(name="rmse", family="regression", function=_rmse, greater_is_better=False, label="RMSE"),
        Metric(name="mae", family="regression", function=_mae, greater_is_better=False, label="MAE"),
        Metric(name="r2_score", family="regression", function=_r2, greater_is_better=True, label="R²"),
        Metric(
            name="mape", family="regression", function=_mape, greater_is_better=False, label="MAPE (fraction)"
        ),
    )
}
COSTS = {  # measured around the model rather than from its predictions; smaller is better
    "training_time": "Training time (s)",
    "inference_time_ms": "Inference time (ms)",
    "model_size_mb": "Model size (MB)",
    "gpu_used": "Ran on a GPU",
}
DEFAULT_METRIC = {"classification": "f1_score", "regression": "rmse"}


def metrics_for(family):
    """Return the metrics of "classification" or "regression", in table order."""
    return [metric for metric in METRICS.values() if metric.family == family]


def get_primary_metric(name, family):
    """Return the metric that decides; the family's default when `name` is None.

    Raises SettingsError with the allowed names.
    """
    name = name or DEFAULT_METRIC[family]
    known = [metric.name for metric in metrics_for(family)]
    if name not in known:
        raise SettingsError(
            f"`primary_metric` is {name!r}, which does not measure {family}."
            f"{did_you_mean(name, known)} Allowed here: {', '.join(known)}."
        )
    return METRICS[name]


def score(truth, outcome, family):
    """Return (values, reasons): every metric of the family, None with a reason where undefined.

    >>> values, reasons = score(np.array([0.0, 2.0]), Predictions(np.array([0.5, 2.0])), "regression")
    >>> values["mae"], values["mape"], reasons
    (0.25, None, {'mape': 'the target is zero in 1 of 2 rows'})
    """
    values, reasons = {}, {}
    for metric in metrics_for(family):
        try:
            values[metric.name] = float(metric.function(truth, outcome))
        except ValueError as error:
            values[metric.name], reasons[metric.name] = None, str(error)
    return values, reasons


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


def format_number(value):
    """A metric's value for people.

    >>> format_number(0.123456), format_number(None)
    ('0.1235', 'undefined')
    """
    return "undefined" if value is None else f"{value:.4g}"
