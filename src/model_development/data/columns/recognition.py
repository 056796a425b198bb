"""Find out what each column of a raw table is."""

import re
from collections.abc import Collection
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from ...errors import DataError
from .date_formats import MIN_READABLE, date_format_of
from .number_writing import find_writing, spread
from .schema import Column, TableSchema
from .spellings import code_width, flag_words
from .values import plain_dtype, to_categories, to_numbers

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
ROW_LABEL = re.compile(r"(?i)unnamed: ?\d+(_level_\d+)?(\.\d+)*|__index_level_\d+__|level_\d+|index(\.\d+)?")
MIN_OWN = 0.2  # share of different values among row labels: tables put together number their rows anew
CODE = r"^(0\d+$|0\d[^.,]|\d{17})"  # leading zeros, or too long for a number
MOMENT_WORDS = {"timestamp", "datetime", "date", "time", "epoch", "ts", "created", "updated"}
MOMENTS = (631_152_000, 4_102_444_800)  # the years 1990 to 2099, in seconds since 1970
MAX_LEVELS = 1000  # of a category, up to which they are kept to tell new ones; there are more of codes
MAX_LEVEL_LENGTH = 100
CODE_WORDS = {"code", "zip", "zipcode", "postcode", "postal", "plz", "fips", "naics", "icd", "sku"}


def infer_schema(
    train: pd.DataFrame,
    *,
    categorical: Collection[str] = (),
    keep_identifiers: bool = False,
    decimal: str = ".",
    dialect: str = "",
) -> TableSchema:
    """Decide what each column of the training rows is; a column that says nothing is dropped.

    categorical : names of columns that hold codes, whatever they look like.
    keep_identifiers : use columns that only number or name the rows.
    decimal, dialect : mark before decimals in the file of these rows, and how it is written, in words.

    Raises DataError when no column is left.

    >>> infer_schema(pd.DataFrame({"age": [31, 44], "city": ["Bern", "?"], "k": [1, 1]})).names()
    ['age', 'city']
    """
    columns = []
    for name in train.columns:
        column = _recognise(train[name], name in categorical, decimal)
        if column.reason == IDENTIFIER and keep_identifiers:
            column, _ = _written(_kind(train[name], decimal), train[name])
        columns.append(column)
    schema = TableSchema(tuple(columns), dialect, decimal)
    if not schema.names():
        raise DataError(
            "No feature column is left: "
            + "; ".join(f"{column.name} ({column.reason})" for column in schema.dropped)
            + ". Give the table features that vary."
        )
    return schema


def words_of(name: str) -> set[str]:
    """The words of a column's name, in small letters.

    >>> sorted(words_of("saleYear_of.House2"))
    ['house2', 'of', 'sale', 'year']
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", str(name))
    return set(re.findall(r"[a-z0-9]+", spaced.lower()))


def looks_like_identifier(name: str) -> bool:
    """Does the name of a column say that it names rows or things?

    >>> [looks_like_identifier(n) for n in ("customer_id", "userId", "No", "paid", "no_of_pages")]
    [True, True, True, False, False]
    """
    words = words_of(name)
    return bool(words & ID_WORDS) or (bool(words) and words <= ROW_WORDS)


def _recognise(values, is_categorical, decimal):
    column = Column(str(values.name), "category") if is_categorical else _kind(values, decimal)
    column, cleaned = _written(column, values)
    reason = _reason_to_drop(cleaned, column.kind, column.name, is_categorical)
    return Column(column.name, "dropped", reason) if reason else column


def _written(column, values):
    """The column with what its values are (flags, levels, spelling), and its values as it reads them."""
    read = pd.Series(column.read(values))
    if column.kind == "number":
        are_flags = set(read.dropna().unique()) == {0.0, 1.0}
        return (replace(column, flags=("0", "1")) if are_flags else column), read
    if column.kind != "category":
        return column, read
    different = read.dropna().unique()
    column = replace(column, flags=flag_words(different), code_width=code_width(different))
    if column.flags or column.code_width:
        read = pd.Series(column.read(values))
    counts = read.value_counts()
    is_kept = len(counts) <= MAX_LEVELS and counts.index.str.len().max() <= MAX_LEVEL_LENGTH
    column = replace(
        column,
        n_levels=len(counts),
        levels=tuple(sorted(counts.index)) if is_kept else (),
        new_share=round(float((counts == 1).sum() / max(1, counts.sum())), 6),
        n_present=int(counts.sum()),
    )
    return column, read


def _kind(values, decimal):
    """Return a column with its kind and its way of writing, from what its values say."""
    name, values = str(values.name), plain_dtype(values)
    dtype = values.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return Column(name, "date")
    if pd.api.types.is_timedelta64_dtype(dtype):
        return Column(name, "number")
    if pd.api.types.is_numeric_dtype(dtype):
        if _are_moments(values, name):
            return Column(name, "date")
        kind = "category" if _are_codes(values) else "number"
        return Column(name, kind, decimal=decimal if kind == "number" else ".")
    texts = pd.Series([text for text in to_categories(values) if text is not None], dtype="str")
    if texts.empty or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return Column(name, "category")
    different = pd.Series(texts.unique())
    if decimal == "." and _are_numbers(texts, different):
        return Column(name, "number")
    date_format = date_format_of(different)
    if date_format:
        return Column(name, "date", date_format=date_format)
    has_code = different.str.match(CODE).any()
    writing = None if has_code else find_writing(texts, decimal)
    if writing:
        return Column(name, "number", **asdict(writing))
    return Column(name, "text" if _are_sentences(texts, different) else "category")


def _are_moments(values, name):
    """Whole numbers that are called a time and are seconds, or parts of them, since 1970, from 1990 on."""
    if not (words_of(name) & MOMENT_WORDS or name.lower().endswith("_at")):
        return False
    numbers = to_numbers(values)
    numbers = np.abs(numbers[np.isfinite(numbers)])
    return len(numbers) > 0 and any(
        ((numbers >= first * factor) & (numbers < last * factor)).all()
        for factor in (1, 1e3, 1e6, 1e9)
        for first, last in [MOMENTS]
    )


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
    if different.str.match(CODE).any():
        return False
    readable = pd.to_numeric(different, errors="coerce").notna()
    if readable.all():
        return True
    share = texts.isin(different[readable]).mean()
    return bool(share >= MIN_READABLE and readable.sum() >= MIN_NUMBERS)


def _are_sentences(texts, different):
    if len(different) < max(MIN_TEXTS, 0.5 * len(texts)):
        return False
    return spread(texts, 1000).str.split().str.len().mean() >= MIN_WORDS


def _reason_to_drop(cleaned, kind, name, is_categorical):
    n_rows, n_values, n_present = len(cleaned), cleaned.nunique(dropna=True), int(cleaned.notna().sum())
    if n_values == 0:
        return "holds no value"
    if n_values == 1 and n_present == n_rows:
        return "holds one value only"
    if n_present < (1 - MAX_EMPTY) * n_rows:
        return f"is nearly empty: {n_present} of {n_rows} rows hold a value"
    all_differ = n_values >= NEARLY_ALL * n_present and n_present >= NEARLY_ALL * n_rows
    if is_categorical:
        return ""
    if kind == "number" and ROW_LABEL.fullmatch(name) and n_values >= MIN_OWN * n_present:
        return IDENTIFIER if _numbers_the_rows(cleaned.dropna(), True) else ""
    if not all_differ or n_values <= MIN_TEXTS:
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
