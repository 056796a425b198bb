"""scikit-learn's single decision tree, and its gradient boosting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

TREE_BASELINE = {"max_depth": 10, "min_samples_leaf": 20}
TREE_SPACE = {"max_depth": [3, 5, 10, None], "min_samples_leaf": [5, 20, 50]}
TREE_RANGES = {
    "max_depth": [3, 5, 10, 20, None],
    "min_samples_leaf": {"low": 1, "high": 200, "log": True},
    "ccp_alpha": {"low": 0.0, "high": 0.02},
}
TREE_LIMITS = {"min_samples_leaf": 1, "ccp_alpha": 0.0}

BOOSTING_BASELINE = {
    "n_estimators": 100,
    "learning_rate": 0.1,
    "max_depth": 4,
    "subsample": 0.5,
    "max_features": 0.5,
}
BOOSTING_SPACE = {
    "n_estimators": [50, 100, 200],
    "learning_rate": [0.05, 0.1, 0.2],
    "max_depth": [2, 3, 5],
}
BOOSTING_RANGES = {
    "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
    "max_depth": {"low": 2, "high": 7},
    "subsample": {"low": 0.4, "high": 1.0},
    "max_features": {"low": 0.2, "high": 1.0},
}
BOOSTING_LIMITS = {"subsample": 1.0, "max_features": 1.0}


def build_tree(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> DecisionTreeClassifier | DecisionTreeRegressor:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    estimator = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    return estimator(random_state=seed, **params)


def build_boosting(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> GradientBoostingClassifier | GradientBoostingRegressor:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    estimator = GradientBoostingRegressor if task == "regression" else GradientBoostingClassifier
    return estimator(random_state=seed, **params)


def rounds_differ(params: Mapping[str, Any]) -> bool:
    """Is the model of few rounds another one than the first rounds of a longer one?"""
    return params.get("n_iter_no_change") is not None
