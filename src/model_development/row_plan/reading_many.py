"""Many raw rows as the schema reads them, column by column: each value as it would be read alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..data.columns.values import LARGEST
from .clean_rows import CleanRows
from .raw_values import TEXTS, Columns
from .remarks import remark_on

if TYPE_CHECKING:
    from ..data.columns.schema import Column
    from .input_warning import InputWarning
    from .reading import RowReader

    Row = Mapping[str, Any]

Value = TypeVar("Value")
NUMBERS = frozenset((float, int, bool, type(None)))  # that numpy reads as Python does


def read_many(reader: RowReader, plain: Columns, rows: Sequence[Row]) -> CleanRows:
    """plain : what `raw_columns` made of the rows, of which there must be one at least."""
    remarks = _Remarks(plain, rows)
    numbers, texts = [], []
    for column, read_number, low, high in reader.numbers:
        one = _numbers(plain[column.name], read_number)
        numbers.append(one[:, None])
        remarks.of_numbers(column, one, low, high)
    for column, read_date, low, high in reader.dates:
        parts = np.array(_each(plain[column.name], read_date), dtype=float)
        numbers.append(parts)
        remarks.of_numbers(column, parts[:, 0], low, high)
    for column, read_text, levels in reader.texts:
        read = _each(plain[column.name], read_text)
        texts.append(read)
        remarks.of_texts(column, read, levels)
    together = np.concatenate(numbers, axis=1) if numbers else np.empty((len(rows), 0))
    return CleanRows(together, texts, remarks.by_row())


def _numbers(values: list[Any], read: Callable[[Any], float]) -> np.ndarray:
    if set(map(type, values)) <= NUMBERS:
        try:
            numbers = np.array(values, dtype=float)
        except OverflowError:  # Python's own integers have no end
            pass
        else:
            return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan)
    return np.array(_each(values, read), dtype=float)


def _each(values: list[Any], read: Callable[[Any], Value]) -> list[Value]:
    """Read each different text once; other values may be equal and yet be read in different ways."""
    if set(map(type, values)) <= TEXTS:
        known = {value: read(value) for value in set(values)}
        return [known[value] for value in values]
    return [read(value) for value in values]


class _Remarks:
    """Gathers what is to be said of each row, in the order of the columns."""

    def __init__(self, plain: Columns, rows: Sequence[Row]) -> None:
        self._plain, self._rows = plain, rows
        self._found: dict[int, list[InputWarning]] = {}

    def of_numbers(self, column: Column, numbers: np.ndarray, low: float, high: float) -> None:
        """What is out of the range, or no number."""
        for at in np.flatnonzero(~((numbers >= low) & (numbers <= high))).tolist():
            self._add(column, at, float(numbers[at]))

    def of_texts(self, column: Column, texts: Sequence[str | None], levels: Collection[str]) -> None:
        """What is no level of the column."""
        odd = {text for text in set(texts) if text not in levels}
        if odd:
            for at, text in enumerate(texts):
                if text in odd:
                    self._add(column, at, text)

    def _add(self, column: Column, at: int, read: Any) -> None:
        raw, row = self._plain[column.name][at], self._rows[at]
        if raw is None and column.name in row:  # a missing value, of which there are many
            return
        remark = remark_on(column, row, raw, read)
        if remark is not None:
            self._found.setdefault(at, []).append(remark)

    def by_row(self) -> list[tuple[InputWarning, ...]]:
        return [tuple(self._found.get(at, ())) for at in range(len(self._rows))]
