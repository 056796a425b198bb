"""Columns that say nothing, or not what they seem to say."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..columns.recognition import IDENTIFIER
from ..columns.schema import MAX_CODES, MAX_ONE_HOT
from ..columns.values import LARGEST, to_categories
from .check_input import INFO, WARNING, CheckInput, Finding, listed


def identifier(data: CheckInput) -> Iterator[Finding]:
    """Columns that name or number the rows; they are no features."""
    for column in data.schema.dropped:
        if column.reason == IDENTIFIER:
            yield Finding(
                INFO,
                (column.name,),
                "Whole numbers, each once, that number or name the rows. It is left out.",
                "To keep it as a feature all the same, accept `identifier`.",
            )


def says_nothing(data: CheckInput) -> Iterator[Finding]:
    """Columns that are constant, empty or nearly so, or have a text of its own in every row."""
    for column in data.schema.dropped:
        if column.reason != IDENTIFIER:
            yield Finding(INFO, (column.name,), f"{_sentence(column.reason)}. It is left out.", "")


def infinite_values(data: CheckInput) -> Iterator[Finding]:
    """Infinite numbers, which no model takes."""
    for name, values in data.X[data.used].items():
        if pd.api.types.is_float_dtype(values.dtype):
            n_infinite = int((np.abs(values.to_numpy(dtype=float, na_value=np.nan)) > LARGEST).sum())
            if n_infinite:
                yield Finding(
                    WARNING,
                    (name,),
                    f"{n_infinite} values are infinite, or beyond 3.4e38, and count as missing.",
                    "Look for a division by zero or an overflow in the step that made the table.",
                )


def unreadable_values(data: CheckInput) -> Iterator[Finding]:
    """Columns of numbers or dates in which some values are neither."""
    for column in data.schema.columns:
        values = data.X.get(column.name)
        is_text = pd.api.types.is_string_dtype(values.dtype) or values.dtype == object
        if column.kind not in ("number", "date") or not is_text:
            continue
        counts = pd.Series(to_categories(values), dtype=object).value_counts(sort=False)
        read = column.read(pd.Series(counts.index, dtype=object))
        odd = counts[np.asarray(pd.isna(read))]
        if len(odd):
            yield Finding(
                WARNING,
                (column.name,),
                f"{odd.sum()} values are no {column.kind}s and count as missing: {listed(odd.index)}.",
                "Correct them, or name the column in `categorical_columns` if these are categories.",
            )


def doubtful_reading(data: CheckInput) -> Iterator[Finding]:
    """Values that may have been meant otherwise, and rows that are not written as the training rows are."""
    for columns, evidence, advice in data.doubts:
        yield Finding(WARNING, columns, evidence, advice)


def many_levels(data: CheckInput) -> Iterator[Finding]:
    """Categories with more levels than get a column of their own."""
    for column in data.schema.columns:
        if column.n_levels > MAX_ONE_HOT:
            rare = f"; for trees, all but the {MAX_CODES} most frequent share one code"
            yield Finding(
                INFO,
                (column.name,),
                f"It has {column.n_levels} levels. Linear models and networks see the mean of the target "
                f"for each{rare if column.n_levels > MAX_CODES else ''}.",
                "",
            )


def repeated_names(data: CheckInput) -> Iterator[Finding]:
    """Names that occur more than once in the header."""
    for name, original in data.repeated_names.items():
        if name in data.used:
            yield Finding(
                WARNING,
                (name,),
                f"The header holds {original!r} more than once; this one is called {name!r}.",
                "Rename or drop one of them.",
            )


def _sentence(reason):
    return f"E{reason[1:]}" if reason.startswith("every") else f"It {reason}"
