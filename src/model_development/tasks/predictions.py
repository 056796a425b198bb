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
