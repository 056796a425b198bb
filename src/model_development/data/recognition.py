"""Find out what each column of a raw table is; skrub knows how people write dates."""

import re

import numpy as np
import pandas as pd

from ..errors import DataError
from .schema import ISO, Column, TableSchema, to_categories, to_dates, to_numbers

MIN_READABLE = 0.9  # share of values that must read as number or date; the rest count as missing
MIN_NUMBERS = 20  # different numbers, from which on a few words among them do not make categories
MAX_EMPTY = 0.98  # share of missing values above which a column says nothing
MIN_WORDS = 4  # words per value, on average, that make sentences of a text column
MIN_TEXTS = 50  # different texts, from which on a column may be identifiers or sentences
MIN_DENSITY = 0.5  # share of a range that whole numbers fill, each once, when they number the rows
IDENTIFIER = "identifies the row"
ID_NAME = re.compile(r"(^|[^a-z])(id|uuid|guid|index|row|rownum|nr|no|key)s?($|[^a-z])|[a-z]I[dD]$")
CODE_NAME = re.compile(r"(^|[^a-z])(code|zip|zipcode|postcode|postal|fips|naics|icd|sku)s?($|[^a-z])")


def infer_schema(train, *, categorical=(), keep_identifiers=False):
    """Decide what each column of the training rows is; a column that says nothing is dropped.

    categorical : names of columns that hold codes, whatever they look like.
    keep_identifiers : use columns that only number or name the rows.

    Raises DataError when no column is left, or one is named like a part of a date.

    >>> infer_schema(pd.DataFrame({"age": [31, 44], "city": ["Bern", "?"], "k": [1, 1]})).names()
    ['age', 'city']
    """
    columns = []
    for name in train.columns:
        column = _recognise(train[name], name in categorical)
        if column.reason == IDENTIFIER and keep_identifiers:
            column = Column(column.name, _kind(train[name])[0])
        columns.append(column)
    schema = TableSchema(tuple(columns))
    clean_names = schema.numeric_names + schema.names("category") + schema.names("text")
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


def looks_like_identifier(name):
    """Does the name of a column say that it names rows or things?

    >>> [looks_like_identifier(n) for n in ("customer_id", "userId", "No", "paid", "valid", "grid")]
    [True, True, True, False, False, False]
    """
    return bool(ID_NAME.search(name.lower()) or re.search(r"[a-z]I[dD]$", name))


def _recognise(values, is_categorical):
    kind, date_format = ("category", ISO) if is_categorical else _kind(values)
    readers = {"number": to_numbers, "date": lambda v: to_dates(v, date_format)}
    cleaned = pd.Series(readers.get(kind, to_categories)(values))
    reason = _reason_to_drop(cleaned, kind, str(values.name), is_categorical)
    if reason:
        return Column(str(values.name), "dropped", reason)
    n_levels = int(cleaned.nunique()) if kind == "category" else 0
    return Column(str(values.name), kind, "", date_format, n_levels)


def _kind(values):
    """Return (kind, date format) of a column, from what its values say."""
    dtype = values.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "date", ISO
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "number", ISO
    if pd.api.types.is_numeric_dtype(dtype):
        is_code = pd.api.types.is_integer_dtype(dtype) and CODE_NAME.search(str(values.name).lower())
        return "category" if is_code else "number", ISO
    texts = pd.Series([text for text in to_categories(values) if text is not None], dtype="str")
    if texts.empty or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return "category", ISO
    different = pd.Series(texts.unique())
    if _are_numbers(texts, different):
        return "number", ISO
    date_format = _date_format(different)
    if date_format:
        return "date", date_format
    return "text" if _are_sentences(texts, different) else "category", ISO


def _are_numbers(texts, different):
    if different.str.match(r"^0\d").any():  # leading zeros: a code
        return False
    readable = pd.to_numeric(different, errors="coerce").notna()
    if readable.all():
        return True
    share = texts.isin(different[readable]).mean()
    return bool(share >= MIN_READABLE and readable.sum() >= MIN_NUMBERS)


def _date_format(different):
    """How the column writes its dates; None where it holds none."""
    sample = different.head(1000)
    with_digits = sample[sample.str.contains(r"\d.*\d")]
    if len(with_digits) < MIN_READABLE * len(sample):
        return None
    if sample.str.match(r"^\d{4}-\d{2}-\d{2}").mean() >= MIN_READABLE:
        date_format = ISO
    else:
        date_format = _guess_date_format(with_digits)
    if date_format and to_dates(different, date_format).notna().mean() >= MIN_READABLE:
        return date_format
    return None


def _guess_date_format(texts):
    if not texts.str.contains(r"\d[./:\- ]").any():
        return None
    from skrub import ToDatetime
    from skrub.core import RejectColumn

    try:
        return ToDatetime().fit(texts.rename("dates")).format_
    except RejectColumn:
        return None


def _are_sentences(texts, different):
    if len(different) < max(MIN_TEXTS, 0.5 * len(texts)):
        return False
    return texts.head(1000).str.split().str.len().mean() >= MIN_WORDS


def _reason_to_drop(cleaned, kind, name, is_categorical):
    n_rows, n_values, n_present = len(cleaned), cleaned.nunique(dropna=True), int(cleaned.notna().sum())
    if n_values == 0:
        return "holds no value"
    if n_values == 1 and n_present == n_rows:
        return "holds one value only"
    if n_present < (1 - MAX_EMPTY) * n_rows:
        return f"is nearly empty: {n_present} of {n_rows} rows hold a value"
    if kind == "category" and n_values == n_rows > MIN_TEXTS and not is_categorical:
        return "every row has its own text"
    if kind == "number" and n_values == n_rows > MIN_TEXTS and _numbers_the_rows(cleaned, name):
        return IDENTIFIER
    return ""


def _numbers_the_rows(numbers, name):
    """Whole numbers, each once, that fill their range or are called an identifier."""
    if not (numbers == np.floor(numbers)).all():
        return False
    density = len(numbers) / (numbers.max() - numbers.min() + 1)
    return bool(density >= MIN_DENSITY or looks_like_identifier(name))
