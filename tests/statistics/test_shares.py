"""Intervals of shares and means hold what they promise, with groups too."""

import numpy as np
import pytest

from model_development.statistics.dependence import bin_means_p_value
from model_development.statistics.shares import (
    effective_rows,
    mean_interval,
    share_interval,
    share_p_value,
    wilson_interval,
)

N_TABLES = 400


def in_groups(rng, n_groups, size, share):
    """Booleans of which those of a group mostly agree, and their groups."""
    groups = np.repeat(np.arange(n_groups), size)
    own = rng.random(len(groups)) < share
    return np.where(rng.random(len(groups)) < 0.7, (rng.random(n_groups) < share)[groups], own), groups


@pytest.mark.parametrize(("n", "share"), [(20, 0.5), (20, 0.95), (200, 0.9)])
def test_the_interval_of_a_share_holds_it(n, share):
    rng = np.random.default_rng(0)
    held = [
        low <= share <= high for low, high in (share_interval(rng.random(n) < share) for _ in range(N_TABLES))
    ]
    assert 0.9 <= np.mean(held) <= 0.99


@pytest.mark.whole
def test_with_groups_it_is_as_wide_as_they_vary():
    rng, by_group, by_row = np.random.default_rng(0), [], []
    for _ in range(N_TABLES):
        hits, groups = in_groups(rng, 40, 10, 0.8)
        for found, low_high in ((by_group, share_interval(hits, groups)), (by_row, share_interval(hits))):
            found.append(low_high[0] <= 0.8 <= low_high[1])
    assert 0.92 <= np.mean(by_group) <= 0.99
    assert np.mean(by_row) < 0.8


def test_a_share_of_all_rows_is_worth_its_groups():
    groups = np.repeat(np.arange(10), 50)
    assert effective_rows(np.ones(500, dtype=bool), groups) == 10
    assert share_interval(np.ones(500), groups)[0] < 0.75
    assert share_interval(np.ones(500))[0] > 0.99


def test_too_few_rows_or_groups_have_no_interval():
    assert share_interval([]) is None
    assert share_interval([True, False], np.array([0, 1])) is None
    assert mean_interval([1.0]) is None
    assert mean_interval(np.arange(8.0), np.repeat([0, 1, 2, 3], 2)) is None
    assert wilson_interval(0.0, 50)[0] == 0


@pytest.mark.whole
def test_a_test_of_a_share_is_seldom_wrong_with_groups():
    rng = np.random.default_rng(1)
    p_values = [
        share_p_value(*(pair[0], 0.8, pair[1])) for pair in (in_groups(rng, 60, 10, 0.8) for _ in range(300))
    ]
    assert np.mean(np.array(p_values) < 0.05) <= 0.08
    assert share_p_value(np.ones(100), 0.8) < 1e-6


@pytest.mark.parametrize("grouped", [False, True])
def test_the_interval_of_a_mean_holds_it(grouped):
    rng, held = np.random.default_rng(0), []
    for _ in range(N_TABLES):
        groups = np.repeat(np.arange(30), 5)
        values = rng.normal(size=30)[groups] + rng.normal(size=150)
        low, high = mean_interval(values, groups) if grouped else mean_interval(rng.exponential(size=40) - 1)
        held.append(low <= 0 <= high)
    assert 0.91 <= np.mean(held) <= 0.98


@pytest.mark.whole
@pytest.mark.parametrize("grouped", [False, True])
def test_bins_with_one_mean_and_different_spreads_seldom_differ(grouped):
    rng, p_values = np.random.default_rng(0), []
    for _ in range(N_TABLES):
        groups = np.repeat(np.arange(60), 4)
        codes = rng.integers(0, 4, 240)
        values = rng.normal(size=240) * (1 + 2 * codes) + (rng.normal(size=60)[groups] if grouped else 0)
        p_values.append(bin_means_p_value(values, codes, groups if grouped else None))
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.08


@pytest.mark.parametrize("grouped", [False, True])
def test_bins_with_different_means_differ(grouped):
    rng = np.random.default_rng(0)
    codes, groups = np.arange(240) % 4, np.repeat(np.arange(60), 4)
    values = rng.normal(size=240) + 0.8 * codes
    assert bin_means_p_value(values, codes, groups if grouped else None) < 1e-6
    assert bin_means_p_value(values, np.zeros(240)) is None
    assert bin_means_p_value(np.ones(240), codes, groups if grouped else None) is None


def test_of_a_few_groups_no_share_is_said_to_be_another():
    hits = np.zeros(200, dtype=bool)
    assert share_p_value(hits, 0.9) < 1e-6
    for n_groups in (1, 4):
        assert share_p_value(hits, 0.9, np.arange(200) % n_groups) == 1.0
