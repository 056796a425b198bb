"""Rows with the labels that are decided for them: by the policy where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..tasks.predictions import Predictions

if TYPE_CHECKING:
    from .evaluation_input import EvaluationInput, ScoredRows


def decided(given: EvaluationInput, rows: ScoredRows) -> Predictions:
    """Return what was said of the rows, with the policy's labels; without one with the model's."""
    if given.policy is None:
        return rows.said
    columns = pd.concat([rows.X, rows.others], axis=1)
    labels = given.policy.decide(rows.said.by_class, columns)
    return Predictions(labels, rows.said.probabilities, rows.said.positive)


def decided_by(given: EvaluationInput) -> str:
    """Say whose decisions they are."""
    if given.policy is None:
        return "the class with the highest probability"
    return f"the decision policy (threshold {given.policy.threshold:.4g})"
