"""What was read in one of several possible ways, and rows that are not written as the training rows are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from .columns.date_formats import MIN_READABLE
from .columns.unread import HOW_TO_WRITE, find_unread

if TYPE_CHECKING:
    from .columns.schema import Column, TableSchema
    from .rows import Rows

SWAPPED = re.compile("(%[md])/(%[md])")


def day_or_month(column: Column, values: pd.Series) -> str:
    """Say that dates may have the day first or the month, where both would read nearly all; "" where not."""
    known = column.date_format
    swapped = SWAPPED.sub(lambda found: f"{found[2]}/{found[1]}", known)
    texts = values.dropna()
    if swapped == known or texts.empty or not pd.api.types.is_string_dtype(texts.astype(object)):
        return ""
    different = pd.Series(texts.astype(str).unique())
    if pd.to_datetime(different, format=swapped, errors="coerce").notna().mean() < MIN_READABLE:
        return ""
    first = "the month" if known.index("%m") < known.index("%d") else "the day"
    example = repr(different.iloc[0])
    return f"Dates such as {example} may have the day first or the month; they are read with {first} first."


def find_doubts(rows: Rows, schema: TableSchema, target: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Return (columns, evidence, advice) of each doubt, for the checks to say.

    rows : the Rows of an intake; the test rows are not looked at.
    """
    doubts = [((target,), evidence, advice) for evidence, advice in rows.target_doubts]
    for column in schema.of_kind("number"):
        if column.doubt:
            reading = column.writing.read_doubt()
            doubts.append(((column.name,), reading, HOW_TO_WRITE))
    for column in schema.of_kind("date"):
        if reading := day_or_month(column, rows.X[column.name].iloc[: rows.n_train]):
            doubts.append(((column.name,), reading, "Write them as 2026-01-31."))
    validation = rows.X.iloc[rows.n_train :]
    for unread in find_unread(schema, validation, schema.read(validation)):
        evidence = f"{unread.share:.0%} of the values of the validation rows are {unread.what}"
        evidence += f", such as {unread.example!r}."
        doubts.append(((unread.column,), evidence, "Write them as the training rows are written."))
    return tuple(doubts)
