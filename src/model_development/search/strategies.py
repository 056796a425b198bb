"""Which combinations to try, in which order, on how many folds and rows.

A strategy is asked for Requests and told what came of them, until it has none left. It knows nothing
of models, rows or workers. Told the same, it asks the same: a search that was killed is replayed.
"""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .space import Range, Space

TRIES = 3  # draws for each combination that is wanted: whole numbers may repeat themselves
NO_END = 10_000  # combinations, which stand for: until the time is up


@dataclass(frozen=True)
class Request:
    """Fit a combination on some folds, on a share of the rows that they fit."""

    number: int  # of the combination, from 1
    params: dict[str, Any]
    folds: tuple[int, ...]
    share: float = 1.0


@dataclass(frozen=True)
class Answer:
    """What came of a Request.

    score : mean over its folds, higher is better; None where there is none. second : of searches for two
    values the other one, higher is better, too.
    """

    request: Request
    score: float | None
    seconds: float
    second: float | None = None


@dataclass
class Strategy:
    """What all strategies have in common.

    kind : what it is called in reports. space : what it searches. n_planned : how many combinations are to
    be tried. pruned : {number: why} of those that it does not go on with; those without a score, of which
    it does so too, are not among them.
    """

    n_folds: int
    space: Space = field(default_factory=dict)
    n_planned: int = 0
    pruned: dict[int, str] = field(default_factory=dict)
    kind = "grid"
    learns = False  # does what it asks for depend on how much of it is asked for at once?
    ended_by_itself = False  # with more that it could have asked for, of which no gain is likely
    has_open = False  # has it combinations on some of their folds, and will ask for the others next?
    has_two_values = False  # must Answers have a second one?

    @property
    def patience_s(self) -> float | None:
        """Seconds in which the last Requests must be done, see `on_timeout`; None: any number."""
        return None

    @property
    def all_folds(self) -> tuple[int, ...]:
        return tuple(range(self.n_folds))

    def ask(self) -> list[Request]:
        """Return the next Requests, on the same folds and share of rows; none when the search is over."""
        raise NotImplementedError

    def tell(self, answers: Sequence[Answer]) -> None:
        """Take one Answer for each Request of the last `ask`."""

    def on_timeout(self, answers: Sequence[Answer]) -> bool:
        """Take that no more was done in `patience_s`; return whether there is something else to ask for."""
        return False


class Listed(Strategy):
    """Combinations that are known from the start: a grid, or a random part of it."""

    def __init__(
        self,
        combinations: Sequence[dict[str, Any]],
        n_folds: int,
        space: Space | None = None,
        first_number: int = 1,
        kind: str = "grid",
    ) -> None:
        super().__init__(n_folds, space or {}, len(combinations))
        self.kind = kind
        self._waiting = [
            Request(number, params, self.all_folds)
            for number, params in enumerate(combinations, start=first_number)
        ]

    def ask(self) -> list[Request]:
        requests, self._waiting = self._waiting, []
        return requests


class GridWithFallback(Strategy):
    """The grid if it fits into the time, judged from the fits of its first combinations; else another.

    Those that the library refuses tell nothing: then as many more are asked for.

    fits : fits(seconds of the first combinations, how many of them have a score) -> does the whole grid fit?
    other : other(first free number, [(params, score)] of the first combinations) -> the Strategy that goes
        on where it does not, or where those are not done in `patience_s`.
    """

    learns = True

    def __init__(
        self,
        n_first: int,
        combinations: Sequence[dict[str, Any]],
        n_folds: int,
        fits: Callable[[float, int], bool],
        other: Callable[[int, list[tuple[dict[str, Any], float | None]]], Strategy],
        space: Space | None = None,
        patience_s: float | None = None,
    ) -> None:
        super().__init__(n_folds, space or {}, len(combinations))
        self._fits, self._other, self._patience_s = fits, other, patience_s
        self._n_first, self._n_asked, self._combinations = n_first, 0, combinations
        self._seconds, self._tried, self._is_judged = 0.0, [], False
        self._current: Strategy = self._next(n_first)

    def _next(self, n: int) -> Listed:
        """The next `n` of the grid."""
        chosen, first_number = self._combinations[self._n_asked :][:n], self._n_asked + 1
        self._n_asked += len(chosen)
        return Listed(chosen, self.n_folds, first_number=first_number)

    def ask(self) -> list[Request]:
        requests = self._current.ask()
        self.ended_by_itself = self._current.ended_by_itself
        return requests

    def tell(self, answers: Sequence[Answer]) -> None:
        if self._is_judged:
            self._current.tell(answers)
            self.pruned |= self._current.pruned
            return
        self._seconds += sum(answer.seconds for answer in answers)
        self._tried += [(answer.request.params, answer.score) for answer in answers]
        n_scored = sum(score is not None for _, score in self._tried)
        if not n_scored:
            self._current = self._next(self._n_first)
        elif self._n_asked == self.n_planned or self._fits(self._seconds, n_scored):
            self._is_judged, self._current = True, self._next(self.n_planned)
        else:
            self._go_on_otherwise()

    @property
    def patience_s(self) -> float | None:
        return None if self._is_judged or self._n_asked == self.n_planned else self._patience_s

    def on_timeout(self, answers: Sequence[Answer]) -> bool:
        if self.patience_s is None:
            return False
        self._tried += [(answer.request.params, answer.score) for answer in answers]
        self._go_on_otherwise()
        return True

    def _go_on_otherwise(self) -> None:
        self._is_judged, self._current = True, self._other(self._n_asked + 1, self._tried)
        self.kind, self.space = self._current.kind, self._current.space
        self.n_planned = self._n_asked + self._current.n_planned


def grid(search_space: Space) -> list[dict[str, Any]]:
    """Return every combination of the lists in `search_space`, each a dict.

    >>> grid({"a": [1, 2], "b": ["x"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    if not search_space:
        return []
    lists = [list(values) for values in search_space.values() if not isinstance(values, Range)]
    return [dict(zip(search_space, chosen, strict=True)) for chosen in itertools.product(*lists)]


def shuffled_grid(search_space: Space, seed: int) -> list[dict[str, Any]]:
    """Return the whole grid in a seeded order.

    The order is random, so that a search stopped by the clock has seen a fair sample of it.
    """
    combinations = grid(search_space)
    random.Random(seed).shuffle(combinations)
    return combinations


def draw(space: Space, n_trials: int, seed: int) -> list[dict[str, Any]]:
    """Return `n_trials` different combinations, seeded; all of them where there are fewer.

    space : lists of values, or Ranges.

    >>> len(draw({"a": [1, 2, 3], "b": [1, 2]}, 4, seed=0)), len(draw({"a": [1, 2]}, 10, seed=0))
    (4, 2)
    """
    if not any(isinstance(values, Range) for values in space.values()):
        return shuffled_grid(space, seed)[:n_trials]
    rng, drawn = random.Random(seed), {}
    for _ in range(TRIES * n_trials):
        params = {name: _draw_one(values, rng) for name, values in space.items()}
        drawn.setdefault(repr(params), params)
        if len(drawn) == n_trials:
            break
    return list(drawn.values())


def _draw_one(values: Range | Sequence[Any], rng: random.Random) -> Any:
    if not isinstance(values, Range):
        return rng.choice(values)
    low, high = values.low, values.high
    drawn = math.exp(rng.uniform(math.log(low), math.log(high))) if values.log else rng.uniform(low, high)
    return min(high, max(low, round(drawn))) if values.is_integer else drawn
