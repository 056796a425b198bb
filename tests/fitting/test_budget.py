"""A time budget gives up folds first, then rows, and says so."""

import time
from functools import partial

import numpy as np
import pytest

from model_development.fitting import budget
from model_development.fitting.budget import make_plan, plan_more_folds
from model_development.fitting.fold_results import FoldResult
from model_development.tasks.classification import Binary
from model_development.tasks.predictions import Predictions


class Clock:
    """Stands in for the clock: a fit of n rows takes `per_row` seconds for each of them."""

    def __init__(self, monkeypatch, per_row):
        self.now, self.per_row = 1000.0, per_row
        monkeypatch.setattr(budget.time, "monotonic", lambda: self.now)

    def fit(self, rows):
        self.now += self.per_row * len(rows)


RARE = 20  # rows of the second class, the last ones


class Data:
    def __init__(self, n_rows=32_000, n_folds=5):
        numbers = np.arange(n_rows) % n_folds
        self.X_train, self.X_validation = np.empty((n_rows, 1)), np.empty((n_rows // 10, 1))
        self.y_train = (np.arange(n_rows) >= n_rows - RARE).astype(int)
        self.task = Binary("y", (0, 1), 1)
        self.folds = tuple(
            (np.flatnonzero(numbers != k), np.flatnonzero(numbers == k)) for k in range(n_folds)
        )


@pytest.mark.parametrize(
    ("seconds", "n_folds", "all_rows"),
    [(10_000.0, 5, True), (140.0, 3, True), (90.0, 1, True), (40.0, 1, False)],
)
def test_folds_go_first_and_rows_last(seconds, n_folds, all_rows, monkeypatch):
    clock = Clock(monkeypatch, 0.001)  # 32 s for all rows, 25.6 s for a fold
    plan = make_plan(Data(), 0, clock.now + seconds, clock.fit)
    assert len(plan.folds) == n_folds
    assert (len(plan.rows) == 32_000) == all_rows
    cost = sum(len(fit) for fit, _ in plan.folds.values()) + len(plan.rows)
    assert clock.now - 1000 + cost * clock.per_row <= seconds
    if not all_rows:
        assert cost * clock.per_row > 0.5 * seconds  # the budget is used, not only kept


def test_what_it_takes_to_score_a_fold_is_planned_for(monkeypatch):
    """Of 720,000 rows LightGBM planned 58,000, and spent as long on scores of all others: it was lost."""
    clock, data = Clock(monkeypatch, 0.001), Data()
    scored = len(data.folds[-1][1]) + len(data.X_validation)  # 9,600, at half of what a row costs to fit

    def trial_score(rows):
        clock.now += 0.0005 * len(rows)

    plan = make_plan(data, 0, clock.now + 30, clock.fit, trial_score=trial_score)
    (fit, _), *more = plan.folds.values()
    assert not more
    takes = clock.now - 1000 + (len(fit) + len(plan.rows)) * clock.per_row + 0.0005 * scored
    assert 15 < takes <= 30


def test_of_very_many_rows_a_model_of_few_scores_a_part(monkeypatch):
    """A fold of 144,000 rows took longer to score than a part of the others to fit."""
    clock, data = Clock(monkeypatch, 0.0001), Data(n_rows=1_000_000)
    data.y_train = np.arange(1_000_000) % 2
    plan = make_plan(data, 0, clock.now + 30, clock.fit, trial_score=lambda rows: None)
    ((number, (fit, scored)),) = plan.folds.items()
    assert len(scored) == 20_000
    assert set(scored) <= set(data.folds[number][1])
    assert not set(fit) & set(data.folds[number][1])


def test_what_was_given_up_is_said(monkeypatch):
    clock = Clock(monkeypatch, 0.001)
    plan = make_plan(Data(), 0, clock.now + 40, clock.fit)
    assert plan.note(1) == f"time budget: 1 of 5 folds, {len(plan.rows)} of 32000 training rows"
    assert make_plan(Data(), 0, None, None).note(5) == ""


def test_without_a_budget_nothing_is_tried_and_nothing_given_up():
    data = Data()
    plan = make_plan(data, 0, None, None)
    assert list(plan.folds) == [4, 3, 2, 1, 0]
    assert plan.time_for(10**9)


def test_where_a_fit_is_expected_to_take_little_of_the_time_none_is_tried(monkeypatch):
    clock, tried = Clock(monkeypatch, 0.001), []
    plan = make_plan(Data(), 0, clock.now + 1000, tried.append, expected_s=32.0)
    assert (tried, len(plan.folds), plan.share) == ([], 5, 1.0)

    def noted(rows):
        tried.append(len(rows))
        clock.fit(rows)

    make_plan(Data(), 0, clock.now + 120, noted, expected_s=32.0)
    assert tried[0] < 250  # the first fit, which pays for imports
    assert len(tried) > 1


def test_costs_that_grow_faster_than_the_rows_are_foreseen(monkeypatch):
    clock = Clock(monkeypatch, 0)
    plan = make_plan(Data(), 0, None, None)
    plan.until = clock.now + 100
    for rows in (2000, 8000):
        started, clock.now = clock.now, clock.now + (rows / 2000) ** 1.2
        plan.noted(rows, started)
    assert plan.seconds_for(32_000) == pytest.approx(16**1.2, rel=1e-6)


def test_a_tiny_table_is_not_tried_first():
    plan = make_plan(Data(n_rows=1500), 0, time.monotonic() + 5, None)
    assert len(plan.folds) == 5


def test_a_short_table_that_is_slow_gives_up_rows_too(monkeypatch):
    clock = Clock(monkeypatch, 0.01)  # 30 s for all rows
    plan = make_plan(Data(n_rows=3000), 0, clock.now + 30, clock.fit)
    assert len(plan.folds) == 1
    assert len(plan.rows) < 3000


def test_a_part_of_the_rows_holds_every_class(monkeypatch):
    clock, tried = Clock(monkeypatch, 0.001), []

    def fit(rows):
        tried.append(rows)
        clock.fit(rows)

    data = Data(n_rows=10_000)
    plan = make_plan(data, 0, clock.now + 8, fit)
    assert len(plan.rows) < 10_000
    for rows in (*tried, plan.rows, *(fit for fit, _ in plan.folds.values())):
        assert data.y_train[rows].sum() >= 1
    assert set(tried[0]) <= set(plan.rows)


def known_folds(numbers, data, clock, share=1.0):
    """Folds that an earlier try has finished, at what they cost."""
    n_fitted = int(len(data.folds[0][0]) * share)
    return [
        FoldResult(n, "", share, n_fitted, {}, {}, 0.0, n_fitted * clock.per_row, Predictions(np.empty(0)))
        for n in numbers
    ]


def no_trial(rows):
    raise AssertionError("a trial fit, although the costs are known")


@pytest.mark.parametrize(
    ("seconds", "numbers"), [(140.0, [4, 3, 2, 1, 0]), (70.0, [4, 3, 2]), (40.0, [4, 3])]
)
def test_known_folds_cost_nothing_and_say_what_the_others_do(seconds, numbers, monkeypatch):
    clock, data = Clock(monkeypatch, 0.001), Data()  # 32 s for all rows, 25.6 s for a fold
    plan = make_plan(data, 0, clock.now + seconds, no_trial, known_folds([4, 3], data, clock))
    assert list(plan.folds) == numbers
    assert len(plan.rows) == 32_000


def test_known_folds_are_given_up_where_all_rows_have_no_time(monkeypatch):
    clock, data = Clock(monkeypatch, 0.001), Data()
    plan = make_plan(data, 0, clock.now + 20, no_trial, known_folds([4, 3], data, clock))
    assert list(plan.folds) == [4]
    assert len(plan.folds[4][0]) < len(plan.rows) < 32_000


@pytest.mark.parametrize(("seconds", "is_same"), [(40.0, True), (20.0, True), (5.0, False), (75.0, False)])
def test_a_part_of_the_rows_stays_the_same_where_it_is_near_what_there_is_time_for(
    seconds, is_same, monkeypatch
):
    clock, data = Clock(monkeypatch, 0.001), Data()
    first = make_plan(data, 0, clock.now + 40, clock.fit)
    assert 0.3 < first.share < 0.7
    known = known_folds([4], data, clock, first.share)
    plan = make_plan(data, 0, clock.now + seconds, no_trial, known)
    assert np.array_equal(plan.rows, first.rows) == is_same
    assert np.array_equal(plan.folds[4][0], first.folds[4][0]) == is_same


@pytest.mark.parametrize(
    ("turn", "numbers"),
    [(10.0, [4, 3, 2]), (140.0, [4, 3, 2]), (200.0, [4, 3, 2, 1, 0]), (None, [4, 3, 2, 1, 0])],
)
def test_beyond_three_folds_a_model_has_them_in_its_turn_alone(turn, numbers, monkeypatch):
    clock = Clock(monkeypatch, 0.001)  # 32 s for all rows, 25.6 s for a fold
    turn = turn and clock.now + turn
    plan = make_plan(Data(), 0, clock.now + 10_000, clock.fit, turn=turn)
    assert list(plan.folds) == numbers


def test_known_folds_stay_when_the_turn_is_over(monkeypatch):
    clock, data = Clock(monkeypatch, 0.001), Data()
    known = known_folds([4, 3, 2, 1], data, clock)
    plan = make_plan(data, 0, clock.now + 1000, no_trial, known, turn=clock.now)
    assert list(plan.folds) == [4, 3, 2, 1]
    assert list(make_plan(data, 0, clock.now + 1000, no_trial, known, most_folds=2).folds) == [4, 3]


@pytest.mark.parametrize(("seconds", "has_time"), [(29.0, True), (28.0, False)])
def test_more_folds_alone_need_no_time_for_a_last_fit(seconds, has_time, monkeypatch):
    clock, data = Clock(monkeypatch, 0.001), Data()
    known = [*known_folds([2], data, clock), *known_folds([1], data, clock, share=0.5)]
    plan = plan_more_folds(data, clock.now + seconds, known, 3)
    assert list(plan.folds) == [2, 4, 3]
    assert plan.time_for_fold(25_600) == has_time
    assert not plan.time_for(25_600, 32_000)
    assert plan.note(2) == "time budget: 2 of 5 folds"


def test_a_plan_of_folds_that_were_all_found_has_cost_nothing():
    """A trial of feature steps that was killed after its last fold fits none when it goes on."""
    plan = make_plan(Data(), 0, None, no_trial)
    assert (plan.costs, plan.exponent) == ([], 1.0)


def test_what_is_measured_and_saved_of_the_last_fit_is_planned_for(monkeypatch):
    """Of sentences the last fit took as long to be timed, scored on what it had seen and saved as to fit."""
    clock, data = Clock(monkeypatch, 0.0001), Data()
    cost = partial(make_plan, data, 0, trial_fit=clock.fit)

    def trial_score(rows):
        clock.now += 0.0004 * len(rows)

    plan = cost(until=clock.now + 30, trial_score=trial_score, saving_s=6.0)
    assert plan.scoring.last_s == pytest.approx(0.0004 * (len(data.X_validation) + 11_000) + 6.0)
