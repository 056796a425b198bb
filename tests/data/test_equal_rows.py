"""Rows that are equal are on one side of split, folds and early-stopping rows, without being asked."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.data.intake import take_in
from model_development.data.splitting.equal_rows import equal_rows, joined
from model_development.errors import DataError
from model_development.settings.context import read_context

N = 1000
RNG = np.random.default_rng(5)
TABLE = pd.DataFrame({f"m{j}": RNG.normal(size=N).round(6) for j in range(4)})
TABLE["town"] = RNG.choice(["Bern", "Basel", None], N)
TABLE["day"] = (pd.Timestamp("2025-01-01") + pd.to_timedelta(RNG.integers(0, 300, N), "D")).astype(str)
TABLE["outcome"] = np.where(TABLE["m0"] + RNG.normal(size=N) > 0, "a", "b")


def repeated(share=0.01, times=1, table=TABLE):
    more = [table.sample(round(share * N), random_state=1)] * times
    return pd.concat([table, *more]).sample(frac=1, random_state=2).reset_index(drop=True)


def take(folder, table, **settings):
    return take_in(read_context(write_project(folder, table=table, settings=settings)))


def sides(intake, table, without=("outcome", "number", "part")):
    """For each set of equal rows: how many parts, and how many folds, it is in."""
    features = table[[name for name in table if name not in without]]
    keys = pd.util.hash_pandas_object(features, index=False).to_numpy()
    where = pd.DataFrame({"key": keys, "part": intake.assignment.parts, "fold": intake.assignment.folds})
    counts = where.groupby("key").agg("nunique")
    return int(counts["part"].max()), int(counts["fold"].max())


TABLES = {
    "1 % of the rows once more": repeated(),
    "half of the rows three times": repeated(0.5, 2),
    "one row thirty times": repeated(0.001, 30),
    "copies under new numbers": repeated(0.3).assign(number=lambda t: np.arange(len(t))),
    "copies under new names": repeated(0.3).assign(number=lambda t: [f"n{i}" for i in t.index]),
    "few rows under new numbers": repeated(0.003).assign(number=lambda t: np.arange(len(t))),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", TABLES)
def test_equal_rows_are_on_one_side_and_said(name, tmp_path):
    table = TABLES[name]
    intake = take(tmp_path, table)
    assert sides(intake, table) == (1, 1)
    (found,) = [f for f in intake.findings if f.check == "rows_in_two_parts"]
    assert (found.severity, "kept on one side" in found.evidence) == ("info", True)
    counts, n_rows = intake.assignment.counts(), len(table)
    assert abs(counts["validation"] - 0.1 * n_rows) < 0.04 * n_rows
    assert abs(counts["test"] - 0.1 * n_rows) < 0.04 * n_rows
    folds = np.bincount(intake.assignment.folds[intake.assignment.folds >= 0])
    assert folds.max() < 1.3 * folds.min()


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["stratified", "group"])
def test_no_early_stopping_row_equals_one_that_is_learnt_from(kind, tmp_path):
    table = repeated(0.5, 2).assign(who=lambda t: np.arange(len(t)) % 200)
    data = take(tmp_path, table, split=kind, group_column="who", accept=["groups_in_two_parts"]).data
    for fit, _ in data.folds:
        watched = data.early_stopping_rows(fit, seed=0)
        others = np.setdiff1d(np.arange(len(fit)), watched)
        keys = data.groups[fit]
        assert len(watched)
        assert not set(keys[watched]) & set(keys[others])


@pytest.mark.whole
def test_a_split_by_group_keeps_groups_and_equal_rows_together(tmp_path):
    table = repeated(0.02).assign(who=lambda t: np.arange(len(t)) // 5)
    intake = take(tmp_path, table, split="group", group_column="who")
    assert sides(intake, table, without=("outcome", "who")) == (1, 1)
    assert sides(intake, table[["who"]]) == (1, 1)


def test_equal_rows_that_chain_all_groups_leave_the_groups_as_they_are():
    groups = np.arange(100) // 10
    assert joined(groups, np.arange(100) % 50).tolist() == groups.tolist()
    together = joined(np.arange(100) // 2, np.r_[0, 1, 2, 0, np.arange(3, 99)])
    assert together[0] == together[3] != together[4]


@pytest.mark.whole
def test_by_time_equal_rows_are_on_one_side(tmp_path):
    table = repeated(0.05)
    assert sides(take(tmp_path, table, split="time", time_column="day"), table) == (1, 1)


def test_without_repeated_rows_the_split_is_what_it_was():
    """As written down before equal rows were looked for."""
    from model_development.data.splitting import splits
    from model_development.settings.settings import Settings
    from model_development.tasks.table import make_task

    assert equal_rows(TABLE.drop(columns="outcome")) is None
    parts = splits.assign_rows(TABLE, TABLE["outcome"], make_task(TABLE["outcome"], "y"), Settings())
    assert np.flatnonzero(parts == "test")[:8].tolist() == FIRST_TEST_ROWS


FIRST_TEST_ROWS = [6, 22, 27, 51, 54, 56, 77, 78]


@pytest.mark.whole
def test_a_value_that_most_rows_have_is_on_all_sides(tmp_path):
    table = TABLE.copy()
    table.loc[RNG.permutation(N)[:600], ["m0", "m1", "m2", "m3", "town", "day"]] = [
        0,
        0,
        0,
        0,
        "Bern",
        "2025-01-01",
    ]
    intake = take(tmp_path, table)
    assert [f for f in intake.findings if f.severity == "error"] == []
    counts = intake.assignment.counts()
    assert abs(counts["validation"] - 100) < 30
    assert abs(counts["test"] - 100) < 30


def test_few_columns_of_few_values_repeat_by_chance_and_are_split_as_ever(tmp_path):
    table = pd.DataFrame({name: RNG.integers(0, 3, N) for name in "abc"}).assign(outcome=TABLE["outcome"])
    assert equal_rows(table.drop(columns="outcome")) is None
    intake = take(tmp_path, table)
    assert [f for f in intake.findings if f.severity == "error"] == []


@pytest.mark.whole
@pytest.mark.parametrize("where", ["split column", "own test table"])
def test_what_the_split_cannot_mend_is_an_error(where, tmp_path):
    table = repeated(0.3)
    if where == "split column":
        table = table.assign(part=np.resize(["train", "train", "validation", "test"], len(table)))
        settings = {"split": "column", "split_column": "part"}
    else:
        TABLE.head(200).to_csv(tmp_path / "test.csv", index=False)
        settings = {"test_data_path": "test.csv"}
    with pytest.raises(DataError, match="rows_in_two_parts.*repeat the features of a training row"):
        mu.check_data(write_project(tmp_path, table=table, settings=settings))


@pytest.mark.whole
@pytest.mark.usefixtures("without_charts")
def test_a_table_with_repeated_rows_trains_and_resumes(tmp_path):
    context = write_project(tmp_path, table=repeated(0.1))
    phase = mu.start_training(context_path=context, models=["lightgbm_baseline"])
    mu.train_all(phase)
    assert mu.finish_training(phase).status == "ok"
    folder = tmp_path / "artifacts" / "epoch005-model-development"
    written = json.loads((folder / "best_model_info.json").read_text(encoding="utf-8"))
    again = mu.start_training(context_path=context, models=["lightgbm_baseline"])
    assert again.session.intake.assignment.fingerprint == written["split_fingerprint"]
