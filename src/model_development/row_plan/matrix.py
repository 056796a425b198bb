"""A fitted preprocessor as plain arrays and dicts: from a clean row to the row of the matrix."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from ..features.matrix_sources import matrix_sources
from .levels import LevelTable, level_tables
from .steps import Numbers, number_steps

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from .reading import CleanRow


class MatrixPlan:
    """n_columns, precision : of the matrix. numbers : (positions among the clean numbers, steps, slice of the
    matrix). tables : (position among the clean texts, LevelTable)."""

    def __init__(self, n_columns: int, precision: Any) -> None:
        self.empty = np.zeros((1, n_columns), dtype=precision)
        self.numbers: list[tuple[Any, list[Numbers], slice]] = []
        self.tables: list[tuple[int, LevelTable]] = []

    def matrix(self, clean: CleanRow) -> np.ndarray:
        """The row of the matrix, shape (1, n_columns), equal to the preprocessor's to the last bit."""
        matrix = self.empty.copy()
        row = matrix[0]
        for positions, steps, place in self.numbers:
            numbers = np.array(clean.numbers)
            if positions is not None:
                numbers = numbers[positions]
            for step in steps:
                numbers = step(numbers)
            row[place] = numbers
        texts = clean.texts
        for position, table in self.tables:
            for column, number in table.known.get(texts[position], table.new):
                row[column] = number
        return matrix


def compile_matrix(preprocessor: Any, schema: TableSchema) -> MatrixPlan | None:
    """Return the plan of a fitted preprocessor; None where a step of it has none, as sentences have."""
    sources = matrix_sources(preprocessor, schema)
    if sources is None or not isinstance(preprocessor, ColumnTransformer):
        return None
    sample = _transformed_empty_row(preprocessor, schema)
    plan = MatrixPlan(sample.shape[1], sample.dtype)
    raw = {name: position for position, name in enumerate(schema.names())}
    numeric = {name: position for position, name in enumerate(schema.numeric_names)}
    texts = {name: position for position, name in enumerate(schema.names("category"))}
    for name, step, columns in preprocessor.transformers_:
        if name == "remainder":
            continue
        place = preprocessor.output_indices_[name]
        if set(columns) <= set(numeric):
            steps = number_steps(step)
            if steps is None:
                return None
            plan.numbers.append((_selection([numeric[c] for c in columns], len(numeric)), steps, place))
            continue
        if not set(columns) <= set(texts):
            return None
        own = np.array([list(columns).index(n) for n in _names_of(sources[place], raw)], dtype=int)
        tables = level_tables(step, columns, np.arange(place.start, place.stop), own)
        if tables is None:
            return None
        plan.tables += [(texts[c], table) for c, table in zip(columns, tables, strict=True)]
    return plan


def _selection(positions, n_all):
    return None if positions == list(range(n_all)) else np.array(positions, dtype=int)


def _names_of(sources, raw):
    names = list(raw)
    return [names[position] for position in sources]


def _transformed_empty_row(preprocessor, schema):
    """One row without a value: it shows how wide the matrix is, and in which precision."""
    empty = pd.DataFrame({name: pd.Series([None], dtype=object) for name in schema.names()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return preprocessor.transform(schema.clean(empty))
