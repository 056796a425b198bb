"""Ratios and products of pairs of numbers, picked by what they say of the target on the fitted rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ...saved import known_as_saved
from .association import association, target_columns
from .step import MakingStep, NewColumn, StepInput, named, side_by_side

if TYPE_CHECKING:
    import pandas as pd

    from ...data.columns.schema import TableSchema


MOST_NUMBERS = 20  # that say most of the target by themselves, of which pairs are tried
MOST_PAIRS = 10
SIGNS = {"ratio": "/", "product": "*"}


def _ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Missing where the second is zero."""
    return np.divide(first, second, out=np.full(len(first), np.nan), where=second != 0)


OPERATIONS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ratio": _ratio,
    "product": np.multiply,
}


@known_as_saved
class NumberPairs(MakingStep):
    """Ratios or products of the MOST_PAIRS pairs of number columns that gain most.

    operation : key of OPERATIONS. The gain of a pair is its association with the target beyond that of either
    number, see `association`; a pair that gains nothing is not taken. Of a ratio and its inverse the better
    one is tried. What is not finite is missing.
    """

    def __init__(self, operation: str) -> None:
        self.operation = operation

    @staticmethod
    def most(schema: TableSchema) -> int:
        n = len(schema.names("number"))
        return min(MOST_PAIRS, n * (n - 1) // 2)

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        rows = given.sample()
        target = target_columns(y[rows], given.family)
        sampled = {name: given.table[name].to_numpy()[rows] for name in given.schema.names("number")}
        own = {name: association(values, target) for name, values in sampled.items()}
        best = sorted(sorted(own, key=lambda name: -own[name])[:MOST_NUMBERS], key=list(own).index)
        gains = {}
        for pair in combinations(best, 2):
            gain, first, second = max(self._gains(sampled, target, pair), key=lambda found: found[0])
            gains[first, second] = gain - max(own[first], own[second])
        chosen = [pair for pair in sorted(gains, key=lambda pair: -gains[pair]) if gains[pair] > 0]
        self.pairs_ = [list(pair) for pair in chosen[:MOST_PAIRS]]
        sign = SIGNS[self.operation]
        wanted = [(f"{a} {sign} {b}", [a, b], f"{a} {sign} {b}") for a, b in self.pairs_]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        found = [self._of(table[a].to_numpy(), table[b].to_numpy()) for a, b in self.pairs_]
        return side_by_side(found, len(table))

    def _gains(
        self, sampled: Mapping[str, np.ndarray], target: np.ndarray, pair: tuple[str, str]
    ) -> Iterator[tuple[float, str, str]]:
        """(association, first, second) of a pair; of a ratio that of its inverse, too."""
        for a, b in [pair, pair[::-1]] if self.operation == "ratio" else [pair]:
            yield association(self._of(sampled[a], sampled[b]), target), a, b

    def _of(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # of numbers out of range, which are missing then
            found = OPERATIONS[self.operation](first, second)
        return np.where(np.isfinite(found), found, np.nan)
