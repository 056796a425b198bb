"""Which combinations to try, in which order, on how many folds and rows.

A strategy is asked for Requests and told what came of them, until it has none left. It knows nothing
of models, rows or workers. Told the same, it asks the same: a search that was killed is replayed.
"""

import itertools
import math
import random
from dataclasses import dataclass, field

from .space import Range

ETA = 3  # Hyperband: of so many combinations one goes on
FEWEST_ROWS = 300  # that Hyperband fits a combination on
TRIES = 3  # draws for each combination that is wanted: whole numbers may repeat themselves
NO_END = 10_000  # combinations, which stand for: until the time is up
ROUND = 49  # combinations of one round of Hyperband's brackets
MAX_BRACKET = 3  # its most impatient bracket begins on 1/27 of the rows


@dataclass(frozen=True)
class Request:
    """Fit a combination on some folds, on a share of the rows that they fit."""

    number: int  # of the combination, from 1
    params: dict
    folds: tuple
    share: float = 1.0


@dataclass(frozen=True)
class Answer:
    """What came of a Request. score : mean over its folds, higher is better; None where there is none."""

    request: Request
    score: float | None
    seconds: float


@dataclass
class Strategy:
    """What all strategies have in common.

    kind : what it is called in reports. space : what it searches. n_planned : how many combinations are to
    be tried. given_up : {number: why} of those that it does not go on with; those without a score, of which
    it does so too, are not among them.
    """

    n_folds: int
    space: dict = field(default_factory=dict)
    n_planned: int = 0
    given_up: dict = field(default_factory=dict)
    kind = "grid"

    @property
    def all_folds(self):
        return tuple(range(self.n_folds))

    def ask(self):
        """Return the next Requests, on the same folds and share of rows; none when the search is over."""
        raise NotImplementedError

    def tell(self, answers):
        """Take one Answer for each Request of the last `ask`."""


class Listed(Strategy):
    """Combinations that are known from the start: a grid, or a random part of it."""

    def __init__(self, combinations, n_folds, space=None, first_number=1, kind="grid"):
        super().__init__(n_folds, space or {}, len(combinations))
        self.kind = kind
        self._waiting = [
            Request(number, params, self.all_folds)
            for number, params in enumerate(combinations, start=first_number)
        ]

    def ask(self):
        requests, self._waiting = self._waiting, []
        return requests


class Hyperband(Strategy):
    """Many combinations on few rows, the best third of them on three times as many, up to all.

    Several brackets, each begun on more rows with fewer combinations, since few rows may mislead.
    Source: Li et al. (2018), Hyperband, Journal of Machine Learning Research 18.

    n_trials combinations are tried in rounds of at most 49, each with all its brackets, so that a search that
    runs out of time has finished some.

    combinations : all that may be tried, in the order of one seed. n_rows : rows of a whole fit.
    """

    kind = "halving"

    def __init__(self, combinations, n_folds, n_rows, space=None):
        super().__init__(n_folds, space or {}, len(combinations))
        deepest = min(MAX_BRACKET, max(0, int(math.log(max(1, n_rows / FEWEST_ROWS), ETA))))
        numbered = iter(enumerate(combinations, start=1))
        self._brackets, left = [], len(combinations)  # each a rung: (combinations, divisor of the rows)
        while left:
            sizes = self._sizes(min(left, ROUND), deepest)
            left -= sum(sizes.values())
            for depth, size in sizes.items():
                self._brackets.append((list(itertools.islice(numbered, size)), ETA**depth))
        self._rung = None

    @staticmethod
    def _sizes(n_trials, deepest):
        """{depth: how many combinations its bracket begins with}, in all `n_trials`; deepest first."""
        depths = range(min(deepest, n_trials - 1), -1, -1)
        weights = {d: (deepest + 1) / (d + 1) * ETA**d for d in depths}
        sizes = {d: max(1, int(n_trials * w / sum(weights.values()))) for d, w in weights.items()}
        sizes[depths[0]] += n_trials - sum(sizes.values())
        return sizes

    def ask(self):
        if self._rung is None:
            if not self._brackets:
                return []
            self._rung = self._brackets.pop(0)
        combinations, divisor = self._rung
        return [Request(number, params, self.all_folds, 1 / divisor) for number, params in combinations]

    def tell(self, answers):
        _, divisor = self._rung
        if divisor == 1:
            self._rung = None
            return
        kept = max(1, len(answers) // ETA)
        order = sorted(
            (a for a in answers if a.score is not None), key=lambda a: (-a.score, a.request.number)
        )
        for place, answer in enumerate(order[kept:], start=kept + 1):
            why = f"place {place} of {len(order)} on 1/{divisor} of the rows"
            self.given_up[answer.request.number] = why
        going = [(answer.request.number, answer.request.params) for answer in order[:kept]]
        self._rung = (going, divisor // ETA) if going else None


class GridOrElse(Strategy):
    """The grid if it fits into the time, judged from the fits of its first combinations; else another.

    fits : fits(seconds of the first combinations, their number) -> does the whole grid fit?
    other : other(first free number) -> the Strategy that goes on where it does not.
    """

    def __init__(self, n_first, combinations, n_folds, fits, other, space=None):
        super().__init__(n_folds, space or {}, len(combinations))
        self._fits, self._other, self._rest = fits, other, combinations[n_first:]
        self._current, self._is_judged = Listed(combinations[:n_first], n_folds), False

    def ask(self):
        return self._current.ask()

    def tell(self, answers):
        if self._is_judged:
            self._current.tell(answers)
            self.given_up |= self._current.given_up
            return
        self._is_judged, n_first = True, len(answers)
        if not self._rest or self._fits(sum(answer.seconds for answer in answers), n_first):
            self._current = Listed(self._rest, self.n_folds, first_number=n_first + 1)
        else:
            self._current = self._other(n_first + 1)
            self.kind, self.space = self._current.kind, self._current.space
            self.n_planned = n_first + self._current.n_planned


def grid(search_space):
    """Return every combination of the lists in `search_space`, each a dict.

    >>> grid({"a": [1, 2], "b": ["x"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'x'}]
    """
    if not search_space:
        return []
    values = itertools.product(*search_space.values())
    return [dict(zip(search_space, combination, strict=True)) for combination in values]


def shuffled_grid(search_space, seed):
    """Return the whole grid in a seeded order.

    The order is random, so that a search stopped by the clock has seen a fair sample of it.
    """
    combinations = grid(search_space)
    random.Random(seed).shuffle(combinations)
    return combinations


def draw(space, n_trials, seed):
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


def _draw_one(values, rng):
    if not isinstance(values, Range):
        return rng.choice(values)
    low, high = values.low, values.high
    drawn = math.exp(rng.uniform(math.log(low), math.log(high))) if values.log else rng.uniform(low, high)
    return min(high, max(low, round(drawn))) if values.is_whole else drawn
