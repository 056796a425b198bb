"""One value of a column of numbers, read as `data.columns.values.to_numbers` reads a column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns.values import LARGEST, one_number
from ..late import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.number_writing import NumberWriting
    from ..data.columns.schema import Column

NAN = math.nan
# Of so few digits every reader makes the same float: both numbers of the fraction are exact.
PLAIN_TEXT = re.compile(r"-?(?=[0-9.]{1,16}\Z)[0-9]{1,15}(?:\.[0-9]+)?")


def number_reader(column: Column) -> Callable[[Any], float]:
    """Return the function from one raw value to a float, NaN where there is none."""
    of_text = text_reader(column.writing, bool(column.flags))

    def read(value: Any) -> float:
        kind = type(value)
        if kind is float:
            number = value
        elif kind is str:
            number = of_text(value)
        elif value is None:
            return NAN
        elif kind is int or kind is bool:
            try:
                number = float(value)
            except OverflowError:
                return NAN
        else:
            return float(column.read(pd.Series([value], dtype=object))[0])
        return number if -LARGEST <= number <= LARGEST else NAN

    return read


def text_reader(writing: NumberWriting, are_flags: bool) -> Callable[[str], float]:
    """Return the function from a text to a float, first as computers write numbers, then as people do."""
    if writing.decimal != ".":
        return lambda text: one_number(text, writing, are_flags)

    def read(text: str) -> float:
        if PLAIN_TEXT.fullmatch(text):
            return float(text)
        number = pd.to_numeric(np.array([text], dtype=object), errors="coerce")[0]
        return float(number) if number == number else one_number(text, writing, are_flags)

    return read
