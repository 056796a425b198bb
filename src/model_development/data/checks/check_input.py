"""What the checks see: development rows, and of the test rows nothing but what tells them apart."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..columns.dates import days_of
from ..columns.values import small, to_categories
from ..splitting.assignment import TRAIN, VALIDATION
from .constant import best_constant, is_missed
from .duplicates import Duplicates, find_duplicates
from .joined_dates import joined_dates

if TYPE_CHECKING:
    from ...settings.settings import Settings
    from ...tasks.base import Task
    from ..columns.schema import TableSchema

INFO, WARNING, ERROR = "info", "warning", "error"
MAX_DATES = 10  # columns of dates of which every two are compared


@dataclass(frozen=True)
class Finding:
    """What one check found.

    severity : "error" stops the run unless accepted; "warning" and "info" do not.
    columns : the columns concerned. evidence : what was seen, in numbers. advice : what to do.
    check : name of the check, as `accept` takes it.
    """

    severity: str
    columns: tuple[str, ...]
    evidence: str
    advice: str
    check: str = ""
    accepted: bool = False

    @property
    def summary(self) -> str:
        """What was found, without the advice."""
        names = f" {', '.join(map(repr, self.columns))}" if self.columns else ""
        mark = "accepted " if self.accepted else ""
        return f"{mark}{self.severity} [{self.check}]{names}: {self.evidence}"

    def __str__(self) -> str:
        return f"{self.summary} {self.advice}".rstrip()


@dataclass(frozen=True)
class CheckInput:
    """A table at intake.

    X : raw features of the training rows, then of the validation rows. y : their target, as it
        stands in the table.
    parts : the part of every row, test rows included, shape (n_all_rows,); training rows first,
        then validation rows. codes : {column: position of each of these rows' values among the
        different ones}, which tells values apart and says nothing of them.
    groups, moments : {part: group, or time, of its rows}; empty where no column is named.
    together : sets of rows that the split keeps on one side, of these rows; None where there are none.
    n_equal : rows that equal another one, kept on one side for that.
    repeated_names : {name as read: name in the header}.
    rare_classes : {label: rows} that the folds cannot hold.
    doubts : (columns, evidence, advice) of what was read in one of several possible ways.
    changes : what became of the table since an earlier run; "" where nothing did. has_run_before : is there
        one to compare with?
    """

    task: Task
    settings: Settings
    schema: TableSchema
    X: pd.DataFrame
    y: np.ndarray
    parts: np.ndarray
    codes: dict[str, np.ndarray]
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    moments: dict[str, np.ndarray] = field(default_factory=dict)
    together: np.ndarray | None = None
    n_equal: int = 0
    n_without_target: int = 0
    repeated_names: dict[str, str] = field(default_factory=dict)
    rare_classes: dict[Any, int] = field(default_factory=dict)
    changes: str = ""
    doubts: tuple[tuple[tuple[str, ...], str, str], ...] = ()
    has_run_before: bool = False

    @cached_property
    def target(self) -> np.ndarray:
        """The target in numbers: as it is, or positions in `task.classes`; shape (n_rows,)."""
        return self.task.encode(self.y)

    @property
    def used(self) -> list[str]:
        """Names of the columns that models see; those that are left out can mislead none."""
        return self.schema.names()

    @cached_property
    def missed_by_constant(self) -> np.ndarray:
        """Rows of another target than the most frequent one, shape (n_rows,)."""
        return is_missed(self.target, best_constant(self.target))

    def mixed(self, name: str) -> np.ndarray:
        """The codes of a column as a hash, shape (n_all_rows,)."""
        odd = np.uint64(int(hashlib.sha256(name.encode()).hexdigest()[:16], 16) | 1)
        return self.codes[name].astype(np.uint64) * odd

    def keys(self, without: Collection[str] = ()) -> np.ndarray:
        """A hash of each row's features, some columns left aside, shape (n_all_rows,)."""
        keys = np.zeros(len(self.parts), dtype=np.uint64)
        for name in self.codes:
            if name not in without:
                keys += self.mixed(name)
        return keys

    @cached_property
    def duplicates(self) -> Duplicates:
        """Held-out rows that repeat a training row: a Duplicates."""
        return find_duplicates(self)

    @cached_property
    def rows_apart(self) -> np.ndarray:
        """Positions of development rows that are independent: no copies, one row of each group."""
        if self.together is not None:
            names = self.together
        elif self.groups:
            names = np.concatenate([self.groups[TRAIN], self.groups[VALIDATION]])
        else:
            names = self.keys(self.duplicates.without)[: len(self.y)]
        return np.unique(names, return_index=True)[1]

    @cached_property
    def rows_shuffled(self) -> np.ndarray:
        """The same in any order: the first of them are some of all."""
        return np.random.default_rng(0).permutation(self.rows_apart)

    @cached_property
    def numbers(self) -> dict[str, np.ndarray]:
        """{column: float64 array} of the columns that hold numbers."""
        return {column.name: column.read(self.X[column.name]) for column in self.schema.of_kind("number")}

    def is_measured(self, name: str) -> bool:
        """Is it a column of numbers that are not all whole?"""
        values = self.numbers.get(name)
        return values is not None and bool((np.mod(values[np.isfinite(values)], 1) != 0).any())

    @cached_property
    def days(self) -> dict[str, np.ndarray]:
        """{column: days since 1970} of the columns that hold dates, float64, NaN = missing."""
        return {
            column.name: days_of(column.read(self.X[column.name])) for column in self.schema.of_kind("date")
        }

    @cached_property
    def days_between(self) -> dict[tuple[str, ...], np.ndarray]:
        """{columns of both: days from one date to the other, as in `ordered`}, of the first few dates.

        A date may be a column, or a year, a month and a day in columns of their own.
        """
        dates: dict[tuple[str, ...], np.ndarray] = {(name,): days for name, days in self.days.items()}
        for names, days in joined_dates(self.X).items():
            used = tuple(name for name in names if name in self.used)
            if used[-2:] == names[-2:]:  # of a table of one year, the year is left out
                dates[used] = days
        pairs = list(combinations(list(dates)[:MAX_DATES], 2))
        between = {(*a, *b): dates[b] - dates[a] for a, b in pairs}
        return {names: _ordered(d, pd.factorize(d, sort=True)[0]) for names, d in between.items()}

    def ordered(self, name: str) -> np.ndarray:
        """A column as numbers that a tree can cut, shape (n_rows,); missing is a number below all others."""
        values = self.numbers.get(name, self.days.get(name))
        levels = self.levels[name].astype(float)
        return levels if values is None else _ordered(values, levels)

    @cached_property
    def levels(self) -> dict[str, np.ndarray]:
        """{column: position of each row's value among the different ones}; -1 where it is missing.

        Positions follow the size of numbers and dates, and the frequency of texts.
        """
        return {name: self._levels(name) for name in self.used}

    def _levels(self, name):
        ordered = self.numbers | self.days
        if name in ordered:
            return small(pd.factorize(ordered[name], sort=True)[0])
        texts = pd.Series(to_categories(self.X[name]), dtype=object)
        order = {text: position for position, text in enumerate(texts.value_counts().index)}
        return small(texts.map(order).fillna(-1).to_numpy(dtype=int))


def _ordered(values, levels):
    """Numbers with a place of its own for missing, below the others: what a tree can cut, about 0.

    To the share of its range at which a value stands, so that a cut lies in the middle of a gap, comes its
    rank, so that one giant does not make all others the same.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(len(values))
    low, high = known.min() / 2, known.max() / 2  # halves: a range may be too large for a number
    places = (values / 2 - low) / (high - low if high > low else 1.0)
    return np.where(np.isfinite(values), places, -1.0) + levels / max(1, levels.max())


def listed(names: Iterable[Any], limit: int = 5) -> str:
    """Names with commas, the first few of many.

    >>> listed(["a", "b", "c"], limit=2)
    "'a', 'b' and 1 more"
    """
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + more
