"""The boosters' own TreeSHAP: another quantity than permutation SHAP, in a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..features.matrix_sources import sources_of_model
from ..reports.numbers import format_number
from ..reports.section import Section
from .explained import MOST_ROWS, sample

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput
    from ..pipeline import TabularModel


def tree_shap_section(given: EvaluationInput) -> Section | None:
    """Return the mean absolute TreeSHAP value of each raw column; None of a model whose library has none."""
    if not len(given.test):
        return None
    positions = sample(len(given.test), MOST_ROWS, given.seed)
    found = tree_shap(given.model, given.test.X.iloc[positions])
    if found is None:
        return None
    values, _ = found
    sizes = np.abs(values).mean(axis=(0, 2))
    table = pd.DataFrame({"column": given.columns, "mean absolute TreeSHAP value": sizes})
    table = table.sort_values(
        "mean absolute TreeSHAP value", ascending=False, kind="stable", ignore_index=True
    )
    first = table.iloc[0]
    is_binary = given.task.positive_class is not None
    unit = "log-odds" if is_binary else "the scale on which the booster adds up its trees"
    sentence = (
        f"By the booster's own TreeSHAP {first.iloc[0]!r} comes first, {format_number(first.iloc[1])} on "
        f"average over {len(positions):,} test rows, in {unit}. It is path-dependent: what is not known "
        "follows the training rows of each branch and no background, so the figures are not to be compared "
        "with the permutation SHAP values."
    )
    return Section((sentence,), {"TreeSHAP (path-dependent)": table}, values={"rows": len(positions)})


def tree_shap(model: TabularModel, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (values, base) of raw rows, on the scale on which the booster adds up its trees.

    values : shape (n_rows, n_columns, n_outputs), by raw column. base : shape (n_rows, n_outputs); both add
    up to the booster's margin. None of a model whose library has no TreeSHAP.
    Source: Lundberg, Erion and Lee (2018), Consistent Individualized Feature Attribution for Tree Ensembles.
    """
    contributions = getattr(getattr(model, "estimator_", None), "tree_contributions", None)
    sources = sources_of_model(model)
    if contributions is None or sources is None:
        return None
    parts = contributions(model.to_matrix(X))
    values = np.zeros((len(X), len(model.schema_.names()), parts.shape[2]))
    for position, source in enumerate(sources):
        values[:, source] += parts[:, position]
    return values, parts[:, -1]
