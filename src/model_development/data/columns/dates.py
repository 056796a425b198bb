"""Dates in every way that people, tables and clocks write them."""

from __future__ import annotations

import re

import numpy as np

from ...late import pandas as pd
from .values import as_float, plain_dtype

ISO = "ISO8601"  # format of a date column, unless it says another
UNMISTAKABLE = (
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d %B %Y",
)
EPOCH_TEXT = re.compile(r"\s*-?\d{9,19}(\.\d+)?\s*")  # digits alone, too many for a year
EPOCH_UNITS = {"s": 4.1e9, "ms": 4.1e12, "us": 4.1e15, "ns": 4.1e18}  # each ends in the year 2099


def to_dates(values: pd.Series, date_format: str = ISO) -> pd.Series:
    """Timestamps without time zone; what cannot be read becomes missing.

    Texts are read by the format, else as ISO dates or in another way that leaves no doubt of day and month;
    numbers as seconds, milli-, micro- or nanoseconds since 1970, whichever ends before 2100, and whole
    numbers of eight digits as year, month and day.
    """
    values, index = plain_dtype(values), values.index
    values = values.reset_index(drop=True)  # rows are put in by their labels below, and labels may repeat
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = _from_epoch(values)
    elif not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = _read_dates(values, date_format)
    if values.dt.tz is not None:
        values = values.dt.tz_convert(None)
    return values.set_axis(index)


def _read_dates(values, date_format):
    numbers = values.iloc[:0]
    if values.dtype == object:
        is_number = np.array([_is_number(value) for value in values], dtype=bool)
        values, numbers = values.mask(is_number), values[is_number]
    read = pd.to_datetime(values, errors="coerce", format=date_format, utc=True)
    unread = values[read.isna() & values.notna()]
    digits = unread[[isinstance(v, str) and EPOCH_TEXT.fullmatch(v) is not None for v in unread]]
    numbers = pd.concat([numbers, digits])
    unread = unread.drop(digits.index)
    for known in (ISO, *UNMISTAKABLE):
        if not len(unread):
            break
        found = pd.to_datetime(unread, errors="coerce", format=known, utc=True)
        read = _filled(read, found[found.notna()])
        unread = unread[found.isna()]
    if len(numbers):
        read = _filled(read, _from_epoch(_as_floats(numbers)).dt.tz_localize("UTC"))
    return read


def _as_floats(numbers):
    """Whole numbers of Python's have no end: those that no float holds are no dates."""
    try:
        return pd.to_numeric(numbers)
    except OverflowError:
        return numbers.map(as_float).astype(float)


def _filled(read, found):
    """Some dates put in; in whole seconds where one of the two reaches beyond the years of finer units."""
    if not len(found):
        return read
    if read.notna().any() and read.dt.unit != found.dt.unit:
        unit = "us" if "s" not in (read.dt.unit, found.dt.unit) else "s"
        read, found = read.dt.as_unit(unit), found.dt.as_unit(unit)
    elif not read.notna().any():
        read = read.astype(found.dtype)
    read = read.copy()
    read.loc[found.index] = found
    return read


def _is_number(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and value == value


def _from_epoch(numbers):
    """Numbers as dates, see `to_dates`."""
    numbers = pd.Series(numbers).astype("float64")
    seconds = np.full(len(numbers), np.nan)
    values, divisor = numbers.to_numpy(), 1.0
    for limit in reversed(EPOCH_UNITS.values()):
        divisor = limit / EPOCH_UNITS["s"]
        seconds = np.where(np.abs(values) < limit, values / divisor, seconds)
    dates = pd.Series(
        pd.to_datetime(np.round(seconds * 1e6), unit="us", errors="coerce"), index=numbers.index
    )
    calendar = (values >= 18_000_101) & (values < 21_000_000) & (values == np.floor(values))
    if calendar.any():
        written = pd.Series(values[calendar].astype("int64").astype(str), index=numbers.index[calendar])
        days = pd.to_datetime(written, format="%Y%m%d", errors="coerce")
        dates = dates.mask(days.reindex(dates.index).notna(), days.reindex(dates.index))
    return dates


def days_of(dates: pd.Series) -> np.ndarray:
    """Days since 1970-01-01 as float64, parts of a day included; NaN where the date is missing."""
    # Microseconds reach from year 1 to 9999 and beyond; nanoseconds end in 2262.
    days = dates.astype("datetime64[us]").astype("int64").to_numpy(dtype=float) / 86_400e6
    return np.where(dates.notna().to_numpy(), days, np.nan)


def date_text(days: float) -> str:
    """Days since 1970 as ISO writes a date, with the time where it is not midnight; of every year.

    >>> date_text(0.0), date_text(0.5), date_text(2_932_896.0)
    ('1970-01-01', '1970-01-01 12:00', '9999-12-31')
    """
    text = str(np.datetime64(round(days * 86_400), "s")).replace("T", " ")
    return text.removesuffix(":00").removesuffix(" 00:00")
