"""scikit-learn's estimators without their checks of the input, which cost twenty times the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .quick import Quick, softmax


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
    return Quick(predict_proba=lambda matrix: said.copy())


def _constant_regressor(estimator):
    said = np.asarray(estimator.predict(np.empty((1, 0))))
    return Quick(predict=lambda matrix: said.copy())


def _logistic(estimator):
    from scipy.special import expit

    coefficients, intercept = estimator.coef_.T, estimator.intercept_

    def of_two(matrix: np.ndarray) -> np.ndarray:
        share = expit((matrix @ coefficients + intercept).ravel())
        return np.stack([1 - share, share], axis=1)

    def of_several(matrix: np.ndarray) -> np.ndarray:
        return softmax(matrix @ coefficients + intercept)

    return Quick(predict_proba=of_two if len(estimator.classes_) == 2 else of_several)


def _linear(estimator):
    coefficients, intercept = estimator.coef_, estimator.intercept_
    if coefficients.ndim != 1:
        return None
    return Quick(predict=lambda matrix: matrix @ coefficients + intercept)


def _tree_classifier(estimator):
    tree = estimator.tree_
    return Quick(predict_proba=lambda matrix: tree.predict(_single(matrix)))


def _tree_regressor(estimator):
    tree = estimator.tree_
    return Quick(predict=lambda matrix: tree.predict(_single(matrix))[:, 0])


def _boosted_classifier(estimator):
    raw = _raw_boosted(estimator)
    said = estimator._loss.predict_proba
    return raw and Quick(predict_proba=lambda matrix: said(raw(matrix)))


def _boosted_regressor(estimator):
    raw = _raw_boosted(estimator)
    return raw and Quick(predict=lambda matrix: raw(matrix).ravel())


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
        total = start.copy()
        predict_stages(trees, _single(matrix), rate, total)
        return total if total.shape[1] > 1 else total.ravel()

    return raw


def _single(matrix):
    return np.ascontiguousarray(matrix, dtype=np.float32)
