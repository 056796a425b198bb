"""One value of a category or of a column of sentences, read as `data.columns.values.to_categories` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..data.columns.spellings import as_codes, as_flags
from ..data.columns.values import MISSING_SET
from ..late import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import Column


def text_value_reader(column: Column) -> Callable[[Any], str | None]:
    """Return the function from one raw value to its text in the column's own spelling; None is missing."""
    respell = _spelling(column)

    def read(value: Any) -> str | None:
        kind = type(value)
        if kind is str:
            text = value.strip()
        elif value is None or value != value:
            return None
        elif kind is float and value.is_integer():
            text = str(int(value))
        elif kind is int or kind is float or kind is bool:
            text = str(value)
        else:
            return column.read(pd.Series([value], dtype=object))[0]
        if text in MISSING_SET:
            return None
        return text if respell is None else respell(text)

    return read


def _spelling(column):
    """The function from a text to the column's spelling of it; None where it stays as it is."""
    if column.kind != "category":
        return None
    if column.flags:
        return lambda text: as_flags([text], column.flags)[0]
    return (lambda text: as_codes([text], column.code_width)[0]) if column.code_width else None
