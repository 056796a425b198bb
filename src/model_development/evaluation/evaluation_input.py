"""What analyses and explanations see: the final model, and rows with what it said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..metrics.kpis import Kpi
    from ..metrics.table import Metric
    from ..outputs.policy import DecisionPolicy
    from ..predictor import Predictor
    from ..settings.settings import Settings
    from ..tasks.base import Task
    from ..tasks.predictions import Predictions


T = TypeVar("T")


@dataclass(frozen=True)
class ScoredRows:
    """Rows whose target is known, and what a model said of them.

    rows : positions in the source table, shape (n_rows,). X : raw feature columns, index 0 to n_rows - 1.
    truth : encoded target, see `Task.encode`; shape (n_rows,). said : Predictions for these rows.
    others : columns that settings name and that are no features (amounts, say); index as X.
    groups : whole numbers, rows of one group depend on each other; None where there are none.
    decimal : the mark before decimals in the file of the table, which amounts as texts go by.
    """

    rows: np.ndarray
    X: pd.DataFrame
    truth: np.ndarray
    said: Predictions
    others: pd.DataFrame
    groups: np.ndarray | None = None
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.truth)

    def column(self, name: str) -> pd.Series:
        """A column by name, feature or not. Raises KeyError where there is none."""
        return self.X[name] if name in self.X else self.others[name]

    def take(self, positions: np.ndarray) -> ScoredRows:
        """Some of the rows, by position."""
        return ScoredRows(
            self.rows[positions],
            self.X.iloc[positions].reset_index(drop=True),
            self.truth[positions],
            self.said.take(positions),
            self.others.iloc[positions].reset_index(drop=True),
            None if self.groups is None else self.groups[positions],
            self.decimal,
        )


@dataclass(frozen=True)
class EvaluationInput:
    """What an analysis or explanation may look at.

    metric : the primary metric. model : the final model, fitted; `schema` is that of its columns.
    out_of_fold : training rows, each as a model of the same parameters said of it that was not fitted on it;
        what is chosen (a threshold, a slice) is chosen on these.
    test : the test rows, as the final model said; what is promised is checked on these.
    policy : how scores become decisions; None where labels are taken as the model gives them.
    kpis : the user's own business figures, see metrics/kpis.py.
    seed : of all draws.
    """

    task: Task
    metric: Metric
    settings: Settings
    schema: TableSchema
    model: Predictor
    out_of_fold: ScoredRows
    test: ScoredRows
    seed: int
    policy: DecisionPolicy | None = None
    kpis: tuple[Kpi, ...] = ()
    _found: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Raw columns that the model uses, in their order."""
        return self.schema.names()

    def say(self, X: pd.DataFrame) -> Predictions:
        """What the final model says of raw rows."""
        outputs = self.model.predict_matrix(self.model.to_matrix(X))
        return self.task.predictions(outputs, getattr(self.model, "classes_", None))

    def once(self, name: str, make: Callable[[EvaluationInput], T]) -> T:
        """What `make` finds, for all rows that need it: it is asked once. name : of what it finds."""
        if name not in self._found:
            self._found[name] = make(self)
        return self._found[name]
