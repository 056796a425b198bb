import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development.data import splits
from model_development.data.task import make_task
from model_development.errors import DataError
from model_development.handover.settings import Settings


def assigned(table, y, **values):
    task = make_task(y, "y")
    return splits.assign_rows(table, y, task, Settings(cv_folds=3, **values)), task


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
    for fit, score in splits.make_folds(table[train], y[train].to_numpy(), task, chosen, groups[train]):
        assert not set(groups[train][fit]) & set(groups[train][score])


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
    order = when[train].to_numpy()
    chosen = Settings(cv_folds=3, split="time", time_column="t")
    for fit, score in splits.make_folds(table[train], y[train].to_numpy(), task, chosen, order=order):
        assert order[fit].max() < order[score].min()


def test_folds_leave_out_every_training_row_once():
    y = pd.Series(np.arange(90) % 3)
    task = make_task(y, "y")
    folds = splits.make_folds(pd.DataFrame({"x": y}), y.to_numpy(), task, Settings(cv_folds=5))
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
        ({"t": ["soon"] * 40}, {"split": "time", "time_column": "t"}, "row 0: 'soon'"),
        ({"x": range(40)}, {"split": "time", "time_column": "t"}, "`time_column` is 't'"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(table, values, message):
    with pytest.raises(DataError, match=message):
        assigned(pd.DataFrame(table), pd.Series(np.arange(40) % 2), **values)
