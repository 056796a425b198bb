"""A scikit-learn scorer asked about predictions that are already there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from ..errors import SettingsError, did_you_mean
from ..tasks.predictions import Predictions


class _SaidLabels(ClassifierMixin, BaseEstimator):
    """Stands for a fitted classifier that has said this of these rows."""

    def __init__(self, said: np.ndarray | None = None, proba: np.ndarray | None = None) -> None:
        self.said, self.proba = said, proba

    def predict(self, X):
        return self.said

    def predict_proba(self, X):
        return self.proba


class _SaidNumbers(RegressorMixin, BaseEstimator):
    """Stands for a fitted regressor that has said this of these rows."""

    def __init__(self, said: np.ndarray | None = None) -> None:
        self.said = said

    def predict(self, X):
        return self.said


def score_by_scorer(name: str) -> Callable[[np.ndarray, Predictions], float]:
    """Return (encoded truth, Predictions) -> score of the scikit-learn scorer of this name.

    As all scorers, it is better the larger it is; of two classes, the positive one is 1. Raises SettingsError
    where there is none of this name.
    """
    from sklearn.metrics import get_scorer, get_scorer_names

    known = get_scorer_names()
    if name not in known:
        raise SettingsError(
            f"`own_metrics`: {name!r} is no scikit-learn scorer.{did_you_mean(name, known)} Give one, or a "
            "function of yours as `file.py:function`."
        )
    scorer = get_scorer(name)

    def score(truth: np.ndarray, outcome: Predictions) -> float:
        if outcome.probabilities is None:
            return scorer(_SaidNumbers(outcome.labels), truth[:, None], truth)
        labels, proba = outcome.labels, outcome.probabilities
        if outcome.positive is not None:
            truth, labels = truth == outcome.positive, labels == outcome.positive
            truth, labels = truth.astype(int), labels.astype(int)
            proba = proba[:, [1 - outcome.positive, outcome.positive]]
        model = _SaidLabels(labels, proba)
        model.classes_ = np.arange(proba.shape[1])
        return scorer(model, truth[:, None], truth)

    return score
