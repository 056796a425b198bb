"""A model as the service asks it: one row in, one answer out, in microseconds where a plan can be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..features.rows_alone import steps_that_see_others
from ..row_plan.answering import RowAnswers
from .planned_model import read_planned

if TYPE_CHECKING:
    from ..monitoring.reference import Reference
    from ..predictor import Predictor
    from ..row_plan.answer import Answer
    from .planned_model import PlannedModel


class ServedModel:
    """A loaded model with what one row needs.

    model : what `load_folder` gave, an ensemble too; of a package that holds its row plan what is to be known
    of it. reference : what the training rows were like, for warnings of numbers out of range; None leaves
    these out.
    """

    model: Any

    def __init__(self, model: Predictor, reference: Reference | None = None) -> None:
        self.model = model
        self.row_answers = RowAnswers.of_fitted(model, _ranges(reference))

    def whole(self) -> Predictor:
        """The model with all that it was fitted to."""
        return self.model

    @classmethod
    def load(cls, folder: Path | str, reference: Reference | None = None) -> ServedModel:
        """Read a model folder. Raises ArtifactsError as `load_folder` does."""
        from ..storage.model_folder import load_folder

        return cls(load_folder(folder), reference)

    @property
    def uses_plan(self) -> bool:
        """Is one row answered by its row plan, and not through a table of one row?"""
        return self.row_answers.plan is not None

    @property
    def answers_rows_alone(self) -> bool:
        """Is the answer to a row the same whatever rows come with it?"""
        return self.uses_plan or not steps_that_see_others(self.model)

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


class ModelByPlan(ServedModel):
    """One of a package that holds its row plan: the whole model is read when it is asked for."""

    def __init__(self, folder: Path, model: PlannedModel, row_answers: RowAnswers) -> None:
        self.model, self.row_answers, self._folder = model, row_answers, folder

    def whole(self) -> Predictor:
        """Read anew at each call. Raises ArtifactsError as `load_folder` does."""
        from ..storage.model_folder import load_folder

        return load_folder(self._folder)


def open_model(folder: Path, reference: Reference | None) -> ServedModel:
    """Read the model of a package whose files are known to be whole, by its row plan where it holds one.

    Raises ArtifactsError as `load_folder` and `read_planned` do.
    """
    planned = read_planned(folder)
    if planned is None:
        return ServedModel.load(folder, reference)
    model, plan = planned
    return ModelByPlan(folder, model, RowAnswers(model, _ranges(reference), plan))


def _ranges(reference):
    columns = () if reference is None else reference.columns
    return {c.name: (c.low, c.high) for c in columns if c.low is not None and c.high is not None}
