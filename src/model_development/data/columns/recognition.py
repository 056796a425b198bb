"""Find out what each column of a raw table is; skrub knows how people write dates."""

import re

import numpy as np
import pandas as pd

from ...errors import DataError
from .schema import ISO, Column, TableSchema, to_categories, to_dates, to_numbers

MIN_READABLE = 0.9  # share of values that must read as number or date; the rest count as missing
MIN_NUMBERS = 20  # different numbers, from which on a few words among them do not make categories
MAX_EMPTY = 0.98  # share of missing values above which a column says nothing
MIN_WORDS = 4  # words per value, on average, that make sentences of a text column
MIN_TEXTS = 50  # different texts, from which on a column may be identifiers or sentences
MIN_DENSITY = 0.5  # share of a range that whole numbers fill, each once, when they number the rows
NEARLY_ALL = 0.99  # share of different values, and of present ones, that still names the rows
LARGEST_EXACT = 2**53  # whole numbers above it are no longer told apart as floats
IDENTIFIER = "identifies the row"
ID_WORDS = {"id", "uuid", "guid"}
ROW_WORDS = {"nr", "no", "number", "row", "index", "key", "rownum", "serial"}
CODE_WORDS = {"code", "zip", "zipcode", "postcode", "postal", "plz", "fips", "naics", "icd", "sku"}
DATE_FORMATS = (  # beside ISO, tried in this order; dots always have the day first
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y %H:%M",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%b-%y",
    "%b %Y",
    "%m/%Y",
)


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


def words_of(name):
    """The words of a column's name, in small letters.

    >>> sorted(words_of("saleYear_of.House2"))
    ['house2', 'of', 'sale', 'year']
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", str(name))
    return set(re.findall(r"[a-z0-9]+", spaced.lower()))


def looks_like_identifier(name):
    """Does the name of a column say that it names rows or things?

    >>> [looks_like_identifier(n) for n in ("customer_id", "userId", "No", "paid", "no_of_pages")]
    [True, True, True, False, False]
    """
    words = words_of(name)
    return bool(words & ID_WORDS) or (bool(words) and words <= ROW_WORDS)


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
        return "category" if _are_codes(values) else "number", ISO
    texts = pd.Series([text for text in to_categories(values) if text is not None], dtype="str")
    if texts.empty or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return "category", ISO
    different = pd.Series(texts.unique())
    if _are_numbers(texts, different):
        return "number", ISO
    date_format = date_format_of(different)
    if date_format:
        return "date", date_format
    return "text" if _are_sentences(texts, different) else "category", ISO


def _are_codes(values):
    """Whole numbers that are called a code, or are too long to be told apart as floats."""
    numbers = to_numbers(values)
    numbers = numbers[np.isfinite(numbers)]
    if pd.api.types.is_bool_dtype(values.dtype) or not (numbers == np.floor(numbers)).all():
        return False
    words = words_of(values.name)
    is_called_so = bool(words & CODE_WORDS) and not words & {"of", "count", "number"}
    is_integer = pd.api.types.is_integer_dtype(values.dtype)
    return is_called_so or (is_integer and len(numbers) > 0 and np.abs(numbers).max() > LARGEST_EXACT)


def _are_numbers(texts, different):
    if different.str.match(r"^(0\d|\d{17})").any():  # leading zeros, or too long for a number: a code
        return False
    readable = pd.to_numeric(different, errors="coerce").notna()
    if readable.all():
        return True
    share = texts.isin(different[readable]).mean()
    return bool(share >= MIN_READABLE and readable.sum() >= MIN_NUMBERS)


def date_format_of(different):
    """How different texts write dates, as strptime has it; None where fewer than nine in ten are dates."""
    sample = different.head(1000)
    with_digits = sample[sample.str.contains(r"\d.*\d")]
    if len(with_digits) < MIN_READABLE * len(sample):
        return None
    if sample.str.match(r"^\d{4}-\d{2}-\d{2}").mean() >= MIN_READABLE:
        candidates = [ISO]
    elif with_digits.str.contains(r"\d[./:\- ,]").any():
        candidates = [*DATE_FORMATS[:4], _guess_date_format(with_digits), *DATE_FORMATS[4:]]
    else:
        candidates = []
    return next((known for known in candidates if known and _reads(sample, different, known)), None)


def _reads(sample, different, date_format):
    few = sample.head(20)
    return all(to_dates(texts, date_format).notna().mean() >= MIN_READABLE for texts in (few, different))


def _guess_date_format(texts):
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
    all_differ = n_values >= NEARLY_ALL * n_present and n_present >= NEARLY_ALL * n_rows
    if not all_differ or n_values <= MIN_TEXTS or is_categorical:
        return ""
    if kind == "category" and n_values == n_present:
        return "every row has its own text"
    named = looks_like_identifier(name)
    if (kind == "category" and named) or (kind == "number" and _numbers_the_rows(cleaned.dropna(), named)):
        return IDENTIFIER
    return ""


def _numbers_the_rows(numbers, is_named_so):
    """Whole numbers, hardly one of them twice, that fill their range or are called an identifier."""
    if not (numbers == np.floor(numbers)).all():
        return False
    density = len(numbers) / (numbers.max() - numbers.min() + 1)
    return bool(is_named_so or density >= MIN_DENSITY)
