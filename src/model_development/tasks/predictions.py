"""What a model says of some rows, in the form that metrics take."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Predictions:
    """What a model says of some rows.

    labels : class positions or numbers, shape (n_rows,).
    probabilities : shape (n_rows, n_classes); None where there are no classes.
    positive : position of the positive class for binary tasks, else None.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None = None
    positive: int | None = None

    @property
    def by_class(self) -> np.ndarray:
        """The probabilities, for what needs them. Raises ValueError where there are no classes."""
        if self.probabilities is None:
            raise ValueError("these predictions have no probabilities")
        return self.probabilities

    def take(self, rows: np.ndarray) -> "Predictions":
        """Return what is said of some of the rows, by position."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Predictions(self.labels[rows], probabilities, self.positive)
