"""Intervals of very many rows, from draws of a part of them: as wide as those of all, and as often right."""

import numpy as np
import pytest

from model_development.metrics.table import METRICS
from model_development.statistics import many_rows
from model_development.statistics.resampling import bootstrap_intervals
from model_development.tasks.predictions import Predictions

N, PART = 4_000, 400


def numbers(rng, n=N):
    truth = rng.gamma(2.0, 1.0, n)
    return truth, Predictions(truth + rng.standard_t(5, n), None, None)


def classes(rng, n=N):
    truth = (rng.random(n) < 0.3).astype(int)
    chance = 1 / (1 + np.exp(-(1.5 * truth - 1 + rng.normal(size=n))))
    return truth, Predictions((chance > 0.5).astype(int), np.column_stack([1 - chance, chance]), 1)


CASES = [
    ("rmse", "regression", numbers),
    ("mae", "regression", numbers),
    ("roc_auc", "classification", classes),
]


@pytest.fixture
def of_a_part(monkeypatch):
    monkeypatch.setattr(many_rows, "MOST_DRAWN", PART)
    monkeypatch.setattr(many_rows, "FEWEST_OF_A_CLASS", 50)


def ends(made, metric, family):
    return bootstrap_intervals([(*made, None)], family, only=METRICS[metric])[metric]


@pytest.mark.parametrize(("metric", "family", "make"), CASES)
def test_an_interval_from_a_part_is_about_the_value_of_all_and_as_wide(metric, family, make, monkeypatch):
    made, widths = make(np.random.default_rng(1)), []
    whole = METRICS[metric].definition(*made)
    for most in (10 * N, PART):
        monkeypatch.setattr(many_rows, "MOST_DRAWN", most)
        low, high = ends(made, metric, family)
        assert low < whole < high
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0], rel=0.25)
    assert widths[1] != widths[0]


@pytest.mark.parametrize(("metric", "family", "make"), CASES)
def test_an_interval_from_a_part_holds_the_truth_as_often_as_it_says(metric, family, make, of_a_part):
    true = METRICS[metric].definition(*make(np.random.default_rng(0), 1_000_000))
    rng, n_draws = np.random.default_rng(2), 300
    held = 0
    for _ in range(n_draws):
        low, high = ends(make(rng), metric, family)
        held += low <= true <= high
    assert held / n_draws > 0.95 - 3 * np.sqrt(0.95 * 0.05 / n_draws)


def test_few_rows_few_groups_and_rare_classes_are_drawn_from_whole():
    rng = np.random.default_rng(0)
    many, rare = rng.normal(size=100_000), (np.arange(100_000) < 300).astype(int)
    assert many_rows.part_of_many(many[:30_000], None, False) is None
    assert many_rows.part_of_many(many, np.arange(100_000) // 500, False) is None
    assert many_rows.part_of_many(rare, None, True) is None
    part = many_rows.part_of_many(many, None, False)
    assert len(set(part.tolist())) == len(part) == 20_000


def test_one_pair_of_equal_rows_does_not_make_all_rows_be_drawn():
    """It made sets of the rows, and the intervals of 160,000 of them took minutes."""
    many, pair = np.random.default_rng(0).normal(size=100_000), np.r_[0, np.arange(99_999)]
    part = many_rows.part_of_many(many, pair, False)
    assert 19_990 <= len(part) <= 20_000


def test_of_groups_whole_ones_are_taken_and_their_interval_is_as_wide(monkeypatch):
    monkeypatch.setattr(many_rows, "FEWEST_UNITS", 100)
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(N // 4), rng.permutation(np.tile([1, 3, 5, 7], N // 16)))
    truth = rng.normal(size=N // 4)[groups] * 3 + rng.normal(size=len(groups))
    said, widths = Predictions(np.zeros(len(groups)), None, None), []
    for most in (10 * N, 4 * PART):
        monkeypatch.setattr(many_rows, "MOST_DRAWN", most)
        part = many_rows.part_of_many(truth, groups, False)
        low, high = bootstrap_intervals([(truth, said, groups)], "regression", only=METRICS["mae"])["mae"]
        widths.append(high - low)
    assert not set(groups[part]) & set(np.delete(groups, part))
    assert widths[1] == pytest.approx(widths[0], rel=0.25)
