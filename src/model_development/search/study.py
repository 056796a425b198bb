"""Optuna's study of a space, in which no combination is tried twice where they can be counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .space import Range, Space, has_ranges, n_combinations
from .strategies import NO_END

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

RANDOM_FIRST = 10  # combinations drawn at random, before there is something to learn from
DRAWS = 20  # of combinations that were tried before, until one that was not is taken in their order


class Study:
    """Trials of a space, by a tree-structured Parzen estimator; of all values of a trial more is better.

    space : lists of values, or Ranges. points : params to begin with, as far as the space holds them.
    at_once : combinations that are on their way together; another number draws others.
    tried : (params, values or None) of combinations that another strategy has asked for.
    n_values : how many values a trial has. pruner : Optuna's; only where it is one.
    told : (params, values) of what is like a combination, and none: learned from where the space holds it.
    """

    def __init__(
        self,
        space: Space,
        points: Iterable[Mapping[str, Any]],
        seed: int,
        at_once: int = 1,
        tried: Iterable[tuple[dict[str, Any], list[float] | None]] = (),
        n_values: int = 1,
        pruner: BasePruner | None = None,
        told: Iterable[tuple[Mapping[str, Any], list[float]]] = (),
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=RANDOM_FIRST, multivariate=True, constant_liar=at_once > 1
        )
        self.study = optuna.create_study(sampler=sampler, pruner=pruner, directions=["maximize"] * n_values)
        # {parameters: (values, was it given up)} of every trial; no values until its end
        self._ends = {_key(params): (values, False) for params, values in tried if _is_in(space, params)}
        self.n_left = n_combinations(space) - len(self._ends)
        self._space = {name: _distribution(values) for name, values in space.items()}
        self._untried = _in_order(space)
        for params in points:
            known = {k: params[k] for k in space if k in params and _holds(space[k], params[k])}
            if known:
                self.study.enqueue_trial(known, skip_if_exists=True)
        for params, values in told:
            known = {k: params[k] for k in space if k in params}
            if _is_in(space, known):
                trial = optuna.create_trial(params=known, distributions=self._space, values=values)
                self.study.add_trial(trial)

    def next(self) -> Any:
        """The next trial; where combinations can be counted one that was not asked for before."""
        trial, draws = self.study.ask(self._space), 0
        while self._untried is not None and _key(trial.params) in self._ends:
            self._tell(trial, *self._ends[_key(trial.params)])
            draws += 1
            if draws >= DRAWS:
                self.study.enqueue_trial(next(p for p in self._untried if _key(p) not in self._ends))
            trial = self.study.ask(self._space)
        self._ends[_key(trial.params)] = None, False
        return trial

    def finish(self, trial: Any, values: list[float] | None, pruned: bool = False) -> None:
        """Tell what came of a trial; None where it has no values."""
        self._ends[_key(trial.params)] = values, pruned
        self._tell(trial, values, pruned)

    def _tell(self, trial: Any, values: list[float] | None, pruned: bool) -> None:
        from optuna.trial import TrialState

        if values is None:
            self.study.tell(trial, state=TrialState.FAIL)
        elif pruned:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, values)


def _in_order(space: Space) -> Iterator[dict[str, Any]] | None:
    """Every combination, where they can be counted; else None: none is drawn twice there."""
    if has_ranges(space) and n_combinations(space) > NO_END:
        return None
    values = [range(int(v.low), int(v.high) + 1) if isinstance(v, Range) else v for v in space.values()]
    return (dict(zip(space, combination, strict=True)) for combination in itertools.product(*values))


def _is_in(space: Space, params: Mapping[str, Any]) -> bool:
    return set(params) == set(space) and all(_holds(space[name], value) for name, value in params.items())


def _key(params: Mapping[str, Any]) -> str:
    return repr(sorted(params.items()))


def _distribution(values: Range | Sequence[Any]) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(values, Range):
        return CategoricalDistribution(values)
    kind = IntDistribution if values.is_integer else FloatDistribution
    return kind(values.low, values.high, log=values.log)


def _holds(values: Range | Sequence[Any], value: Any) -> bool:
    if isinstance(values, Range):
        place = values.place(value)
        return place is not None and 0 <= place <= 1
    return value in values
