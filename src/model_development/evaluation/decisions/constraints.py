"""The threshold that keeps what was asked of precision, recall and the share of rows called: with proof.

"Precision of at least 0.8 on the rows at hand" is broken on new rows in about half of the cases. Here
thresholds are tested one after the other, each by an exact bound, until one fails; the last that held is
taken. Which is tested first depends on the probabilities alone and not on the labels: the order is fixed.

Source: Maurer, Hothorn and Lehmacher (1995), Multiple Comparisons in Drug Clinical Trials, on fixed
sequences; Angelopoulos et al. (2021), Learn then Test, arXiv 2110.01052, on promises by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...outputs.policy import Promise
from ...statistics.proportions import lower_bound, upper_bound
from ...statistics.resampling import LEVEL
from .threshold_counts import BinaryScores, Counts, count_at

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# The same for every table, in steps of 5 % of the odds: a grid of the rows' own scores would know them.
GRID = 1 / (1 + np.exp(-np.arange(14, -14.001, -0.05)))


@dataclass(frozen=True)
class Constraint:
    """A row of CONSTRAINTS.

    quantity : the share that is bound, also an attribute of Counts. is_most : is it a limit from above?
    parts : (counts) -> (rows counted, rows in all, what these are worth), numbers or one for each threshold.
    """

    quantity: str
    is_most: bool
    parts: Callable[[Counts], tuple[ArrayLike, ArrayLike, ArrayLike]]

    def bounds(self, counts: Counts, level: float = LEVEL) -> np.ndarray:
        """What can be promised at each threshold, shape (n_thresholds,)."""
        part, whole, worth = (np.broadcast_to(x, counts.called.shape) for x in self.parts(counts))
        scale = np.divide(worth, whole, out=np.zeros(len(whole)), where=whole > 0)
        bound = upper_bound if self.is_most else lower_bound
        return bound(part * scale, whole * scale, level)

    def slack(self, bounds: np.ndarray, wanted: float) -> np.ndarray:
        """How far a bound is on the right side."""
        return wanted - bounds if self.is_most else bounds - wanted


CONSTRAINTS = {
    "min_precision": Constraint("precision", False, lambda c: (c.hits, c.called, c.called_worth)),
    "min_recall": Constraint("recall", False, lambda c: (c.hits, c.n_positive, c.positive_worth)),
    "max_positive_rate": Constraint("positive_rate", True, lambda c: (c.called, c.n, c.n_worth)),
}


@dataclass(frozen=True)
class ProvenThreshold:
    """promises : of each constraint, where it cannot be promised what can be at this threshold."""

    threshold: float
    promises: tuple[Promise, ...]

    @property
    def is_kept(self) -> bool:
        """Is all that was asked for promised?"""
        return all(promise.is_kept for promise in self.promises)


def prove_threshold(rows: BinaryScores, wanted: Mapping[str, float]) -> ProvenThreshold:
    """Return the threshold that keeps all constraints with a probability of 95 %.

    wanted : {row of CONSTRAINTS: value}. Where precision or the share called is limited, it is the lowest
    such threshold, which finds most; else the highest, which calls fewest.

    Where they cannot be promised, it is the threshold at which most could be expected, with the bounds that
    hold there. Several promises hold together with that probability (each is tested at its share of the 5 %).
    """
    counts = count_at(rows, GRID)
    constraints = {CONSTRAINTS[name]: value for name, value in wanted.items()}
    level = 1 - (1 - LEVEL) / len(constraints)
    bounds = {one: one.bounds(counts, level) for one in constraints}
    holds = {one: one.slack(bounds[one], value) >= 0 for one, value in constraints.items()}
    tested = _within_reach(holds)
    last = start = _first_to_test(rows, counts, tested)
    all_hold = np.all(list(tested.values()), axis=0)
    if all_hold[start]:
        last = _last_of_run(all_hold, start, -1 if _calls_few(tested) else 1)
    promises = []
    for one, value in constraints.items():
        is_kept = bool(holds[one][last])
        promised = value if is_kept else float(bounds[one][last])
        promises.append(Promise(one.quantity, value, promised, LEVEL, is_kept))
    return ProvenThreshold(float(GRID[last]), tuple(promises))


def _calls_few(constraints: Collection[Constraint]) -> bool:
    return all(one.quantity == "recall" for one in constraints)


def _within_reach(holds: Mapping[Constraint, np.ndarray]) -> Mapping[Constraint, np.ndarray]:
    """Without a recall that no threshold has: then as much of it as the others allow."""
    others = {one: is_right for one, is_right in holds.items() if one.quantity != "recall"}
    has_recall = all(is_right.any() for one, is_right in holds.items() if one.quantity == "recall")
    return holds if has_recall or not others else others


def _first_to_test(rows: BinaryScores, counts: Counts, holds: Mapping[Constraint, np.ndarray]) -> int:
    """The position in GRID of the threshold that is tested first.

    Recall and the share called change with the threshold in one direction alone, so that one with too little
    or too much is taken for right as seldom as a single test errs, wherever it is looked for. Beside recall
    the rest holds best at the highest threshold with enough of it, which does not depend on the labels of
    rows called by mistake. Precision is looked for where the probabilities let expect most.
    """
    by_quantity = {one.quantity: is_right for one, is_right in holds.items()}
    if "recall" in by_quantity:
        is_enough = by_quantity["recall"]
        return int(is_enough.argmax()) if len(holds) > 1 and is_enough.any() else len(GRID) - 1
    if "precision" in by_quantity:
        return _expected_best(rows, counts, by_quantity.get("positive_rate", counts.called > 0))
    return 0


def _last_of_run(holds: np.ndarray, start: int, step: int) -> int:
    """The last position from `start` on, in steps of 1 or -1, before one does not hold."""
    run = holds[start::step]
    n_held = len(run) if run.all() else int(run.argmin())
    return start + step * (n_held - 1)


def _expected_best(rows: BinaryScores, counts: Counts, among: np.ndarray) -> int:
    """Where the bound of precision would be highest, were the probabilities right; no label is looked at."""
    expected = Counts(**vars(counts) | {"hits": count_at(rows, GRID, rows.scores).hits})
    bounds = CONSTRAINTS["min_precision"].bounds(expected)
    return int(np.where(among | ~among.any(), bounds, -1).argmax())
