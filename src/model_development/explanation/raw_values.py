"""The values of raw columns as numbers where they have an order, and as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..data.columns.dates import date_text, days_of
from ..reports.numbers import digits_apart, format_value, shortened

if TYPE_CHECKING:
    from ..data.columns.schema import Column, TableSchema


MISSING = "missing"
LONGEST = 40  # characters of a value that are shown
MOST_LEVELS = 10  # of a category, the most frequent ones, in a grid
INNER = (0.02, 0.98)  # a grid leaves out the outermost values, which few rows have


@dataclass(frozen=True)
class RawValues:
    """A raw column of some rows.

    numbers : of numbers, and days since 1970 of dates, NaN where missing; None for a column without an order.
    texts : as they are shown, "missing" among them. is_missing : shape (n_rows,), as the others.
    """

    column: Column
    numbers: np.ndarray | None
    texts: np.ndarray
    is_missing: np.ndarray

    @property
    def has_grid(self) -> bool:
        """Can values be named? Every row has sentences of its own."""
        return self.column.kind != "text"

    @property
    def is_whole(self) -> bool:
        """Does it hold whole numbers alone?"""
        known = self.numbers[~self.is_missing] if self.numbers is not None else np.empty(0)
        return bool(len(known)) and bool((known == np.floor(known)).all())

    def show(self, number: float) -> str:
        """A number between the values, as the column writes such."""
        if self.column.kind == "date":
            return date_text(number)
        return format_value(number)

    def grid(self, n_points: int) -> np.ndarray:
        """Return positions of rows whose values stand for the column: quantiles, or the most frequent ones.

        In order, without repeats; a row without a value comes last, where there is one.
        """
        gone = np.flatnonzero(self.is_missing)[:1]
        known = np.flatnonzero(~self.is_missing)
        if not self.has_grid or not len(known):
            return gone if self.has_grid else gone[:0]
        if self.numbers is None:
            counts = pd.Series(self.texts[known]).value_counts().head(MOST_LEVELS)
            first = {
                text: position for position, text in zip(known[::-1], self.texts[known][::-1], strict=True)
            }
            return np.concatenate([[first[text] for text in counts.index], gone]).astype(int)
        ordered = known[np.argsort(self.numbers[known], kind="stable")]
        different = _different(self.numbers, ordered)
        if len(different) > n_points:
            points = _at_quantiles(self.numbers, ordered, n_points)
            if len(points) < n_points / 2:  # most rows hold one value: the others have quantiles of their own
                others = _at_quantiles(self.numbers, different, n_points - len(points))
                points = _different(self.numbers, np.concatenate([points, others]))
            different = points
        return np.concatenate([different, gone]).astype(int)


def _at_quantiles(numbers, ordered, n_points):
    """Some of the positions, which are in order of their numbers."""
    places = np.linspace(*INNER, n_points) * (len(ordered) - 1)
    return _different(numbers, ordered[places.round().astype(int)])


def _different(numbers, points):
    """Positions with different numbers, in order of these."""
    return points[np.unique(numbers[points], return_index=True)[1]]


def read_values(schema: TableSchema, X: pd.DataFrame) -> list[RawValues]:
    """Return the RawValues of each column that the model uses, in the order of `schema.names()`."""
    columns = {column.name: column for column in schema.columns}
    return [_read(columns[name], X[name]) for name in schema.names()]


def _read(column, values):
    read = column.read(values)
    if column.kind == "date":
        read = days_of(read)
    if column.kind in ("number", "date"):
        numbers = np.asarray(read, dtype=float)
        gone = np.isnan(numbers)
        show = date_text if column.kind == "date" else _number_text(numbers[~gone])
        texts = [MISSING if missing else show(number) for number, missing in zip(numbers, gone, strict=True)]
        return RawValues(column, numbers, np.array(texts, dtype=object), gone)
    gone = np.array([value is None or value != value for value in read], dtype=bool)
    texts = [MISSING if missing else _short(str(value)) for value, missing in zip(read, gone, strict=True)]
    return RawValues(column, None, np.array(texts, dtype=object), gone)


def _number_text(known):
    """How numbers are written: those that a grid may take differ in writing."""
    points = np.quantile(known, np.linspace(*INNER, 20), method="inverted_cdf") if len(known) else known
    return partial(format_value, digits=digits_apart(points.tolist()))


def _short(text):
    if text == MISSING:  # a word of the table, and no gap
        return repr(text)
    return shortened(text, LONGEST)
