"""Which frameworks have a quicker way to a single row's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .lightgbm_booster import quick_lightgbm
from .networks import quick_keras, quick_torch
from .sklearn_estimators import quick_sklearn
from .xgboost_booster import quick_xgboost

QUICK: Mapping[str, Callable[[Any], Any]] = {
    "sklearn": quick_sklearn,
    "xgboost": quick_xgboost,
    "lightgbm": quick_lightgbm,
    "pytorch": quick_torch,
    "tensorflow": quick_keras,
}


def quick_on_one_row(framework: str, estimator: Any) -> Any:
    """Return what has the `predict_proba`, or `predict`, of a fitted estimator for matrices of one row.

    Its numbers are equal to the last bit, for a matrix of finite numbers, or with missing ones where the
    estimator takes them. None where there is no quicker way.
    """
    make = QUICK.get(framework)
    return None if make is None else make(estimator)
