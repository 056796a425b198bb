"""The values of a raw column as a few levels that people can read: bins, categories, missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.columns.dates import date_text, days_of
from ...data.columns.recognition import infer_schema
from ...data.columns.schema import Column
from ...errors import DataError
from ...reports.numbers import digits_apart, format_value, shortened, told_apart

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput, ScoredRows

N_BINS = 5  # of numbers and dates, with about as many rows each
FEW_VALUES = 8  # different numbers, up to which each is a level of its own
MAX_LEVELS = 20  # of a category, the most frequent ones; the others are of no level
LONGEST = 60  # characters of a value


@dataclass(frozen=True)
class Levels:
    """The levels of one column, made from some rows and valid for others.

    edges : upper ends of the bins but the last, of a column that has bins. values : of a column whose values
    are levels, in the order of the codes, and texts as the table writes them. The last code is "missing".
    """

    column: Column
    edges: np.ndarray | None = None
    values: tuple[float | str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.column.name

    def codes(self, raw: pd.Series) -> np.ndarray:
        """The level of each row, shape (n_rows,); -1 for a value that has none."""
        read = as_sortable(self.column, raw)
        missing = pd.isna(read)
        if self.edges is not None:
            codes = np.searchsorted(self.edges, read, side="left")
        else:
            codes = pd.Index(self.values, dtype=object).get_indexer(pd.Index(read, dtype=object))
        return np.where(missing, len(self.labels) - 1, codes)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Each level in words, with the name of the column."""
        if self.edges is not None:
            digits = digits_apart(self.edges.tolist())
            ends = [self._text(edge, digits) for edge in self.edges]
            bins = [f"{low} < {self.name} ≤ {high}" for low, high in zip(ends, ends[1:], strict=False)]
            bins = [f"{self.name} ≤ {ends[0]}", *bins, f"{self.name} > {ends[-1]}"]
        else:
            bins = [f"{self.name} = {text}" for text in self.texts]
        return (*bins, f"{self.name} is missing")

    def _text(self, value, digits):
        if self.column.kind == "date":
            return date_text(float(value))
        return format_value(value, digits)


def as_sortable(column: Column, raw: pd.Series) -> np.ndarray:
    """Floats of numbers and dates (days), NaN for missing; texts of the others, None for missing."""
    read = column.read(raw)
    return days_of(read) if column.kind == "date" else np.asarray(read)


def make_levels(column: Column, raw: pd.Series) -> Levels:
    """Find the levels of a column from the values of some rows; sentences are present or missing alone."""
    read = as_sortable(column, raw)
    present = read[~pd.isna(read)]
    if column.kind == "text":
        return Levels(column)
    if column.kind == "category":
        values = tuple(pd.Series(present).value_counts().index[:MAX_LEVELS])
        return Levels(
            column, values=values, texts=tuple(told_apart(shortened(value, LONGEST) for value in values))
        )
    different = np.unique(present)
    if len(different) <= FEW_VALUES:
        firsts = [raw.iloc[int((read == value).argmax())] for value in different]
        digits = digits_apart(different.tolist())
        texts = [_written(column, *pair, digits) for pair in zip(different.tolist(), firsts, strict=True)]
        return Levels(column, values=tuple(different.tolist()), texts=tuple(texts))
    edges = np.quantile(present, np.arange(1, N_BINS) / N_BINS, method="inverted_cdf")
    inner = np.unique(edges[edges < different[-1]])
    return Levels(
        column, inner if len(inner) else different[-2:-1]
    )  # most of the rows have the largest value


def _written(column, value, raw, digits):
    """A value as the table has it, where that is more than the digits of a number."""
    if column.kind == "number" and not isinstance(raw, str | bool | np.bool_):
        return format_value(value, digits)
    return shortened(str(raw), LONGEST)


def column_of(given: EvaluationInput, name: str) -> Column | None:
    """What a column is, feature or not; None where it says nothing, as a constant one."""
    known = {column.name: column for column in given.schema.columns if column.kind != "dropped"}
    if name in known:
        return known[name]
    try:
        values = given.out_of_fold.column(name).to_frame(name)
        (column,) = infer_schema(values, keep_identifiers=True).columns
    except DataError:
        return None
    return column


def levels_of(given: EvaluationInput, names: Iterable[str]) -> list[Levels]:
    """The levels of columns, found on the out-of-fold rows; columns that say nothing are left out."""
    columns = [column_of(given, name) for name in names]
    return [
        make_levels(column, given.out_of_fold.column(column.name)) for column in columns if column is not None
    ]


def codes_of(levels: Iterable[Levels], rows: ScoredRows) -> dict[str, np.ndarray]:
    """{column: the level of each row}."""
    return {level.name: level.codes(rows.column(level.name)) for level in levels}
