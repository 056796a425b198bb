"""What training, choice and tuning receive. There is no test row in it, and no way to one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .splitting.early_stopping import draw_early_stopping_rows

if TYPE_CHECKING:
    from ..tasks.base import Task
    from .columns.schema import TableSchema


@dataclass(frozen=True)
class DevelopmentData:
    """Training and validation rows, and no others.

    X_train, X_validation : raw feature columns. y_train, y_validation : labels or numbers.
    folds : (rows to fit, rows to score), each positions within the training rows.
    groups, moments : the group of each training row as a whole number, or its time, where the folds keep
        groups (the user's, or sets of equal rows) together or to the order of time.
    groups_validation : the same of each validation row. own_metrics : see metrics/own.py.
    """

    task: Task
    schema: TableSchema
    X_train: pd.DataFrame
    y_train: np.ndarray
    X_validation: pd.DataFrame
    y_validation: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    groups: np.ndarray | None = None
    moments: np.ndarray | None = None
    groups_validation: np.ndarray | None = None
    own_metrics: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        n_train, n_columns = self.X_train.shape
        n_validation = len(self.X_validation)
        return f"DevelopmentData({n_train} training, {n_validation} validation rows, {n_columns} columns)"

    @cached_property
    def n_characters(self) -> int:
        """Characters of all sentences of the training rows: what they cost each fit goes by these."""
        texts = self.X_train[self.schema.names("text")]
        return int(sum(values.dropna().astype(str).str.len().sum() for _, values in texts.items()))

    def groups_of(self, rows: np.ndarray) -> np.ndarray | None:
        """Return the groups of some training rows, shape (n_rows,); None where there are none."""
        return None if self.groups is None else self.groups[rows]

    def early_stopping_rows(self, rows: np.ndarray, seed: int) -> np.ndarray:
        """Return the positions within `rows`, which are to be fitted, of those that say when to stop."""
        y = self.y_train[rows]
        steering = {"groups": self.groups, "moments": self.moments}
        known = {name: values[rows] for name, values in steering.items() if values is not None}
        return draw_early_stopping_rows(self.task.encode(y), seed, self.task.classes_of(y), **known)
