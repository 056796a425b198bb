import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.handover.context import read_context


def intake(folder, kind="binary", **options):
    return take_in(read_context(write_project(folder, kind, **options)))


def test_what_comes_out_holds_no_test_row(tmp_path):
    """Poison the test rows: whatever training receives must not change by a single value."""
    from model_development.data.splits import assign_rows
    from model_development.data.task import make_task

    table = make_table("regression")
    clean = intake(tmp_path / "clean", "regression", table=table)
    context = read_context(tmp_path / "clean" / "pipeline_context.json")
    task = make_task(table["outcome"], "outcome")
    test_rows = assign_rows(table, table["outcome"], task, context.settings) == "test"
    assert test_rows.sum() == clean.n_rows["test"]
    poisoned = table.copy()
    poisoned.loc[test_rows, "age"] = 10**9
    poisoned.loc[test_rows, "home town"] = "POISON"
    poison = intake(tmp_path / "poison", "regression", table=poisoned)
    pd.testing.assert_frame_equal(clean.data.X_train, poison.data.X_train)
    pd.testing.assert_frame_equal(clean.data.X_validation, poison.data.X_validation)
    np.testing.assert_array_equal(clean.data.y_train, poison.data.y_train)
    assert clean.data.schema == poison.data.schema
    assert clean.fingerprint != poison.fingerprint


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    table = make_table("binary")
    table.loc[:9, "outcome"] = None
    result = intake(tmp_path, table=table)
    assert result.n_rows_without_target == 10
    assert sum(result.n_rows.values()) == len(table) - 10


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
        (make_table("binary").assign(outcome=["rare"] * 2 + ["bad", "good"] * 119), {}, "'rare' .2."),
    ],
)
def test_a_table_that_cannot_be_learnt_from_stops_with_a_sentence(table, changes, message, tmp_path):
    outputs = {"feature_data_path": "table.csv", "target_variable": "outcome", **changes}
    with pytest.raises(DataError, match=message):
        intake(tmp_path, table=table, epoch_004_outputs=outputs)
