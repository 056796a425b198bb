"""scikit-learn's estimators without their checks of the input, which cost twenty times the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .linear import linear, logistic
from .quick import Quick, Together


def quick_sklearn(estimator: Any) -> Quick | None:
    """None for an estimator that has no quick way."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    ways: dict[type, Callable[[Any], Quick | None]] = {
        DummyClassifier: _constant_classifier,
        DummyRegressor: _constant_regressor,
        LogisticRegression: _logistic,
        LinearRegression: _linear,
        Ridge: _linear,
        Lasso: _linear,
        DecisionTreeClassifier: _tree_classifier,
        DecisionTreeRegressor: _tree_regressor,
        GradientBoostingClassifier: _boosted_classifier,
        GradientBoostingRegressor: _boosted_regressor,
    }
    way = ways.get(type(estimator))
    return None if way is None else way(estimator)


def _constant_classifier(estimator):
    if estimator.strategy not in ("prior", "most_frequent", "constant"):
        return None
    said = np.asarray(estimator.predict_proba(np.empty((1, 0))))
    return Quick(predict_proba=lambda matrix: said.repeat(len(matrix), axis=0), together=Together.AT_ONCE)


def _constant_regressor(estimator):
    said = np.asarray(estimator.predict(np.empty((1, 0))))
    return Quick(predict=lambda matrix: said.repeat(len(matrix), axis=0), together=Together.AT_ONCE)


def _logistic(estimator):
    if len(estimator.coef_) == 1 and len(estimator.classes_) != 2:
        return None
    return logistic(estimator.coef_, estimator.intercept_)


def _linear(estimator):
    return linear(estimator.coef_, estimator.intercept_) if estimator.coef_.ndim == 1 else None


def _tree_classifier(estimator):
    tree = estimator.tree_
    return Quick(predict_proba=lambda matrix: tree.predict(_single(matrix)), together=Together.AT_ONCE)


def _tree_regressor(estimator):
    tree = estimator.tree_
    return Quick(predict=lambda matrix: tree.predict(_single(matrix))[:, 0], together=Together.AT_ONCE)


def _boosted_classifier(estimator):
    raw = _raw_boosted(estimator)
    said = estimator._loss.predict_proba
    return raw and Quick(predict_proba=lambda matrix: said(raw(matrix)), together=Together.AT_ONCE)


def _boosted_regressor(estimator):
    raw = _raw_boosted(estimator)
    return raw and Quick(predict=lambda matrix: raw(matrix).ravel(), together=Together.AT_ONCE)


def _raw_boosted(estimator):
    """The sum of the trees on what the first guess says, which is the same for all rows; None without it."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    try:
        from sklearn.ensemble._gradient_boosting import predict_stages
    except ImportError:  # no name that scikit-learn promises
        return None
    if not isinstance(estimator.init_, DummyClassifier | DummyRegressor):
        return None
    start = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), dtype=np.float32))
    rate, trees = estimator.learning_rate, estimator.estimators_

    def raw(matrix: np.ndarray) -> np.ndarray:
        total = start.repeat(len(matrix), axis=0)
        predict_stages(trees, _single(matrix), rate, total)
        return total if total.shape[1] > 1 else total.ravel()

    return raw


def _single(matrix):
    return np.ascontiguousarray(matrix, dtype=np.float32)
