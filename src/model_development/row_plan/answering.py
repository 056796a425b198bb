"""A fitted model's answers to rows: by its row plan where it has one, else through its table."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import DataError
from .answer import Answer, Label
from .deciding import Decider
from .raw_values import as_raw_table, raw_columns, raw_values
from .reading import RowReader
from .reading_many import read_many
from .remarks import require_readable

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..outputs.policy import DecisionPolicy
    from ..outputs.uncertainty import Uncertainty
    from ..tasks.targets import TargetCodec
    from .compiling import Part
    from .input_warning import InputWarning
    from .plan import RowPlan
    from .raw_values import Columns
    from .reading import Ranges

INTERVAL_LEVEL = 0.9  # of prediction intervals


class AnsweringModel(Protocol):
    """What is to be known of a model that has a plan, see `predictor.Predictor`."""

    strict: bool
    schema_: TableSchema
    target_: TargetCodec
    uncertainty_: Uncertainty | None
    decision_policy_: DecisionPolicy | None

    @property
    def classes_(self) -> np.ndarray: ...


class FittedModel(AnsweringModel, Protocol):
    """One that answers through its table, too."""

    def to_matrix(self, X: Any) -> np.ndarray: ...

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray: ...

    def parts(self) -> Sequence[Part]: ...

    def combined(self, said: Sequence[np.ndarray]) -> np.ndarray: ...


class RowAnswers:
    """Answers of a fitted model to rows of {column: value}.

    ranges : {column: (lowest, highest)} of the training rows, of numbers and dates (days since 1970), for
    warnings. plan : the model's row plan; None where it can have none, as with a column of sentences, or with
    feature steps: the model is a FittedModel then.

    The prediction is the most probable class (of equally probable ones the first of `classes_`), or the
    number. Probabilities are the model's own, which its decision policy was found on: not calibrated.
    """

    def __init__(self, model: AnsweringModel, ranges: Ranges | None, plan: RowPlan | None) -> None:
        self.model: Any = model
        self.plan = plan
        self.reader = RowReader(model.schema_, ranges or {})
        self.labels: list[Label] = _labels(model)
        self.texts = [str(label) for label in self.labels]
        self.decider = Decider(model.decision_policy_, self.labels)
        self.names = tuple(dict.fromkeys([*model.schema_.names(), *self.decider.columns]))
        self.ends = _interval_ends(model.uncertainty_)

    @classmethod
    def of_fitted(cls, model: FittedModel, ranges: Ranges | None = None) -> RowAnswers:
        """With a plan, where one can be made."""
        from .compiling import compile_plan

        return cls(model, ranges, compile_plan(model.parts(), model.combined))

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row; columns that it lacks are missing values, those that nobody knows are ignored.

        Raises DataError for what is no row, and where the decision policy has no amount to weigh it by; of a
        strict model also for values that cannot be read, and for categories that no training row has.
        """
        plain = raw_values(row, self.names)
        clean = self.reader.read(plain, row)
        self._require_readable([clean.remarks])
        if self.plan:
            outputs = self.plan.outputs(clean)
        else:
            outputs = self.table_outputs({name: [value] for name, value in plain.items()})
        decisions = [self.decider.decide(output, plain) for output in outputs]
        return self._answers(outputs, decisions, [clean.remarks])[0]

    def answer_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer many rows, each as `answer` does, column by column; raises DataError as it does."""
        require_rows(rows)
        if not rows:
            return []
        plain = raw_columns(rows, self.names)
        clean = read_many(self.reader, plain, rows)
        self._require_readable(clean.remarks)
        outputs = self.plan.outputs_of_many(clean) if self.plan else self.table_outputs(plain)
        return self._answers(outputs, self.decider.decide_many(outputs, plain), clean.remarks)

    def _require_readable(self, remarks: Iterable[Iterable[InputWarning]]) -> None:
        if self.model.strict:
            for of_row in remarks:
                require_readable(of_row)

    def table_outputs(self, plain: Columns) -> np.ndarray:
        """What the model says of rows of plain values, through a table of them, as `predict` does.

        plain : see `raw_columns`. Returns probabilities, shape (n_rows, n_classes), or numbers, shape
        (n_rows,).
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that cannot be read: each answer has its own
            return self.model.predict_matrix(self.model.to_matrix(as_raw_table(plain)))

    def _answers(
        self,
        outputs: np.ndarray,
        decisions: Sequence[Label | None],
        remarks: Sequence[tuple[InputWarning, ...]],
    ) -> list[Answer]:
        if not self.labels:
            numbers = zip(outputs.tolist(), self._intervals(outputs), remarks, strict=True)
            return [Answer(float(one), interval=ends, warnings=said) for one, ends, said in numbers]
        texts, best = self.texts, [self.labels[at] for at in outputs.argmax(axis=1).tolist()]
        return [
            Answer(label, dict(zip(texts, shares, strict=True)), None, decision, said)
            for label, shares, decision, said in zip(best, outputs.tolist(), decisions, remarks, strict=True)
        ]

    def _intervals(self, outputs: np.ndarray) -> Iterable[tuple[float, float] | None]:
        if self.ends is None:
            return [None] * len(outputs)
        low, high = self.ends.around(np.asarray(outputs, dtype=float))
        return zip(low.tolist(), high.tolist(), strict=True)


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
