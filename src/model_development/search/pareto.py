"""Optuna's tree-structured Parzen estimator for two values at once, as a Strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .space import Space
from .strategies import Answer, Request, Strategy
from .study import Study


class Pareto(Strategy):
    """Combinations that are likely to be better in one value without being worse in the other.

    Each is tried on all folds: of two values none says early which combination to give up. The parameters are
    those of Bayesian.

    Source: Ozaki et al. (2022), Multiobjective Tree-Structured Parzen Estimator, Journal of Artificial
    Intelligence Research 73; Optuna's TPESampler.
    """

    kind = "pareto"
    learns = True
    has_two_values = True

    def __init__(
        self,
        space: Space,
        start: Mapping[str, Any],
        n_trials: int,
        n_folds: int,
        seed: int,
        at_once: int = 1,
        portfolio: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._study = Study(space, (start, *portfolio), seed, at_once, n_values=2)
        super().__init__(n_folds, space, int(min(n_trials, self._study.n_left)))
        self._at_once = at_once
        self._numbers = iter(range(1, self.n_planned + 1))
        self._open = {}  # {number: trial}, those on their way

    def ask(self) -> list[Request]:
        for _, number in zip(range(self._at_once), self._numbers, strict=False):
            self._open[number] = self._study.next()
        return [Request(number, trial.params, self.all_folds) for number, trial in self._open.items()]

    def tell(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            values = [value for value in (answer.score, answer.second) if value is not None]
            trial = self._open.pop(answer.request.number)
            self._study.finish(trial, values if len(values) == 2 else None)
