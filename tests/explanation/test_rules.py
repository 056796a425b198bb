import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.explanation.raw_values import read_values
from model_development.explanation.rule_columns import rule_columns
from model_development.explanation.rules import rules_section

FOREST = {"model_name": "sklearn_random_forest", "params": {"n_estimators": 30, "min_samples_leaf": 5}}


def decided_by_rules(n=900):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "purpose": rng.choice(["car", "tv", "boat's $x$"], n),
            "since": (pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")).astype(str),
        }
    )
    is_bad = (table["age"] > 40) & (table["purpose"] == "car") | (table["since"] > "2022-01-01")
    return table.assign(outcome=np.where(is_bad, "bad", "good"))


@pytest.mark.whole
def test_rules_are_in_raw_values_and_say_how_true_they_are():
    section = rules_section(make_input("binary", table=decided_by_rules(), **FOREST))
    text = section.files["surrogate_rules.txt"]
    assert "purpose is 'car'" in text
    assert "since > 202" in text
    assert any(f"age > {age}" in text for age in range(36, 44))
    assert section.values["r2"] > 0.85
    assert section.values["agreement"] > 0.95
    assert section.values["depth"] <= 4
    assert f"R² with the model's outputs is {section.values['r2']:.2f}" in section.sentences[0]
    table = section.tables["Rules of the surrogate tree"]
    assert table["rows"].sum() == 450
    assert table["share"].sum() == pytest.approx(1, abs=0.01)


@pytest.mark.whole
def test_a_rule_holds_for_the_rows_that_it_counts():
    given = make_input(
        "regression", table=decided_by_rules().assign(outcome=lambda t: t["age"] ** 2.0), **FOREST
    )
    section, X = rules_section(given), given.out_of_fold.X
    rules = section.tables["Rules of the surrogate tree"]
    assert len(rules) > 6
    for _, rule in rules.iterrows():
        conditions = rule["if"].split(" and ")
        assert len({condition.split()[1] for condition in conditions}) == len(conditions)  # each says more
        assert len(X.query(rule["if"])) == rule["rows"]


@pytest.mark.parametrize("numbers", [[0.1234567, 0.1234568, 0.5], [1e9 + 1, 1e9 + 2, 1e9 + 4], [3, 4, 9]])
def test_a_threshold_is_written_between_the_values_that_it_parts(numbers):
    table = pd.DataFrame({"x": np.repeat(numbers, 30)})
    (column,) = rule_columns(read_values(infer_schema(table), table))
    for low, high in zip(numbers, numbers[1:], strict=False):
        written = float(column.says(True, (low + high) / 2, False).removeprefix("x <= "))
        assert low <= written < high


@pytest.mark.whole
def test_missing_values_have_their_place_in_the_rules():
    rng = np.random.default_rng(0)
    x = np.where(rng.random(800) < 0.3, np.nan, rng.normal(size=800))
    table = pd.DataFrame({"x": x, "y": rng.normal(size=800)})
    table["outcome"] = np.where(np.isnan(x) | (x > 0.5), "bad", "good")
    section = rules_section(make_input("binary", table=table, **FOREST))
    text = section.files["surrogate_rules.txt"]
    assert " or missing" in text
    for rule in section.tables["Rules of the surrogate tree"]["if"]:
        assert rule.count("x ") <= 2
    assert section.values["agreement"] > 0.95


def test_tiny_units_change_no_rule():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(400, 2)), columns=["x", "y"])
    outcome, leaves = 5 + table["x"] + table["y"], []
    for unit, of_target in ((1.0, 1.0), (2.0**-30, 2.0**-33)):
        given = make_input("regression", table=(table * unit).assign(outcome=outcome * of_target))
        section = rules_section(given)
        rules = section.tables["Rules of the surrogate tree"]
        leaves.append(rules["rows"].tolist())
        assert section.values["r2"] > 0.8
        first = rules.iloc[0]
        inside = given.out_of_fold.X.query(first["if"]).index
        said = given.say(given.out_of_fold.X).labels[inside].mean()
        assert len(inside) == first["rows"]
        assert float(first["then"].split(" is ")[1]) == pytest.approx(said, rel=1e-3)
    assert leaves[0] == leaves[1]
    assert len(leaves[0]) > 8
