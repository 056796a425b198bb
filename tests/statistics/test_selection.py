"""The best of many combinations: its luck is no improvement."""

import numpy as np
import pytest

from model_development.metrics.table import METRICS
from model_development.statistics.selection import best_of_many
from model_development.statistics.uncertainty import corrected_t_test, fold_intervals


@pytest.mark.whole
@pytest.mark.parametrize("n_combinations", [5, 50])
@pytest.mark.parametrize("sign", [1, -1])
def test_equal_combinations_are_seldom_found_better_than_the_baseline(n_combinations, sign):
    found, naive = 0, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        scores = 0.8 + rng.normal(0, 0.02, 5) + rng.normal(0, 0.01, (n_combinations + 1, 5))
        scores, baseline = scores[1:], scores[0]
        found += best_of_many(scores, baseline, 0.25, 0.0, sign > 0).p < 0.05
        best = scores[np.argmax(sign * scores.mean(axis=1))]
        mean, _, p = corrected_t_test(best, baseline, 0.25, 0.0)
        naive += p < 0.1 and sign * mean > 0
    assert found <= 300 * 0.08
    assert naive > found


def test_a_combination_that_is_better_on_every_fold_is_found():
    rng = np.random.default_rng(0)
    scores = 0.8 + rng.normal(0, 0.01, (20, 5))
    scores[7] += 0.08
    test = best_of_many(scores, np.full(5, 0.8), 0.25, 0.001, True)
    assert test.p < 0.01
    assert test.low < test.corrected < test.high
    assert test.corrected == pytest.approx(test.observed)


def test_intervals_over_folds_stay_within_the_range_and_are_alike_in_width():
    """One of ten had a width of 0.001 by chance, and others ended above an F1 of 1."""
    rows = [[0.97, 0.9701, 0.97], [0.99, 0.95, 0.93], [0.98, 0.93, 0.99]]
    intervals = fold_intervals(rows, 0.5, METRICS["f1_score"], 100)
    assert all(0 <= low < high <= 1 for low, high in intervals)
    assert min(high - low for low, high in intervals) > 0.03
    (low, high), *_ = fold_intervals([[3.0, 3.1, 2.9]], 0.5, METRICS["rmse"], 100)
    assert 0 < low < 3 < high
    assert fold_intervals([[0.9, 0.9, 0.9]], 0.5, METRICS["f1_score"], 50)[0][1] > 0.93  # a row's worth
    assert fold_intervals([], 0.5, METRICS["f1_score"], 50) == []
