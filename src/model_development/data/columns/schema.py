"""What each column of the raw table is, decided once at intake and kept with every model."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ...errors import DataError

MISSING_MARKS = ("?", "", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "null", "NULL", "<NA>", "NaT")
DATE_PARTS = ("days", "month", "weekday", "hour")  # what a model sees of a date
ISO = "ISO8601"  # format of a date column, unless it says another
FLAGS = {"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0, "TRUE": 1.0, "FALSE": 0.0}
LARGEST = float(np.finfo(np.float32).max)
MAX_ONE_HOT = 64  # levels of one category that get a column each; with more, target means stand in
MAX_CODES = 250  # levels of one category that keep a code of their own (boosting bins hold 255)
USED_KINDS = ("number", "date", "category", "text")


@dataclass(frozen=True)
class Column:
    """One raw column.

    kind : "number", "category", "date", "text" (sentences) or "dropped" (then with a reason).
    date_format : how a date column writes its dates, as strptime has it.
    n_levels : different values of a category among the training rows; 0 for other kinds.
    """

    name: str
    kind: str
    reason: str = ""
    date_format: str = ISO
    n_levels: int = 0

    def codes(self, values):
        """Return the position of each value among the different ones, as small as it comes.

        Missing is one more value.
        """
        if self.kind == "number":
            read = to_numbers(values)
        elif self.kind == "date":
            read = days_of(to_dates(values, self.date_format))
        else:
            read = pd.Series(to_categories(values), dtype=object)
        return small(pd.factorize(read, use_na_sentinel=False)[0])


@dataclass(frozen=True)
class TableSchema:
    """The feature columns of a table, in order."""

    columns: tuple[Column, ...]

    def names(self, kind=None):
        """Names of the columns that are used, or of those of one kind."""
        wanted = USED_KINDS if kind is None else (kind,)
        return [column.name for column in self.columns if column.kind in wanted]

    @property
    def numeric_names(self):
        """Columns of the clean table that hold numbers: the numbers, then every date's parts."""
        parts = [_part_name(name, part) for name in self.names("date") for part in DATE_PARTS]
        return self.names("number") + parts

    @property
    def dropped(self):
        return [column for column in self.columns if column.kind == "dropped"]

    def to_dict(self):
        return {"columns": [asdict(column) for column in self.columns]}

    @classmethod
    def from_dict(cls, content):
        return cls(tuple(Column(**column) for column in content["columns"]))

    def clean(self, raw):
        """Turn raw rows into numbers (float64, NaN = missing) and text (None = missing).

        raw : DataFrame with at least the used columns, in any order; others are ignored.

        Returns a DataFrame with `numeric_names`, then the category and the text columns.
        Raises DataError that names the missing columns.
        """
        self._require_columns(raw)
        clean = {name: to_numbers(raw[name]) for name in self.names("number")}
        for column in self.columns:
            if column.kind == "date":
                clean |= _date_parts(column.name, to_dates(raw[column.name], column.date_format))
        for name in self.names("category") + self.names("text"):
            # Object on purpose: pandas' own text type would turn None into NaN in some tables and
            # not in others, and encoders take these for two categories.
            clean[name] = pd.Series(to_categories(raw[name]), index=raw.index, dtype=object)
        return pd.DataFrame(clean, index=raw.index)

    def _require_columns(self, raw):
        if not isinstance(raw, pd.DataFrame):
            raise DataError(f"Give the rows as a pandas DataFrame, not as {type(raw).__name__}.")
        absent = [name for name in self.names() if name not in raw.columns]
        if absent:
            raise DataError(
                f"The table lacks {len(absent)} of the columns that the model was trained on: "
                f"{', '.join(absent)}. Found: {', '.join(map(str, raw.columns))}."
            )
        twice = raw.columns[raw.columns.duplicated()].intersection(self.names())
        if len(twice):
            raise DataError(f"The table holds columns twice: {', '.join(twice)}. Drop one of each.")


def small(codes):
    """Whole numbers in the smallest type that holds them.

    >>> small(np.array([-1, 300])).dtype
    dtype('int16')
    """
    return codes.astype(np.min_scalar_type(-int(codes.max(initial=0)) - 1))


def to_numbers(values):
    """Numbers as float64; durations as days; missing marks and unreadable text as NaN.

    So are infinities, and what single precision, in which networks and boosting compute, makes one of.
    """
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        values = values / pd.Timedelta(days=1)
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = _read_numbers(values)
    # Compared on both sides, not by `abs`: that would be a copy of the column.
    too_large = (numbers > LARGEST) | (numbers < -LARGEST)
    return np.where(too_large, np.nan, numbers) if too_large.any() else numbers


def _read_numbers(values):
    """Numbers in text; "True" and "False" too, as a column of flags reads once a mark stands in it."""
    try:
        numbers = pd.to_numeric(values, errors="coerce")
    except OverflowError:  # Python's own integers have no end
        return np.array([_as_float(value) for value in values])
    flags = values.map(FLAGS, na_action="ignore") if numbers.isna().any() else None
    if flags is not None and flags.notna().any():
        numbers = numbers.fillna(pd.to_numeric(flags))
    return numbers.to_numpy(dtype=float, na_value=np.nan)


def _as_float(value):
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return np.nan


def to_categories(values):
    """Text as Python strings; missing values and missing marks become None.

    A whole number reads the same as integer and as float, so 3 and 3.0 are one category.
    """
    is_text = isinstance(values.dtype, pd.StringDtype)
    if is_text or len(values) > 1 and pd.api.types.infer_dtype(values, skipna=True) in ("string", "integer"):
        # Each different value once. Mixed types are left out: True, 1 and 1.0 have one hash.
        codes, uniques = pd.factorize(values)
        texts = np.array([_category(value) for value in uniques] + [None], dtype=object)
        return texts[codes]
    missing = values.isna().to_numpy(dtype=bool)
    texts = [None if gone else _category(v) for v, gone in zip(values.tolist(), missing, strict=True)]
    return np.array(texts, dtype=object)


def to_dates(values, date_format=ISO):
    """Timestamps without time zone; what cannot be read becomes missing."""
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = pd.to_datetime(values, errors="coerce", format=date_format, utc=True)
    if values.dt.tz is not None:
        values = values.dt.tz_convert(None)
    return values


def _category(value):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text in MISSING_MARKS else text


def _part_name(name, part):
    return f"{name}@{part}"


def days_of(dates):
    """Days since 1970-01-01 as float64, parts of a day included; NaN where the date is missing."""
    # Whole seconds reach from year 1 to 9999 and beyond; nanoseconds end in 2262.
    days = dates.astype("datetime64[s]").astype("int64").to_numpy(dtype=float) / 86_400
    return np.where(dates.notna().to_numpy(), days, np.nan)


def _date_parts(name, dates):
    known = dates.notna().to_numpy()
    parts = (dates.dt.month, dates.dt.day_of_week, dates.dt.hour)
    parts = [np.where(known, part.to_numpy(dtype=float, na_value=np.nan), np.nan) for part in parts]
    return {
        _part_name(name, label): values
        for label, values in zip(DATE_PARTS, [days_of(dates), *parts], strict=True)
    }
