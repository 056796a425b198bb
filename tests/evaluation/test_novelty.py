"""Test rows unlike training rows are counted; where both are alike, nothing is said."""

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.evaluation.failures.drift import drift_by_column
from model_development.evaluation.failures.novelty import far_from_all, measure_novelty
from model_development.statistics.units import one_of_each


def rows(rng, n):
    table = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    table["town"] = rng.choice(["x", "y", "z"], n, p=[0.6, 0.3, 0.1])
    table["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    table.loc[rng.random(n) < 0.1, "a"] = np.nan
    return table


SCHEMA = infer_schema(rows(np.random.default_rng(9), 500))


@pytest.mark.whole
def test_rows_of_one_distribution_are_seldom_found_apart():
    rng, alarms, far = np.random.default_rng(0), 0, []
    for k in range(40):
        known, X = rows(rng, 400), rows(rng, 200)
        alarms += drift_by_column(SCHEMA.columns, known, X)["has_drifted"].any()
        if k < 12:
            far.append(far_from_all(list(SCHEMA.columns), known, X, k)[0].mean())
    assert alarms <= 3  # 1 % are due
    assert 0.002 < np.mean(far) < 0.02


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("b", lambda values: values + 0.5),
        ("town", lambda values: np.where(np.arange(len(values)) % 3 == 0, "z", values)),
        ("when", lambda values: values + pd.Timedelta(days=365)),
        ("c", lambda values: values.mask(np.arange(len(values)) % 5 == 0)),
    ],
)
def test_a_column_that_drifted_is_found(column, change):
    rng = np.random.default_rng(1)
    known, X = rows(rng, 800), rows(rng, 500)
    X[column] = change(X[column])
    found = drift_by_column(SCHEMA.columns, known, X)
    assert set(found[found["has_drifted"]]["column"]) == {column}


def test_a_difference_too_small_to_matter_is_none_however_many_rows_show_it():
    rng = np.random.default_rng(2)
    known, X = rows(rng, 20_000), rows(rng, 20_000)
    X["b"] += 0.08
    found = drift_by_column(SCHEMA.columns, known, X).set_index(["column", "what"]).loc[("b", "values")]
    assert found["p"] < 1e-6
    assert not found["has_drifted"]


@pytest.mark.whole
def test_rows_far_out_are_found_and_their_metric_compared():
    given = make_input("regression", 800)
    test = given.test
    test.X.loc[:29, "amount [CHF]"] *= 50
    test.X.loc[:29, "home town"] = "Atlantis"
    section = measure_novelty(given)
    (effects,) = [table for table in section.tables.values() if "rows with" in table]
    by_name = effects.set_index("rows with")["n"]
    assert by_name["a category that no training row has"] == 30
    assert by_name["a number or date outside the range of training"] >= 25
    assert effects["gap"].notna().iloc[0]
    assert effects["gap_low"].iloc[0] <= effects["gap"].iloc[0] <= effects["gap_high"].iloc[0]
    assert section.values["share"] >= 30 / 400


@pytest.mark.whole
def test_rows_of_one_group_are_counted_once():
    groups = np.repeat(np.arange(30), 20)
    kept = one_of_each(600, 0, groups)
    assert sorted(groups[kept]) == list(range(30))
    rng = np.random.default_rng(3)
    alarms = 0
    for k in range(20):
        known, X = (rows(rng, 30).iloc[groups].reset_index(drop=True) for _ in range(2))
        apart = (part.iloc[one_of_each(600, k, groups)] for part in (known, X))
        alarms += drift_by_column(SCHEMA.columns, *apart)["has_drifted"].any()
    assert alarms <= 2


@pytest.mark.parametrize("unit", [1.0, 2.0**-30])
def test_a_row_is_far_in_any_unit(unit):
    rng = np.random.default_rng(0)
    known, X = (pd.DataFrame(rng.normal(size=(n, 2)) * unit, columns=["a", "b"]) for n in (400, 20))
    X.loc[0] = [9 * unit, -9 * unit]
    assert far_from_all(list(infer_schema(known).columns), known, X, 0)[0][0]


@pytest.mark.whole
def test_what_lies_far_by_chance_is_said_of_few_rows_and_of_rows_in_groups():
    """Of 40 rows more than one in a hundred lies beyond all; rows of a group are like each other."""
    few, grouped = [], []
    for k in range(60):
        rng = np.random.default_rng(k)
        columns = list(SCHEMA.columns)
        found, due = far_from_all(columns, rows(rng, 40), rows(rng, 200), k)
        few.append(found.mean())
        centres = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("abcd"))
        table = centres.loc[np.repeat(np.arange(60), 10)].reset_index(drop=True)
        table += rng.normal(scale=0.01, size=table.shape)
        known, X = table[:300], table[300:].reset_index(drop=True)
        of_numbers, groups = list(infer_schema(known).columns), np.repeat(np.arange(30), 10)
        found, by_chance = far_from_all(of_numbers, known, X, k, groups)
        grouped.append((found.mean(), by_chance))
    assert due == pytest.approx(1 / 21)
    assert 0.02 < np.mean(few) < 0.09
    found, by_chance = np.mean(grouped, axis=0)
    assert 0.6 * by_chance < found < 1.4 * by_chance
