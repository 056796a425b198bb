"""Columns are changed one by one; what the model says then is measured, and no warning gets out."""

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import make_table
from evaluation_inputs import make_input

from model_development.evaluation.failures.changes import CHANGES
from model_development.evaluation.failures.levels import as_sortable
from model_development.evaluation.failures.robustness import ALL, measure_robustness
from model_development.statistics.differences import value_of


def changed(name, given, column):
    """A column of the test rows after a change, and as it is, both as the model reads them."""
    (change,) = [row for row in CHANGES if row.name == name]
    values = given.test.X[column.name]
    after = change.apply(column, given.out_of_fold.X[column.name], values, np.random.default_rng(0))
    return as_sortable(column, after), as_sortable(column, values)


@pytest.fixture(scope="module")
def given():
    return make_input("binary", 800)


@pytest.fixture(scope="module")
def found(given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return measure_robustness(given)


@pytest.mark.whole
def test_each_change_is_what_it_is_called(given):
    columns = {column.name: column for column in given.schema.columns}
    amount, since, town = columns["amount [CHF]"], columns["since"], columns["home town"]
    after, before = changed("times 1000", given, amount)
    np.testing.assert_allclose(after, 1000 * before)
    after, before = changed("noise", given, amount)
    assert np.nanstd(after - before) == pytest.approx(0.1 * np.nanstd(before), rel=0.2)
    assert (np.isnan(after) == np.isnan(before)).all()
    after, before = changed("a year later", given, since)
    np.testing.assert_allclose(after, before + 365)
    after, before = changed("noise", given, town)
    assert 0.01 < (pd.Series(after).fillna("") != pd.Series(before).fillna("")).mean() < 0.1
    after, _ = changed("unseen category", given, town)
    assert not set(after) & set(town.levels)
    for column in (amount, since, town, columns["owner"]):
        assert pd.isna(changed("missing", given, column)[0]).all()


@pytest.mark.whole
def test_a_fall_is_that_of_the_metric_on_the_changed_rows(given, found):
    rows = found.files["robustness.csv"].set_index(["column", "change"])
    said = given.say(given.test.X.assign(**{"amount [CHF]": given.test.X["amount [CHF]"] * 1000}))
    row = rows.loc[("amount [CHF]", "times 1000")]
    assert row["metric_after"] == pytest.approx(value_of(given.metric, given.test.truth, said))
    assert row["fall"] == pytest.approx(row["metric_before"] - row["metric_after"])
    assert row["fall_low"] <= row["fall"] <= row["fall_high"]
    assert rows.loc[("home town", "missing"), "fall"] > 0
    assert {change for name, change in rows.index if name == ALL} == {"noise", "missing"}
    assert ("since", "times 1000") not in rows.index


@pytest.mark.whole
def test_what_the_model_warns_of_is_counted(found):
    rows = found.files["robustness.csv"].set_index(["column", "change"])
    assert rows.loc[("home town", "unseen category"), "is_noticed"]
    assert not rows.loc[("amount [CHF]", "times 1000"), "is_noticed"]
    assert "A change of unit is noticed by a warning in 0 of 2 columns." in found.sentences
    (picture,) = found.pictures.values()
    assert picture.chart.png


@pytest.mark.whole
def test_of_a_single_column_each_change_is_one_row():
    given = make_input("binary", table=make_table("binary", 400)[["amount [CHF]", "outcome"]])
    rows = measure_robustness(given).files["robustness.csv"]
    assert not rows.duplicated(["column", "change"]).any()
    assert ALL not in set(rows["column"])


@pytest.mark.whole
def test_errors_fall_upwards_too():
    rows = measure_robustness(make_input("regression", 400)).files["robustness.csv"]
    worst = rows.set_index(["column", "change"]).loc[("amount [CHF]", "missing")]
    assert worst["metric_after"] > worst["metric_before"]
    assert worst["fall"] > 0


@pytest.mark.whole
def test_a_model_that_refuses_rows_has_noticed_and_a_failure_is_a_row():
    given = make_input("binary", 300)
    given.model.strict = True
    rows = measure_robustness(given).files["robustness.csv"].set_index(["column", "change"])
    refused = rows.loc[("home town", "unseen category")]
    assert refused["is_noticed"]
    assert "home town" in refused["error"]
    assert np.isnan(refused["fall"])


@pytest.mark.whole
def test_numbers_written_as_text_are_changed_as_numbers():
    table = make_table("binary", 600)
    table["amount [CHF]"] = ["" if np.isnan(v) else f"${v:,.2f}" for v in table["amount [CHF]"]]
    given = make_input("binary", table=table)
    (column,) = [column for column in given.schema.columns if column.name == "amount [CHF]"]
    assert column.kind == "number"
    after, before = changed("times 0.001", given, column)
    np.testing.assert_allclose(after, before / 1000)
    rows = measure_robustness(given).files["robustness.csv"]
    assert (rows["error"] == "").all()
