import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.schema import TableSchema
from model_development.errors import DataError


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "number": [1.5, np.inf, np.nan],
            "digits as text": ["3", "?", "4.5"],
            "word": ["x", "", "NA"],
            "code": ["a", "a", "b"],
            "flag": [True, False, True],
            "day": ["2026-01-31", "2026-02-28", None],
            "stamp": pd.to_datetime(["2026-01-31", "2026-02-28", None]),
            "same": [7, 7, 7],
            "empty": [None, "?", ""],
        }
    )


def test_cleaning_turns_missing_marks_and_infinities_into_missing(table):
    clean = infer_schema(table).clean(table)
    assert clean["digits as text"].tolist()[::2] == [3.0, 4.5]
    assert clean["digits as text"].isna().tolist() == [False, True, False]
    assert clean["number"].isna().tolist() == [False, True, True]
    assert clean["word"].tolist() == ["x", None, None]
    assert clean["day@weekday"].tolist()[:2] == [5.0, 5.0]
    assert clean["day@days"].isna().tolist() == [False, False, True]


def test_integers_and_floats_are_one_category():
    schema = infer_schema(pd.DataFrame({"c": ["1", "x", "x"]}))
    assert schema.clean(pd.DataFrame({"c": [1]}))["c"].tolist() == ["1"]
    assert schema.clean(pd.DataFrame({"c": [1.0]}))["c"].tolist() == ["1"]


def test_lacking_columns_are_named(table):
    with pytest.raises(DataError, match="number, word"):
        infer_schema(table).clean(table.drop(columns=["number", "word"]))


def test_other_order_and_more_columns_make_no_difference(table):
    schema = infer_schema(table)
    shuffled = table[table.columns[::-1]].assign(more=1)
    pd.testing.assert_frame_equal(schema.clean(table), schema.clean(shuffled))


def test_a_schema_survives_its_json_form(table):
    schema = infer_schema(table)
    assert TableSchema.from_dict(schema.to_dict()) == schema


def test_every_way_of_writing_a_missing_value_is_missing():
    for values in (
        pd.array(["x", pd.NA], dtype="string"),
        pd.Series(["x", pd.NA], dtype=object),
        ["x", None],
    ):
        clean = infer_schema(pd.DataFrame({"c": ["x", "y"]})).clean(pd.DataFrame({"c": values}))
        assert clean["c"].tolist() == ["x", None]


def test_dates_at_the_ends_of_the_calendar_are_dates():
    days = pd.DataFrame({"until": ["0001-01-01", "9999-12-31", "2026-01-01"]})
    schema = infer_schema(days)
    assert schema.names("date") == ["until"]
    assert schema.clean(days)["until@days"].tolist() == [-719162.0, 2932896.0, 20454.0]


def test_times_with_a_zone_are_dates():
    zoned = pd.DataFrame({"t": pd.date_range("2026-01-01", periods=3, freq="D", tz="Europe/Zurich")})
    assert infer_schema(zoned).clean(zoned)["t@hour"].tolist() == [23.0, 23.0, 23.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"x": [1]}, "pandas DataFrame, not as dict"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "columns twice: x"),
    ],
)
def test_rows_that_are_no_table_get_a_sentence(rows, message):
    with pytest.raises(DataError, match=message):
        infer_schema(pd.DataFrame({"x": [1, 2]})).clean(rows)


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (pd.to_timedelta(["1D", None, "12h"]), [1.0, None, 0.5]),
        (pd.array([1, None, 3], dtype="Int64"), [1.0, None, 3.0]),
    ],
)
def test_durations_and_nullable_numbers_are_numbers(values, numbers):
    table = pd.DataFrame({"x": values})
    cleaned = infer_schema(table).clean(table)["x"]
    assert [None if pd.isna(value) else value for value in cleaned] == numbers


def test_periods_are_dates():
    table = pd.DataFrame({"p": pd.period_range("2026-01", periods=3, freq="M")})
    assert infer_schema(table).clean(table)["p@month"].tolist() == [1.0, 2.0, 3.0]


def test_a_column_of_many_rows_is_cleaned_as_its_rows_are_one_by_one():
    mixed = pd.DataFrame({"c": pd.Series(["a ", "?", None, 1, 1.0, True, "a"] * 3, dtype=object)})
    schema = infer_schema(mixed)
    together = schema.clean(mixed)["c"].tolist()
    assert together == [schema.clean(mixed.iloc[[i]])["c"].iloc[0] for i in range(len(mixed))]
    assert together[:7] == ["a", None, None, "1", "1", "True", "a"]


def test_flags_read_alike_as_booleans_and_as_text():
    schema = infer_schema(pd.DataFrame({"flag": [True, False, True]}))
    assert schema.clean(pd.DataFrame({"flag": ["True", "False", "?"]}))["flag"].tolist()[:2] == [1.0, 0.0]
    assert schema.clean(pd.DataFrame({"flag": ["False"]}))["flag"].tolist() == [0.0]


def test_a_number_without_end_is_missing():
    schema = infer_schema(pd.DataFrame({"x": [1, 2]}))
    assert np.isnan(schema.clean(pd.DataFrame({"x": [10**400]}))["x"].iloc[0])


def test_many_columns_of_numbers_read_at_once_are_those_read_one_by_one(monkeypatch):
    table = pd.DataFrame({f"n{k}": [k + 0.5, np.inf, np.nan, -1e300, 1e-300] for k in range(20)})
    table = table.assign(whole=range(5), single=np.float32(0.1), text=["1", "?", "2", "3", "x"])
    table["nullable"] = pd.array([1, None, 3, 4, 5], dtype="Int64")
    schema = infer_schema(table.assign(text=["1", "2", "3", "4", "5"]))
    at_once = schema.clean(table.iloc[::-1, ::-1])
    monkeypatch.setattr("model_development.data.columns.schema.MANY_COLUMNS", 1000)
    one_by_one = schema.clean(table.iloc[::-1, ::-1])
    pd.testing.assert_frame_equal(at_once, one_by_one)
    assert at_once["n3"].isna().tolist() == [False, True, True, True, False]
