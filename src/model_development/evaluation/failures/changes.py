"""What may go wrong with a column between training and use: the changes that robustness is measured with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...data.columns.schema import Column
from .levels import as_sortable

NOISE = 0.1  # of a column's standard deviation; of categories the share of values exchanged
UNSEEN = "(never seen)"


@dataclass(frozen=True)
class Change:
    """One row. apply : (column, known values, values, random generator) -> changed values.

    kinds : of columns that it is for. is_joint : is it also made in all columns at once?
    """

    name: str
    apply: Callable[[Column, pd.Series, pd.Series, np.random.Generator], pd.Series]
    kinds: tuple[str, ...]
    is_joint: bool = False

    def suits(self, column: Column) -> bool:
        return kind_of(column) in self.kinds


def kind_of(column: Column) -> str:
    """The kind of a column; numbers that are flags have no unit, and are as categories here."""
    return "category" if column.kind == "number" and column.flags else column.kind


def noise(column: Column, known: pd.Series, values: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Normal noise on numbers and dates; of others some values are exchanged for those of known rows."""
    if kind_of(column) not in ("number", "date"):
        changed = values.astype(object).reset_index(drop=True)
        rows = np.flatnonzero(rng.random(len(values)) < NOISE)
        changed.iloc[rows] = known.astype(object).iloc[rng.integers(0, len(known), len(rows))].to_numpy()
        return changed
    read = as_sortable(column, values)
    spread = NOISE * np.nan_to_num(np.nanstd(as_sortable(column, known)))
    return _as_raw(column, read + spread * rng.normal(size=len(read)))


def missing(column: Column, known: pd.Series, values: pd.Series, rng: np.random.Generator) -> pd.Series:
    """No value in any row."""
    if kind_of(column) in ("number", "date"):
        return _as_raw(column, np.full(len(values), np.nan))
    return pd.Series([None] * len(values), dtype=object)


def times(factor: float) -> Callable[[Column, pd.Series, pd.Series, np.random.Generator], pd.Series]:
    """Another unit: all values multiplied."""

    def scaled(column: Column, known: pd.Series, values: pd.Series, rng: np.random.Generator) -> pd.Series:
        return _as_raw(column, factor * as_sortable(column, values))

    return scaled


def unseen(column: Column, known: pd.Series, values: pd.Series, rng: np.random.Generator) -> pd.Series:
    """A category that no training row has."""
    return pd.Series([UNSEEN] * len(values), dtype=object)


def year_later(column: Column, known: pd.Series, values: pd.Series, rng: np.random.Generator) -> pd.Series:
    """All dates moved by 365 days."""
    return _as_raw(column, as_sortable(column, values) + 365.0)


def _as_raw(column, read):
    """Floats or days as values that the column reads so again."""
    if column.kind != "date":
        return pd.Series(read)
    seconds = pd.Series(np.round(read * 86_400)).astype("Int64")
    return pd.to_datetime(seconds.astype("datetime64[s]"))


NUMBERS, ANY = ("number",), ("number", "date", "category", "text")
CHANGES = (
    Change("noise", noise, ANY, is_joint=True),
    Change("missing", missing, ANY, is_joint=True),
    Change("times 1000", times(1000.0), NUMBERS),
    Change("times 0.001", times(0.001), NUMBERS),
    Change("unseen category", unseen, ("category",)),
    Change("a year later", year_later, ("date",)),
)
