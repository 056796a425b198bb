"""A raw row as the schema reads it, value by value, without a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .category_values import text_value_reader
from .clean_rows import CleanRow
from .date_values import Parts, date_reader
from .number_values import number_reader
from .remarks import remark_on

if TYPE_CHECKING:
    from ..data.columns.schema import Column, TableSchema

Ranges = Mapping[str, tuple[float, float]]


class RowReader:
    """Reads rows of plain values, see raw_values.py.

    ranges : {column: (lowest, highest)} of the training rows, of numbers and dates (days since 1970).
    """

    def __init__(self, schema: TableSchema, ranges: Ranges) -> None:
        def range_of(column: Column) -> tuple[float, float]:
            return ranges.get(column.name, (-math.inf, math.inf))

        self.numbers: list[tuple[Column, Callable[[Any], float], float, float]] = [
            (column, number_reader(column), *range_of(column)) for column in schema.of_kind("number")
        ]
        self.dates: list[tuple[Column, Callable[[Any], Parts], float, float]] = [
            (column, date_reader(column, schema), *range_of(column)) for column in schema.of_kind("date")
        ]
        self.texts = [
            (column, text_value_reader(column), column.known_levels or _ANY_TEXT)
            for column in schema.of_kind("category") + schema.of_kind("text")
        ]

    def read(self, plain: Mapping[str, Any], row: Mapping[str, Any]) -> CleanRow:
        """plain : what `raw_values` made of the row."""
        unusual: list[tuple[Column, Any]] = []
        numbers: list[float] = []
        texts: list[str | None] = []
        for column, read_number, low, high in self.numbers:
            number = read_number(plain[column.name])
            numbers.append(number)
            if not low <= number <= high:
                unusual.append((column, number))
        for column, read_date, low, high in self.dates:
            parts = read_date(plain[column.name])
            numbers.extend(parts)
            if not low <= parts[0] <= high:
                unusual.append((column, parts[0]))
        for column, read_text, levels in self.texts:
            text = read_text(plain[column.name])
            texts.append(text)
            if text not in levels:
                unusual.append((column, text))
        remarks = [remark_on(column, row, plain[column.name], read) for column, read in unusual]
        return CleanRow(numbers, texts, tuple(filter(None, remarks)))


class _AnyText:
    def __contains__(self, text: Any) -> bool:
        return text is not None


_ANY_TEXT: Any = _AnyText()
