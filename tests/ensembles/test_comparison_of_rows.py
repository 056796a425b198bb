"""Is an ensemble better on rows like these? How often that is said wrongly, and that gains are found."""

import numpy as np
import pytest

from model_development.ensembles.comparison import compare_rows
from model_development.ensembles.nested import nested_outputs
from model_development.ensembles.pool import Pool
from model_development.ensembles.table import ENSEMBLES, GREEDY
from model_development.ensembles.temperature import fit_slopes
from model_development.metrics.table import METRICS

N_FOLDS, N_TABLES = 5, 200


def pool_of(truth, outputs, folds=None):
    n = len(truth)
    names = tuple(f"model_{k}" for k in range(len(outputs)))
    folds = np.arange(n) % N_FOLDS if folds is None else folds
    return Pool(names, np.stack(outputs), truth, np.arange(n), folds, None)


def greedy(pool, metric):
    return nested_outputs(pool, metric, ENSEMBLES[GREEDY].fit, fit_slopes(pool))


def noisy_copies(rng, n):
    """The best model, and others that say the same with noise: no weight on them helps."""
    truth = rng.normal(size=n)
    best = truth + rng.normal(size=n)
    return pool_of(truth, [best, *(best + rng.normal(size=n) * 0.1 for _ in range(6))])


@pytest.mark.whole
def test_members_that_add_nothing_are_seldom_called_a_gain():
    metric, called = METRICS["rmse"], 0
    for table in range(N_TABLES):
        pool = noisy_copies(np.random.default_rng(table), 200)
        called += compare_rows(pool, greedy(pool, metric), pool.outputs[0], metric, seed=table).is_better
    assert called / N_TABLES <= 0.06


@pytest.mark.whole
def test_equal_models_differ_significantly_in_the_share_that_is_asked_for():
    metric, called = METRICS["mae"], 0
    for table in range(N_TABLES):
        rng = np.random.default_rng(table)
        truth = rng.normal(size=300)
        pool = pool_of(truth, [truth + rng.normal(size=300) for _ in range(2)])
        called += compare_rows(pool, pool.outputs[1], pool.outputs[0], metric, seed=table).is_better
    assert 0.02 <= called / N_TABLES <= 0.08


@pytest.mark.whole
def test_a_gain_of_two_members_is_found():
    metric, called = METRICS["rmse"], 0
    for table in range(20):
        rng = np.random.default_rng(table)
        truth = rng.normal(size=1000)
        pool = pool_of(truth, [truth + rng.normal(size=1000) for _ in range(2)])
        called += compare_rows(pool, greedy(pool, metric), pool.outputs[0], metric, seed=table).is_better
    assert called == 20


@pytest.mark.parametrize("name", ["mae", "r2_score"])
def test_its_sign_follows_the_metric(name):
    rng, metric = np.random.default_rng(0), METRICS[name]
    truth = rng.normal(size=500)
    pool = pool_of(truth, [truth + rng.normal(size=500), truth + rng.normal(size=500) * 0.5])
    better = compare_rows(pool, pool.outputs[1], pool.outputs[0], metric)
    worse = compare_rows(pool, pool.outputs[0], pool.outputs[1], metric)
    assert (better.mean > 0) == metric.greater_is_better
    assert (better.is_better, worse.is_better) == (True, False)
    assert better.low < better.mean < better.high


def test_rows_of_a_group_are_drawn_together():
    rng, metric = np.random.default_rng(0), METRICS["mae"]
    groups = np.repeat(np.arange(40), 25)
    truth, shared = rng.normal(size=1000), rng.normal(size=40)[groups]
    pool = pool_of(truth, [truth + 1.0, truth + 1.0 + shared * 0.3], np.arange(1000) // 25 % N_FOLDS)
    alone = compare_rows(pool, pool.outputs[1], pool.outputs[0], metric)
    grouped = compare_rows(pool, pool.outputs[1], pool.outputs[0], metric, groups)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)
    few = compare_rows(pool, pool.outputs[1], pool.outputs[0], metric, groups // 10)
    assert (few.p, few.reason) == (None, "not tested (a fold has too few groups)")
