"""Tests on rows that no training table has: a usable answer, or an error in words, and never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data.with_columns import with_columns
from ...errors import TemplateError
from ...evaluation.failures.changes import UNSEEN
from .compare import not_an_output, quiet_outputs, some_rows

if TYPE_CHECKING:
    from ..gate_input import GateInput

N_ROWS = 5
EXTREMES = (0.0, -1.0, 1e9, -1e9, 1e15, -1e15)
ODD: tuple[Any, ...] = ("abc", "", True, -7, 3.5, None, float("inf"), "2024-02-30", "ß漢字\u0000", "x" * 1000)
NESTED: tuple[Any, ...] = ([1, 2], {"a": 1}, (), b"bytes", pd.NaT, 10**30)


def empty_table(given: GateInput) -> str | None:
    """No rows give no answers."""
    return _tried(given, some_rows(given).head(0))


def one_row(given: GateInput) -> str | None:
    """A single row is answered."""
    return _tried(given, some_rows(given).head(1))


def all_missing(given: GateInput) -> str | None:
    """Rows without a single value are answered, be it with None or with NaN."""
    names = some_rows(given).columns
    for missing in (None, np.nan):
        problem = _tried(given, pd.DataFrame({name: [missing] * N_ROWS for name in names}, dtype=object))
        if problem:
            return problem
    return None


def each_column_missing(given: GateInput) -> str | None:
    """Each column may be empty in some rows."""
    return _each_column(given, lambda column: [None] * N_ROWS)


def unseen_categories(given: GateInput) -> str | None:
    """Categories that no training row has are answered."""
    return _each_column(given, lambda column: [UNSEEN] * N_ROWS, kinds=("category", "text"))


def extreme_numbers(given: GateInput) -> str | None:
    """Numbers far beyond the training rows, in one column after the other, give finite answers."""
    return _each_column(given, lambda column: list(EXTREMES), kinds=("number",))


def infinite_numbers(given: GateInput) -> str | None:
    """Infinite numbers give finite answers, or an error in words."""
    return _each_column(given, lambda column: [np.inf, -np.inf], kinds=("number",))


def wrong_types(given: GateInput) -> str | None:
    """Texts for numbers, numbers for texts and the like."""
    return _each_column(given, lambda column: list(ODD))


def nested_values(given: GateInput) -> str | None:
    """Lists, objects and bytes in a cell."""
    return _each_column(given, lambda column: list(NESTED))


def _each_column(given, values_of, kinds=("number", "date", "category", "text")):
    """What is wrong in the first column in which something is."""
    X = some_rows(given)
    for column in given.model.schema_.columns:
        if column.kind in kinds:
            values = values_of(column)
            rows = X.iloc[np.arange(len(values)) % len(X)].reset_index(drop=True)
            problem = _tried(given, with_columns(rows, {column.name: pd.Series(values, dtype=object)}))
            if problem:
                return f"column {column.name!r}: {problem}"
    return None


def _tried(given: GateInput, X: pd.DataFrame) -> str | None:
    try:
        outputs = quiet_outputs(given, X)
    except TemplateError:
        return None  # said in words
    except Exception as error:  # whatever a library raises, a service would answer with a crash
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
    return not_an_output(given, outputs, len(X))
