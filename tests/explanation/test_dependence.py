import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.explanation.dependence import CURVES, dependences
from model_development.explanation.dependence_section import dependence_section
from model_development.explanation.explained import explained
from model_development.explanation.interactions import interactions
from model_development.explanation.model_output import ModelOutput
from model_development.explanation.raw_values import read_values

FOREST = {"model_name": "sklearn_random_forest", "params": {"n_estimators": 15}}


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_partial_dependence_is_the_mean_with_the_column_set(kind):
    given = make_input(kind, 300, **FOREST)
    output, X = ModelOutput.of(given.model, given.task), given.out_of_fold.X
    averaged = np.random.default_rng(given.seed).permutation(len(X))[:CURVES]
    found = {one.name: one for one in dependences(given)}
    assert {"amount [CHF]", "home town", "since"} <= set(found)
    for one in found.values():
        for place in (0, len(one.points) // 2, -1):
            value = X[one.name].iloc[one.points[place]]
            rows = X.iloc[averaged].assign(**{one.name: [value] * len(averaged)})
            np.testing.assert_allclose(one.mean[place], output.say(rows).mean(axis=0), atol=1e-9)


@pytest.mark.whole
def test_grids_are_quantiles_frequent_values_and_one_missing_value():
    found = {one.name: one for one in dependences(make_input("binary", 600, **FOREST))}
    amount, town, since = found["amount [CHF]"], found["home town"], found["since"]
    assert (np.diff(amount.numbers[:-1]) > 0).all()
    assert amount.texts[-1] == "missing"
    assert np.isnan(amount.ale[-1]).all()
    assert set(town.texts) == {"Bern", "Zürich", "Genève", "missing"}
    assert town.shares.sum() == pytest.approx(1)
    assert since.texts[0] < "2020-03" < "2022" < since.texts[-1]
    assert (np.diff(since.shares) > 0).all()


def test_a_grid_has_points_although_most_rows_hold_one_value():
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(1000) < 0.95, 0.0, rng.gamma(2.0, 3000.0, 1000).round())
    table = pd.DataFrame({"gain": gain})
    (values,) = read_values(infer_schema(table), table)
    points = values.numbers[values.grid(20)]
    assert points[0] == 0
    assert 12 <= len(points) <= 20
    assert (np.diff(points) > 0).all()


def test_local_effects_and_dependence_of_a_model_that_adds_up_are_lines():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=800)})
    table["b"] = table["a"] + rng.normal(0, 0.1, 800)
    table["outcome"] = 3 * table["a"] - table["b"]
    given = make_input("regression", table=table)
    for one, slope in zip(sorted(dependences(given), key=lambda one: one.name), (3, -1), strict=True):
        for line in (one.mean[:, 0], one.ale[:, 0]):
            np.testing.assert_allclose(np.diff(line), slope * np.diff(one.numbers), atol=1e-6)


@pytest.mark.whole
def test_columns_that_act_together_come_first_and_sums_do_not_interact():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(-1, 1, (1200, 4)), columns=list("abcd"))
    table["outcome"] = 4 * table["a"] * table["b"] + table["c"] + 0.5 * table["d"]
    boosted = {"model_name": "xgboost_baseline", "params": {"n_estimators": 150, "max_depth": 3}}
    pairs = interactions(make_input("regression", table=table, **boosted))
    assert {pairs["column"][0], pairs["other column"][0]} == {"a", "b"}
    assert pairs["H"][0] > 0.7
    assert pairs["interaction"][0] > 3 * pairs["interaction"][1]
    sums = interactions(make_input("regression", table=table))
    assert sums["interaction"].max() < 1e-9


@pytest.mark.whole
def test_the_file_holds_every_point_of_every_class():
    given = make_input("multiclass", 300, **FOREST)
    table = dependence_section(given).files["partial_dependence.parquet"]
    assert set(table["class"]) == {"low", "mid", "top"}
    assert set(table["column"]) <= set(given.columns)
    total = table.groupby(["column", "value"])["mean"].sum()
    np.testing.assert_allclose(total, 1, atol=1e-9)
    assert (table["rows_10"] <= table["rows_90"]).all()


@pytest.mark.whole
def test_what_rows_need_in_common_is_made_once():
    given = make_input("binary", 200, **FOREST)
    assert explained(given) is explained(given)
    assert dependences(given) is dependences(given)
