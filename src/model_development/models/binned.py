"""What boosting libraries make of a matrix before they grow trees, made once for all fits on it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import joblib

if TYPE_CHECKING:
    import numpy as np


class BinnedOnce:
    """Datasets of a library by the matrix of which they were made, kept as long as that lives."""

    def __init__(self) -> None:
        self._kept = {}

    def get(self, X: np.ndarray, depends_on: Any, make: Callable[[], Any]) -> Any:
        """Return what `make()` gave for this very matrix and the same content of all else it depends on.

        depends_on : list, dict, array, number or text, nested as you like. Arrays count value by value: as a
            text numpy writes the first and the last three alone.
        """
        key = id(X), joblib.hash(depends_on)
        if key not in self._kept:
            self._kept[key] = make()
            weakref.finalize(X, self._kept.pop, key, None)
        return self._kept[key]
