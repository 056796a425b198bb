"""Optuna's tree-structured Parzen estimator as a Strategy."""

import itertools
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .space import Range, Space, has_ranges, n_combinations
from .strategies import NO_END, Answer, Request, Strategy

RANDOM_FIRST = 10  # combinations drawn at random, before there is something to learn from
DRAWS = 20  # of combinations that were tried before, until one that was not is taken in their order
PRUNED_FROM = 5  # combinations that must be known before one is given up against them


class Bayesian(Strategy):
    """Combinations where good ones are likely, in view of those before.

    A combination is tried on the first half of the folds, and given up where its mean there is below the
    median of those before it.

    space : lists of values, or Ranges. start : params to begin with, as far as the space holds them.
    at_once : combinations asked for together, as many as there are workers; another number asks for others.
    tried : (params, score or None) of combinations that another strategy has asked for.
    portfolio : more params to begin with, after `start`.

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
    ) -> None:
        # {parameters: (score, was it given up)} of every trial; no score until its end
        self._ends = {_key(params): (score, False) for params, score in tried if _is_in(space, params)}
        n_trials = int(min(n_trials, n_combinations(space) - len(self._ends)))
        super().__init__(n_folds, space, n_trials)
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=RANDOM_FIRST, multivariate=True, constant_liar=at_once > 1
        )
        pruner = optuna.pruners.MedianPruner(n_startup_trials=PRUNED_FROM)
        self._study = optuna.create_study(sampler=sampler, pruner=pruner, direction="maximize")
        self._space = {name: _distribution(values) for name, values in space.items()}
        for params in (start, *portfolio):
            known = {k: params[k] for k in space if k in params and _holds(space[k], params[k])}
            if known:
                self._study.enqueue_trial(known, skip_if_exists=True)
        self._at_once = at_once
        self._numbers = iter(range(first_number, first_number + n_trials))
        self._open = {}  # {number: (trial, its score on the first folds)}, those on their way
        self._untried = _in_order(space)
        self.has_open = False

    def ask(self) -> list[Request]:
        if self.has_open:
            rest = self.all_folds[self._n_first :]
            return [Request(number, trial.params, rest) for number, (trial, _) in self._open.items()]
        for _, number in zip(range(self._at_once), self._numbers, strict=False):
            self._open[number] = self._next(), None
        first = self.all_folds[: self._n_first]
        return [Request(number, trial.params, first) for number, (trial, _) in self._open.items()]

    def _next(self) -> Any:
        """The next trial; where combinations can be counted one that was not asked for before."""
        trial, draws = self._study.ask(self._space), 0
        while self._untried is not None and _key(trial.params) in self._ends:
            self._tell_study(trial, *self._ends[_key(trial.params)])
            draws += 1
            if draws >= DRAWS:
                self._study.enqueue_trial(next(p for p in self._untried if _key(p) not in self._ends))
            trial = self._study.ask(self._space)
        self._ends[_key(trial.params)] = None, False
        return trial

    def tell(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            number = answer.request.number
            trial, first = self._open.pop(number)
            if answer.score is None:  # refused by the library, or a metric without a value
                self._finish(trial, None)
            elif self.has_open:
                self._finish(trial, self._mean(first, answer.score))
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
            self._finish(trial, score, pruned=True)
            self.pruned[number] = f"below the median on {self._n_first} of {self.n_folds} folds"
        else:
            self._open[number] = trial, score

    def _finish(self, trial: Any, score: float | None, pruned: bool = False) -> None:
        self._ends[_key(trial.params)] = score, pruned
        self._tell_study(trial, score, pruned)

    def _tell_study(self, trial: Any, score: float | None, pruned: bool) -> None:
        from optuna.trial import TrialState

        if score is None:
            self._study.tell(trial, state=TrialState.FAIL)
        elif pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, score)


def importance(
    results: Sequence[tuple[Mapping[str, Any], float]], space: Space, seed: int
) -> dict[str, float]:
    """Return {parameter: share of the variance of the score that it explains}, largest first.

    results : list of (params, score). Fewer than 4, or scores that are all equal, say nothing: {}.

    Source: fANOVA, Hutter et al. (2014), An Efficient Approach for Assessing Hyperparameter Importance.
    """
    scores = [score for _, score in results]
    mean = statistics.fmean(scores) if scores else 0.0
    spread = statistics.pstdev(scores) if scores else 0.0
    if len(results) < 4 or spread <= 1e-10 * abs(mean):
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tried = {name: [params.get(name) for params, _ in results] for name in space}
    names = [name for name, values in tried.items() if len(set(map(repr, values))) > 1]
    distributions = {name: _distribution_of_tried(tried[name]) for name in names}
    study = optuna.create_study(direction="maximize")
    for params, score in results:
        chosen = {name: params.get(name) for name in names}
        value = (score - mean) / spread
        study.add_trial(optuna.create_trial(params=chosen, distributions=distributions, value=value))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    try:
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # its forest found nothing to split on
        return {}
    return {name: share for name, share in shares.items() if math.isfinite(share)}


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


def _distribution_of_tried(values: Sequence[Any]) -> Any:
    """Numbers as a range: fANOVA looks at every subset of the values that have no order."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return FloatDistribution(min(values), max(values))
    return CategoricalDistribution(tuple(dict.fromkeys(values)))


def _holds(values: Range | Sequence[Any], value: Any) -> bool:
    if isinstance(values, Range):
        place = values.place(value)
        return place is not None and 0 <= place <= 1
    return value in values
