"""Successive halving: few rows for many combinations, all rows for the best of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .strategies import Answer, Request, Strategy

if TYPE_CHECKING:
    from .space import Space


ETA = 3  # Hyperband: of so many combinations one goes on
FEWEST_ROWS = 300  # that Hyperband fits a combination on
ROUND = 49  # combinations of one round of Hyperband's brackets
MAX_BRACKET = 3  # its most impatient bracket begins on 1/27 of the rows


class Hyperband(Strategy):
    """Many combinations on few rows, the best third of them on three times as many, up to all.

    Several brackets, each begun on more rows with fewer combinations, since few rows may mislead.
    Source: Li et al. (2018), Hyperband, Journal of Machine Learning Research 18.

    n_trials combinations are tried in rounds of at most 49, each with all its brackets, so that a search that
    runs out of time has finished some.

    combinations : all that may be tried, in the order of one seed. n_rows : rows of a whole fit.
    """

    kind = "halving"

    def __init__(
        self, combinations: Sequence[dict[str, Any]], n_folds: int, n_rows: int, space: Space | None = None
    ) -> None:
        super().__init__(n_folds, space or {}, len(combinations))
        deepest = min(MAX_BRACKET, max(0, int(math.log(max(1, n_rows / FEWEST_ROWS), ETA))))
        numbered = iter(enumerate(combinations, start=1))
        self._brackets, left = [], len(combinations)  # each a rung: (combinations, divisor of the rows)
        while left:
            sizes = self._sizes(min(left, ROUND), deepest)
            left -= sum(sizes.values())
            for depth, size in sizes.items():
                self._brackets.append((list(itertools.islice(numbered, size)), ETA**depth))
        self._rung: tuple[list[tuple[int, dict[str, Any]]], int] | None = None

    @staticmethod
    def _sizes(n_trials: int, deepest: int) -> dict[int, int]:
        """{depth: how many combinations its bracket begins with}, in all `n_trials`; deepest first."""
        depths = range(min(deepest, n_trials - 1), -1, -1)
        weights = {d: (deepest + 1) / (d + 1) * ETA**d for d in depths}
        sizes = {d: max(1, int(n_trials * w / sum(weights.values()))) for d, w in weights.items()}
        sizes[depths[0]] += n_trials - sum(sizes.values())
        return sizes

    def ask(self) -> list[Request]:
        if self._rung is None:
            if not self._brackets:
                return []
            self._rung = self._brackets.pop(0)
        combinations, divisor = self._rung
        return [Request(number, params, self.all_folds, 1 / divisor) for number, params in combinations]

    def tell(self, answers: Sequence[Answer]) -> None:
        if self._rung is None:
            return
        _, divisor = self._rung
        if divisor == 1:
            self._rung = None
            return
        kept = max(1, len(answers) // ETA)
        scored = [(-answer.score, answer) for answer in answers if answer.score is not None]
        order = [answer for _, answer in sorted(scored, key=lambda pair: (pair[0], pair[1].request.number))]
        for place, answer in enumerate(order[kept:], start=kept + 1):
            why = f"place {place} of {len(order)} on 1/{divisor} of the rows"
            self.pruned[answer.request.number] = why
        going = [(answer.request.number, answer.request.params) for answer in order[:kept]]
        self._rung = (going, divisor // ETA) if going else None
