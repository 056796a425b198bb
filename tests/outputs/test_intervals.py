"""Prediction intervals from out-of-fold residuals."""

import numpy as np
import pytest

from model_development.outputs.conformal import conformal_quantile, unit_weights
from model_development.outputs.intervals import PredictionIntervals, fit_intervals


def spread_with_level(rng, n, skewed=False):
    """Truth and prediction; the error grows with the prediction."""
    said = rng.uniform(0, 10, n)
    error = rng.exponential(size=n) - 1 if skewed else rng.normal(size=n)
    return said + (0.2 + 0.3 * said) * error, said


def coverage(made, truth, said, level=0.9):
    low, high = made.interval(said, level)
    return (truth >= low) & (truth <= high)


@pytest.mark.whole
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_any_level_is_kept_on_average_over_tables(level):
    hits = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = fit_intervals(*spread_with_level(rng, 600), seed=seed)
        hits.append(coverage(made, *spread_with_level(rng, 2000), level).mean())
    assert np.mean(hits) == pytest.approx(level, abs=0.02)


def test_the_interval_is_as_wide_as_the_errors_of_its_neighbours():
    rng = np.random.default_rng(0)
    made = fit_intervals(*spread_with_level(rng, 3000))
    truth, said = spread_with_level(rng, 20_000)
    hits = coverage(made, truth, said)
    shares = [hits[(said >= k) & (said < k + 1)].mean() for k in range(10)]
    assert min(shares) > 0.84
    constant = np.quantile(np.abs(truth - said), 0.9)
    assert (np.abs(truth - said) <= constant)[said > 9].mean() < 0.75  # one width for all does not


@pytest.mark.whole
def test_ends_are_asymmetric_only_where_that_is_better():
    is_asymmetric = {False: [], True: []}
    for skewed, found in is_asymmetric.items():
        for seed in range(10):
            truth, said = spread_with_level(np.random.default_rng(seed), 1000, skewed)
            found.append(not fit_intervals(truth, said, seed=seed).symmetric)
    assert all(is_asymmetric[True])
    assert np.mean(is_asymmetric[False]) <= 0.3


def test_ends_do_not_jump_between_neighbours():
    made = fit_intervals(*spread_with_level(np.random.default_rng(3), 2000))
    low, high = made.interval(np.linspace(-1, 11, 4000))
    assert np.abs(np.diff([low, high], axis=1)).max() < 0.05


def test_targets_without_negative_values_have_intervals_without():
    rng = np.random.default_rng(0)
    truth, said = rng.exponential(1, 500), np.full(500, 1.0)
    low, high = fit_intervals(truth, said).interval(np.array([-5.0, 0.1, 1.0]))
    assert (low >= 0).all()
    assert (high >= low).all()
    assert fit_intervals(truth - 0.5, said).interval(np.array([0.1]))[0] < 0


def test_a_constant_prediction_and_few_different_ones_have_bins_of_their_own():
    rng = np.random.default_rng(0)
    said = np.repeat([1.0, 2.0], 300)
    truth = said + rng.normal(size=600) * np.repeat([0.1, 3.0], 300)
    low, high = fit_intervals(truth, said).interval(np.array([1.0, 2.0]))
    width = high - low
    assert width[1] > 10 * width[0]
    assert np.ptp(fit_intervals(truth, np.ones(600)).interval(np.ones(3))[0]) == 0


def test_few_rows_promise_no_more_than_they_can():
    truth, said = spread_with_level(np.random.default_rng(0), 15)
    made = fit_intervals(truth, said)
    assert made.highest_level == pytest.approx(1 - 2 / 16)
    made.interval(said, 0.8)
    with pytest.raises(
        ValueError, match=r"15 independent rows cannot carry: the highest that they can is 0\.875"
    ):
        made.interval(said, 0.9)
    for nonsense in (0.2, 1.0, 90, float("nan")):
        with pytest.raises(ValueError, match="share from 0.5"):
            made.interval(said, nonsense)


def grouped(rng, n_groups, size):
    groups = np.repeat(np.arange(n_groups), size)
    said = rng.uniform(0, 10, len(groups))
    return said + rng.normal(size=n_groups)[groups] + 0.1 * rng.normal(size=len(groups)), said, groups


@pytest.mark.whole
def test_new_groups_are_covered_where_rows_of_a_group_go_together():
    by_group, by_row = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth, said, groups = grouped(rng, 30, 40)
        new = grouped(rng, 200, 2)
        by_group.append(coverage(fit_intervals(truth, said, groups), *new[:2]).mean())
        by_row.append(coverage(fit_intervals(truth, said), *new[:2]).mean())
    assert np.mean(by_group) >= 0.89
    assert np.mean(by_row) < np.mean(by_group)


def test_a_group_counts_once_however_many_rows_it_has():
    groups = np.array([0] * 97 + [1, 2, 3])
    assert unit_weights(100, groups).sum() == pytest.approx(4)
    values = np.r_[np.zeros(97), 5.0, 6.0, 7.0]
    assert conformal_quantile(values, unit_weights(100, groups), 0.6) == 6.0
    assert conformal_quantile(values, np.ones(100), 0.6) == 0.0


def test_what_is_saved_comes_back_to_the_last_bit_and_nonsense_is_refused():
    rng = np.random.default_rng(0)
    truth, said, groups = grouped(rng, 60, 5)
    for made in (fit_intervals(truth, said, groups), fit_intervals(np.abs(truth), said)):
        content = made.to_dict()
        again = PredictionIntervals.from_dict(content)
        np.testing.assert_array_equal(again.interval(said, 0.8), made.interval(said, 0.8))
        for key, value in (
            ("predictions", content["predictions"][::-1]),
            ("predictions", []),
            ("residuals", [1.0]),
            ("residuals", ["1"] * 300),
            ("residuals", [float("nan")] * 300),
            ("weights", [0.0] * 300),
            ("symmetric", 1),
            ("lowest", "0"),
        ):
            with pytest.raises(ValueError, match=key if key != "residuals" else "residuals"):
                PredictionIntervals.from_dict(content | {key: value})


def test_many_rows_are_kept_in_a_small_file():
    made = fit_intervals(*spread_with_level(np.random.default_rng(0), 50_000))
    assert len(made.predictions) == 5000
    truth, said = spread_with_level(np.random.default_rng(1), 20_000)
    assert coverage(made, truth, said).mean() == pytest.approx(0.9, abs=0.02)
