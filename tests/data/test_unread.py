"""Columns that training could read and that mostly cannot be read now are said, at every door."""

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.errors import DataError, UnreadableColumnWarning
from model_development.model_utils import load_model, save_model
from model_development.pipeline import TabularModel
from model_development.settings.context import read_context

N = 200
RNG = np.random.default_rng(1)
ROWS = pd.DataFrame(
    {
        "day": pd.date_range("2025-01-01", periods=N).strftime("%d.%m.%Y"),
        "price": [f"${v:,.2f}" for v in RNG.gamma(2, 900, N)],
        "size": RNG.normal(size=N),
        "town": RNG.choice(["Bern", "Genf", "Basel"], N),
        "is_new": RNG.choice([True, False], N),
    }
)
Y = np.where(RNG.random(N) < 0.5, "a", "b")


@pytest.fixture(scope="module")
def model():
    return TabularModel("sklearn_logistic_regression").fit(ROWS, Y)


ODD = {
    "day": "some time in May",
    "price": "1234 kg",
    "size": "large",
    "town": "Zug",
    "is_new": "perhaps",
}


@pytest.mark.whole
@pytest.mark.parametrize("name", ODD)
def test_most_values_that_mean_nothing_are_warned_of(name, model):
    rows = ROWS.astype({name: object}).copy()
    rows.loc[: N * 3 // 4, name] = ODD[name]
    with pytest.warns(UnreadableColumnWarning, match=rf"76% of the values of column '{name}'.*{ODD[name]}"):
        model.predict(rows)
    with pytest.raises(DataError, match=f"'{name}'"):
        TabularModel(**model.get_params()).set_params(strict=True).fit(ROWS, Y).predict(rows)


@pytest.mark.whole
@pytest.mark.parametrize("name", ODD)
def test_few_of_them_or_missing_values_are_not(name, model):
    few, gone = ROWS.astype({name: object}).copy(), ROWS.astype({name: object}).copy()
    few.loc[: N // 4, name] = ODD[name]
    gone[name] = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(few)
        model.predict(gone)
        model.predict(ROWS)


def test_dates_in_a_column_of_numbers_are_not_read_as_nanoseconds(model):
    with pytest.warns(UnreadableColumnWarning, match="'size' are no numbers"):
        model.predict(ROWS.assign(size=pd.date_range("2025-01-01", periods=N)))


@pytest.mark.whole
def test_a_column_whose_values_hardly_repeat_may_hold_new_ones():
    rows = ROWS.assign(user=[f"user {i * 7 % 120}" for i in range(N)])
    often_new = TabularModel("sklearn_logistic_regression").fit(rows, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        often_new.predict(rows.head(2).assign(user="user 5000"))


def test_a_loaded_model_is_strict_where_it_is_asked_to_be(model, tmp_path):
    save_model(model, tmp_path / "m")
    rows = ROWS.assign(day="soon")
    with pytest.warns(UnreadableColumnWarning, match="100% of the values of column 'day'.*'soon'"):
        load_model(tmp_path / "m").predict(rows)
    with pytest.raises(DataError, match="column 'day'"):
        load_model(tmp_path / "m", strict=True).predict(rows)


@pytest.mark.whole
def test_validation_rows_that_cannot_be_read_are_a_finding_and_test_rows_are_not_looked_at(tmp_path):
    table = ROWS.assign(outcome=Y, part=["train"] * 140 + ["validation"] * 30 + ["test"] * 30)
    table.loc[140:, "day"] = "later"
    table.loc[170:, "town"] = "nowhere"
    settings = {"split": "column", "split_column": "part"}
    context = read_context(write_project(tmp_path, table=table, settings=settings))
    found = [f for f in take_in(context).findings if f.check == "doubtful_reading"]
    assert [f.columns for f in found] == [("day",)]
    assert "100% of the values of the validation rows are no dates, such as 'later'" in found[0].evidence


def train_on(texts):
    rows = pd.DataFrame({"price": texts, "x": np.arange(len(texts)) % 7})
    return TabularModel("sklearn_logistic_regression").fit(rows, np.resize(["a", "b"], len(texts)))


THOUSANDS = [f"{value:,}" for value in range(1200, 9900, 70)]
DOUBTS = [  # prices of the training rows; of the rows to come; the one in doubt, and what it is read as
    (THOUSANDS, ["1,234"], "1,234", 1234),
    (THOUSANDS, ["2,345 ", "1,5"], "2,345", 2345),
    ([n * 1.5 for n in range(80)], ["1,234", "5"], "1,234", 1234),
    ([f"{n}.5" for n in range(80)], ["12,345"], "12,345", 12345),
    ([f"${n},234.50" for n in range(1, 80)], ["$1.234", "$1.234,50"], "$1.234", 1.234),
    ([f"{n}.234,50" for n in range(1, 80)], ["1,234", "1,234.50"], "1,234", 1.234),
]


@pytest.mark.whole
@pytest.mark.parametrize(("trained", "given", "text", "number"), DOUBTS)
def test_numbers_that_may_mean_others_are_said_with_column_reading_and_what_to_do(
    trained, given, text, number
):
    model, rows = train_on(trained), pd.DataFrame({"price": given, "x": 0})
    assert model.schema_.clean(rows)["price"].iloc[0] == number
    with pytest.warns(UnreadableColumnWarning) as caught:
        model.predict(rows)
    (said,) = [str(warning.message) for warning in caught]
    assert f"Column 'price': {text!r} is read as {number:g}; it may mean" in said.replace("2,345 ", "2,345")
    assert "Write numbers with a point before decimals, and without marks between thousands." in said


@pytest.mark.whole
@pytest.mark.parametrize(
    ("trained", "given"),
    [
        ([f"${n},234.50" for n in range(1, 80)], ["$1,234", "$1,234.50", "7"]),
        ([f"{n}.234,50" for n in range(1, 80)], ["1.234", "1.234,5", "7"]),
        ([n * 1.5 for n in range(80)], ["1.234", "1234", 1.234, None]),
        ([f"{n}.5" for n in range(80)], ["1.234", "0,500", "1,234,567"]),
    ],
)
def test_numbers_that_can_mean_one_thing_alone_are_not(trained, given):
    model = train_on(trained)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(pd.DataFrame({"price": given, "x": 0}, dtype=object))


@pytest.mark.whole
def test_a_file_of_numbers_in_doubt_is_trained_on_with_a_finding_that_says_what_to_do(tmp_path):
    table = ROWS[["size"]].assign(price=np.resize(THOUSANDS, N), outcome=Y)
    (found,) = [
        f for f in take_in(read_context(write_project(tmp_path, table=table))).findings if "doubt" in f.check
    ]
    assert found.columns == ("price",)
    assert "is read as" in found.evidence
    assert found.advice == "Write numbers with a point before decimals, and without marks between thousands."
