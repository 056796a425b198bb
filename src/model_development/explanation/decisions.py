"""What follows from explained outputs: the class that is decided for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from ..evaluation.evaluation_input import EvaluationInput
    from .model_output import ModelOutput


EVEN = 0.5  # of the positive class, where there is no policy


def limits_of(given: EvaluationInput, rows: pd.DataFrame) -> np.ndarray:
    """Return the probability from which each row is called positive, shape (n_rows,); see `decide`.

    rows : raw, with the columns that the policy weighs them by.
    """
    if given.policy is None:
        return np.full(len(rows), EVEN)
    return given.policy.thresholds(len(rows), rows)


def decide(said: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return a whole number for each row, the same for the same decision.

    said : explained outputs, shape (n_rows, n_labels). Of one label, 1 where its probability reaches the
    limit of the row, else 0; of several, the position of the most probable one. limits : shape (n_rows,).
    """
    if said.shape[1] > 1:
        return said.argmax(axis=1)
    return (said[:, 0] >= limits).astype(int)


def decision_name(given: EvaluationInput, output: ModelOutput, decision: int) -> Any:
    """Return the label of a decision."""
    if len(output.labels) > 1:
        return output.labels[decision]
    (positive,) = output.labels
    return positive if decision else next(label for label in given.task.classes if label != positive)
