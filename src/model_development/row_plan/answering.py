"""A fitted model's answers to single rows: by its row plan where it has one, else through its table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import DataError
from .answer import Answer, Label
from .deciding import Decider
from .plan import compile_plan
from .raw_values import as_raw_table, raw_values
from .reading import RowReader
from .remarks import require_readable

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..outputs.policy import DecisionPolicy
    from ..outputs.uncertainty import Uncertainty
    from ..tasks.targets import TargetCodec
    from .plan import Part
    from .reading import Ranges

INTERVAL_LEVEL = 0.9  # of prediction intervals


class FittedModel(Protocol):
    """What is needed of a model, see `predictor.Predictor`."""

    strict: bool
    schema_: TableSchema
    target_: TargetCodec
    uncertainty_: Uncertainty | None
    decision_policy_: DecisionPolicy | None

    def to_matrix(self, X: Any) -> np.ndarray: ...

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray: ...

    def parts(self) -> Sequence[Part]: ...

    def combined(self, said: Sequence[np.ndarray]) -> np.ndarray: ...


class RowAnswers:
    """Answers of a fitted model to rows of {column: value}.

    ranges : {column: (lowest, highest)} of the training rows, of numbers and dates (days since 1970), for
    warnings. plan : the model's row plan; None where it can have none, as with a column of sentences, or with
    feature steps.

    The prediction is the most probable class (of equally probable ones the first of `classes_`), or the
    number. Probabilities are the model's own, which its decision policy was found on: not calibrated.
    """

    def __init__(self, model: FittedModel, ranges: Ranges | None = None) -> None:
        self.model = model
        self.plan = compile_plan(model.parts(), model.combined)
        self.reader = RowReader(model.schema_, ranges or {})
        self.labels: list[Label] = _labels(model)
        self.texts = [str(label) for label in self.labels]
        self.decider = Decider(model.decision_policy_, self.labels)
        self.names = tuple(dict.fromkeys([*model.schema_.names(), *self.decider.columns]))
        self.ends = _interval_ends(model.uncertainty_)

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row; columns that it lacks are missing values, those that nobody knows are ignored.

        Raises DataError for what is no row, and where the decision policy has no amount to weigh it by; of a
        strict model also for values that cannot be read, and for categories that no training row has.
        """
        return self._answers([row])[0]

    def answer_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer many rows, each as `answer` does; raises DataError as it does."""
        require_rows(rows)
        return self._answers(rows) if rows else []

    def _answers(self, rows):
        plain = [raw_values(row, self.names) for row in rows]
        clean = [self.reader.read(values, row) for values, row in zip(plain, rows, strict=True)]
        if self.model.strict:
            for row in clean:
                require_readable(row.remarks)
        outputs = self.plan.outputs(clean) if self.plan else self.table_outputs(plain)
        return [self._answer(*parts) for parts in zip(outputs, plain, clean, strict=True)]

    def table_outputs(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """What the model says of rows of plain values, through a table of them, as `predict` does.

        Returns probabilities, shape (n_rows, n_classes), or numbers, shape (n_rows,).
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that cannot be read: each answer has its own
            return self.model.predict_matrix(self.model.to_matrix(as_raw_table(rows, self.names)))

    def _answer(self, output, plain, clean):
        if not self.labels:
            return Answer(float(output), interval=self._interval(output), warnings=clean.remarks)
        shares = output.tolist()
        label = self.labels[shares.index(max(shares))]
        decision = self.decider.decide(output, plain)
        return Answer(label, dict(zip(self.texts, shares, strict=True)), None, decision, clean.remarks)

    def _interval(self, output):
        if self.ends is None:
            return None
        low, high = self.ends.around(np.asarray(output, dtype=float))
        return float(low), float(high)


def _labels(model):
    """Those of a model of classes as plain Python values."""
    return model.classes_.tolist() if model.target_.has_classes else []


def _interval_ends(uncertainty):
    """None where the model carries no intervals, or too few rows to promise the level."""
    intervals = None if uncertainty is None else uncertainty.intervals
    if intervals is None or intervals.highest_level < INTERVAL_LEVEL:
        return None
    return intervals.ends(INTERVAL_LEVEL)


def require_rows(rows: Any) -> None:
    """Raise DataError where rows are no list of rows."""
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Sequence):
        raise DataError(f"Give a list of rows, not {type(rows).__name__}.")
