"""Raw columns as a small tree can ask about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .raw_values import MISSING, RawValues

MOST_LEVELS = 15  # of a category that have a question of their own, the most frequent


@dataclass(frozen=True)
class RuleColumn:
    """One question. level : of a category; None for numbers and dates, which are compared.

    values : of the rows that the tree is fitted on. is_whole : they are whole numbers alone, between which a
    threshold is written as one of them.
    """

    values: RawValues
    level: str | None = None
    is_whole: bool = False

    @property
    def name(self) -> str:
        return self.values.column.name

    def says(self, is_left: bool, threshold: float, with_missing: bool) -> str:
        """The condition of one side of a split, in raw values."""
        if self.level is not None:
            value = self.level if self.level == MISSING else repr(self.level)
            return f"{self.name} is {'not ' if is_left else ''}{value}"
        text = f"{self.name} {'<=' if is_left else '>'} {self._written(threshold)}"
        return f"{text} or missing" if with_missing else text

    def replaces(self, is_left: bool, other: RuleColumn, was_left: bool) -> bool:
        """Does the side of a split say all that the side of an earlier one said?"""
        if self.values is not other.values:
            return False
        if self.level is None:
            return is_left == was_left
        return not is_left or (self.level == other.level and is_left == was_left)

    def _written(self, threshold):
        """As short as it can be written without another row going to the other side."""
        numbers = self.values.numbers
        if numbers is None or self.values.column.kind == "date":
            return self.values.show(threshold)
        if self.is_whole:
            return np.format_float_positional(np.floor(threshold), trim="-")
        low = numbers[numbers <= threshold].max(initial=-np.inf)
        high = numbers[numbers > threshold].min(initial=np.inf)
        written = (float(f"{threshold:.{digits}g}") for digits in range(2, 18))
        short = next((number for number in written if low <= number < high), threshold)
        return np.format_float_positional(short, trim="-")


def rule_columns(read: Sequence[RawValues]) -> list[RuleColumn]:
    """Return the questions: one for each number and date, one for each frequent category."""
    columns = []
    for values in read:
        if values.numbers is not None:
            columns.append(RuleColumn(values, is_whole=values.is_whole and values.column.kind == "number"))
        elif values.has_grid:
            levels = pd.Series(values.texts).value_counts().head(MOST_LEVELS).index
            columns += [RuleColumn(values, level) for level in levels if len(levels) > 1]
    return columns


def rule_matrix(columns: Sequence[RuleColumn], read: Sequence[RawValues]) -> np.ndarray:
    """Return numbers, NaN where missing, and 1 or 0 for categories; shape (n_rows, n_columns)."""
    by_name = {values.column.name: values for values in read}
    made = []
    for column in columns:
        values = by_name[column.name]
        is_level = (values.texts == column.level).astype(float)
        made.append(is_level if values.numbers is None else values.numbers)
    return np.column_stack(made)
