"""What each metric is, by scikit-learn's own functions.

Each takes (truth, outcome): `truth` holds class positions or numbers, shape (n_rows,); `outcome` is
`tasks.predictions.Predictions`. It raises ValueError where the metric has no meaning for these rows.
"""

from typing import Any

import numpy as np
from sklearn import metrics

from ..tasks.predictions import Predictions


def accuracy(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.accuracy_score(truth, outcome.labels)


def _averaging(outcome: Predictions) -> dict[str, Any]:
    """Of the positive class where there is one, else weighted by the classes' shares."""
    if outcome.positive is None:
        return {"average": "weighted"}
    return {"average": "binary", "pos_label": outcome.positive}


def precision(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.precision_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def recall(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.recall_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def f1_score(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.f1_score(truth, outcome.labels, zero_division=0, **_averaging(outcome))


def roc_auc(truth: np.ndarray, outcome: Predictions) -> float:
    n_classes = outcome.by_class.shape[1]
    present = np.unique(truth)
    if len(present) < n_classes:
        raise ValueError(f"only {len(present)} of {n_classes} classes occur in these rows")
    if outcome.positive is not None:
        return metrics.roc_auc_score(truth == outcome.positive, outcome.by_class[:, outcome.positive])
    return metrics.roc_auc_score(truth, outcome.by_class, multi_class="ovr", average="weighted")


def log_loss(truth: np.ndarray, outcome: Predictions) -> float:
    n_classes = outcome.by_class.shape[1]
    return metrics.log_loss(truth, outcome.by_class, labels=np.arange(n_classes))


def _against_rest(truth: np.ndarray, outcome: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """What scikit-learn takes of several classes: the truth in one column each."""
    if outcome.positive is not None:
        return truth == outcome.positive, outcome.by_class[:, outcome.positive]
    return np.eye(outcome.by_class.shape[1])[truth], outcome.by_class


def pr_auc(truth: np.ndarray, outcome: Predictions) -> float:
    n_classes, present = outcome.by_class.shape[1], len(np.unique(truth))
    if present < n_classes:
        raise ValueError(f"only {present} of {n_classes} classes occur in these rows")
    return metrics.average_precision_score(*_against_rest(truth, outcome), average="weighted")


def brier_score(truth: np.ndarray, outcome: Predictions) -> float:
    truth, probabilities = _against_rest(truth, outcome)
    return np.mean(((probabilities - truth) ** 2).reshape(len(truth), -1).sum(axis=1))


def balanced_accuracy(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.balanced_accuracy_score(truth, outcome.labels)


def matthews(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.matthews_corrcoef(truth, outcome.labels)


def median_absolute_error(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.median_absolute_error(truth, outcome.labels)


def _require_spread(truth: np.ndarray) -> None:
    """Without a spread scikit-learn would give 0 or 1, as of the worst or the best model."""
    if np.ptp(truth) == 0:
        raise ValueError("the target is the same in all of these rows")


def explained_variance(truth: np.ndarray, outcome: Predictions) -> float:
    _require_spread(truth)
    return metrics.explained_variance_score(truth, outcome.labels)


def pinball_loss_10(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.mean_pinball_loss(truth, outcome.labels, alpha=0.1)


def pinball_loss_90(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.mean_pinball_loss(truth, outcome.labels, alpha=0.9)


def mse(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.mean_squared_error(truth, outcome.labels)


def rmse(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.root_mean_squared_error(truth, outcome.labels)


def mae(truth: np.ndarray, outcome: Predictions) -> float:
    return metrics.mean_absolute_error(truth, outcome.labels)


def r2_score(truth: np.ndarray, outcome: Predictions) -> float:
    _require_spread(truth)
    return metrics.r2_score(truth, outcome.labels)


def mape(truth: np.ndarray, outcome: Predictions) -> float:
    zeros = int((truth == 0).sum())
    if zeros:
        raise ValueError(f"the target is zero in {zeros} of {len(truth)} rows")
    return metrics.mean_absolute_percentage_error(truth, outcome.labels)
