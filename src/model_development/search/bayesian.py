"""Optuna's tree-structured Parzen estimator as a Strategy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .space import Space
from .strategies import Answer, Request, Strategy
from .study import Study

PRUNED_FROM = 5  # combinations that must be known before one is given up against them


class Bayesian(Strategy):
    """Combinations where good ones are likely, in view of those before.

    A combination is tried on the first half of the folds, and given up where its mean there is below the
    median of those before it.

    space : lists of values, or Ranges. start : params to begin with, as far as the space holds them.
    at_once : combinations asked for together, as many as there are workers; another number asks for others.
    tried : (params, score or None) of combinations that another strategy has asked for.
    portfolio : more params to begin with, after `start`. start_score : of `start`, which is then not tried.

    Source: Bergstra et al. (2011), Algorithms for Hyper-Parameter Optimization; Optuna's TPESampler.
    """

    kind = "bayesian"
    learns = True

    def __init__(
        self,
        space: Space,
        start: Mapping[str, Any],
        n_trials: int,
        n_folds: int,
        seed: int,
        at_once: int = 1,
        first_number: int = 1,
        tried: Iterable[tuple[dict[str, Any], float | None]] = (),
        portfolio: Iterable[Mapping[str, Any]] = (),
        start_score: float | None = None,
    ) -> None:
        from optuna.pruners import MedianPruner

        known = [(params, None if score is None else [score]) for params, score in tried]
        pruner = MedianPruner(n_startup_trials=PRUNED_FROM)
        told = [] if start_score is None else [(start, [start_score])]
        points = portfolio if told else (start, *portfolio)
        self._study = Study(space, points, seed, at_once, known, pruner=pruner, told=told)
        n_trials = int(min(n_trials, self._study.n_left))
        super().__init__(n_folds, space, n_trials)
        self._at_once = at_once
        self._numbers = iter(range(first_number, first_number + n_trials))
        self._open = {}  # {number: (trial, its score on the first folds)}, those on their way
        self.has_open = False

    def ask(self) -> list[Request]:
        if self.has_open:
            rest = self.all_folds[self._n_first :]
            return [Request(number, trial.params, rest) for number, (trial, _) in self._open.items()]
        for _, number in zip(range(self._at_once), self._numbers, strict=False):
            self._open[number] = self._study.next(), None
        first = self.all_folds[: self._n_first]
        return [Request(number, trial.params, first) for number, (trial, _) in self._open.items()]

    def tell(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            number = answer.request.number
            trial, first = self._open.pop(number)
            if answer.score is None:  # refused by the library, or a metric without a value
                self._study.finish(trial, None)
            elif self.has_open:
                self._study.finish(trial, [self._mean(first, answer.score)])
            else:
                self._after_first_half(number, trial, answer.score)
        self.has_open = bool(self._open)

    @property
    def _n_first(self) -> int:
        return max(1, self.n_folds // 2)

    def _mean(self, first: float, rest: float) -> float:
        return (first * self._n_first + rest * (self.n_folds - self._n_first)) / self.n_folds

    def _after_first_half(self, number: int, trial: Any, score: float) -> None:
        trial.report(score, step=self._n_first)
        if trial.should_prune():
            self._study.finish(trial, [score], pruned=True)
            self.pruned[number] = f"below the median on {self._n_first} of {self.n_folds} folds"
        else:
            self._open[number] = trial, score
