"""What the gate looks at: a model, test rows with what it says of them, and the champion's say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..evaluation.decisions.decided import decided_labels
from ..evaluation.evaluation_input import EvaluationInput, ScoredRows
from ..settings.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ..metrics.table import Metric
    from ..predictor import Predictor
    from ..tasks.base import Task
    from ..tasks.predictions import Predictions
    from .thresholds import Thresholds


@dataclass(frozen=True)
class Champion:
    """The model in production. name : for people. said : Predictions for the test rows.

    is_same : is it the very model that is validated?
    """

    name: str
    version: str
    said: Predictions
    is_same: bool


@dataclass(frozen=True)
class GateInput:
    """What a row of GATES may look at.

    folder : of the model. table : the test data as read, rows without a target left out. rows : the same rows
    with truth and predictions. metric : the primary one. champion : None where it was not asked for.
    """

    model: Predictor
    folder: Path
    task: Task
    metric: Metric
    thresholds: Thresholds
    table: pd.DataFrame
    rows: ScoredRows
    settings: Settings
    champion: Champion | None = None

    @property
    def X(self) -> pd.DataFrame:
        """Raw feature columns of the test rows."""
        return self.rows.X

    def outputs(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_rows, n_classes), or numbers (n_rows,), for raw rows."""
        return self.model.predict_matrix(self.model.to_matrix(X))

    @cached_property
    def known_outputs(self) -> np.ndarray:
        """`outputs` of the test rows."""
        return self.outputs(self.X)

    def evaluation(self, columns: list[str]) -> EvaluationInput:
        """As analyses of failures take it; levels are those of the test rows. columns : for fairness."""
        return EvaluationInput(
            task=self.task,
            metric=self.metric,
            settings=self.settings.model_copy(update={"fairness_columns": columns}),
            schema=self.model.schema_,
            model=self.model,
            out_of_fold=self.rows,
            test=self.rows,
            seed=self.settings.seed,
        )


def scored_rows(
    model: Predictor, task: Task, table: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None, labels: str
) -> ScoredRows:
    """Return test rows with what a model says of them.

    table : with the columns of the model, the target and others. y : target as the model has it.
    labels : "model", or "policy" for those of its decision policy.

    Raises DataError where columns are missing, or the model has no policy to ask.
    """
    features = model.schema_.names()
    absent = [name for name in features if name not in table.columns]
    if absent:
        model.schema_.clean(table)  # says which
    X = table[features].reset_index(drop=True)
    others = table.drop(columns=[*features, task.target], errors="ignore").reset_index(drop=True)
    rows = ScoredRows(np.arange(len(y)), X, task.encode(y), said_of(model, task, X), others, groups)
    if labels != "policy":
        return rows
    if model.decision_policy_ is None:
        raise DataError("The thresholds ask for labels of the decision policy, and the model has none.")
    decided = decided_labels(model.decision_policy_, rows)
    return replace(rows, said=replace(rows.said, labels=decided))


def said_of(model: Predictor, task: Task, X: pd.DataFrame) -> Predictions:
    """What a model says of raw rows."""
    return task.predictions(model.predict_matrix(model.to_matrix(X)), getattr(model, "classes_", None))
