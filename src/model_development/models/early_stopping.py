"""Boosting that finds its number of rounds on early-stopping rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from .schedule import Pace


class EarlyStopped(ABC):
    """A scikit-learn estimator of a boosting library, with what the libraries have in common.

    The rows that are not early_stopping_rows are fitted until the loss on the early-stopping rows has not
    fallen for `patience` rounds; then all rows are fitted with the best number. Without `patience`,
    `n_estimators` holds.
    """

    def __init__(self, estimator: Any, patience: int | None = None) -> None:
        self.estimator, self.patience = estimator, patience
        self.on_step: Callable[[str], None] | None = None
        self.history_ = {}

    @abstractmethod
    def _try_rounds(self, X, y, rest, early_stopping_rows, sample_weight):
        """Fit the rows `rest`; return ([loss on the early-stopping rows per round], best number)."""

    @abstractmethod
    def _fit_all(self, X, y, sample_weight):
        """Fit all rows with `n_estimators` rounds."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return self.estimator.get_params(deep=deep) | {"early_stopping_rounds": self.patience}

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        early_stopping_rows: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> EarlyStopped:
        import numpy as np

        if self.patience:
            rest = np.setdiff1d(np.arange(len(X)), early_stopping_rows)
            losses, n_rounds = self._try_rounds(X, y, rest, early_stopping_rows, sample_weight)
            self.history_ = {"early_stopping_loss": losses}
            self.estimator.set_params(n_estimators=n_rounds)
        self.stopped_at_ = self.estimator.get_params()["n_estimators"]
        self._fit_all(X, y, sample_weight)
        return self

    def refit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        first: EarlyStopped | Pace,
        sample_weight: np.ndarray | None = None,
    ) -> EarlyStopped:
        """Fit with as many rounds as `first` has kept."""
        self.estimator.set_params(n_estimators=first.stopped_at_)
        self.stopped_at_ = first.stopped_at_
        self._fit_all(X, y, sample_weight)
        return self


def weights_of(sample_weight: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """The weights of some of the rows; None where all count alike."""
    return None if sample_weight is None else sample_weight[rows]
