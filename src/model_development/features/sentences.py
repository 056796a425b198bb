"""Sentences as numbers, whatever the column is called and however few of the rows have any.

>>> SentenceEncoder(n_parts=3).fit_transform([None, None]).tolist()
[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from ..saved import known_as_saved

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@known_as_saved
class SentenceEncoder(TransformerMixin, BaseEstimator):
    """Character n-grams, weighted and reduced (latent semantic analysis); missing text is zeros.

    The rows of a fold may hold no text at all, or too few for so many parts: what is left are zeros.

    n_parts : numbers that stand for a text.
    """

    def __init__(self, n_parts: int = 16) -> None:
        self.n_parts = n_parts

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> SentenceEncoder:
        self.fit_transform(X)
        return self

    def fit_transform(self, X: ArrayLike, y: ArrayLike | None = None) -> np.ndarray:
        """Learn from texts and None, one column; return float32, shape (n_rows, n_parts)."""
        from skrub import StringEncoder

        texts, self.encoder_ = _filled(X), None
        if not texts.str.contains(r"\w\w\w", regex=True).any():
            return self._widened(np.empty((len(texts), 0)))
        self.encoder_ = StringEncoder(n_components=self.n_parts, random_state=0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The matrix shape is")  # parts that are left are zeros
            return self._widened(self.encoder_.fit_transform(texts))

    def transform(self, X: ArrayLike) -> np.ndarray:
        texts = _filled(X)
        return self._widened(
            np.empty((len(texts), 0)) if self.encoder_ is None else self.encoder_.transform(texts)
        )

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        name = "text" if input_features is None else input_features[0]
        return np.array([f"{name}_{number}" for number in range(self.n_parts)], dtype=object)

    def _widened(self, parts: np.ndarray | pd.DataFrame) -> np.ndarray:
        wide = np.zeros((len(parts), self.n_parts), dtype=np.float32)
        wide[:, : parts.shape[1]] = parts
        return wide


def _filled(X: ArrayLike) -> pd.Series:
    """Texts under a name of ours: libraries put rules on names."""
    values = np.asarray(X, dtype=object).ravel()
    return pd.Series(["" if value is None else value for value in values], dtype="str", name="text")
