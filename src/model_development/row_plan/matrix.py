"""From a fitted preprocessor to its plan."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from ..features.matrix_sources import matrix_sources
from .clean_rows import CleanRow
from .fitted_levels import level_tables
from .fitted_steps import number_steps
from .matrix_plan import MatrixPlan, NumberBlock

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema


def compile_matrix(preprocessor: Any, schema: TableSchema) -> MatrixPlan | None:
    """Return the plan of a fitted preprocessor.

    None where a step of it has none, as sentences have, or where the plan does not say what the preprocessor
    says of a few rows that are made up.
    """
    sources = matrix_sources(preprocessor, schema)
    if sources is None or not isinstance(preprocessor, ColumnTransformer):
        return None
    probes = probe_rows(schema)
    expected = _transformed(preprocessor, schema, probes)
    plan = MatrixPlan(expected.shape[1], expected.dtype)
    steps = [part for part in preprocessor.transformers_ if part[0] != "remainder"]
    for name, step, columns in steps:
        place = preprocessor.output_indices_[name]
        if not _add(plan, step, list(columns), place, sources[place], schema):
            return None
    made = np.concatenate([plan.matrix(row) for row in probes])
    return plan if np.array_equal(made, expected, equal_nan=True) else None


def _add(plan, step, columns, place, sources, schema):
    """Add a fitted step; say whether it has a form that can be added."""
    numeric = {name: position for position, name in enumerate(schema.numeric_names)}
    texts = {name: position for position, name in enumerate(schema.names("category"))}
    if numeric.keys() >= set(columns):
        steps = number_steps(step)
        if steps is not None:
            positions = _selection([numeric[c] for c in columns], len(numeric))
            plan.numbers.append(NumberBlock(positions, steps, (place.start, place.stop)))
        return steps is not None
    if not texts.keys() >= set(columns):
        return False
    raw = schema.names()
    own = np.array([columns.index(raw[position]) for position in sources], dtype=int)
    tables = level_tables(step, columns, np.arange(place.start, place.stop), own)
    if tables is not None:
        plan.tables += [(texts[c], table) for c, table in zip(columns, tables, strict=True)]
    return tables is not None


def probe_rows(schema: TableSchema) -> list[CleanRow]:
    """Made-up rows: without a value, with extreme ones, with the first and the last level of each column."""
    columns = schema.of_kind("category") + schema.of_kind("text")
    n_numbers = len(schema.numeric_names)
    rows = []
    for number, which in ((np.nan, None), (0.0, 0), (-3e38, -1), (3e38, 0), (1.5, -1)):
        texts = [None if which is None or not c.levels else c.levels[which] for c in columns]
        rows.append(CleanRow([float(number)] * n_numbers, texts, ()))
    return rows


def _transformed(preprocessor, schema, rows):
    """What the preprocessor itself makes of clean rows."""
    numbers = np.array([row.numbers for row in rows], dtype=float)
    columns = dict(zip(schema.numeric_names, numbers.T, strict=True))
    names = schema.names("category") + schema.names("text")
    texts = zip(names, zip(*(row.texts for row in rows), strict=True), strict=True)
    columns |= {name: np.array(values, dtype=object) for name, values in texts}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return preprocessor.transform(schema.as_table(columns, pd.RangeIndex(len(rows))))


def _selection(positions, n_all):
    """None for all of them, most often: then no copy is made."""
    return None if positions == list(range(n_all)) else positions
