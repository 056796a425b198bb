"""How probabilities become decisions: kept with a model, obeyed by `predict(..., policy=True)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class DecisionPolicy:
    """A threshold on the probability of the positive class, of binary tasks."""

    threshold: float = 0.5
    positive: int = 1

    def decide(self, probabilities: np.ndarray, X: pd.DataFrame | None = None) -> np.ndarray:
        """Return positions of classes, shape (n_rows,). probabilities : shape (n_rows, 2)."""
        is_called = probabilities[:, self.positive] >= self.threshold
        return np.where(is_called, self.positive, 1 - self.positive)
