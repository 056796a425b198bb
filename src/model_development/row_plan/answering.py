"""A fitted model's answers to single rows: by its row plan where it has one, else through its table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from ..errors import DataError
from .answer import Answer, Label
from .raw_values import raw_values
from .remarks import Remarks

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..outputs.policy import DecisionPolicy
    from ..outputs.uncertainty import Uncertainty
    from ..tasks.targets import TargetCodec

INTERVAL_LEVEL = 0.9  # of prediction intervals


class FittedModel(Protocol):
    """What is needed of a model, see `predictor.Predictor`."""

    schema_: TableSchema
    target_: TargetCodec
    uncertainty_: Uncertainty | None
    decision_policy_: DecisionPolicy | None

    def to_matrix(self, X: Any) -> np.ndarray: ...

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray: ...


class RowAnswers:
    """Answers of a fitted model to rows of {column: value}.

    ranges : {column: (lowest, highest)} of the training rows, of numbers and dates (days since 1970), for
    warnings.

    The prediction is the most probable class (of equally probable ones the first of `classes_`), or the
    number. Probabilities are the model's own, which its decision policy was found on: not calibrated.
    """

    def __init__(self, model: FittedModel, ranges: Mapping[str, tuple[float, float]] | None = None) -> None:
        self.model = model
        self.remarks = Remarks(model.schema_, ranges or {})
        policy = model.decision_policy_
        self.names = list(dict.fromkeys([*model.schema_.names(), *(policy.columns if policy else ())]))
        self.labels: list[Label] = model.target_.classes.tolist() if model.target_.has_classes else []
        self.texts = [str(label) for label in self.labels]

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row; columns that it lacks are missing values, those that nobody knows are ignored.

        Raises DataError for what is no row, and where the decision policy has no amount to weigh it by.
        """
        return self.answer_rows([row])[0]

    def answer_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer many rows, each as `answer` does. Raises DataError, which names the row where it can."""
        require_rows(rows)
        if not rows:
            return []
        plain = [raw_values(row, self.names) for row in rows]
        table = as_raw_table(plain, self.names)
        outputs = self.table_outputs(table)
        decisions = self._decisions(outputs, table)
        remarks = self.remarks.of_table(rows, table)
        return [self._answer(*parts) for parts in zip(outputs, decisions, remarks, strict=True)]

    def table_outputs(self, table: pd.DataFrame) -> np.ndarray:
        """What the model says of raw rows: probabilities, shape (n_rows, n_classes), or numbers."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that cannot be read: each answer has its own
            return self.model.predict_matrix(self.model.to_matrix(table))

    def _decisions(self, outputs, table):
        policy = self.model.decision_policy_
        if policy is None:
            return [None] * len(outputs)
        return [self.labels[position] for position in policy.decide(outputs, table)]

    def _answer(self, output, decision, remarks):
        if not self.labels:
            return Answer(float(output), interval=self._interval(output), warnings=remarks)
        shares = dict(zip(self.texts, output.tolist(), strict=True))
        return Answer(self.labels[int(output.argmax())], shares, None, decision, remarks)

    def _interval(self, output):
        found = self.model.uncertainty_
        if found is None or found.intervals is None or found.intervals.highest_level < INTERVAL_LEVEL:
            return None
        low, high = found.intervals.interval([output], INTERVAL_LEVEL)
        return float(low[0]), float(high[0])


def as_raw_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    """Rows of plain values as the table that a model takes: each value is read as it would be alone."""
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in names})


def require_rows(rows: Any) -> None:
    """Raise DataError where rows are no list of rows."""
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Sequence):
        raise DataError(f"Give a list of rows, not {type(rows).__name__}.")
