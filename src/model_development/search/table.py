"""The table of strategies. Adding one is one module and one row here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import SettingsError
from .bayesian import Bayesian
from .ending import EndsByItself
from .hyperband import Hyperband
from .pareto import Pareto
from .space import Space, has_ranges
from .strategies import NO_END, GridWithFallback, Listed, Strategy, draw, shuffled_grid

ALL = "all"
DEFAULT_N_TRIALS = 50
PATIENCE_S = 600  # without a timeout, `auto` takes the grid where it is done in this time
SLACK = 2.0  # how many times their share of the time the first fits may take, since some core may wait
SHARE_OF_FIRST = 0.25  # of the time, which they may take at most
MARGIN = 0.9  # of the time, for the grid to fit into
CHEAPEST = 0.5  # of a fit of `start`, which one that a group of the grid shares takes at least, in the mean


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """What a strategy is made from; it knows nothing of models, rows or workers.

    space : {parameter: values, or Range}. wide_space : the same for strategies that learn as they go.
    start : params to begin with. start_score : of `start`, more is better, where no combination of the wide
        space is the same model: what is known of it is told, in place of another fit near it.
    n_trials : combinations to try, "all", or None: what there is time for.
    n_rows : of a whole fit. n_slots, n_workers : calls side by side, whatever memory is free, and with it.
    groups : (combinations) -> lists of those that share their fits. origin : where the space was read.
    portfolio : params that were good on many tables. standard_error : of the score of `start`.
    has_second : is a second value to be optimised, too? fit_s : seconds of a fit of `start`, 0 if unknown.
    """

    space: Space
    wide_space: Space
    start: Mapping[str, Any]
    n_trials: int | str | None
    timeout_s: float | None
    seed: int
    n_folds: int
    n_rows: int
    n_slots: int
    n_workers: int
    groups: Callable[[Sequence[dict[str, Any]]], list[list[dict[str, Any]]]]
    origin: str = ""
    portfolio: Sequence[Mapping[str, Any]] = ()
    standard_error: float = 0.0
    has_second: bool = False
    start_score: float | None = None
    fit_s: float = 0.0

    @property
    def n_some(self) -> int:
        """How many combinations a strategy tries that could go on for ever."""
        if isinstance(self.n_trials, int):
            return self.n_trials
        return NO_END if self.timeout_s else DEFAULT_N_TRIALS


@dataclass(frozen=True)
class StrategySpec:
    """One row. make : (SearchRequest) -> Strategy. has_end : can it try all there are?"""

    name: str
    help: str
    make: Callable[[SearchRequest], Strategy]
    has_end: bool = False


def _bayesian(
    request: SearchRequest, first_number: int = 1, tried: Iterable[tuple[dict[str, Any], float | None]] = ()
) -> Strategy:
    common = (
        request.wide_space,
        request.start,
        request.n_some,
        request.n_folds,
        request.seed,
        request.n_slots,
    )
    if request.has_second:
        return Pareto(*common, request.portfolio)
    return Bayesian(*common, first_number, tried, request.portfolio, request.start_score)


def _learning(request: SearchRequest) -> Strategy:
    """Bayesian, until a gain is unlikely."""
    known = [(dict(request.start), request.start_score)]
    return EndsByItself(_bayesian(request), known, request.standard_error)


def _halving(request: SearchRequest) -> Strategy:
    combinations = draw(request.space, request.n_some, request.seed)
    return Hyperband(combinations, request.n_folds, request.n_rows, request.space)


def _random(request: SearchRequest) -> Strategy:
    combinations = draw(request.space, request.n_some, request.seed)
    return Listed(combinations, request.n_folds, request.space, kind="random")


def _grid(request: SearchRequest) -> Strategy:
    if has_ranges(request.space):
        raise SettingsError(
            f"{request.origin} holds ranges, which no grid can exhaust: give lists of values, or --strategy "
            "bayesian, random or halving with a number of trials."
        )
    combinations = shuffled_grid(request.space, request.seed)
    n = request.n_trials if isinstance(request.n_trials, int) else None
    return Listed(combinations[:n], request.n_folds, request.space)


def _auto(request: SearchRequest) -> Strategy:
    """Within a time the wider ranges, which come to the grid's quality sooner and end by themselves.

    Else the grid where it fits into the trials, or is done in PATIENCE_S, and bayesian where not. Two values
    are searched for in the ranges at once: the grid knows one.
    """
    if request.n_trials == ALL:
        return _grid(request)
    if has_ranges(request.space) or request.has_second:
        return _bayesian(request)
    if request.n_trials is None and request.timeout_s is not None and not _is_users_own(request):
        return _learning(request)
    combinations = shuffled_grid(request.space, request.seed)
    if not isinstance(request.n_trials, int):
        return judged(request, combinations)
    return _grid(request) if request.n_trials >= len(combinations) else _bayesian(request)


def _is_users_own(request: SearchRequest) -> bool:
    """Whoever names values wants these."""
    return request.wide_space is request.space


def judged(request: SearchRequest, combinations: Sequence[dict[str, Any]]) -> Strategy:
    """The grid if it fits into the time, as the first of its combinations show; else one that learns.

    Where it is far too large by what a fit of `start` takes, none of it is fitted to show it.
    """
    groups = request.groups(combinations)
    ordered = [params for group in groups for params in group]
    n_first = sum(len(group) for group in groups[: request.n_slots])
    seconds_for_it = request.timeout_s or PATIENCE_S

    def fits(seconds: float, n_done: int) -> bool:
        return seconds / n_done * len(ordered) / request.n_workers <= seconds_for_it * MARGIN

    def otherwise(first_number: int, tried: list[tuple[dict[str, Any], float | None]]) -> Strategy:
        return _bayesian(request, first_number, tried)

    least_s = CHEAPEST * request.fit_s * request.n_folds * len(groups) / request.n_workers
    if least_s > seconds_for_it and not _is_users_own(request):
        return otherwise(1, [])
    first_s = seconds_for_it * min(SHARE_OF_FIRST, SLACK * n_first / len(ordered))
    return GridWithFallback(n_first, ordered, request.n_folds, fits, otherwise, request.space, first_s)


STRATEGIES = {
    row.name: row
    for row in (
        StrategySpec(
            "auto",
            "within a time the wider ranges, until a gain is unlikely; without one the grid where it is done "
            "in ten minutes, else bayesian; of values of your own all that fit; with a second value bayesian",
            _auto,
            has_end=True,
        ),
        StrategySpec("grid", "all of the model's grid", _grid, has_end=True),
        StrategySpec("random", "a part of the grid, drawn by the seed", _random),
        StrategySpec(
            "bayesian", "Optuna, on wider ranges; with a second value for both of them (Pareto)", _bayesian
        ),
        StrategySpec("halving", "Hyperband, many combinations on few rows first", _halving),
    )
}


def make_strategy(name: str, request: SearchRequest) -> Strategy:
    """Return the Strategy of a row; one without combinations where there is nothing to tune."""
    if not request.space:
        return Listed([], request.n_folds)
    return STRATEGIES[name].make(request)
