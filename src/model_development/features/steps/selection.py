"""Columns are left out: by permutation against shuffled copies, by correlation, or by a model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from ...saved import known_as_saved
from ..piecewise import UnitFree
from .association import target_columns
from .quick_forest import importances, permutation_costs
from .step import Step, StepInput

LARGEST_CORRELATION = 0.98
IMPORTANCE_KEPT = 0.99  # share of the importance in a forest


@known_as_saved
class ColumnSelection(Step):
    """Keeps the columns that a rule chooses on the fitted rows; texts, which no rule judges, stay.

    rule : key of RULES.
    """

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def fit_transform(self, given: StepInput, *, y: np.ndarray) -> pd.DataFrame:
        texts, self.new_ = given.schema.names("text"), []
        judged = [name for name in given.table.columns if name not in texts]
        kept = {*texts, *(RULES[self.rule](given, judged, y) if len(judged) > 1 else judged)}
        self.columns_ = [name for name in given.table.columns if name in kept]
        return self.transform(given.table)

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[self.columns_]


def _beyond_shuffled(given: StepInput, judged: list[str], y: np.ndarray) -> Collection[str]:
    """Columns whose permutation costs more than that of the best shuffled copy of a column; one at least.

    Source: Kursa and Rudnicki (2010), Feature Selection with the Boruta Package, with permutation importance
    on rows that the forest was not fitted on.
    """
    matrix, target = _judged_rows(given, judged, y)
    own, shuffled = permutation_costs(matrix, target, given.seed)
    kept = [name for name, cost in zip(judged, own, strict=True) if cost > max(0.0, shuffled.max())]
    return kept or [judged[int(np.argmax(own))]]


def _bearing_importance(given: StepInput, judged: list[str], y: np.ndarray) -> Collection[str]:
    """The fewest columns that together have IMPORTANCE_KEPT of the importance in a forest."""
    matrix, target = _judged_rows(given, judged, y)
    shares = importances(matrix, target, given.seed)
    order = np.argsort(-shares, kind="stable")
    before = np.cumsum(shares[order]) - shares[order]
    kept = order[before < IMPORTANCE_KEPT * shares.sum()] if shares.sum() > 0 else order
    return [judged[j] for j in kept]


def _uncorrelated(given: StepInput, judged: list[str], y: np.ndarray) -> Collection[str]:
    """Without the numbers that correlate with an earlier one that stays, missing ones taken as medians."""
    names = given.numbers
    numbers = UnitFree().fit_transform(given.table[names].to_numpy(dtype=float)[given.sample()])
    medians = [_median(numbers[:, j]) for j in range(len(names))]
    numbers = np.where(np.isnan(numbers), medians, numbers)
    spread = numbers.std(axis=0)
    standardised = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlations = np.abs(standardised.T @ standardised) / len(numbers)
    kept: list[int] = []
    for j in range(len(names)):
        if not (correlations[j, kept] > LARGEST_CORRELATION).any():
            kept.append(j)
    words = [name for name in judged if name not in names]
    return [*(names[j] for j in kept), *words]


RULES: Mapping[str, Callable[[StepInput, list[str], np.ndarray], Collection[str]]] = {
    "importance": _beyond_shuffled,
    "correlation": _uncorrelated,
    "model": _bearing_importance,
}


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _judged_rows(given: StepInput, judged: list[str], y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(matrix of some rows with codes of categories, the more frequent the lower; their target)."""
    rows = given.sample()
    table, numbers = given.table.iloc[rows], set(given.numbers)
    columns = [
        table[name].to_numpy(dtype=float) if name in numbers else _codes(table[name]) for name in judged
    ]
    matrix = UnitFree(single=True).fit_transform(np.column_stack(columns))
    return matrix, target_columns(y[rows], given.family)


def _codes(values: pd.Series) -> np.ndarray:
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    codes = pd.Index(counts.index, dtype=object).get_indexer(values).astype(float)
    return np.where(codes < 0, np.nan, codes)
