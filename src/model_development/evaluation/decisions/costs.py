"""Thresholds by what errors cost: in closed form, and checked against what a search would have found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...outputs.policy import closed_form
from .threshold_counts import BinaryScores, count_at
from .thresholds import nearest_of_the_best

if TYPE_CHECKING:
    from ...settings.decisions import Costs

N_PARTS = 5  # a searched threshold is judged on a part by the rows of the others
SURE = 1.6449  # standard errors: one-sided, 95 %


@dataclass(frozen=True)
class RowCosts:
    """What each outcome of each row costs, every field of shape (n_rows,)."""

    hit: np.ndarray
    miss: np.ndarray
    false_alarm: np.ndarray
    left_alone: np.ndarray

    @classmethod
    def of(cls, costs: Costs, n_rows: int, missed: np.ndarray | None = None) -> RowCosts:
        """missed : what a missed positive costs, of each row; None: as the costs say, the same for all."""
        miss = np.full(n_rows, costs.false_negative or 0.0) if missed is None else missed
        same = (costs.true_positive, costs.false_positive, costs.true_negative)
        hit, alarm, alone = (np.full(n_rows, float(cost)) for cost in same)
        return cls(hit, miss, alarm, alone)

    def of_decisions(self, is_called: np.ndarray, is_positive: np.ndarray) -> np.ndarray:
        """The cost of each row, shape (n_rows,)."""
        called = np.where(is_positive, self.hit, self.false_alarm)
        return np.where(is_called, called, np.where(is_positive, self.miss, self.left_alone))

    def thresholds(self) -> np.ndarray:
        """The closed form of each row, see outputs/policy.py."""
        return closed_form(self.false_alarm - self.left_alone, self.miss - self.hit)

    def take(self, rows: np.ndarray) -> RowCosts:
        return RowCosts(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def cheapest_threshold(rows: BinaryScores, costs: RowCosts, near: float) -> float:
    """The one threshold of lowest cost on these rows; of equally cheap ones that next to `near`."""
    thresholds = rows.between()
    as_called = np.where(rows.is_positive, costs.hit, costs.false_alarm)
    left = np.where(rows.is_positive, costs.miss, costs.left_alone)
    spared = count_at(rows, thresholds, left - as_called).hits
    return float(thresholds[nearest_of_the_best(thresholds, spared, near)])


@dataclass(frozen=True)
class Comparison:
    """Closed form against searched threshold, mean cost of a row each on rows that had no say in the search.

    is_search_cheaper : significantly, one-sided at 95 %.
    """

    closed_form: float
    searched: float
    is_search_cheaper: bool

    def to_dict(self) -> dict[str, Any]:
        return vars(self)


def compare_with_search(rows: BinaryScores, costs: RowCosts, thresholds: np.ndarray, seed: int) -> Comparison:
    """Does a searched threshold cost less than the given ones, of shape (n_rows,)?

    The rows are cut into parts, whole groups of them; each is decided by the threshold that was cheapest on
    the others. Where that costs significantly less, the probabilities do not suit a closed form.
    """
    near, units = min(1.0, float(np.median(thresholds))), _units(rows)
    part = np.random.default_rng(seed).permutation(units.max() + 1)[units] % N_PARTS
    searched = np.empty(rows.n)
    for number in range(N_PARTS):
        here, others = np.flatnonzero(part == number), np.flatnonzero(part != number)
        if len(here) and len(others):
            known = BinaryScores(rows.scores[others], rows.is_positive[others])
            searched[here] = cheapest_threshold(known, costs.take(others), near)
        else:
            searched[here] = near
    plain, found = (
        costs.of_decisions(rows.scores >= limits, rows.is_positive) for limits in (thresholds, searched)
    )
    totals = np.bincount(units, plain - found)
    spread = np.sqrt(len(totals)) * totals.std(ddof=1) if len(totals) > 1 else np.inf
    is_cheaper = bool(totals.sum() > SURE * spread and totals.sum() > 0)
    return Comparison(float(plain.mean()), float(found.mean()), is_cheaper)


def _units(rows):
    """Whole numbers from 0: the row, or its group."""
    if rows.groups is None:
        return np.arange(rows.n)
    return np.unique(rows.groups, return_inverse=True)[1]
