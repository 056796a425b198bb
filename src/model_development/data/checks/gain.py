"""A column that takes a model from ordinary to nearly perfect, though it says little alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .check_input import WARNING, Finding
from .leakage import ADVICE, SUSPICIOUS

if TYPE_CHECKING:
    from .check_input import CheckInput

ROWS = 3_000  # that are looked at
MAX_COLUMNS = 200  # that are looked at together
MISSED = 30  # rows that the best constant misses, from which on shares of its error mean something
ORDINARY = 0.8  # share of a constant's error up to which a model without the column is no better than usual
N_STRONGEST = 2  # columns that are left out one by one


def sudden_gain(data: CheckInput) -> Iterator[Finding]:
    """A column without which a small forest is ordinary, and with which it is nearly perfect.

    The forest is cross-validated on a part of the rows, each time on all columns, and then without each of
    the few that it uses most. What counts is the share of the best constant's error that it takes away, as
    for `single_feature`, which sees what a column says alone. Where a table is a rule of its columns, as
    games are, a finding is no fault.
    """
    columns, rows = _columns(data), data.rows_shuffled[:ROWS]
    if len(columns) < 2 or data.missed_by_constant[rows].sum() < MISSED:
        return
    target = data.target[rows]
    matrix = {names: values[rows] for names, values in columns.items()}
    share, uses = _cross_validated(data.task, matrix, target)
    if share < SUSPICIOUS:
        return
    for name in sorted(uses, key=uses.get, reverse=True)[:N_STRONGEST]:
        others = {names: values for names, values in matrix.items() if name not in names}
        without = _cross_validated(data.task, others, target)[0] if others else 0.0
        if without <= ORDINARY:
            yield Finding(
                WARNING,
                (name,),
                f"With it a small forest takes away {share:.1%} of the error of a guess that ignores the "
                f"features, without it {without:.1%} (cross-validated): what one column adds is too good to "
                "be true, unless the target is a rule of the columns.",
                ADVICE,
            )


def _columns(data):
    """{names of columns: values that a tree can cut} of the columns, and of the days between two dates."""
    names = [name for name in data.used if name != data.settings.time_column][:MAX_COLUMNS]
    return {(name,): data.ordered(name) for name in names} | data.days_between


def _cross_validated(task, matrix, target):
    """(share of the best constant's error that a forest takes away, {column: how much it uses that})."""
    from sklearn.model_selection import KFold

    values, predicted = np.column_stack(list(matrix.values())), np.empty(len(target))
    forest, used = task.small_forest(), np.zeros(len(matrix))
    for fit, score in KFold(3).split(values):
        predicted[score] = forest.fit(values[fit], target[fit]).predict(values[score])
        used += forest.feature_importances_
    uses = {}
    for names, use in zip(matrix, used, strict=True):
        for name in names:
            uses[name] = uses.get(name, 0.0) + use
    return task.explained(predicted, target), uses
