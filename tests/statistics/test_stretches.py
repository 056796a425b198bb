"""Stretches of time: rows that depend on each other are drawn together, others are not."""

import sys

import numpy as np
import pytest
from conftest import ROOT

from model_development.statistics.stretches import FEWEST, stretches_of_time

sys.path.insert(0, str(ROOT / "benchmarks"))
import intervals  # noqa: E402


def persistent(n, seed=0):
    """A series of two classes that changes seldom."""
    return np.cumsum(np.random.default_rng(seed).random(n) < 0.1) % 2


def test_a_stretch_is_a_piece_of_time_whatever_the_order_of_the_rows():
    moments, strata = np.arange(1000), persistent(1000)
    found = stretches_of_time(moments, strata)
    assert (np.diff(found) >= 0).all()
    order = np.random.default_rng(1).permutation(1000)
    assert np.array_equal(stretches_of_time(moments[order], strata[order]), found[order])


def test_rows_of_one_moment_stay_together():
    moments = np.repeat(np.arange(300), 4)
    found = stretches_of_time(moments, np.repeat(persistent(300), 4))
    assert all(len(np.unique(found[moments == moment])) == 1 for moment in range(300))


def test_the_more_alike_neighbours_are_the_longer_the_stretches_but_ten_are_left():
    n_stretches = []
    for share_of_changes in (0.4, 0.1, 0.005):
        changes = np.random.default_rng(0).random(2000) < share_of_changes
        n_stretches.append(len(np.unique(stretches_of_time(np.arange(2000), np.cumsum(changes) % 2))))
    assert n_stretches[0] > n_stretches[1] > n_stretches[2] >= FEWEST


@pytest.mark.parametrize("n_classes", [2, 5])
def test_rows_that_do_not_depend_on_each_other_stand_alone(n_classes):
    rng = np.random.default_rng(3)
    alone = [stretches_of_time(np.arange(2000), rng.integers(0, n_classes, 2000)) is None for _ in range(40)]
    assert np.mean(alone) > 0.8


def test_what_all_rows_of_a_day_share_makes_days_the_units():
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(60), 20)
    shared = rng.random((60, 1)) > rng.random((60, 20))  # the chance of a day holds for all of its rows
    found = stretches_of_time(days, shared.ravel().astype(int))
    assert len(np.unique(found)) <= 60
    assert stretches_of_time(days, rng.integers(0, 2, 1200)) is None


def test_a_few_moments_or_one_class_say_nothing():
    assert stretches_of_time(np.arange(9), np.arange(9) % 2) is None
    assert stretches_of_time(np.array([]), np.array([], dtype=int)) is None
    assert stretches_of_time(np.arange(50), np.zeros(50, dtype=int)) is None


@pytest.mark.whole
def test_intervals_of_a_later_period_hold_the_true_error():
    held = intervals.time_coverage(0.9, 1000, 60, seed=7)
    assert held["stretches"] >= 0.86
    assert held["rows"] < held["stretches"] - 0.2  # what would be claimed without them
