import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development.data.splitting import splits
from model_development.data.splitting.assignment import Assignment
from model_development.data.splitting.group_chunks import group_chunks
from model_development.errors import DataError
from model_development.settings.settings import Settings
from model_development.tasks.table import make_task


def assigned(table, y, **values):
    task = make_task(y, "y")
    return splits.assign_rows(table, y, task, Settings(cv_folds=3, **values)), task


def folds_of(numbers, growing=False):
    parts = np.full(len(numbers), "train", dtype=object)
    return Assignment(np.arange(len(numbers)), parts, numbers, {}).training_folds(growing)


@pytest.mark.whole
@settings(max_examples=25, deadline=None)
@given(n_rows=st.integers(60, 300), seed=st.integers(0, 10_000), regression=st.booleans())
def test_parts_are_complete_reproducible_and_of_the_right_size(n_rows, seed, regression):
    rng = np.random.default_rng(seed)
    y = pd.Series(rng.normal(size=n_rows) if regression else rng.permutation(np.arange(n_rows) % 2))
    table = pd.DataFrame({"x": np.arange(n_rows)})
    first, _ = assigned(table, y, seed=seed)
    second, _ = assigned(table, y, seed=seed)
    assert (first == second).all()
    counts = pd.Series(first).value_counts()
    assert set(counts.index) == {"train", "validation", "test"}
    assert counts.sum() == n_rows
    assert abs(counts["test"] - 0.1 * n_rows) <= max(10, 1)


@pytest.mark.whole
@settings(max_examples=25, deadline=None)
@given(n_groups=st.integers(8, 40), seed=st.integers(0, 10_000))
def test_no_group_is_in_two_parts_or_in_both_sides_of_a_fold(n_groups, seed):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), 8)
    y = pd.Series(rng.permutation(np.arange(len(groups)) % 2))
    table = pd.DataFrame({"x": rng.normal(size=len(groups)), "g": groups})
    parts, task = assigned(table, y, split="group", group_column="g", seed=seed)
    assert pd.DataFrame({"g": groups, "part": parts}).groupby("g")["part"].nunique().max() == 1
    train = parts == "train"
    chosen = Settings(cv_folds=3, split="group", group_column="g", seed=seed)
    numbers = splits.fold_numbers(y[train], task, chosen, groups=groups[train])
    for fit, score in folds_of(numbers):
        assert not set(groups[train][fit]) & set(groups[train][score])


@pytest.mark.whole
@settings(max_examples=25, deadline=None)
@given(n_rows=st.integers(60, 200), seed=st.integers(0, 10_000))
def test_time_never_runs_backwards(n_rows, seed):
    rng = np.random.default_rng(seed)
    when = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.permutation(n_rows), "h")
    y = pd.Series(rng.normal(size=n_rows))
    table = pd.DataFrame({"t": when.astype(str)})
    parts, task = assigned(table, y, split="time", time_column="t", seed=seed)
    assert when[parts == "train"].max() < when[parts == "validation"].min()
    assert when[parts == "validation"].max() < when[parts == "test"].min()
    train = parts == "train"
    moments = when[train].to_numpy()
    chosen = Settings(cv_folds=3, split="time", time_column="t")
    folds = folds_of(splits.fold_numbers(y[train], task, chosen, moments=moments), growing=True)
    assert len(folds) == 3
    for fit, score in folds:
        assert moments[fit].max() < moments[score].min()


@pytest.mark.whole
@settings(max_examples=50, deadline=None)
@given(n_days=st.integers(6, 40), seed=st.integers(0, 10_000))
def test_rows_of_one_moment_stay_together(n_days, seed):
    rng = np.random.default_rng(seed)
    days = np.sort(np.concatenate([np.arange(n_days), rng.integers(0, n_days, 150)]))
    y = pd.Series(rng.normal(size=len(days)))
    parts, task = assigned(pd.DataFrame({"t": days}), y, split="time", time_column="t")
    assert pd.DataFrame({"t": days, "part": parts}).groupby("t")["part"].nunique().max() == 1
    train = parts == "train"
    if len(np.unique(days[train])) > 3:
        chosen = Settings(cv_folds=3, split="time", time_column="t")
        numbers = splits.fold_numbers(y[train], task, chosen, moments=days[train])
        assert pd.Series(numbers).groupby(days[train]).nunique().max() == 1


def test_time_folds_need_different_times():
    task = make_task(pd.Series(np.arange(90.0)), "y")
    chosen = Settings(cv_folds=5, split="time", time_column="t")
    with pytest.raises(
        DataError, match="6 stretches of time are needed.*3 different times in the column 't'"
    ):
        splits.fold_numbers(np.arange(90), task, chosen, moments=np.arange(90) // 30)


@pytest.mark.whole
@settings(max_examples=25, deadline=None)
@given(n_rows=st.integers(60, 300), seed=st.integers(0, 10_000))
def test_with_test_rows_of_the_users_own_the_table_is_split_in_two(n_rows, seed):
    y = pd.Series(np.random.default_rng(seed).normal(size=n_rows))
    task, chosen = make_task(y, "y"), Settings(seed=seed)
    parts = splits.assign_rows(pd.DataFrame({"x": y}), y, task, chosen, ("train", "validation"))
    assert set(parts) == {"train", "validation"}
    assert (parts == "validation").sum() == round(n_rows / 10)


def test_folds_leave_out_every_training_row_once():
    y = pd.Series(np.arange(90) % 3)
    task = make_task(y, "y")
    folds = folds_of(splits.fold_numbers(y, task, Settings(cv_folds=5)))
    left_out = np.sort(np.concatenate([score for _, score in folds]))
    np.testing.assert_array_equal(left_out, np.arange(90))


def test_the_users_own_split_column_is_obeyed():
    words = ["Train"] * 30 + ["validation"] * 5 + ["TEST "] * 5
    y = pd.Series(np.arange(40) % 2)
    parts, _ = assigned(pd.DataFrame({"s": words}), y, split="column", split_column="s")
    assert [list(parts).count(part) for part in ("train", "validation", "test")] == [30, 5, 5]


@pytest.mark.parametrize(
    ("table", "values", "message"),
    [
        ({"s": ["train"] * 40}, {"split": "column", "split_column": "s"}, "no row for validation"),
        ({"s": ["dev"] * 40}, {"split": "column", "split_column": "s"}, "'dev'.*Allowed: train"),
        ({"g": [1] * 40}, {"split": "group", "group_column": "g"}, "holds 1 groups"),
        ({"t": ["2026-01-01"] * 39 + ["soon"]}, {"split": "time", "time_column": "t"}, "row 39: 'soon'"),
        ({"t": ["2026-01-01"] * 40}, {"split": "time", "time_column": "t"}, "have 1 different times"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(table, values, message):
    with pytest.raises(DataError, match=message):
        assigned(pd.DataFrame(table), pd.Series(np.arange(40) % 2), **values)


@pytest.mark.parametrize(
    "written", ["%d.%m.%Y", "%d-%b-%Y", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y", "%b %d, %Y"]
)
def test_times_follow_the_way_the_column_writes_them(written):
    days = pd.date_range("2020-01-01", periods=300, freq="D").to_series().sample(frac=1, random_state=0)
    moments = splits.times(pd.Series(days.dt.strftime(written).to_numpy(), name="when"))
    assert (np.argsort(moments) == np.argsort(days.to_numpy())).all()


def test_days_and_months_that_cannot_be_told_apart_are_an_error():
    with pytest.raises(DataError, match="'03/04/2020', may have the day first or the month"):
        splits.times(pd.Series(["03/04/2020", "05/06/2020", "07/08/2021"], name="when"))


def test_groups_are_the_same_as_number_and_as_text():
    assert splits.group_codes(pd.Series([5, "5", 5.0, "x", None], dtype=object)).tolist() == [0, 0, 0, 1, 2]


def test_very_many_groups_are_dealt_out_whole_in_equal_chunks_with_equal_classes():
    """A million small groups took ten minutes, before anything was trained."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 300_000, 1_000_000)
    strata = (rng.random(300_000) < 0.1).astype(int)[groups]
    began = time.perf_counter()
    found = group_chunks(strata, groups, 5, seed=0)
    assert time.perf_counter() - began < 20
    table = pd.DataFrame({"group": groups, "chunk": found, "rare": strata})
    assert (table.groupby("group")["chunk"].nunique() == 1).all()
    sizes, shares = table["chunk"].value_counts(normalize=True), table.groupby("chunk")["rare"].mean()
    assert sizes.between(0.199, 0.201).all()
    assert shares.between(0.995 * shares.mean(), 1.005 * shares.mean()).all()
    assert np.array_equal(found, group_chunks(strata, groups, 5, seed=0))
    assert not np.array_equal(found, group_chunks(strata, groups, 5, seed=1))


def test_times_below_a_second_are_different_times():
    stamps = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(2000), "ms"), name="t")
    assert (np.diff(splits.times(stamps)) > 0).all()
    assert (np.diff(splits.times(stamps.astype(str))) > 0).all()


@pytest.mark.parametrize("n_classes", [3, 200])
def test_classes_of_fewer_rows_than_chunks_are_split_by_group_all_the_same(n_classes):
    y = pd.Series(np.repeat([f"c{k:03d}" for k in range(n_classes)], 9))
    table = pd.DataFrame({"x": np.arange(len(y)), "g": np.arange(len(y)) // 2})
    task = make_task(y, "y")
    parts = splits.assign_rows(table, y, task, Settings(split="group", group_column="g"))
    assert set(parts) == {"train", "validation", "test"}
    assert (pd.Series(parts).groupby(table["g"]).nunique() == 1).all()
