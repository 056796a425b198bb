"""Ratios and products of pairs of numbers, picked by what they say of the target on the fitted rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...saved import known_as_saved
from .association import association, best_pairs, target_columns
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

        def said(a: str, b: str) -> float:
            return association(self._of(sampled[a], sampled[b]), target)

        def ordered(a: str, b: str) -> tuple[str, str]:
            """Of a ratio and its inverse the one that says more."""
            return (b, a) if self.operation == "ratio" and said(b, a) > said(a, b) else (a, b)

        chosen = best_pairs(own, lambda a, b: said(*ordered(a, b)), of=MOST_NUMBERS, most=MOST_PAIRS)
        self.pairs_ = [list(ordered(*pair)) for pair in chosen]
        sign = SIGNS[self.operation]
        wanted = [(f"{a} {sign} {b}", [a, b], f"{a} {sign} {b}") for a, b in self.pairs_]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        found = [self._of(table[a].to_numpy(), table[b].to_numpy()) for a, b in self.pairs_]
        return side_by_side(found, len(table))

    def _of(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # of numbers out of range, which are missing then
            found = OPERATIONS[self.operation](first, second)
        return np.where(np.isfinite(found), found, np.nan)
