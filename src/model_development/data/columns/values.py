"""The values of a raw column as numbers and text: one way of reading for files and for rows to come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from ...late import pandas as pd
from .number_writing import NumberWriting, read_number
from .spellings import FALSE_WORDS, TRUE_WORDS

MISSING_MARKS = (  # pandas' own words for missing among them
    *("?", "", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "null", "NULL", "<NA>", "NaT", "None", "#NA"),
    *("#N/A N/A", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
MISSING_SET = frozenset(MISSING_MARKS)
LARGEST = float(np.finfo(np.float32).max)
PLAIN = NumberWriting()


def small(codes: np.ndarray) -> np.ndarray:
    """Whole numbers in the smallest type that holds them, with room for two more at the upper end.

    numpy keeps the type where a whole number is added: without room 127 + 1 were -128.

    >>> small(np.array([-1, 300])).dtype
    dtype('int16')
    >>> small(np.array([127])).max() + 1
    np.int16(128)
    """
    return codes.astype(np.min_scalar_type(-int(codes.max(initial=0)) - 3))


def to_numbers(values: pd.Series, writing: NumberWriting = PLAIN, *, are_flags: bool = False) -> np.ndarray:
    """Numbers as float64; durations as days; missing marks and unreadable text as NaN.

    So are infinities, and what single precision, in which networks and boosting compute, makes one of.
    writing : how texts among them write numbers. are_flags : words such as "yes" and "False" are 1 and 0.
    """
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        values = values / pd.Timedelta(days=1)
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    elif pd.api.types.is_datetime64_any_dtype(values.dtype) or isinstance(values.dtype, pd.PeriodDtype):
        return np.full(len(values), np.nan)  # nanoseconds since 1970 are no reading of a date
    else:
        numbers = _read_numbers(plain_dtype(values), writing, are_flags)
    return as_finite(numbers)


def as_finite(numbers: np.ndarray) -> np.ndarray:
    """The same with NaN for infinities, and for what single precision makes one of."""
    # Compared on both sides, not by `abs`: that would be a copy of the column.
    too_large = (numbers > LARGEST) | (numbers < -LARGEST)
    return np.where(too_large, np.nan, numbers) if too_large.any() else numbers


def plain_dtype(values: pd.Series) -> pd.Series:
    """Categories and Arrow types as pandas' own."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        if values.isna().any():  # which whole numbers and truth values have no room for
            return values.astype(object).infer_objects()
        return values.astype(values.cat.categories.dtype)
    if isinstance(values.dtype, pd.ArrowDtype):
        import pyarrow

        return pd.Series(pyarrow.array(values).to_pandas().to_numpy(), index=values.index, name=values.name)
    return values


def _read_numbers(values, writing, are_flags):
    """Numbers in text, first as computers write them, then as people do."""
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return to_numbers(values)  # what categories and Arrow types held
    numbers = np.full(len(values), np.nan)
    if writing.decimal == ".":
        try:
            numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan, copy=True)
        except (OverflowError, TypeError):  # Python's own integers have no end; pd.NA among objects
            known = [value if isinstance(value, str) else as_float(value) for value in values]
            numbers = pd.to_numeric(np.array(known, dtype=object), errors="coerce").astype(float)
    unread = np.flatnonzero(np.isnan(numbers) & values.notna().to_numpy(dtype=bool))
    if len(unread):
        said = {}
        for position, value in zip(unread, values.iloc[unread].tolist(), strict=True):
            if not isinstance(value, str):  # lists among them, which have no hash
                numbers[position] = one_number(value, writing, are_flags)
                continue
            if value not in said:
                said[value] = one_number(value, writing, are_flags)
            numbers[position] = said[value]
    return numbers


def one_number(value: Any, writing: NumberWriting, are_flags: bool) -> float:
    """Return what people write for a number, NaN where it is none; see `to_numbers`."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if not isinstance(value, str):
        return np.nan if isinstance(value, date) else as_float(value)
    if are_flags and (word := value.strip().lower()) in TRUE_WORDS | FALSE_WORDS:
        return float(word in TRUE_WORDS)
    text = value.strip()
    if text in MISSING_MARKS:
        return np.nan
    number = read_number(text, writing)
    return np.nan if number is None else number


def as_float(value: Any) -> float:
    """NaN for what makes no float."""
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return np.nan


def to_categories(values: pd.Series) -> np.ndarray:
    """Text as Python strings; missing values and missing marks become None.

    A whole number reads the same as integer and as float, so 3 and 3.0 are one category.
    """
    values = plain_dtype(values)
    is_text = isinstance(values.dtype, pd.StringDtype)
    if is_text or len(values) > 1 and pd.api.types.infer_dtype(values, skipna=True) in ("string", "integer"):
        # Each different value once. Mixed types are left out: True, 1 and 1.0 have one hash.
        codes, uniques = pd.factorize(values)
        known = uniques.tolist()  # going through the array itself takes ten times as long
        texts = [_stripped(value) if type(value) is str else _category(value) for value in known]
        return np.array([*texts, None], dtype=object)[codes]
    missing = values.isna().to_numpy(dtype=bool)
    read = [None if gone else _category(v) for v, gone in zip(values.tolist(), missing, strict=True)]
    return np.array(read, dtype=object)


def bytes_as_text(value: bytes) -> str:
    """Bytes as UTF-8 where they are, else in hexadecimal digits."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


def _category(value):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _stripped(bytes_as_text(value) if isinstance(value, bytes) else str(value))


def _stripped(text):
    text = text.strip()
    return None if text in MISSING_SET else text
