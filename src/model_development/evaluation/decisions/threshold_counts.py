"""What a threshold makes of rows: how many are called positive, and how many of those are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...statistics.proportions import effective_rows

if TYPE_CHECKING:
    from ..evaluation_input import ScoredRows


@dataclass(frozen=True)
class BinaryScores:
    """Probabilities of the positive class, shape (n_rows,), and which rows are positive.

    groups : see ScoredRows.
    """

    scores: np.ndarray
    is_positive: np.ndarray
    groups: np.ndarray | None = None

    @classmethod
    def of(cls, rows: ScoredRows) -> BinaryScores:
        """Of rows of a binary task."""
        positive = rows.said.positive
        return cls(rows.said.by_class[:, positive], rows.truth == positive, rows.groups)

    @property
    def n(self) -> int:
        return len(self.scores)

    @cached_property
    def order(self) -> np.ndarray:
        """Positions of the rows from the highest score to the lowest."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def ordered(self) -> np.ndarray:
        """The scores from the highest to the lowest."""
        return self.scores[self.order]

    def between(self) -> np.ndarray:
        """Thresholds that tell different scores apart, from one that calls no row to one that calls all.

        Each lies in the middle of two neighbours.
        """
        different = np.unique(self.scores)[::-1].astype(float)
        above = np.nextafter(different[:1], np.inf)
        return np.concatenate([above, (different[:-1] + different[1:]) / 2, different[-1:]])


@dataclass(frozen=True)
class Counts:
    """At each threshold, all of shape (n_thresholds,): rows called positive, and those of them that are.

    n, n_positive : of all rows. called_worth : how many independent rows those that are called are worth, see
    `effective_rows`; positive_worth, n_worth : the positive ones, and all.
    """

    thresholds: np.ndarray
    called: np.ndarray
    hits: np.ndarray
    n: int
    n_positive: int
    called_worth: np.ndarray
    positive_worth: float
    n_worth: float

    @property
    def table(self) -> np.ndarray:
        """Hits, misses, false alarms, rightly left alone: shape (n_thresholds, 4), as in OUTCOMES."""
        misses, alarms = self.n_positive - self.hits, self.called - self.hits
        return np.column_stack([self.hits, misses, alarms, self.n - self.n_positive - alarms])

    @property
    def precision(self) -> np.ndarray:
        """NaN where no row is called."""
        return _share(self.hits, self.called)

    @property
    def recall(self) -> np.ndarray:
        return _share(self.hits, np.full(len(self.hits), self.n_positive))

    @property
    def positive_rate(self) -> np.ndarray:
        return self.called / self.n


def count_at(rows: BinaryScores, thresholds: np.ndarray, hits: np.ndarray | None = None) -> Counts:
    """Return the Counts at some thresholds.

    hits : what each row counts as a hit, shape (n_rows,); whether it is positive where None.
    """
    called = np.searchsorted(-rows.ordered, -thresholds, side="right")
    counted = (rows.is_positive if hits is None else hits)[rows.order]
    reached = np.r_[0, np.cumsum(counted)]
    n_positive = int(rows.is_positive.sum())
    worth = called.astype(float)
    positive_worth, n_worth = float(n_positive), float(rows.n)
    if rows.groups is not None:
        in_order = rows.groups[rows.order]
        each = np.r_[0.0, effective_rows(in_order)]
        worth, n_worth = each[called], each[-1]
        positive_worth = float(np.r_[0.0, effective_rows(in_order[rows.is_positive[rows.order]])][-1])
    return Counts(thresholds, called, reached[called], rows.n, n_positive, worth, positive_worth, n_worth)


def _share(part, whole):
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
