"""Columns whose values training could read, and that mostly cannot be read, or are new, in other rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...errors import DataError, UnreadableColumnWarning
from .values import to_categories

if TYPE_CHECKING:
    from .schema import TableSchema


MOST = 0.5  # share of the values that are present, from which on a column is reported
CHANCE = 0.01  # of as many new categories, below which they are no chance
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


def find_unread(schema: TableSchema, raw: pd.DataFrame, clean: pd.DataFrame) -> list[Unread]:
    """Return the columns of some rows that are Unread.

    raw : the rows. clean : what `schema.clean` made of them.
    """
    found = []
    for column in schema.columns:
        if column.kind == "number":
            found.append(_unreadable(column, raw[column.name], clean[column.name]))
        elif column.kind == "date":
            found.append(_unreadable(column, raw[column.name], clean[schema.day_name(column)]))
        elif column.levels:
            found.append(_new(column, clean[column.name]))
    return [unread for unread in found if unread is not None]


def report_unread(
    schema: TableSchema, raw: pd.DataFrame, clean: pd.DataFrame, *, strict: bool = False
) -> None:
    """Warn of each Unread column by an UnreadableColumnWarning; strict: raise DataError that names all."""
    found = find_unread(schema, raw, clean)
    if found and strict:
        raise DataError(f"{'; '.join(map(str, found))}. Write them as the training rows did.")
    for unread in found:
        warnings.warn(
            f"{unread}; the model takes them for missing or unknown. Write them as the training rows did.",
            UnreadableColumnWarning,
            stacklevel=4,
        )


def _unreadable(column, values, read):
    gone = np.isnan(read.to_numpy())
    if not gone.any() or (column.kind == "number" and pd.api.types.is_numeric_dtype(values.dtype)):
        return None  # of numbers, infinite ones are meant, or missing
    n_present = len(gone)
    texts = to_categories(values[gone])
    odd = [text for text in texts if text is not None]
    n_present -= len(texts) - len(odd)
    if len(odd) <= MOST * n_present:
        return None
    return Unread(column.name, len(odd) / n_present, odd[0], f"no {column.kind}s")


def _new(column, read):
    present = [text for text in read.tolist() if text is not None]
    new = [text for text in present if text not in column.known_levels]
    if len(new) <= MOST * len(present) or (4 * _expected(column)) ** len(new) > CHANCE:
        return None
    return Unread(column.name, len(new) / len(present), new[0], NEW)


def _expected(column):
    """About the probability that a value is new: the share of those that occurred once, and at least one."""
    return max(column.new_share, 1 / max(column.n_present, 1))
