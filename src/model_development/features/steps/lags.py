"""Numbers of the rows before in time."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from ...saved import known_as_saved
from .association import association, target_columns
from .past import Past
from .step import MakingStep, NewColumn, StepInput, named, side_by_side, texts_of

if TYPE_CHECKING:
    import pandas as pd

    from ...data.columns.schema import TableSchema


LAGS = (1, 2, 3)  # rows back
WINDOWS = (3, 7)  # rows back that a rolling mean takes in
MOST_NUMBERS = 6  # that say most of the target by themselves


@known_as_saved
class Lags(MakingStep):
    """Lags and rolling means of numbers from rows that are earlier in time, of the same group where one is
    given; rows of the same time do not see one another, and a row without a time sees nothing.

    The last rows of the fitted ones, as many as the longest window, are kept, per group. Rows that are asked
    about together are put in their order of time behind them, and each sees those before it: ask about them
    together. A row that is asked about alone sees the kept rows that are earlier than it; where it lies far
    behind them, its lags are old, and where it lies before them, they are missing.
    """

    @staticmethod
    def most(schema: TableSchema) -> int:
        return (len(LAGS) + len(WINDOWS)) * min(MOST_NUMBERS, len(schema.names("number")))

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        self.time_ = _clean_name(given, given.time_column)
        self.group_ = None if given.group_column is None else _clean_name(given, given.group_column)
        self.numbers_ = _most_telling(given, y, {self.time_, self.group_})
        self.past_ = Past.nothing(len(self.numbers_))
        beside = [self.time_, *([] if self.group_ is None else [self.group_])]
        within = "" if given.group_column is None else f" of the same {given.group_column}"
        before = f"{within} before in {given.time_column}"
        lags = [(f"@lag{k}", f"of row {k}{before}") for k in LAGS]
        means = [(f"@mean{k}", f"mean of the {k} rows{before}") for k in WINDOWS]
        wanted = [
            (f"{name}{mark}", [name, *beside], f"{name}, {formula}")
            for mark, formula in lags + means
            for name in self.numbers_
        ]
        return named(wanted, given.taken)

    def fitted_values(self, table: pd.DataFrame, *, y: np.ndarray) -> np.ndarray:
        made = self.values(table)
        groups, times, values = self._rows(table)
        self.past_ = Past.last_of(groups, times, values, max(*LAGS, *WINDOWS))
        return made

    def values(self, table: pd.DataFrame) -> np.ndarray:
        groups, times, values = self._rows(table)
        before = self.past_.before(groups, times, values, max(*LAGS, *WINDOWS))
        parts = [before[k - 1] for k in LAGS] + [_mean(before[:k]) for k in WINDOWS]
        return side_by_side([part[:, j] for part in parts for j in range(len(self.numbers_))], len(table))

    def _rows(self, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(groups, times, values) of clean rows."""
        alike = np.full(len(table), "", dtype=object)
        groups = alike if self.group_ is None else texts_of(table[self.group_])
        return groups, table[self.time_].to_numpy(dtype=float), table[self.numbers_].to_numpy(dtype=float)


def _mean(rows: np.ndarray) -> np.ndarray:
    """Mean of what is known among rows back, shape (n_back, n_rows, n_columns) to (n_rows, n_columns)."""
    known = np.isfinite(rows)
    with np.errstate(all="ignore"):  # of numbers whose sum is out of range
        return np.where(known, rows, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)


def _clean_name(given: StepInput, name: str | None) -> str:
    """What the clean table calls a raw column; of a date, its days."""
    column = next(column for column in given.schema.columns if column.name == name)
    return given.schema.day_name(column) if column.kind == "date" else column.name


def _most_telling(given: StepInput, y: np.ndarray, others: Collection[str | None]) -> list[str]:
    names = [name for name in given.schema.names("number") if name not in others]
    if len(names) <= MOST_NUMBERS:
        return names
    rows = given.sample()
    target = target_columns(y[rows], given.family)
    telling = {name: association(given.table[name].to_numpy()[rows], target) for name in names}
    best = sorted(names, key=lambda name: -telling[name])[:MOST_NUMBERS]
    return [name for name in names if name in best]
