"""A model as the service asks it: one row in, one answer out, in microseconds where a plan can be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..monitoring.reference import Reference
    from ..predictor import Predictor
    from .answer import Answer


class ServedModel:
    """A loaded model with what one row needs.

    model : what `load_folder` gave; an ensemble too. reference : what the training rows were like, for warnings
    of numbers out of range; None leaves these out. uses_plan : is one row answered by its row plan?
    """

    model: Predictor
    reference: Reference | None
    uses_plan: bool

    @classmethod
    def load(cls, folder: Path | str, reference: Reference | None = None) -> ServedModel:
        """Read a model folder. Raises ArtifactsError as `load_folder` does."""
        raise NotImplementedError

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row of {column: value}; columns that are missing count as missing values.

        Raises DataError, in a sentence, for what cannot be a row, and where the decision policy lacks an amount.
        """
        raise NotImplementedError

    def answer_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer many rows at once, each as `answer` would."""
        raise NotImplementedError
