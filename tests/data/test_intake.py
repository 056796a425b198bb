import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.settings.context import read_context


def intake(folder, kind="binary", **options):
    return take_in(read_context(write_project(folder, kind, **options)))


@pytest.mark.whole
def test_what_comes_out_holds_no_test_row(tmp_path):
    """Poison the test rows: whatever training receives must not change by a single value."""
    from model_development.data.splitting.splits import assign_rows
    from model_development.tasks.table import make_task

    table = make_table("regression")
    clean = intake(tmp_path / "clean", "regression", table=table)
    context = read_context(tmp_path / "clean" / "pipeline_context.json")
    task = make_task(table["outcome"], "outcome")
    test_rows = assign_rows(table, table["outcome"], task, context.settings) == "test"
    assert test_rows.sum() == clean.assignment.counts()["test"]
    poisoned = table.copy()
    poisoned.loc[test_rows, "age"] = 10**9
    poisoned.loc[test_rows, "home town"] = "POISON"
    poison = intake(tmp_path / "poison", "regression", table=poisoned)
    pd.testing.assert_frame_equal(clean.data.X_train, poison.data.X_train)
    pd.testing.assert_frame_equal(clean.data.X_validation, poison.data.X_validation)
    np.testing.assert_array_equal(clean.data.y_train, poison.data.y_train)
    assert clean.data.schema == poison.data.schema
    assert clean.fingerprint != poison.fingerprint


@pytest.mark.whole
def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    table = make_table("binary")
    table.loc[:9, "outcome"] = None
    result = intake(tmp_path, table=table)
    assert result.n_rows_without_target == 10
    assert sum(result.assignment.counts().values()) == len(table) - 10


@pytest.mark.whole
def test_named_columns_are_no_features(tmp_path):
    table = make_table("binary").assign(id=range(240), g=[i // 4 for i in range(240)])
    settings = {"split": "group", "group_column": "g", "id_columns": ["id"]}
    assert (
        set(intake(tmp_path, table=table, settings=settings).data.X_train) & {"id", "g", "outcome"} == set()
    )


@pytest.mark.parametrize(
    ("table", "changes", "message"),
    [
        (None, {"target_variable": "outcom"}, "Did you mean 'outcome'"),
        (None, {"feature_names": ["agee"]}, "'agee' Did you mean 'age'"),
        (make_table("binary").assign(outcome="bad"), {}, "one value only"),
        (make_table("binary").head(12), {}, "has 12 rows"),
        (make_table("binary").assign(outcome=None), {}, "missing in every row"),
        (make_table("binary").assign(outcome=["bad"] + ["good"] * 239), {}, "too few rows: 'bad' .1."),
        (
            make_table("binary").assign(outcome=[*range(234), *"abcdef"]),
            {},
            "mixes numbers and text: 6 of 240",
        ),
    ],
)
def test_a_table_that_cannot_be_learnt_from_stops_with_a_sentence(table, changes, message, tmp_path):
    outputs = {"feature_data_path": "table.csv", "target_variable": "outcome", **changes}
    with pytest.raises(DataError, match=message):
        intake(tmp_path, table=table, epoch_004_outputs=outputs)


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        ({"id_columns": ["aeg"]}, {}, "`id_columns` names 'aeg'.*Did you mean 'age'"),
        ({"split": "group", "group_column": "g"}, {}, "`group_column` names 'g'"),
        ({"id_columns": ["outcome"]}, {}, "which is the target"),
        ({}, {"feature_names": ["age", "outcome"]}, "holds the target"),
    ],
)
def test_columns_named_by_settings_must_exist_and_not_be_the_target(settings, changes, message, tmp_path):
    outputs = {"feature_data_path": "table.csv", "target_variable": "outcome", **changes}
    with pytest.raises(DataError, match=message):
        intake(tmp_path, settings=settings, epoch_004_outputs=outputs)


def test_lists_in_cells_are_an_error_that_names_the_column(tmp_path):
    table = make_table("binary").assign(tags=[["a", "b"]] * 240)
    table.to_parquet(tmp_path / "table.parquet")
    outputs = {"feature_data_path": "table.parquet", "target_variable": "outcome"}
    with pytest.raises(DataError, match="'tags' holds lists"):
        intake(tmp_path, epoch_004_outputs=outputs)


@pytest.mark.whole
def test_a_target_of_numbers_as_text_with_missing_marks_is_a_number(tmp_path):
    table = make_table("regression")
    table["outcome"] = table["outcome"].astype(str)
    table.loc[:4, "outcome"] = "?"
    result = intake(tmp_path, "regression", table=table)
    assert result.data.task.kind == "regression"
    assert result.n_rows_without_target == 5


@pytest.mark.whole
@pytest.mark.parametrize("n_rows", [20, 25, 30, 40, 60])
def test_small_regression_tables_split_in_the_stated_shares(n_rows, tmp_path):
    rows = intake(tmp_path, "regression", table=make_table("regression", n_rows)).assignment.counts()
    assert rows["validation"] == rows["test"] == round(n_rows * 0.1)


def test_more_folds_than_training_rows_allow_is_an_error(tmp_path):
    with pytest.raises(DataError, match="50 folds need 100"):
        intake(tmp_path, "regression", table=make_table("regression", 60), settings={"cv_folds": 50})


@pytest.mark.whole
def test_groups_with_missing_names_are_one_group(tmp_path):
    table = make_table("binary")
    table["g"] = [f"g{i // 6}" if i // 6 % 7 else None for i in range(240)]
    settings = {"split": "group", "group_column": "g"}
    assert intake(tmp_path, table=table, settings=settings).assignment.counts()["train"] > 150


def test_a_dominant_group_goes_to_training_and_not_to_validation(tmp_path):
    table = make_table("binary").assign(g=[0] * 180 + [1 + i // 5 for i in range(60)])
    settings = {"split": "group", "group_column": "g"}
    assert intake(tmp_path, table=table, settings=settings).assignment.counts()["train"] >= 180


@pytest.mark.whole
@pytest.mark.parametrize("named", [{"group_column": "g"}, {"time_column": "t"}])
def test_folds_of_the_users_own_split_keep_to_the_column_that_is_named(named, tmp_path):
    parts = np.repeat(["train", "validation", "test"], [192, 24, 24])
    table = make_table().assign(part=parts, g=np.arange(240) // 6, t=np.arange(240))
    settings = {"split": "column", "split_column": "part", **named}
    data = intake(tmp_path, table=table, settings=settings).data
    for fit, score in data.folds:
        if "group_column" in named:
            assert not set(fit // 6) & set(score // 6)
        else:
            assert fit.max() < score.min()
