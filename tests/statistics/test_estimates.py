"""Shares, means, ratios and differences hold the truth as often as they say, for rows and for groups."""

import numpy as np
import pytest
from scipy.stats import binomtest

from model_development.statistics.estimates import difference, mean, ratio, share


def drawn(rng, n_groups, per_group, p):
    """(flags, groups) of groups whose rows are much alike."""
    own = rng.beta(2 * p, 2 * (1 - p), n_groups)
    sizes = 1 + rng.poisson(per_group - 1, n_groups)
    groups = np.repeat(np.arange(n_groups), sizes)
    return rng.random(len(groups)) < own[groups], groups


@pytest.mark.parametrize(("n_hits", "n"), [(0, 10), (3, 10), (10, 10), (50, 1000)])
def test_the_interval_of_a_share_is_wilsons(n_hits, n):
    found, known = share(np.arange(n) < n_hits), binomtest(n_hits, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-9)
    assert found.value == n_hits / n


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_the_interval_of_a_share_of_groups_holds_the_truth(p):
    rng = np.random.default_rng(0)
    found = [share(*drawn(rng, 30, 8, p)) for _ in range(400)]
    assert 0.92 <= np.mean([one.low <= p <= one.high for one in found]) <= 0.99
    as_rows = [share(drawn(rng, 30, 8, p)[0]) for _ in range(400)]
    assert np.mean([one.low <= p <= one.high for one in as_rows]) < 0.85  # what dependence would cost


def test_the_interval_of_a_mean_of_groups_holds_the_truth():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        groups = np.repeat(np.arange(25), 6)
        found = mean(rng.normal(size=25)[groups] + rng.normal(size=150), groups)
        hits += found.low <= 0 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.parametrize(("p", "q", "n"), [(0.3, 0.5, 60), (0.05, 0.1, 200), (0.8, 0.8, 40)])
def test_ratios_and_differences_of_shares_hold_the_truth(p, q, n):
    rng = np.random.default_rng(2)
    hits = np.zeros(2)
    for _ in range(500):
        a, b = share(rng.random(n) < p), share(rng.random(2 * n) < q)
        ends = np.array([ratio(a, b), difference(a, b)])
        hits += (ends[:, 0] <= [p / q, p - q]) & ([p / q, p - q] <= ends[:, 1])
    assert (hits / 500 >= 0.925).all()


def test_what_there_is_none_of_has_no_value_and_no_error():
    nothing = share(np.zeros(0, dtype=bool))
    assert nothing.n == 0
    assert np.isnan([nothing.value, mean(np.zeros(0)).value]).all()
    none, some = share(np.zeros(30, dtype=bool)), share(np.ones(30, dtype=bool))
    assert ratio(some, none) == (0.0, np.inf)
    assert ratio(none, some)[0] == 0
    assert 0 < ratio(none, some)[1] < 0.2
    of_one_group = share(np.array([True, False]), np.zeros(2))
    assert (of_one_group.low, of_one_group.high) == (0, 1)
