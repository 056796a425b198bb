"""Made-up rows: values drawn column by column from what many training rows have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ...data.columns.schema import Column, TableSchema
    from ...monitoring.reference import ColumnReference, Reference
    from .contents import Row

WORD = "text"  # stands for what nobody's row says
FIRST, LAST_DAY = datetime(1970, 1, 1), (date.max - date(1970, 1, 1)).days  # pandas ends in the year 2262


def typical_rows(reference: Reference, schema: TableSchema, n_rows: int, seed: int = 0) -> list[Row]:
    """Return rows of plain values, the first one of medians and most frequent levels.

    Bins of numbers and dates are drawn by their counts, and give their middle (of whole numbers their upper
    end); categories give levels that at least five rows share, others a fixed word. Rows of such values can
    be equal to rows of the table by chance: see `unlike`.
    """
    generator, known = np.random.default_rng(seed), {column.name: column for column in reference.columns}
    used = [column for column in schema.columns if column.name in known]
    columns = {column.name: _drawn(column, known[column.name], n_rows, generator) for column in used}
    return [{name: values[at] for name, values in columns.items()} for at in range(n_rows)]


def unlike(rows: list[Row], table: pd.DataFrame, schema: TableSchema, keep: Sequence[str] = ()) -> list[Row]:
    """Return the rows, each with as many values left out as make it none of a table.

    table : raw rows with the used columns of the schema. keep : columns whose values are left out last.
    """
    names = [name for name in schema.names() if name not in keep] + list(keep)
    changed = [dict(row) for row in rows]
    for name in names:
        for row, is_equal in zip(changed, equal_rows(changed, table, schema), strict=True):
            if is_equal:
                row[name] = None
    return changed


def equal_rows(rows: Sequence[Row], table: pd.DataFrame, schema: TableSchema) -> list[bool]:
    """Is each row one of a table, as the model reads them?"""
    taken = set(_hashes(table[schema.names()], schema))
    found = _hashes(pd.DataFrame(list(rows), columns=schema.names(), dtype=object), schema)
    return [digest in taken for digest in found]


def _hashes(table: pd.DataFrame, schema: TableSchema) -> list[int]:
    """One number for each row as the model reads it."""
    clean = schema.clean(table)
    texts = clean.select_dtypes(object).columns
    clean[texts] = clean[texts].astype(str)
    return pd.util.hash_pandas_object(clean, index=False, categorize=False).tolist()


def _drawn(column: Column, known: ColumnReference, n_rows: int, generator: np.random.Generator) -> list[Any]:
    if column.kind == "text":
        return [WORD] * n_rows
    values, counts = _choices(column, known)
    if not values:
        return [None if column.kind != "category" else WORD] * n_rows
    shares = np.asarray(counts, dtype=float) / sum(counts)
    middle = int(np.searchsorted(np.cumsum(shares), 0.5))
    first = int(np.argmax(shares)) if column.kind == "category" else middle
    at = [first, *generator.choice(len(values), size=max(n_rows - 1, 0), p=shares).tolist()]
    return [values[position] for position in at[:n_rows]]


def _choices(column: Column, known: ColumnReference) -> tuple[list[Any], list[int]]:
    """Values, in order, and how many rows are like each."""
    if column.kind == "category":
        levels = known.levels or {}
        return list(levels), list(levels.values())
    bins = zip(known.edges[:-1], known.edges[1:], known.counts, strict=True)
    filled = [(low, high, n) for low, high, n in bins if n]
    are_whole = all(float(edge).is_integer() for edge in known.edges)
    numbers = [high if are_whole else float(f"{(low + high) / 2:.4g}") for low, high, _ in filled]
    write = _as_date if column.kind == "date" else _as_number
    return [write(number, column, are_whole) for number in numbers], [n for *_, n in filled]


def _as_number(number: float, column: Column, are_whole: bool) -> int | float:
    return int(number) if are_whole or column.flags else number


def _as_date(days: float, column: Column, are_whole: bool) -> str:
    moment = FIRST + timedelta(seconds=round(min(days, LAST_DAY) * 86_400))
    if "%" in column.date_format:
        return moment.strftime(column.date_format)
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
