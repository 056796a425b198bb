"""Columns that say what a row is worth: read as numbers, and refused where a row has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..late import pandas as pd
from .columns.number_writing import NumberWriting, find_writing
from .columns.values import MISSING_SET, to_numbers

if TYPE_CHECKING:
    from ..settings.settings import Settings

PLAIN = NumberWriting()


def amount_writing(values: pd.Series, decimal: str = ".") -> NumberWriting:
    """How a column writes its numbers, see NumberWriting; as computers do where it holds no texts.

    decimal : the mark before decimals in the rest of the table.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return PLAIN
    texts = values.dropna().astype(str)
    return find_writing(texts[~texts.isin(MISSING_SET)], decimal) or PLAIN


def read_amounts(
    values: pd.Series, what: str, writing: NumberWriting | None = None, *, may_be_negative: bool = False
) -> np.ndarray:
    """Return a column as numbers, shape (n_rows,).

    what : what names the column, for messages. writing : how it writes numbers; None finds it out.
    Raises DataError where a row has no number, or one below zero.

    >>> read_amounts(pd.Series(["1.234,50 EUR", "20,00 EUR"]), "`decisions.amount_column`").tolist()
    [1234.5, 20.0]
    """
    numbers = to_numbers(values, writing or amount_writing(values))
    _refuse(np.isnan(numbers), values, what, "no number", "Fill them in, or leave the rows out")
    if not may_be_negative:
        _refuse(numbers < 0, values, what, "a number below zero", "Correct them, or leave the rows out")
    return numbers


def check_amounts(table: pd.DataFrame, settings: Settings, decimal: str = ".") -> None:
    """Raise DataError where a column that settings name for amounts has a row without one.

    decimal : the mark before decimals in the file of the table.
    """
    from ..settings.settings import VALUE_COLUMNS  # not at the top: models are loaded without settings

    for setting, name in settings.columns_by_setting():
        if setting in VALUE_COLUMNS:
            writing, is_amount = amount_writing(table[name], decimal), setting.endswith("amount_column")
            read_amounts(table[name], f"`{setting}`", writing, may_be_negative=not is_amount)


def _refuse(is_wrong, values, what, problem, remedy):
    if is_wrong.any():
        first = int(is_wrong.argmax())
        raise DataError(
            f"{what} names {values.name!r}, which holds {problem} in {int(is_wrong.sum())} of {len(values)} "
            f"rows (first: row {first}, {values.iloc[first]!r}). {remedy}, or name another column."
        )
