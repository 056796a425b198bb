import numpy as np
import pandas as pd
import pytest
from conftest import make_table
from promotion_inputs import fitted, gate_input

from model_development.promotion.gates.columns import check_columns
from model_development.promotion.gates.slices import check_fairness, check_slices
from model_development.promotion.suite.named import check_directions, check_invariances
from model_development.promotion.suite.table import SUITE, run_suite


def broken(given):
    return {line.name for line in run_suite(given) if not line.passed}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("binary", None),
        ("multiclass", "lightgbm_baseline"),
        ("regression", None),
        ("regression", "sklearn_decision_tree"),
        ("regression", "statsmodels_glm"),
    ],
)
def test_models_of_the_table_pass(kind, name):
    given = gate_input({}, kind, model=fitted(kind, name=name))
    assert [line.name for line in run_suite(given)] == list(SUITE)
    assert broken(given) == set()


class Faulty:
    """A model with a planted fault. change : (X, outputs) -> outputs; before : is called with X first."""

    def __init__(self, model, change=lambda X, outputs: outputs, before=lambda X: None):
        self.model, self.change, self.before = model, change, before

    def __getattr__(self, name):
        return getattr(self.model, name)

    def to_matrix(self, X):
        self.before(X)
        self.X = X
        return self.model.to_matrix(X)

    def predict_matrix(self, matrix):
        return self.change(self.X, self.model.predict_matrix(matrix))


def by_position(X, outputs):
    return np.roll(outputs, 1, axis=0)


def noisy(X, outputs):
    return np.clip(outputs + np.random.default_rng().normal(0, 1e-9, outputs.shape), 0, 1)


def by_batch(X, outputs):
    return outputs if len(X) > 1 else outputs[:, ::-1]


def not_finite(X, outputs):
    return np.where(X["age"].isna().to_numpy()[:, None], np.nan, outputs)


def no_rows(X):
    if not len(X):
        raise IndexError("empty")


def overwrites(X):
    X["age"] = X["age"] + 1


@pytest.mark.whole
@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ({"change": by_position}, {"order_of_rows"}),
        ({"change": noisy}, {"same_input_same_output"}),
        ({"change": by_batch}, {"one_row_as_in_a_batch"}),
        ({"change": not_finite}, {"all_missing", "each_column_missing"}),
        ({"change": lambda X, outputs: outputs * 1.5}, {"one_row"}),
        ({"before": no_rows}, {"empty_table"}),
        ({"before": overwrites}, {"input_is_left_alone"}),
    ],
)
def test_a_planted_fault_is_found(fault, found):
    given = gate_input({}, model=Faulty(fitted(), **fault))
    assert found <= broken(given)


@pytest.mark.whole
def test_a_column_may_be_called_self():
    tables = [make_table(n_rows=200, seed=seed).rename(columns={"age": "self"}) for seed in (0, 1)]
    thresholds = {"directions": [{"column": "self", "raising": "may_not_lower"}]}
    given = gate_input(thresholds, table=tables[1], model=fitted(table=tables[0]))
    assert broken(given) == set()
    assert len(list(check_directions(given))) == 1


@pytest.mark.whole
def test_tests_may_be_skipped():
    given = gate_input({"skip_tests": ["order_of_rows"]}, model=Faulty(fitted(), change=by_position))
    assert "order_of_rows" not in broken(given)
    assert list(run_suite(gate_input({"test_suite": False}))) == []


def linear_table(n=400, seed=0):
    """The outcome rises with `up`, and `idle` has nothing to do with it."""
    rng = np.random.default_rng(seed)
    up, idle, other = rng.normal(size=n), rng.choice(["a", "b"], n), rng.normal(size=n)
    outcome = np.where(up + 0.5 * rng.normal(size=n) > 0, "yes", "no")
    return pd.DataFrame({"up": up, "idle": idle, "other": other, "outcome": outcome})


def named(thresholds):
    table = linear_table()
    given = gate_input(thresholds, table=linear_table(seed=1), model=fitted(table=table))
    return [*check_invariances(given), *check_directions(given)]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("asked", "passed"),
    [
        ({"invariances": [{"column": "idle", "at_most": 0.15}]}, True),
        ({"invariances": [{"column": "up", "at_most": 0.15}]}, False),
        ({"directions": [{"column": "up", "raising": "may_not_lower"}]}, True),
        ({"directions": [{"column": "up", "raising": "may_not_raise"}]}, False),
        ({"directions": [{"column": "up", "raising": "may_not_raise", "label": "no"}]}, True),
        ({"directions": [{"column": "up", "raising": "may_not_raise", "rows_at_most": 0.999}]}, False),
    ],
)
def test_invariances_and_directions_are_those_of_the_model(asked, passed):
    (line,) = named(asked)
    assert line.passed is passed, line.sentence


@pytest.mark.whole
def test_a_metric_in_every_slice():
    table = make_table(n_rows=300, seed=1)
    asked = {"column": "home town", "metric": "accuracy", "at_least": 0.55, "min_rows": 40}
    lines = list(check_slices(gate_input({"slices": [asked]}, table=table)))
    by_name = {line.name: line for line in lines}
    bern = by_name["accuracy where home town = Bern"]
    assert bern.passed
    assert bern.rows == (table["home town"] == "Bern").sum()
    assert "not judged" in by_name["accuracy where home town is missing"].sentence
    worse = table.assign(outcome=np.where(table["home town"] == "Bern", "good", table["outcome"]))
    lines = list(check_slices(gate_input({"slices": [asked]}, table=worse)))
    assert [line.name for line in lines if not line.passed] == ["accuracy where home town = Bern"]


@pytest.mark.whole
def test_four_fifths_and_odds():
    asked = {"column": "sex", "selection_ratio_at_least": 0.8, "equalized_odds_at_most": 0.3}
    table = linear_table(4000, seed=1)
    fair = table.assign(sex=np.where(np.arange(4000) % 2, "f", "m"))
    unfair = table.assign(sex=np.where(table["up"] > 0, "f", "m"))
    for rows, passed in ((fair, [True, True]), (unfair, [False, False])):
        given = gate_input({"fairness": [asked]}, table=rows, model=fitted(table=linear_table()))
        assert [line.passed for line in check_fairness(given)] == passed
    alone = table.assign(sex="f")
    given = gate_input({"fairness": [asked]}, table=alone, model=fitted(table=linear_table()))
    assert [line.passed for line in check_fairness(given)] == [False, False]  # cannot be judged


def test_columns_that_the_model_cannot_read():
    asked = {"columns": {"unreadable_at_most": 0.1, "unseen_at_most": 0.1, "missing_at_most": 0.5}}
    table = make_table(n_rows=200, seed=1)
    assert all(line.passed for line in check_columns(gate_input(asked, table=table)))
    odd = table.assign(age="old", since=None)
    odd["home town"] = "Atlantis"
    assert [line.passed for line in check_columns(gate_input(asked, table=odd))] == [False] * 3
