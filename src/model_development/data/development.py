"""What training, choice and tuning receive. There is no test row in it, and no way to one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class DevelopmentData:
    """Training and validation rows, and no others.

    X_train, X_validation : raw feature columns. y_train, y_validation : labels or numbers.
    folds : (rows to fit, rows to score), each positions within the training rows.
    groups : the group of each training row as a whole number, where the folds keep groups together.
    """

    task: object
    schema: object
    X_train: pd.DataFrame
    y_train: np.ndarray
    X_validation: pd.DataFrame
    y_validation: np.ndarray
    folds: tuple
    groups: np.ndarray | None = None
