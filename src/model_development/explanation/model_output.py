"""What of a model is explained, and rows taken apart into raw columns and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean
from ..features.matrix_sources import sources_of_model
from ..features.rows_alone import require_rows_alone

if TYPE_CHECKING:
    from ..pipeline import TabularModel
    from ..tasks.base import Task


NUMBERS_AT_ONCE = 4_000_000  # of the matrices that a model is asked about: 32 MB
MOST_TIMES_FEWER = 8  # rows where classes are many


class ModelOutput:
    """The outputs of a fitted model that are explained: probabilities, or the number.

    positive : the class that alone is explained; None for all of them. target : its name, "" where unknown.
    columns : the raw columns that the model uses. labels : the explained classes; (None,) for a number.

    Raises DataError for a model of which no row can be explained by itself, and an unknown class.
    """

    def __init__(self, model: TabularModel, positive: Any = None, target: str = "") -> None:
        require_rows_alone(model)
        self.model, self.schema, self.target = model, model.schema_, target
        self.columns: list[str] = self.schema.names()
        classes = getattr(model, "classes_", None)
        known = [None] if classes is None else np.asarray(classes).tolist()
        if positive is not None and positive not in known:
            raise DataError(
                f"The model knows no class {positive!r}.{did_you_mean(positive, known)} "
                f"Known: {', '.join(map(repr, known))}."
            )
        self.labels: tuple[Any, ...] = tuple(known) if positive is None else (positive,)
        self._kept = [known.index(label) for label in self.labels]
        self._sources = sources_of_model(model)
        if self._sources is not None:
            self._blocks = [np.flatnonzero(self._sources == j) for j in range(len(self.columns))]

    @classmethod
    def of(cls, model: TabularModel, task: Task) -> ModelOutput:
        """Of the positive class, where the task has one; else of every class, or the number."""
        return cls(model, task.positive_class, task.target)

    def say(self, X: pd.DataFrame) -> np.ndarray:
        """Return the explained outputs of raw rows, shape (n_rows, n_labels)."""
        return self._said(self.model.to_matrix(X))

    def affordable(self, n_rows: int, least: int = 1) -> int:
        """How many of `n_rows` to ask about: an answer of many classes takes as many times as long."""
        times = min(MOST_TIMES_FEWER, max(1, len(self.labels) // 2))
        return max(min(least, n_rows), n_rows // times)

    def phrase(self, label: Any) -> str:
        """What an output is called in a sentence.

        A class: "the chance of 'bad'"; a number: "the prediction of 'price'".
        """
        if label is not None:
            return f"the chance of {label!r}"
        return f"the prediction of {self.target!r}" if self.target else "the prediction"

    def split(self, X: pd.DataFrame) -> list[Any]:
        """Return what stands for each raw column: its part of the matrix, or the column as it is.

        The latter where nobody can say which columns of the matrix it becomes.
        """
        if self._sources is None:
            return [X[name].reset_index(drop=True) for name in self.columns]
        matrix = self.model.to_matrix(X)
        return [matrix[:, block] for block in self._blocks]

    def put_together(self, parts: Sequence[Any], rows: np.ndarray) -> np.ndarray:
        """Return the explained outputs of rows whose columns come from several rows.

        parts : what `split` gave. rows : for each row to make, and each raw column, the position of the row
        that it comes from; shape (n_rows, n_columns). Returns shape (n_rows, n_labels).
        """
        width = len(self.columns) if self._sources is None else len(self._sources)
        size = max(1, NUMBERS_AT_ONCE // max(1, width))
        starts = range(0, max(1, len(rows)), size)
        return np.concatenate([self._ask(parts, rows[start : start + size]) for start in starts])

    def _ask(self, parts, rows):
        if self._sources is None:
            taken = [part.iloc[rows[:, j]].reset_index(drop=True) for j, part in enumerate(parts)]
            return self.say(pd.DataFrame(dict(zip(self.columns, taken, strict=True))))
        matrix = np.empty((len(rows), len(self._sources)), dtype=parts[0].dtype if parts else float)
        for j, (part, block) in enumerate(zip(parts, self._blocks, strict=True)):
            matrix[:, block] = part[rows[:, j]]
        return self._said(matrix)

    def _said(self, matrix):
        outputs = np.asarray(self.model.predict_matrix(matrix), dtype=float)
        return outputs.reshape(len(outputs), -1)[:, self._kept]
