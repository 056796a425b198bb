"""Inner rows lie to the others as the rows that a fold leaves out do."""

import numpy as np
import pytest
from conftest import make_table, write_project
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development.data.intake import take_in
from model_development.data.splitting.early_stopping import draw_early_stopping_rows
from model_development.settings.context import read_context


@pytest.mark.whole
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=80), st.integers(0, 5))
def test_every_class_stays_among_the_rows_that_are_learnt_from(labels, seed):
    y = np.unique(labels, return_inverse=True)[1]
    early_stopping_rows = draw_early_stopping_rows(y, seed, y)
    assert 0 < len(early_stopping_rows) < len(y)
    assert len(np.unique(early_stopping_rows)) == len(early_stopping_rows)
    rest = np.setdiff1d(np.arange(len(y)), early_stopping_rows)
    assert len(early_stopping_rows) == 1 or set(y[rest]) == set(y)
    np.testing.assert_array_equal(early_stopping_rows, draw_early_stopping_rows(y, seed, y))


def test_the_shares_of_the_classes_are_kept_and_the_seed_counts():
    y = np.repeat([0, 1], [2700, 300])
    early_stopping_rows = draw_early_stopping_rows(y, 1, y)
    assert (np.mean(y[early_stopping_rows]), len(early_stopping_rows)) == (pytest.approx(0.1, abs=0.01), 300)
    assert set(early_stopping_rows) != set(draw_early_stopping_rows(y, 2, y))


def test_groups_stay_whole():
    groups = np.repeat(np.arange(50), 8)
    early_stopping_rows = draw_early_stopping_rows(np.arange(400.0), 0, groups=groups)
    rest = np.setdiff1d(np.arange(400), early_stopping_rows)
    assert not set(groups[early_stopping_rows]) & set(groups[rest])
    assert 60 <= len(early_stopping_rows) <= 100


def test_inner_rows_are_the_latest_where_time_counts():
    moments = np.random.default_rng(0).permutation(400) // 4
    early_stopping_rows = draw_early_stopping_rows(np.arange(400.0), 0, moments=moments)
    rest = np.setdiff1d(np.arange(400), early_stopping_rows)
    assert moments[rest].max() < moments[early_stopping_rows].min()


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("n_times", [2, 8, 12])
def test_times_of_many_rows_are_the_latest_and_not_cut_in_two(n_times, newest_first):
    years = np.repeat(np.arange(n_times), 30)
    moments = years[::-1] if newest_first else years
    early_stopping_rows = draw_early_stopping_rows(np.arange(float(len(years))), 0, moments=moments)
    rest = np.setdiff1d(np.arange(len(years)), early_stopping_rows)
    assert moments[rest].max() < moments[early_stopping_rows].min()
    assert len(early_stopping_rows) == pytest.approx(0.2 * len(years), abs=30)


@pytest.mark.parametrize("seed", range(10))
def test_one_large_group_or_time_leaves_most_rows_to_learn_from(seed):
    sizes = [240, *[16] * 10]
    large = np.repeat(np.arange(len(sizes)), sizes)
    y = np.repeat([0, 1], [360, 40])  # a table that lies sorted by class
    early_stopping_rows = draw_early_stopping_rows(y, seed, groups=large)
    assert 60 <= len(early_stopping_rows) <= 100
    assert not set(large[early_stopping_rows]) & set(np.delete(large, early_stopping_rows))
    early_stopping_rows = draw_early_stopping_rows(y, seed, y, moments=-large)
    assert 60 <= len(early_stopping_rows) <= 100
    assert set(y[early_stopping_rows]) == {0, 1}


def test_a_single_group_or_a_single_time_still_leaves_rows_to_learn_from():
    for steering in ({"groups": np.zeros(40, int)}, {"moments": np.zeros(40)}):
        early_stopping_rows = draw_early_stopping_rows(np.arange(40.0), 0, **steering)
        assert 0 < len(early_stopping_rows) < 40


@pytest.mark.whole
@pytest.mark.parametrize(("split", "column"), [("time", "since"), ("group", "age")])
def test_the_split_of_the_context_reaches_the_inner_rows(split, column, tmp_path):
    given = {"split": split, f"{split}_column": column}
    table = make_table(n_rows=400)
    data = take_in(read_context(write_project(tmp_path, table=table, settings=given))).data
    rows = data.folds[-1][0]
    early_stopping_rows = rows[data.early_stopping_rows(rows, 0)]
    rest = np.setdiff1d(rows, early_stopping_rows)
    values = data.moments if split == "time" else data.groups
    assert not set(values[early_stopping_rows]) & set(values[rest])
    if split == "time":
        assert values[rest].max() < values[early_stopping_rows].min()
