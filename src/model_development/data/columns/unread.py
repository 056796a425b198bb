"""Columns whose values training could read, and that mostly cannot be read, or are new, in other rows."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import DataError, UnreadableColumnWarning
from ..raw_rows import as_table
from .number_writing import doubt_among
from .values import to_categories

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .schema import TableSchema


MOST = 0.5  # share of the values that are present, from which on a column is reported
CHANCE = 0.01  # of as many new categories, below which they are no chance
HOW_TO_WRITE = "Write numbers with a point before decimals, and without marks between thousands."
DOUBTFUL = re.compile(r"\d[.,]\d{3}(?!\d)")  # a mark before decimals, or between thousands
NEW = "categories that no training row has"


@dataclass(frozen=True)
class Unread:
    """A column of which most values mean nothing to the model.

    share : of the values that are present. example : one of them. what : what they are.
    """

    column: str
    share: float
    example: str
    what: str

    def __str__(self) -> str:
        values = f"{self.share:.0%} of the values of column {self.column!r}"
        return f"{values} are {self.what}, such as {self.example!r}"


def clean_rows(
    schema: TableSchema, X: pd.DataFrame | ArrayLike, n_known: int, *, strict: bool = False
) -> pd.DataFrame:
    """Return raw rows as the clean table that preprocessors take; what cannot be read is reported.

    n_known : columns of the rows that the model was fitted on, which an array must have, too.
    strict : see `report_unread`. Raises ValueError for an array of another width.
    """
    table = as_table(X)
    if not isinstance(X, pd.DataFrame) and table.shape[1] != n_known:
        expected = f"TabularModel is expecting {n_known} features as input"
        raise ValueError(f"X has {table.shape[1]} features, but {expected}.")
    columns = schema.read(table)
    report_unread(schema, table, columns, strict=strict)
    return schema.as_table(columns, table.index)


def find_unread(schema: TableSchema, raw: pd.DataFrame, read: dict[str, Any]) -> list[Unread]:
    """Return the columns of some rows that are Unread.

    raw : the rows. read : what `schema.read` made of them.
    """
    found = []
    for column in schema.columns:
        if column.kind == "number":
            found.append(_unreadable(column, raw, read[column.name]))
        elif column.kind == "date":
            found.append(_unreadable(column, raw, read[schema.day_name(column)]))
        elif column.levels:
            found.append(_new(column, read[column.name]))
    return [unread for unread in found if unread is not None]


def report_unread(
    schema: TableSchema, raw: pd.DataFrame, read: dict[str, Any], *, strict: bool = False
) -> None:
    """Warn of each Unread column by an UnreadableColumnWarning; strict: raise DataError that names all."""
    found = find_unread(schema, raw, read)
    if found and strict:
        raise DataError(f"{'; '.join(map(str, found))}. Write them as the training rows did.")
    said = [
        f"{unread}; the model takes them for missing or unknown. Write them as the training rows did."
        for unread in found
    ]
    for text in said + find_doubtful(schema, raw):
        warnings.warn(text, UnreadableColumnWarning, stacklevel=5)


def find_doubtful(schema: TableSchema, raw: pd.DataFrame) -> list[str]:
    """Say of each column of numbers that some rows write in a way that may mean others, how it is read."""
    said, dtypes = [], raw.dtypes.to_numpy()  # for a single row, each column costs more than its value
    with_texts = {name for name, dtype in zip(raw.columns, dtypes, strict=True) if dtype.kind == "O"}
    for column in schema.of_kind("number"):
        if column.name in with_texts and (text := _doubtful(column, raw[column.name])):
            reading = replace(column.writing, doubt=text).read_doubt()
            said.append(f"Column {column.name!r}: {reading} {HOW_TO_WRITE}")
    return said


def _doubtful(column, values):
    texts = [value for value in values.tolist() if isinstance(value, str)]  # not lists, which have no hash
    different = list(dict.fromkeys(texts))
    if not any(DOUBTFUL.search(text) for text in different):
        return ""
    return doubt_among(different, column.writing)


def _unreadable(column, raw, read):
    gone = np.isnan(read)
    if not gone.any():
        return None
    values = raw[column.name]
    if column.kind == "number" and pd.api.types.is_numeric_dtype(values.dtype):
        return None  # of numbers, infinite ones are meant, or missing
    n_present = len(gone)
    texts = to_categories(values[gone])
    odd = [text for text in texts if text is not None]
    n_present -= len(texts) - len(odd)
    if len(odd) <= MOST * n_present:
        return None
    return Unread(column.name, len(odd) / n_present, odd[0], f"no {column.kind}s")


def _new(column, read):
    unknown = set(read.tolist()) - column.known_levels - {None}
    if not unknown:
        return None
    present = [text for text in read.tolist() if text is not None]
    new = [text for text in present if text in unknown]
    if len(new) <= MOST * len(present) or (4 * _expected(column)) ** len(new) > CHANCE:
        return None
    return Unread(column.name, len(new) / len(present), new[0], NEW)


def _expected(column):
    """About the probability that a value is new: the share of those that occurred once, and at least one."""
    return max(column.new_share, 1 / max(column.n_present, 1))
