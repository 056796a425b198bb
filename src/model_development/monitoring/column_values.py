"""The values of a raw column as the model reads them, and which of them are missing or cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns.dates import days_of
from ..data.columns.values import to_categories
from ..late import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import Column


@dataclass(frozen=True)
class Values:
    """One column of a window. read : see `as_values`. is_missing, is_unreadable : bool, shape (n_rows,)."""

    read: np.ndarray
    is_missing: np.ndarray
    is_unreadable: np.ndarray

    @property
    def is_present(self) -> np.ndarray:
        return ~self.is_missing & ~self.is_unreadable


def as_values(column: Column, raw: pd.Series) -> np.ndarray:
    """Return what is counted of a column, shape (n_rows,).

    Floats of numbers, of dates (days since 1970) and of sentences (characters), NaN for missing; texts of
    categories, None for missing.
    """
    read = column.read(raw)
    if column.kind == "date":
        return days_of(read)
    if column.kind == "text":
        return np.array([np.nan if text is None else float(len(text)) for text in read])
    return np.asarray(read)


def read_values(column: Column, raw: pd.Series) -> Values:
    """Read one column of raw rows as the model does."""
    read = as_values(column, raw)
    empty = pd.isna(read)
    unreadable = np.zeros(len(read), dtype=bool)
    if column.kind in ("number", "date") and not pd.api.types.is_numeric_dtype(raw.dtype) and empty.any():
        texts = to_categories(raw[empty])
        unreadable[empty] = [text is not None for text in texts]
    return Values(read, empty & ~unreadable, unreadable)
