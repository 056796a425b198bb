"""Dates that a table holds as year, month and day in columns of their own."""

import numpy as np
import pandas as pd

from ..columns.dates import days_of
from ..columns.recognition import words_of
from ..columns.values import to_categories, to_numbers

PARTS = {  # words in the name of a column that hold it, and the values that it may have
    "year": ({"year", "yr", "yyyy"}, 1800, 2200),
    "month": ({"month", "mon", "mo", "mm"}, 1, 12),
    "day": ({"day", "dd", "dom", "mday"}, 1, 31),
}
OTHERS = {"week", "weekday", "quarter", "hour"}  # of which a column says that it is none of these parts
FILLERS = {"of", "the", "in", "number", "num", "no", "nr"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def joined_dates(table: pd.DataFrame) -> dict[tuple[str, str, str], np.ndarray]:
    """{(year column, month column, day column): days since 1970} of columns that make a date together.

    table : raw columns. They belong together where the other words of their names are the same, as in
    `arrival_date_year`, `arrival_date_month` and `arrival_date_day_of_month`, and all of their values are
    years, months (numbers or English names) and days.
    """
    found = {}
    for name in table.columns:
        part, stem = _part_of(name)
        if part:
            found.setdefault(stem, {}).setdefault(part, name)
    whole = [tuple(names[part] for part in PARTS) for names in found.values() if len(names) == len(PARTS)]
    dates = {names: _days(*(table[name] for name in names)) for names in whole}
    return {names: days for names, days in dates.items() if days is not None}


def _part_of(name):
    """(what part of a date a column holds, the other words of its name); None where it is none.

    >>> _part_of("arrival_date_day_of_month")[0], _part_of("day_of_week")[0], _part_of("saleYear")
    ('day', None, ('year', frozenset({'sale'})))
    """
    words = words_of(name)
    parts = [part for part, (known, _, _) in PARTS.items() if words & known]
    if parts == ["month", "day"]:  # the day of the month
        parts = ["day"]
    if len(parts) != 1 or words & OTHERS:
        return None, None
    every_part = set.union(*(known for known, _, _ in PARTS.values()))
    return parts[0], frozenset(words - every_part - FILLERS)


def _days(*columns):
    """Days since 1970 of year, month and day; None where some value is none of these."""
    read = {}
    for (part, (_, low, high)), values in zip(PARTS.items(), columns, strict=True):
        numbers = _month_numbers(values) if part == "month" else to_numbers(values)
        known = numbers[np.isfinite(numbers)]
        is_part = len(known) and low <= known.min() and known.max() <= high and (known % 1 == 0).all()
        if not is_part or len(known) < values.notna().sum():
            return None
        read[part] = numbers
    return days_of(pd.to_datetime(pd.DataFrame(read), errors="coerce"))


def _month_numbers(values):
    """Months as numbers, from numbers or from English names."""
    numbers = to_numbers(values)
    if np.isfinite(numbers).any():
        return numbers
    starts = pd.Series(to_categories(values), dtype=object).str[:3].str.lower()
    return starts.map({month: n for n, month in enumerate(MONTHS, start=1)}).to_numpy(dtype=float)
