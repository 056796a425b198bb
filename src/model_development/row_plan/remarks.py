"""What is to be said of a row beside the answer: columns that are missing, values that mean nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns.values import MISSING_SET

if TYPE_CHECKING:
    import pandas as pd

    from ..data.columns.schema import Column, TableSchema

LONGEST = 60  # characters of a value that stands in a warning


class Remarks:
    """Warnings about rows against what the training rows were like.

    ranges : {column: (lowest, highest)}, of numbers and dates (days since 1970).
    """

    def __init__(self, schema: TableSchema, ranges: Mapping[str, tuple[float, float]]) -> None:
        self.schema, self.ranges = schema, ranges
        used = [column for column in schema.columns if column.kind in ("number", "date", "category", "text")]
        self.columns = [
            (column, schema.day_name(column) if column.kind == "date" else column.name) for column in used
        ]

    def of_table(self, rows: Sequence[Mapping[str, Any]], table: pd.DataFrame) -> list[tuple[str, ...]]:
        """The warnings of each row. table : the same rows, of plain values."""
        read = self.schema.read(table)
        said: list[list[str]] = [[] for _ in rows]
        for column, clean_name in self.columns:
            raw, clean = table[column.name].tolist(), read[clean_name].tolist()
            for position, row in enumerate(rows):
                remark = self.of_value(column, raw[position], clean[position], column.name in row)
                if remark:
                    said[position].append(remark)
        return [tuple(texts) for texts in said]

    def of_value(self, column: Column, raw: Any, read: Any, is_there: bool = True) -> str:
        """The warning about one value, "" where there is none. read : what the schema made of it."""
        if not is_there:
            return f"Column {column.name!r} is missing: it counts as a missing value."
        if column.kind in ("category", "text"):
            if read is None or not column.levels or read in column.known_levels:
                return ""
            return f"Column {column.name!r} holds {_short(read)}, which no training row has."
        if read != read:
            if is_missing(raw):
                return ""
            return (
                f"Column {column.name!r} holds {_short(raw)}, which cannot be read as a {column.kind}: "
                "it counts as a missing value."
            )
        low, high = self.ranges.get(column.name, (-np.inf, np.inf))
        if low <= read <= high:
            return ""
        return f"Column {column.name!r} holds {_short(raw)}, which is outside of the training rows' range."


def is_missing(raw: Any) -> bool:
    """Is a plain value one that means that there is none?"""
    return raw is None or raw != raw or (isinstance(raw, str) and raw.strip() in MISSING_SET)


def _short(value):
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
