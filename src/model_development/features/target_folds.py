"""The folds within which means of the target are learned, so that no row sees its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..saved import known_as_saved

N_FOLDS = 5


@known_as_saved
class TargetFolds:
    """N_FOLDS shuffled folds, of classes stratified; fewer where the rows of the largest class are fewer."""

    def __init__(self, has_classes: bool, seed: int) -> None:
        self.has_classes, self.seed = has_classes, seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many folds there are, of these rows."""
        return N_FOLDS if y is None else self.of(y).get_n_splits()

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of the rows to learn from, and of those that get what was learned, of each fold."""
        return self.of(y).split(X, y)

    def of(self, y: Any) -> Any:
        """The folds of scikit-learn that they are for these rows."""
        from sklearn.model_selection import KFold, StratifiedKFold

        largest = int(np.unique(y, return_counts=True)[1].max())
        stratified = self.has_classes and largest > 1
        n_folds = min(N_FOLDS, largest if stratified else len(y))
        return (StratifiedKFold if stratified else KFold)(n_folds, shuffle=True, random_state=self.seed)
