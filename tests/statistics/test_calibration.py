"""Calibration error, its value by chance, the Brier score in parts, and a test of calibration."""

import numpy as np
import pytest

from model_development.statistics.calibration import (
    brier_parts,
    calibration_error,
    calibration_p_value,
    error_when_calibrated,
    reliability_bins,
)


def calibrated(rng, n):
    said = rng.beta(1, 3, n)
    return rng.random(n) < said, said


def calibrated_groups(seed):
    """(happened, said, groups): one outcome for all eight rows of each of 60 groups."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(60), 8)
    said = rng.beta(1, 3, 60)[groups]
    return (rng.random(60) < said[::8])[groups], said, groups


@pytest.mark.whole
def test_the_test_is_wrong_in_one_of_twenty_tables():
    p_values = [calibration_p_value(*calibrated(np.random.default_rng(seed), 300)) for seed in range(600)]
    assert 0.03 <= np.mean(np.array(p_values) < 0.05) <= 0.07


@pytest.mark.whole
def test_with_groups_it_is_seldom_wrong_either_where_rows_of_a_group_agree():
    by_group, by_row = [], []
    for seed in range(300):
        happened, said, groups = calibrated_groups(seed)
        by_group.append(calibration_p_value(happened, said, groups) < 0.05)
        by_row.append(calibration_p_value(happened, said) < 0.05)
    assert np.mean(by_group) <= 0.09
    assert np.mean(by_row) > 0.3


def test_probabilities_that_are_too_sure_are_found():
    happened, said = calibrated(np.random.default_rng(0), 1000)
    sure = said**2 / (said**2 + (1 - said) ** 2)
    assert calibration_p_value(happened, sure) < 1e-3
    assert calibration_error(happened, sure) > error_when_calibrated(happened, sure)[1]


def test_what_chance_adds_to_the_error_is_what_calibrated_tables_show():
    tables = [calibrated(np.random.default_rng(seed), 300) for seed in range(200)]
    errors = [calibration_error(*table) for table in tables]
    mean, highest = error_when_calibrated(*tables[0])
    assert np.mean(errors) == pytest.approx(mean, rel=0.1)
    assert np.mean(np.array(errors) > highest) <= 0.10


@pytest.mark.whole
def test_a_sample_of_many_rows_tells_what_all_show():
    said = np.random.default_rng(0).beta(1, 3, 80_000)
    rng = np.random.default_rng(1)
    errors = [calibration_error(rng.random(80_000) < said, said) for _ in range(20)]
    assert error_when_calibrated(rng.random(80_000) < said, said)[0] == pytest.approx(
        np.mean(errors), rel=0.2
    )


def test_the_parts_sum_to_the_brier_score():
    happened, said = calibrated(np.random.default_rng(0), 500)
    parts = brier_parts(happened, said)
    whole = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within bins"]
    assert whole == pytest.approx(np.mean((said - happened) ** 2))
    assert abs(parts["within bins"]) < 0.01


def test_equal_probabilities_are_in_one_bin_and_all_rows_are_in_one():
    said = np.round(np.random.default_rng(0).beta(1, 3, 400), 1)
    bins = reliability_bins(said)
    assert sorted(np.concatenate(bins).tolist()) == list(range(400))
    seen = [set(said[rows]) for rows in bins]
    assert sum(map(len, seen)) == len(set(said))
    assert len(reliability_bins(np.full(100, 0.5))) == 1
    assert len(reliability_bins(said[:15])) == 1


def test_rows_that_are_sure_or_few_are_not_tested():
    assert calibration_p_value(np.ones(50, dtype=bool), np.ones(50)) is None
    assert calibration_p_value(np.ones(5, dtype=bool), np.full(5, 0.7)) is None


def test_what_chance_adds_is_more_where_rows_of_a_group_agree():
    """One outcome for each of 60 groups: independent rows would show a third of the error."""
    above, alone = [], []
    for seed in range(100):
        happened, said, groups = calibrated_groups(seed)
        error = calibration_error(happened, said)
        above.append(error > error_when_calibrated(happened, said, seed, groups)[1])
        alone.append(error > error_when_calibrated(happened, said, seed)[1])
    assert np.mean(above) <= 0.16  # of few groups in each bin
    assert np.mean(alone) > 0.5
