"""A model as the service asks it: one row in, one answer out, in microseconds where a plan can be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..row_plan.answering import RowAnswers
from ..storage.model_folder import load_folder

if TYPE_CHECKING:
    from ..monitoring.reference import Reference
    from ..predictor import Predictor
    from ..row_plan.answer import Answer


class ServedModel:
    """A loaded model with what one row needs.

    model : what `load_folder` gave; an ensemble too. reference : what the training rows were like, for
    warnings of numbers out of range; None leaves these out.
    """

    def __init__(self, model: Predictor, reference: Reference | None = None) -> None:
        self.model, self.reference = model, reference
        self.row_answers = RowAnswers(model, _ranges(reference))

    @classmethod
    def load(cls, folder: Path | str, reference: Reference | None = None) -> ServedModel:
        """Read a model folder. Raises ArtifactsError as `load_folder` does."""
        return cls(load_folder(folder), reference)

    @property
    def uses_plan(self) -> bool:
        """Is one row answered by its row plan, and not through a table of one row?"""
        return self.row_answers.plan is not None

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row of {column: value}; columns that are missing count as missing values.

        Columns that the model does not know are ignored. Probabilities are the model's own, which its
        decision policy was found on: not calibrated.
        Raises DataError, in a sentence, for what cannot be a row, and where the decision policy lacks an
        amount.
        """
        return self.row_answers.answer(row)

    def answer_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer many rows at once, each as `answer` would."""
        return self.row_answers.answer_rows(rows)


def _ranges(reference):
    columns = () if reference is None else reference.columns
    return {c.name: (c.low, c.high) for c in columns if c.low is not None and c.high is not None}
