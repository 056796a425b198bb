import numpy as np
import pandas as pd
import pytest
from conftest import make_table
from evaluation_inputs import make_input

from model_development.explanation.counterfactuals import Search, counterfactuals_section
from model_development.explanation.explained import whole_rows
from model_development.explanation.rules import rules_section
from model_development.outputs.policy import AmountRule, DecisionPolicy

FOREST = {"model_name": "sklearn_random_forest", "params": {"n_estimators": 15}}

CASES = [
    ("binary", "sklearn_random_forest", {"n_estimators": 15}),
    ("multiclass", "lightgbm_baseline", {"n_estimators": 15}),
    ("binary", "sklearn_logistic_regression", None),
]


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "model", "params"), CASES)
def test_the_changed_row_really_gets_another_decision(kind, model, params):
    given = make_input(kind, 500, model_name=model, params=params)
    rows = given.test.X.head(8).reset_index(drop=True)
    search, known, n_found = Search(given, rows), given.out_of_fold.X, 0
    before = given.model.predict(rows)
    for row in range(len(rows)):
        change = search.nearest(row)
        if change is None:
            continue
        n_found += 1
        changed = rows.iloc[[row]].astype(object)
        for column, donor in zip(change.columns, change.donors, strict=True):
            value = known[given.columns[column]].iloc[donor]
            assert not pd.isna(value)
            changed[given.columns[column]] = [value]
        assert given.model.predict(changed)[0] != before[row]
        assert 1 <= len(change.columns) <= 2
    assert n_found >= 4


@pytest.mark.whole
def test_the_nearest_of_the_values_is_taken():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.integers(0, 100, 800), "z": rng.normal(size=800)})
    table["outcome"] = np.where(table["x"] > 60, "bad", "good")
    given = make_input("binary", table=table, model_name="sklearn_random_forest", params={"n_estimators": 15})
    rows = pd.DataFrame({"x": [10, 50, 95], "z": [0.0, 0.0, 0.0]})
    search = Search(given, rows)
    for row in range(3):
        change = search.nearest(row)
        assert [given.columns[j] for j in change.columns] == ["x"]
        value = given.out_of_fold.X["x"].iloc[change.donors[0]]
        assert 56 <= value <= 65
        assert value == int(value)


@pytest.mark.whole
def test_a_policy_moves_the_decision():
    given = make_input("binary", 400, model_name="sklearn_random_forest", params={"n_estimators": 15})
    object.__setattr__(given, "policy", DecisionPolicy(threshold=2.0))  # never positive
    table = counterfactuals_section(given).tables["Nearest changes that turn the decision"]
    assert set(table["if"]) == {"none found"}
    assert set(table["decision"]) == {"good"}
    object.__setattr__(given, "policy", DecisionPolicy(threshold=0.9))
    search = Search(given, given.test.X)
    chance = given.test.said.probabilities[:, given.task.positive_index]
    np.testing.assert_array_equal(search.decisions, chance >= 0.9)


@pytest.mark.whole
def test_two_columns_are_changed_where_one_is_not_enough():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 2, (1000, 3)).astype(float), columns=list("abc"))
    table[["a", "b", "c"]] += rng.normal(0, 0.05, (1000, 3))
    table["outcome"] = np.where((table["a"] > 0.5) & (table["b"] > 0.5), "bad", "good")
    given = make_input("binary", table=table, model_name="sklearn_random_forest", params={"n_estimators": 15})
    search = Search(given, pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 1.0], "c": [0.0, 0.0]}))
    assert sorted(given.columns[j] for j in search.nearest(0).columns) == ["a", "b"]
    assert len(search.nearest(1).columns) == 1


@pytest.mark.whole
def test_of_numbers_there_is_no_decision():
    assert counterfactuals_section(make_input("regression", table=make_table("regression", 200))) is None


def weighed(given, column):
    """A policy by which a missed positive row costs what stands in a column, and a false alarm 1."""
    policy = DecisionPolicy(
        way="amounts", positive=given.task.positive_index, amount=AmountRule(column, 1.0, 1.0)
    )
    object.__setattr__(given, "policy", policy)
    return policy


@pytest.mark.whole
def test_a_policy_by_amount_decides_each_row_by_its_own():
    """By a column that is no feature, and by one that is."""
    n = 400
    worth = np.where(np.arange(n) % 2, 99.0, 0.0)  # thresholds of 0.01, and of none
    given = make_input("binary", table=make_table("binary", n), **FOREST, worth=worth)
    policy = weighed(given, "worth")
    search = Search(given, whole_rows(given.test))
    chance, rows = given.test.said.probabilities, given.test.others
    expected = policy.decide(chance, rows) == policy.positive
    np.testing.assert_array_equal(search.decisions, expected)
    assert set(search.decisions[rows["worth"] == 0]) == {0}
    agreement = rules_section(given).values["agreement"]
    assert 0.5 < agreement <= 1


def test_the_amount_that_is_changed_changes_the_threshold():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"worth": rng.integers(0, 50, 600).astype(float), "z": rng.normal(size=600)})
    table["outcome"] = np.where(rng.random(600) < 0.3, "bad", "good")  # hardly to be known
    given = make_input("binary", table=table, params={"C": 1e-6})
    policy = weighed(given, "worth")
    rows = pd.DataFrame({"worth": [0.0, 49.0], "z": [0.0, 0.0]})
    search = Search(given, rows)
    assert search.decisions.tolist() == [0, 1]
    for row in (0, 1):
        change = search.nearest(row)
        changed = rows.iloc[[row]].copy()
        for column, donor in zip(change.columns, change.donors, strict=True):
            changed[given.columns[column]] = given.out_of_fold.X[given.columns[column]].iloc[donor]
        after = policy.decide(given.model.predict_proba(changed), changed) == policy.positive
        assert bool(after[0]) != bool(search.decisions[row])
