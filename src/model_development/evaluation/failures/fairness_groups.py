"""The groups that are compared: levels of columns that `fairness_columns` names, and of each two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError, some_of
from ...statistics.estimates import Estimate, mean, share
from ...statistics.resampling import LEVEL
from .levels import Levels, codes_of, levels_of

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput

MIN_ROWS = 20  # of a group that is judged; smaller ones are listed


@dataclass(frozen=True)
class Group:
    """Rows that have a level of a column, or of two. rows : positions among the test rows."""

    label: str
    rows: np.ndarray

    @property
    def is_judged(self) -> bool:
        return len(self.rows) >= MIN_ROWS


@dataclass(frozen=True)
class Partition:
    """Groups side by side. columns : the one or two that they are made of."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def name(self) -> str:
        return " and ".join(self.columns)

    @property
    def judged(self) -> list[Group]:
        return [group for group in self.groups if group.is_judged]


@dataclass(frozen=True)
class Measure:
    """A rate or mean of some rows. values : bool for a share, else floats, shape (n_rows,).

    among : which rows it is of, bool. label : of the class that it is about, or "". lowest : what no value,
    and no end of an interval, lies below.
    """

    name: str
    values: np.ndarray
    among: np.ndarray
    label: str = ""
    lowest: float = -math.inf

    def of(self, rows: np.ndarray, groups: np.ndarray | None, level: float = LEVEL) -> Estimate:
        """The estimate for rows given by position. groups : of all rows, whole numbers, or None."""
        chosen = rows[self.among[rows]]
        estimate = share if self.values.dtype == bool else mean
        found = estimate(self.values[chosen], None if groups is None else groups[chosen], level)
        return replace(found, low=float(np.maximum(found.low, self.lowest)))


def partitions_of(given: EvaluationInput) -> tuple[list[Partition], list[str]]:
    """Return (the groups by column and by pair of columns, names of columns that have one value alone).

    Raises DataError where the test rows lack a column that the setting names.
    """
    names = list(dict.fromkeys(given.settings.fairness_columns))
    present = list(dict.fromkeys([*given.test.X.columns, *given.test.others.columns]))
    absent = [name for name in names if name not in present]
    if absent:
        raise DataError(
            f"`fairness_columns` names {some_of(absent)}, which the test rows lack. "
            f"They hold: {some_of(present)}."
        )
    levels = levels_of(given, names)
    codes = codes_of(levels, given.test)
    several = [*([level] for level in levels), *combinations(levels, 2)]
    found = {level.name for level in levels}
    return [_partition(some, codes) for some in several], [name for name in names if name not in found]


def _partition(levels: Sequence[Levels], codes: dict[str, np.ndarray]) -> Partition:
    of_each = np.column_stack([codes[level.name] for level in levels])
    cells, cell_of = np.unique(of_each, axis=0, return_inverse=True)
    groups = []
    for number, cell in enumerate(cells):
        labels = [
            level.labels[code] if code >= 0 else f"{level.name}: any other"
            for level, code in zip(levels, cell, strict=True)
        ]
        groups.append(Group(" and ".join(labels), np.flatnonzero(cell_of.ravel() == number)))
    return Partition(tuple(level.name for level in levels), tuple(groups))
