"""One value of a column of dates, read as `data.columns.dates.to_dates` reads a column, as its parts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..data.columns.dates import EPOCH_UNITS, ISO, UNMISTAKABLE
from ..late import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import Column, TableSchema

Parts = tuple[float, float, float, float]  # days since 1970, month, weekday, hour: see DATE_PARTS
NO_DATE: Parts = (math.nan,) * 4
EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY = 86_400_000_000  # microseconds
YEARS = (1700, 2200)  # that every unit of pandas holds
TIME = r"(?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2}))?"
ISO_TEXT = rf"(?P<Y>[0-9]{{4}})-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}})(?:[T ]{TIME})?"
DIRECTIVES = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}  # and their digits
LONGEST_KEPT = 40  # characters of a text whose reading is remembered
N_KEPT = 4096


def date_reader(column: Column, schema: TableSchema) -> Callable[[Any], Parts]:
    """Return the function from one raw value to the parts of the date, NaN where there is none.

    What is written as the column writes its dates is read at once; all else by the schema itself, which takes
    a hundred times as long. The last texts are remembered: days come again and again.
    """
    patterns = text_patterns(column.date_format)
    through_table = _through_table(column, schema)

    def of_text(text: str) -> Parts:
        for pattern in patterns:
            if match := pattern.fullmatch(text):
                parts = _of_match(match)
                if parts is not None:
                    return parts
        return through_table(text)

    remembered = lru_cache(N_KEPT)(of_text)

    def read(value: Any) -> Parts:
        kind = type(value)
        if kind is str:
            return (remembered if len(value) <= LONGEST_KEPT else of_text)(value)
        if value is None or value != value:
            return NO_DATE
        parts = _of_number(value) if kind is int or kind is float else None
        return through_table(value) if parts is None else parts

    return read


def text_patterns(date_format: str) -> list[re.Pattern[str]]:
    """Return what dates of numbers alone look like in a column of this format, the format's own first.

    A format with words or zones has none of its own. Where no date of another format can be taken for one of
    its own, dates in every way without doubt are read too.

    >>> [pattern.fullmatch("05.01.2020") is not None for pattern in text_patterns("%d.%m.%Y")]
    [True, False, False, False]
    >>> any(pattern.fullmatch("05 Jan 2020") for pattern in text_patterns("%d %b %Y"))
    False
    """
    own = _pattern(date_format)
    if date_format != ISO and date_format not in UNMISTAKABLE:
        return [own] if own else []
    others = [known for known in (ISO, *UNMISTAKABLE) if known != date_format]
    return [pattern for pattern in (own, *map(_pattern, others)) if pattern]


def _pattern(date_format):
    if date_format == ISO:
        return re.compile(ISO_TEXT)
    parts = re.split(r"%(.)", date_format)
    literals, names = parts[::2], parts[1::2]
    if not {"Y", "m", "d"} <= set(names) <= set(DIRECTIVES) or len(set(names)) < len(names):
        return None
    groups = [f"(?P<{name}>[0-9]{{{DIRECTIVES[name]}}})" for name in names] + [""]
    return re.compile("".join(re.escape(text) + group for text, group in zip(literals, groups, strict=True)))


def _of_match(match):
    """None for what is no date of the calendar, or of times beyond pandas' units."""
    found = match.groupdict()
    hour, minute, second = (int(found.get(name) or 0) for name in "HMS")
    try:
        day = date(int(found["Y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
    if not YEARS[0] < day.year < YEARS[1] or hour > 23 or minute > 59 or second > 59:
        return None
    return _parts(day, (hour * 3600 + minute * 60 + second) * 1_000_000)


def _parts(day, microseconds):
    days = ((day.toordinal() - EPOCH_DAY) * DAY + microseconds) / DAY
    return days, float(day.month), float(day.weekday()), float(microseconds * 24 // DAY)


def _of_number(value):
    """Seconds or parts of them since 1970, or year, month and day as one number; None for the rest."""
    number = value if abs(value) < 2**63 else math.inf
    if 18_000_101 <= number < 21_000_000 and number == math.floor(number):
        whole = int(number)
        try:
            return _parts(date(whole // 10_000, whole // 100 % 100, whole % 100), 0)
        except ValueError:
            pass  # of which it is no date, but a number of seconds
    for limit in EPOCH_UNITS.values():
        if 0 <= number < limit:
            microseconds = round(float(number) / (limit / EPOCH_UNITS["s"]) * 1e6)
            days, rest = divmod(microseconds, DAY)
            return _parts(date.fromordinal(EPOCH_DAY + days), rest)
    return None


def _through_table(column, schema):
    one_column = type(schema)((column,))
    names = one_column.part_names[column.name]

    def read(value: Any) -> Parts:
        clean = one_column.read(pd.DataFrame({column.name: pd.Series([value], dtype=object)}))
        days, month, weekday, hour = (float(clean[name][0]) for name in names)
        return days, month, weekday, hour

    return read
