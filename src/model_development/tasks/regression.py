"""The target is a quantity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..late import pandas as pd
from .base import Task
from .predictions import Predictions
from .targets import NumberTarget

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator
    from sklearn.tree import DecisionTreeRegressor


MIN_STRATUM = 50  # rows of each bin: as many as folds at the most
N_STRATA = 10  # quantile bins that stand in for classes


@dataclass(frozen=True)
class Regression(Task):
    """A number is predicted."""

    kind = family = "regression"
    default_metric = "rmse"
    codec = NumberTarget
    chart = "truth"
    output_type = "double"

    @classmethod
    def suits(cls, y: pd.Series) -> bool:
        return pd.api.types.is_numeric_dtype(y)

    @classmethod
    def pose(cls, y: pd.Series, target: str, positive_class: Any = None) -> Regression:
        if not pd.api.types.is_numeric_dtype(y):
            raise DataError(
                f"`problem_type` is {cls.kind!r}, but the target {target!r} holds text such as "
                f"{y.iloc[0]!r}. Make it a number, or set `problem_type` to 'auto'."
            )
        return cls(target)

    def encode(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y, dtype=float)

    def strata(self, y: ArrayLike) -> np.ndarray:
        """Quantile bins, each with rows enough for every fold and part."""
        ranks = pd.Series(self.encode(y)).rank(method="first")
        n_bins = max(1, min(N_STRATA, len(ranks) // MIN_STRATUM))
        return pd.qcut(ranks, n_bins, labels=False).to_numpy()

    def classes_of(self, y: ArrayLike) -> None:
        return None

    def predictions(self, outputs: np.ndarray, classes: ArrayLike | None = None) -> Predictions:
        return Predictions(outputs)

    def output_table(self, outcome: Predictions) -> pd.DataFrame:
        return pd.DataFrame({"prediction": outcome.labels})

    def read_output_table(self, table: pd.DataFrame) -> Predictions:
        return Predictions(table["prediction"].to_numpy(dtype=float))

    def require_test_target(self, y: pd.Series, location: str) -> None:
        if not pd.api.types.is_numeric_dtype(y):
            raise DataError(f"The target of the test table {location} holds text, such as {y.iloc[0]!r}.")

    def balance(self, y: ArrayLike) -> pd.DataFrame:
        """Count, mean and quantiles."""
        return pd.Series(y, name=self.target).astype(float).describe().to_frame()

    def small_tree(self, min_leaf: int) -> DecisionTreeRegressor:
        from sklearn.tree import DecisionTreeRegressor

        return DecisionTreeRegressor(min_samples_leaf=min_leaf, random_state=0)

    def small_forest(self) -> BaseEstimator:
        from sklearn.ensemble import ExtraTreesRegressor

        return ExtraTreesRegressor(n_estimators=20, max_features=None, min_samples_leaf=2, random_state=0)

    def explained(self, predicted: np.ndarray, target: np.ndarray) -> float:
        variance = np.var(target)
        return 1 - np.mean((predicted - target) ** 2) / variance if variance > 0 else 0.0
