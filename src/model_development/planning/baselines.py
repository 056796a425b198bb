"""What the best constant reaches, by formula: metrics/constants.py measures it, and takes seconds to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..tasks.base import Task


def baseline_value(metric: str, y: np.ndarray | pd.Series, task: Task) -> float | None:
    """Return what the best constant reaches of a metric on these values; None where no formula is here.

    y : shape (n_rows,), as the table has them, without missing values. Phase 1 measures it
    of every metric, on rows that the constant was not chosen on.

    >>> import pandas as pd
    >>> from model_development.tasks.table import make_task
    >>> y = pd.Series(["bad", "good", "good", "good"])
    >>> baseline_value("accuracy", y, make_task(y, "class"))
    0.75
    """
    if task.has_classes:
        shares = pd.Series(np.asarray(y, dtype=object)).value_counts(normalize=True)
        positive = shares.get(task.positive_class) if task.positive_class is not None else None
        value = OF_CLASSES[metric](shares.to_numpy(), positive) if metric in OF_CLASSES else None
    else:
        value = OF_NUMBERS[metric](np.asarray(y, dtype=float)) if metric in OF_NUMBERS else None
    return None if value is None else round(float(value), 6)


def _f1(shares, positive):
    if positive is not None:
        return 2 * positive / (1 + positive)  # always the positive class
    return 2 * shares.max() ** 2 / (1 + shares.max())  # weighted: always the most frequent class


OF_CLASSES: dict[str, Callable[[np.ndarray, Any], Any]] = {
    "accuracy": lambda shares, positive: shares.max(),
    "balanced_accuracy": lambda shares, positive: 1 / len(shares),
    "f1_score": _f1,
    "roc_auc": lambda shares, positive: 0.5,
    "pr_auc": lambda shares, positive: positive,
    "log_loss": lambda shares, positive: -(shares * np.log(shares)).sum(),
    "brier_score": lambda shares, positive: None if positive is None else positive * (1 - positive),
}
OF_NUMBERS: dict[str, Callable[[np.ndarray], Any]] = {
    "mae": lambda y: np.abs(y - np.median(y)).mean(),
    "rmse": lambda y: y.std(),
    "mse": lambda y: y.var(),
    "r2_score": lambda y: 0.0,
    "median_absolute_error": lambda y: np.median(np.abs(y - np.median(y))),
}
