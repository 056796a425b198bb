"""The values of raw rows as plain Python has them, whoever hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from ..data.columns.values import bytes_as_text
from ..errors import DataError
from ..late import pandas as pd

PLAIN = frozenset((str, int, float, bool, type(None)))  # what JSON has
NEVER_ODD = frozenset((float, bool, type(None)))  # of these, what needs no second look
TEXTS = frozenset((str, type(None)))
MOST_BITS = 13_000  # of a whole number: Python writes no more than 4,300 digits
NO_VALUE = "give a text, a number, true, false or null."

Columns = Mapping[str, list[Any]]  # {name: plain values of the rows}


def raw_values(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return {name: value} of these columns; None for those that the row lacks.

    Raises DataError for a row that is none, and for a value that no cell of a table holds.
    """
    _require_row(row)
    return {name: raw_value(name, row.get(name)) for name in names}


def raw_columns(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, list[Any]]:
    """Return {name: values of the rows}, each as `raw_values` has it; raises DataError as that does."""
    for row in rows:
        _require_row(row)
    return {name: _raw_column(name, [row.get(name) for row in rows]) for name in names}


def _require_row(row):
    if not isinstance(row, Mapping):
        raise DataError(f"A row must be an object of column: value, not {_called(row)}.")


def _raw_column(name, values):
    kinds = set(map(type, values))
    if kinds <= NEVER_ODD or kinds <= TEXTS and all(map(str.isascii, filter(None, values))):
        return values
    return [raw_value(name, value) for value in values]


def as_raw_table(columns: Columns) -> pd.DataFrame:
    """Plain values as the table that a model takes: each value is read as it would be alone."""
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def raw_value(name: str, value: Any) -> Any:
    """Return one value as str, int, float, bool, None, or a date, time span, period or Decimal.

    Raises DataError for others.
    """
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _whole_text(value)
    if kind is int:
        return _short_enough(name, value)
    if kind in PLAIN:
        return value
    if isinstance(value, np.datetime64 | np.timedelta64):
        value = (pd.Timestamp if isinstance(value, np.datetime64) else pd.Timedelta)(value)
    elif isinstance(value, np.generic):
        return raw_value(name, value.item())
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bytes | bytearray):
        return raw_value(name, bytes_as_text(bytes(value)))
    if isinstance(value, date | timedelta | pd.Period | Decimal):
        return value
    if isinstance(value, str):  # of a subclass, an enumeration say
        return raw_value(name, "".join(value))
    if isinstance(value, int | float):
        return raw_value(name, int(value) if isinstance(value, int) else float(value))
    raise DataError(f"Column {name!r} holds {_called(value)}, which no cell of a table does: {NO_VALUE}")


def _whole_text(text):
    """Halves of characters, which no encoding has, become question marks."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _short_enough(name, number):
    if number.bit_length() > MOST_BITS:
        raise DataError(
            f"Column {name!r} holds a whole number of more than 3,900 digits: give a shorter one."
        )
    return number


def _called(value):
    known = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return known.get(type(value), f"a value of type {type(value).__name__}")
