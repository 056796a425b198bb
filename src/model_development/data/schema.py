"""What each column of the raw table is, decided once at intake and kept with every model."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ..errors import DataError

MISSING_MARKS = ("?", "", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL")
DATE_PARTS = ("days", "month", "weekday", "hour")  # what a model sees of a date


@dataclass(frozen=True)
class Column:
    """One raw column: `kind` is "number", "category", "date" or "dropped" (then with a reason)."""

    name: str
    kind: str
    reason: str = ""


@dataclass(frozen=True)
class TableSchema:
    """The feature columns of a table, in order."""

    columns: tuple[Column, ...]

    def names(self, kind=None):
        """Names of the columns that are used, or of those of one kind."""
        wanted = ("number", "category", "date") if kind is None else (kind,)
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
        """Turn raw rows into numbers (float64, NaN = missing) and categories (text or None).

        raw : DataFrame with at least the used columns, in any order; others are ignored.

        Returns a DataFrame with `numeric_names`, then the category columns.
        Raises DataError that names the missing columns.
        """
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
        clean = {name: to_numbers(raw[name]) for name in self.names("number")}
        for name in self.names("date"):
            clean |= _date_parts(name, to_dates(raw[name]))
        for name in self.names("category"):
            # Object on purpose: pandas' own text type would turn None into NaN in some tables and
            # not in others, and encoders take these for two categories.
            clean[name] = pd.Series(to_categories(raw[name]), index=raw.index, dtype=object)
        return pd.DataFrame(clean, index=raw.index)


def infer_schema(train):
    """Decide what each column of the training rows is; a column that says nothing is dropped.

    >>> infer_schema(pd.DataFrame({"age": [31, 44], "city": ["Bern", "?"], "k": [1, 1]})).names()
    ['age', 'city']
    """
    columns = tuple(_infer_column(train[name]) for name in train.columns)
    schema = TableSchema(columns)
    clean_names = schema.numeric_names + schema.names("category")
    twice = {name for name in clean_names if clean_names.count(name) > 1}
    if twice:
        raise DataError(f"Columns are named like the parts of a date: {', '.join(twice)}. Rename them.")
    if not schema.names():
        raise DataError(
            "No feature column is left: "
            + "; ".join(f"{column.name} ({column.reason})" for column in schema.dropped)
            + ". Give the table features that vary."
        )
    return schema


def to_numbers(values):
    """Numbers as float64; missing marks, infinities and unreadable text become NaN."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isinf(numbers), np.nan, numbers)


def to_categories(values):
    """Text as Python strings; missing values and missing marks become None.

    A whole number reads the same as integer and as float, so 3 and 3.0 are one category.
    """
    missing = values.isna().to_numpy(dtype=bool)
    texts = [None if gone else _category(v) for v, gone in zip(values.tolist(), missing, strict=True)]
    return np.array(texts, dtype=object)


def to_dates(values):
    """Timestamps without time zone; what cannot be read becomes missing."""
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
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


def _date_parts(name, dates):
    known = dates.notna().to_numpy()
    # Whole seconds reach from year 1 to 9999 and beyond; nanoseconds end in 2262.
    days = dates.astype("datetime64[s]").astype("int64") / 86_400
    parts = (days, dates.dt.month, dates.dt.day_of_week, dates.dt.hour)
    return {
        _part_name(name, label): np.where(known, part.to_numpy(dtype=float, na_value=np.nan), np.nan)
        for label, part in zip(DATE_PARTS, parts, strict=True)
    }


def _infer_column(values):
    kind = _kind(values)
    reason = _reason_to_drop(values, kind)
    return Column(str(values.name), "dropped" if reason else kind, reason)


def _kind(values):
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "date"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "number"
    present = pd.Series([text for text in to_categories(values) if text is not None], dtype=object)
    if present.empty:
        return "category"
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return "category"
    if pd.to_numeric(present, errors="coerce").notna().all():
        return "number"
    looks_dated = present.str.match(r"^\d{4}-\d{2}-\d{2}").all()
    if looks_dated and to_dates(present).notna().all():
        return "date"
    return "category"


def _reason_to_drop(values, kind):
    readers = {"number": to_numbers, "category": to_categories, "date": to_dates}
    cleaned = pd.Series(readers[kind](values))
    n_values = cleaned.nunique(dropna=True)
    if n_values == 0:
        return "holds no value"
    if n_values == 1 and cleaned.notna().all():
        return "holds one value only"
    if kind == "category" and n_values == len(cleaned) and n_values > 50:
        return "every row has its own text"
    return ""
