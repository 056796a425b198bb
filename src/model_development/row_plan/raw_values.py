"""The values of one raw row as plain Python has them, whoever hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ..data.columns.values import bytes_as_text
from ..errors import DataError

PLAIN = frozenset((str, int, float, bool, type(None)))  # what JSON has
CLOCKS = (date, timedelta, pd.Period, Decimal)  # what Python has beside
MOST_BITS = 13_000  # of a whole number: Python writes no more than 4,300 digits
NO_VALUE = "give a text, a number, true, false or null."


def raw_values(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return {name: value} of these columns; None for those that the row lacks.

    Raises DataError for a row that is none, and for a value that no cell of a table holds.
    """
    if not isinstance(row, Mapping):
        raise DataError(f"A row must be an object of column: value, not {_called(row)}.")
    return {name: raw_value(name, row.get(name)) for name in names}


def raw_value(name: str, value: Any) -> Any:
    """Return one value as str, int, float, bool, None, or one of CLOCKS. Raises DataError for others."""
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
    if isinstance(value, CLOCKS):
        return value
    for plain in (str, int, float):
        if isinstance(value, plain):
            return raw_value(name, plain.__getnewargs__(value)[0])  # of a subclass, an enumeration say
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
