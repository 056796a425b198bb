"""How much work fits into a time budget: fewer folds first, down to a single hold-out, then fewer rows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..statistics.many_rows import part_of_many
from ..statistics.uncertainty import FEWEST_FOLDS

if TYPE_CHECKING:
    from ..data.development import DevelopmentData
    from .fold_results import FoldResult


FIRST_SHARE, GROWTH = 1 / 16, 4  # trial fits on a sixteenth of the rows, then on a quarter
SAVING_S = 1.0  # of a model
MEASURED_ROWS = 11_000  # that the last fit predicts beside the validation rows: seen ones, and its times
FIRST_ROWS = 20_000  # at most: of a million rows a sixteenth takes seconds
FEW_ROWS = 500  # no trial fit and no plan has fewer
FEWEST_OF_A_CLASS = 5  # rows, in a part of the rows
CAUTION = 2.0  # times what is expected, which must be there to begin without trial fits
WARM_UP_ROWS = 200  # of a fit that says nothing of what fits cost
SLOPES = 0.7, 1.3  # bounds of the exponent by which fits grow with their rows
SURE_FOLDS = FEWEST_FOLDS  # that a model plans within its time; more only as long as it is its turn
SAFETY = 0.85  # of the time left is planned for; the rest is for scoring, saving, and estimates that err
OF_ROWS = 0.7  # the same where rows are given up: early stopping comes when it will, and too late is nothing
KNOWN = 0.9  # the same of folds alone, whose like were fitted before


class Scoring(NamedTuple):
    """Seconds to score a fold, what `_some_scored` takes of it, and what is measured of the last fit."""

    fold_s: float = 0.0
    part_s: float = 0.0
    last_s: float = 0.0


@dataclass
class Plan:
    """What a candidate is to be fitted on: all of it where there is no budget.

    folds : {number: (rows to fit, rows to score)}, in the order of work. rows : those of the last fit,
        positions within the training rows. share : of the training rows that take part.
    until : time.monotonic() at which the candidate must be done, or None. has_last_fit : is one of `rows` to
        come after the folds? safety : share of the time left that fits may take. scoring : what scores
        take, which are of as many rows however few are fitted; nothing where costs hold it.
    """

    n_folds: int  # before any was given up
    n_rows: int
    folds: dict[int, tuple[np.ndarray, np.ndarray]]
    rows: np.ndarray
    until: float | None = None
    costs: list[tuple[int, float]] = field(default_factory=list)  # (rows, seconds) of each fit so far
    share: float = 1.0
    has_last_fit: bool = True
    safety: float = SAFETY
    scoring: Scoring = Scoring()

    @property
    def left(self) -> float:
        return math.inf if self.until is None else self.until - time.monotonic()

    def noted(self, n_rows: int, started: float) -> float:
        """Remember what a fit with its scoring cost, and return it. started : time.monotonic()."""
        self.costs.append((n_rows, time.monotonic() - started))
        return self.costs[-1][1]

    def time_for(self, *fits: int) -> bool:
        """Say whether fits of so many rows are done in time, after those that were noted."""
        return self.until is None or sum(map(self.seconds_for, fits)) <= self.left * self.safety

    def time_for_fold(self, n_rows: int) -> bool:
        """Say whether a fold of so many rows is done in time, with the last fit where one is to come."""
        return self.time_for(n_rows, *([len(self.rows)] if self.has_last_fit else []))

    def seconds_for(self, n_rows: int) -> float:
        """Seconds of a fit, by the power law through the two largest fits so far."""
        rows, seconds = max(self.costs)
        return seconds * (n_rows / rows) ** self.exponent

    @property
    def exponent(self) -> float:
        if not self.costs:  # nothing was fitted here: all folds were found
            return 1.0
        (rows, seconds), *smaller = sorted(set(self.costs), reverse=True)
        smaller = [(r, s) for r, s in smaller if r <= rows / 2]
        if not smaller:
            return 1.0
        fewer, sooner = smaller[0]
        slope = math.log(max(seconds, 1e-3) / max(sooner, 1e-3)) / math.log(rows / fewer)
        return min(SLOPES[1], max(SLOPES[0], slope))

    def note(self, n_done: int) -> str:
        """Say what was given up, "" for nothing. n_done : folds that were fitted."""
        lost = []
        if n_done < self.n_folds:
            lost.append(f"{n_done} of {self.n_folds} folds")
        if len(self.rows) < self.n_rows:
            lost.append(f"{len(self.rows)} of {self.n_rows} training rows")
        return f"time budget: {', '.join(lost)}" if lost else ""


def make_plan(
    data: DevelopmentData,
    seed: int,
    until: float | None,
    trial_fit: Callable[[np.ndarray], Any],
    known: Iterable[FoldResult] = (),
    turn: float | None = None,
    most_folds: int | None = None,
    expected_s: float = math.inf,
    trial_score: Callable[[np.ndarray], Any] | None = None,
    saving_s: float = SAVING_S,
) -> Plan:
    """Return the Plan for a candidate.

    until : time.monotonic() at which it must be done; None plans all folds and rows. trial_fit : called
        with rows of growing number to see what they cost; trial_score, with rows to score by it. known :
        FoldResults of an earlier try, which say what fits cost, so that none is tried, and cost nothing
        themselves. turn : time.monotonic() until which it may have more than `SURE_FOLDS` folds; then it is
        another's turn. most_folds : of all.
    expected_s : roughly, seconds of a fit of all rows; where there is plenty for it, none is tried before.
    saving_s : seconds to save the last fit.
    """
    n_rows, known = len(data.X_train), list(known)
    # The last fold first: by time it has the most rows to fit, and is nearest to what is to come.
    folds = dict(reversed(list(enumerate(data.folds))))
    costs = [(result.n_fitted, result.cost_s) for result in known]
    plan = Plan(len(data.folds), n_rows, folds, np.arange(n_rows), until, costs)
    sample = partial(sample_rows, n_rows, seed=seed, classes=data.task.classes_of(data.y_train))
    size = max(FEW_ROWS, min(FIRST_ROWS, int(n_rows * FIRST_SHARE)))
    if until is None or size > n_rows / GROWTH:
        return plan
    if not known:
        if CAUTION * 2 * expected_s < plan.left * SAFETY:  # for a fold and the last fit
            return replace(plan, folds=dict(list(folds.items())[:most_folds]))
        _try_fits(plan, trial_fit, sample, size)
        if trial_score is not None:
            plan.scoring = _try_scoring(data, trial_score, sample(size / n_rows), saving_s)
    _cut(plan, data, sample, known, turn, most_folds)
    return plan


def _cut(plan, data, sample, known, turn, most_folds):
    """Give up folds of a plan first, then rows, until the rest is done in time."""
    fold, done = len(data.folds[-1][0]), {result.number for result in known if result.share == 1}
    n_more = _n_folds_within(plan, plan.left, fold)
    if n_more < 0 or not done and n_more < 1:
        plan.share = _affordable_share(plan, fold / plan.n_rows, known)
        plan.rows, done, n_more = sample(plan.share), set(), 1
    elif turn is not None:
        in_turn = _n_folds_within(plan, turn - time.monotonic(), fold)
        n_more = min(n_more, max(0, SURE_FOLDS - len(done), in_turn))
    order = _in_order(plan.folds, done)[: len(done) + n_more][:most_folds]
    plan.folds = {number: plan.folds[number] for number in order}
    if plan.share < 1:
        plan.folds = {
            n: (np.intersect1d(fit, plan.rows), _some_scored(data, score))
            for n, (fit, score) in plan.folds.items()
        }


def _some_scored(data: DevelopmentData, rows: np.ndarray) -> np.ndarray:
    """The rows of a fold to score by a model of few rows; of very many a part, which says as much of it."""
    part = part_of_many(data.y_train[rows], None, data.task.has_classes)
    return rows if part is None else rows[part]


def _try_scoring(data, trial_score, rows, saving_s):
    """The Scoring, by what some rows take."""
    started = time.monotonic()
    trial_score(rows)
    row_s, scored = (time.monotonic() - started) / len(rows), data.folds[-1][1]
    n_measured = len(data.X_validation) + min(MEASURED_ROWS, len(data.X_train))
    last_s = row_s * n_measured + saving_s
    return Scoring(row_s * len(scored), row_s * len(_some_scored(data, scored)), last_s)


def _try_fits(plan, trial_fit, sample, size):
    """Fit more and more rows to see what that costs; the first fit pays for imports, and is not noted."""
    trial_fit(sample(WARM_UP_ROWS / plan.n_rows))
    while size <= plan.n_rows / GROWTH and (not plan.costs or plan.time_for(size, size, size)):
        started = time.monotonic()
        trial_fit(sample(size / plan.n_rows))
        plan.noted(size, started)
        size *= GROWTH


def plan_more_folds(
    data: DevelopmentData, until: float | None, known: Iterable[FoldResult], most_folds: int | None = None
) -> Plan:
    """Return the Plan of folds alone, on all rows and without a last fit, those that are known first.

    until, known, most_folds : see `make_plan`.
    """
    whole = [result for result in known if result.share == 1]
    folds, n_rows = dict(enumerate(data.folds)), len(data.X_train)
    order = _in_order(reversed(folds), {result.number for result in whole})[:most_folds]
    costs = [(result.n_fitted, result.cost_s) for result in whole]
    chosen = {number: folds[number] for number in order}
    rows = np.arange(n_rows)
    return Plan(len(folds), n_rows, chosen, rows, until, costs, has_last_fit=False, safety=KNOWN)


def sample_rows(n_rows: int, share: float, seed: int, classes: np.ndarray | None = None) -> np.ndarray:
    """Positions of a share of the rows, sorted, drawn within each class, so that none is lost.

    classes : shape (n_rows,); None where there are none. Of one seed, smaller shares lie within larger ones.
    """
    rng, strata = np.random.default_rng(seed), np.zeros(n_rows) if classes is None else classes
    drawn = [
        rng.permutation(rows)[: max(FEWEST_OF_A_CLASS, int(len(rows) * share))]
        for rows in (np.flatnonzero(strata == label) for label in np.unique(strata))
    ]
    return np.sort(np.concatenate(drawn))


def _in_order(numbers, done):
    """Numbers of folds in the order of work: those that are done cost nothing."""
    return sorted(numbers, key=lambda number: number not in done)


def _n_folds_within(plan, seconds, n_rows):
    """How many folds of so many rows are done in these seconds, before the last fit; negative without it."""
    after_last = seconds * SAFETY - plan.seconds_for(plan.n_rows) - plan.scoring.last_s
    return math.floor(after_last / (plan.seconds_for(n_rows) + plan.scoring.fold_s))


def _affordable_share(plan, fold_share, known):
    """Of the rows: for one fold and the last fit, or as an earlier try had it where that is not much less."""
    share = _affordable_rows(plan, fold_share) / plan.n_rows
    tried = [r.share for r in known if r.share < 1 and plan.time_for(int(r.share * plan.n_rows))]
    return max((other for other in tried if other >= share / 2), default=share)


def _affordable_rows(plan, fold_share):
    """As many rows as one fold and the last fit have time for."""
    rows, seconds = max(plan.costs)
    both = seconds * (1 + fold_share**plan.exponent)
    share = max(0.0, plan.left * OF_ROWS - plan.scoring.part_s - plan.scoring.last_s) / both
    return max(FEW_ROWS, int(min(plan.n_rows, rows * share ** (1 / plan.exponent))))
