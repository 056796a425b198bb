"""Rows of the matrix as CatBoost takes them: a category is a text there, and no float."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns.schema import MAX_CODES

if TYPE_CHECKING:
    from catboost import FeaturesData


class CatBoostRows:
    """From the matrix, shape (n_rows, n_columns), to CatBoost's rows; translates, and learns nothing.

    categorical : positions of the columns that hold codes of categories, NaN where one is missing or new.
    CatBoost has numbers first. Its columns are called by their positions in the matrix, so that a saved model
    says which those are.
    """

    def __init__(self, categorical: Sequence[int] = ()) -> None:
        self.categorical = list(categorical)

    def order(self, n_columns: int) -> list[int]:
        """Position in the matrix of each of CatBoost's columns."""
        return [p for p in range(n_columns) if p not in self.categorical] + self.categorical

    def __call__(self, X: np.ndarray) -> FeaturesData:
        from catboost import FeaturesData

        names = [str(position) for position in self.order(X.shape[1])]
        n_numbers = len(names) - len(self.categorical)
        if not self.categorical:
            return FeaturesData(np.ascontiguousarray(X, dtype=np.float32), num_feature_names=names)
        codes = np.nan_to_num(X[:, self.categorical], nan=-1.0).astype(int)
        texts = _texts()[codes + 1]
        if not n_numbers:
            return FeaturesData(cat_feature_data=texts, cat_feature_names=names)
        numbers = np.ascontiguousarray(X[:, self.order(X.shape[1])[:n_numbers]], dtype=np.float32)
        return FeaturesData(numbers, texts, names[:n_numbers], names[n_numbers:])


@lru_cache
def _texts():
    """The text of each code, the missing one first."""
    return np.array(["missing", *map(str, range(MAX_CODES + 1))], dtype=object)
