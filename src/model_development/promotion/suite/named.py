"""Tests that the user names: columns that may not matter, or in one direction alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.with_columns import with_columns
from ...errors import SettingsError, did_you_mean, some_of
from ...evaluation.failures.levels import as_sortable
from ...reports.numbers import format_number
from ..gate_line import GateLine
from .compare import quiet_outputs

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from ..gate_input import GateInput
    from ..thresholds import Direction, Invariance

MOST_ROWS = 1000
MOST_VALUES = 10  # other values of a column that each row is tried with
STEPS = (0.1, 0.5, 1.0, 2.0)  # standard deviations by which a column is raised


def check_invariances(given: GateInput) -> Iterator[GateLine]:
    """Each row with other values of the column: how far its probabilities, or its number, move."""
    for asked in given.thresholds.invariances:
        yield _invariance(given, asked)


def _invariance(given: GateInput, asked: Invariance) -> GateLine:
    X = given.X.head(MOST_ROWS).reset_index(drop=True)
    before, moved = quiet_outputs(given, X), np.zeros(len(X))
    column = column_of(given, asked.column)
    values = _other_values(column, given.X[column.name])
    for value in values:
        after = quiet_outputs(
            given, with_columns(X, {column.name: pd.Series([value] * len(X), dtype=object)})
        )
        moved = np.maximum(moved, np.abs(after - before).reshape(len(X), -1).max(axis=1))
    breaking = float((moved > asked.at_most).mean())
    sentence = (
        f"With {len(values)} other values of {asked.column!r} the answer moves by up to "
        f"{format_number(float(moved.max()))}; {breaking:.1%} of {len(X)} rows move by more than "
        f"{format_number(asked.at_most)} (allowed: {asked.rows_at_most:.1%})."
    )
    return GateLine(
        gate="",
        name=f"{asked.column} does not matter",
        passed=breaking <= asked.rows_at_most,
        sentence=sentence,
        value=float(moved.max()),
        threshold=asked.at_most,
        rows=len(X),
    )


def _other_values(column: Column, values: pd.Series) -> list:
    """Values that rows are tried with: of few all, of more some along their order."""
    read = pd.Series(as_sortable(column, values))
    first = pd.Series(np.arange(len(values)))[(~read.duplicated() & read.notna()).to_numpy()]
    ordered = first.iloc[np.argsort(read[first].to_numpy(), kind="stable")].to_numpy()
    chosen = ordered[np.unique(np.linspace(0, len(ordered) - 1, MOST_VALUES).round().astype(int))]
    return values.iloc[chosen].tolist() if len(ordered) else []


def check_directions(given: GateInput) -> Iterator[GateLine]:
    """Each row with a higher value of the column: does its score move the wrong way?"""
    for asked in given.thresholds.directions:
        yield _direction(given, asked)


def _direction(given: GateInput, asked: Direction) -> GateLine:
    X = given.X.head(MOST_ROWS).reset_index(drop=True)
    column = column_of(given, asked.column)
    if column.kind != "number":
        raise SettingsError(
            f"`directions` names {asked.column!r}, which holds no numbers: it cannot be raised."
        )
    read = as_sortable(column, X[column.name])
    known, sign = ~np.isnan(read), 1 if asked.raising == "may_not_lower" else -1
    spread = float(np.nanstd(as_sortable(column, given.X[column.name])))
    X, read = X[known].reset_index(drop=True), read[known]
    before, worst = _score(given, X, asked), np.zeros(len(X))
    for step in STEPS if len(X) else ():
        after = _score(given, with_columns(X, {column.name: pd.Series(read + step * spread)}), asked)
        worst = np.maximum(worst, sign * (before - after))
    breaking = float((worst > asked.tolerance).mean()) if len(X) else 1.0
    wrong = "lower" if sign > 0 else "higher"
    sentence = (
        f"Raising {asked.column!r} by up to 2 standard deviations makes the score {wrong} in "
        f"{breaking:.1%} of {len(X)} rows, by up to "
        f"{format_number(float(worst.max()) if len(X) else None)} (allowed: "
        f"{asked.rows_at_most:.1%} of the rows)."
    )
    return GateLine(
        gate="",
        name=f"raising {asked.column} {asked.raising.replace('_', ' ')}",
        passed=breaking <= asked.rows_at_most,
        sentence=sentence,
        value=breaking,
        threshold=asked.rows_at_most,
        rows=len(X),
    )


def _score(given: GateInput, X: pd.DataFrame, asked: Direction) -> np.ndarray:
    """Probability of a class, or the number, shape (n_rows,)."""
    outputs = quiet_outputs(given, X)
    return outputs if outputs.ndim == 1 else outputs[:, label_position(given, asked)]


def label_position(given: GateInput, asked: Direction) -> int:
    """Position of the class that a direction is about. Raises SettingsError where there is no such class."""
    classes = [str(label) for label in given.task.classes]
    if asked.label is None and given.rows.said.positive is not None:
        return given.rows.said.positive
    if asked.label is None or str(asked.label) not in classes:
        raise SettingsError(
            f"`directions` of {asked.column!r} has the label {asked.label!r}; name one of {some_of(classes)}."
            f"{did_you_mean(asked.label, classes)}"
        )
    return classes.index(str(asked.label))


def column_of(given: GateInput, name: str) -> Column:
    """A column that the model uses."""
    return next(column for column in given.model.schema_.columns if column.name == name)
