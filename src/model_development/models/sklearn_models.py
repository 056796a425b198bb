"""scikit-learn: logistic and linear regression, the dummy baseline, and how its estimators are saved."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArtifactsError
from ..saved import saved_name
from . import skops_files

if TYPE_CHECKING:
    from pathlib import Path

    from sklearn.base import BaseEstimator
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge


PACKAGES = ("scikit-learn",)
SKOPS_TYPES = (  # what the estimators hold beside what skops knows
    "sklearn.tree._tree.Tree",
    saved_name("ExtraForestClassifier"),
    saved_name("ExtraForestRegressor"),
    saved_name("ForestClassifier"),
    saved_name("ForestRegressor"),
)

LOGISTIC_BASELINE = {"C": 1.0, "solver": "lbfgs", "max_iter": 1000, "class_weight": None}
LOGISTIC_SPACE = {
    "C": [0.001, 0.01, 0.1, 1, 10, 100],
    "solver": ["lbfgs", "liblinear", "saga"],
    "max_iter": [500, 1000, 2000],
}
LOGISTIC_RANGES = {
    "C": {"low": 1e-4, "high": 1e3, "log": True},
}
LINEAR_BASELINE = {"regularization": "none", "alpha": 0.0}
LINEAR_SPACE = {
    "regularization": ["ridge", "lasso"],
    "alpha": [0.0001, 0.001, 0.01, 0.1, 1, 10, 100],
}
LINEAR_RANGES = {
    "regularization": ["ridge", "lasso"],
    "alpha": {"low": 1e-5, "high": 1e3, "log": True},
}


RIDGE_BASELINE = {"alpha": 1.0}
RIDGE_SPACE = {"alpha": [0.01, 0.1, 1, 10, 100, 1000]}
RIDGE_RANGES = {"alpha": {"low": 1e-3, "high": 1e4, "log": True}}
LASSO_BASELINE = {"alpha": 0.001}  # of a target in units of its spread
LASSO_SPACE = {"alpha": [0.0001, 0.001, 0.01, 0.1]}
LASSO_RANGES = {"alpha": {"low": 1e-5, "high": 0.5, "log": True}}


def build_dummy(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> DummyClassifier | DummyRegressor:
    """A model that ignores the features: class shares, or the mean of the target."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if task == "regression":
        return DummyRegressor(strategy="mean", **params)
    return DummyClassifier(strategy="prior", random_state=seed, **params)


def build_logistic(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(random_state=seed, **params)


def build_linear(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    regularization: str = "none",
    alpha: float = 0.0,
) -> LinearRegression | Ridge | Lasso:
    """Least squares; with `regularization` "ridge" or "lasso" of strength `alpha`."""
    from sklearn.linear_model import Lasso, LinearRegression, Ridge

    if regularization == "none":
        return LinearRegression()
    if regularization == "ridge":
        return Ridge(alpha=alpha, random_state=seed)
    if regularization == "lasso":
        return Lasso(alpha=alpha, random_state=seed, max_iter=5000)
    raise ValueError(f"regularization is {regularization!r}; allowed: none, ridge, lasso")


def converged(estimator: LogisticRegression) -> bool:
    """Say whether the fit ended by itself, before its limit of iterations."""
    return max(estimator.n_iter_) < estimator.max_iter


def save(estimator: BaseEstimator, folder: Path) -> None:
    """Write skops' own format: loading it runs no code but that of the types named above."""
    if getattr(estimator, "_sample_weight", None) is not None:  # a forest keeps those of its training rows
        estimator = copy.copy(estimator)
        vars(estimator)["_sample_weight"] = None
    from zipfile import ZIP_DEFLATED

    skops_files.dump(
        estimator, folder / "estimator.skops", SKOPS_TYPES, compression=ZIP_DEFLATED, compresslevel=1
    )


def load(folder: Path, task: str) -> Any:
    """Raises ArtifactsError for other types, and for trees that lead out of their own arrays."""
    path = folder / "estimator.skops"
    estimator = skops_files.load(path, SKOPS_TYPES)
    for tree in _trees_of(estimator):
        if not _stays_inside(tree):
            raise ArtifactsError(
                f"{path} is damaged: the nodes of a tree are no tree. Train the model again."
            )
    return estimator


def _trees_of(estimator):
    """Of a forest, of boosting, which has an array of them, or the only one."""
    grown = np.ravel(np.asarray(getattr(estimator, "estimators_", estimator), dtype=object))
    return [tree.tree_ for tree in grown if hasattr(tree, "tree_")]


def _stays_inside(tree):
    """Does each node lead to later ones of the same tree, and ask for a column that there is?"""
    left, right = tree.children_left, tree.children_right
    asks = left != -1
    nodes = np.arange(tree.node_count)
    later = (left > nodes) & (right > nodes) & (left < tree.node_count) & (right < tree.node_count)
    known = (tree.feature >= 0) & (tree.feature < tree.n_features)
    return bool((later & known)[asks].all())


def coefficients(estimator: BaseEstimator) -> dict[str, list[float]] | None:
    """The intercept and then each column of the matrix, as {statistic: [value]}; None where there is none."""
    coefficients = getattr(estimator, "coef_", None)
    if coefficients is None or coefficients.size != estimator.n_features_in_:
        return None
    return {"coefficient": [*estimator.intercept_.ravel(), *coefficients.ravel()]}
