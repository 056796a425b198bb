import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.explanation.correlated import correlated_groups
from model_development.explanation.importance import importance_section
from model_development.explanation.raw_values import read_values

BOOSTED = {"model_name": "lightgbm_baseline", "params": {"n_estimators": 40, "num_leaves": 7}}


def planted(n=800, seed=0):
    """`signal` decides, `noise` does not; `twin` says nearly what `signal` says."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=n)
    table = pd.DataFrame({"noise": rng.normal(size=n), "signal": signal, "city": rng.choice(["a", "b"], n)})
    table["outcome"] = np.where(signal + rng.normal(0, 0.3, n) > 0, "up", "down")
    return table


@pytest.mark.whole
def test_the_column_that_decides_comes_first_and_noise_is_not_told_of():
    section = importance_section(make_input("binary", table=planted(), **BOOSTED))
    table = section.files["feature_importance.csv"]
    assert list(table.columns) == [
        "column",
        "importance_test",
        "low",
        "high",
        "importance_out_of_fold",
        "mean_abs_shap",
    ]
    by_name = table.set_index("column")
    assert table["column"].iloc[0] == "signal"
    assert by_name.loc["signal", "low"] > 0.2
    assert by_name.loc["noise", "low"] < 0 < by_name.loc["noise", "high"]
    assert "'signal'" in section.sentences[0]
    assert "'noise'" not in section.sentences[0]


@pytest.mark.whole
def test_it_is_what_scikit_learn_finds():
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import f1_score, make_scorer

    given = make_input("binary", table=planted(), **BOOSTED)
    found = importance_section(given).files["feature_importance.csv"].set_index("column")["importance_test"]
    truth = np.array(given.task.classes)[given.test.truth]
    scorer = make_scorer(f1_score, pos_label=given.task.positive_class)
    theirs = permutation_importance(
        given.model, given.test.X, truth, scoring=scorer, n_repeats=20, random_state=0
    )
    expected = pd.Series(theirs.importances_mean, given.test.X.columns)
    np.testing.assert_allclose(found[expected.index], expected, atol=0.04)


@pytest.mark.whole
def test_an_error_metric_is_lost_upwards():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=500), "b": rng.normal(size=500)})
    table["outcome"] = 10 * table["a"] + rng.normal(size=500)
    section = importance_section(make_input("regression", table=table))
    found = section.files["feature_importance.csv"].set_index("column")
    assert found.loc["a", "importance_test"] == pytest.approx(10 * np.sqrt(2) - 1, rel=0.15)
    assert abs(found.loc["b", "importance_test"]) < 0.1


@pytest.mark.whole
def test_of_noise_few_intervals_leave_out_zero():
    sure, tried = 0, 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("abcd"))
        table["outcome"] = np.where(rng.random(400) < 0.5, "up", "down")
        found = importance_section(make_input("binary", table=table)).files["feature_importance.csv"]
        sure, tried = sure + (found["low"] > 0).sum(), tried + len(found)
    assert sure / tried < 0.13


@pytest.mark.whole
def test_few_groups_give_no_interval():
    given = make_input("binary", table=planted(400), **BOOSTED)
    groups = np.arange(len(given.test)) % 3
    object.__setattr__(given.test, "groups", groups)
    found = importance_section(given).files["feature_importance.csv"]
    assert found["low"].isna().all()
    assert found["importance_test"].notna().all()


@pytest.mark.whole
def test_columns_that_say_the_same_are_named_together():
    rng = np.random.default_rng(0)
    n = 500
    base = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "a": base,
            "b": np.exp(base) + 0.01 * rng.normal(size=n),
            "alone": rng.normal(size=n),
            "band": pd.cut(base, [-9, -1, 0, 1, 9], labels=list("wxyz")).astype(str),
            "country": (country := rng.choice(["CH", "FR", "DE"], n)),
            "currency": pd.Series(country).map({"CH": "CHF", "FR": "EUR", "DE": "EUR2"}),
            "other": rng.choice(["x", "y"], n),
        }
    )
    read = read_values(infer_schema(table), table)
    assert correlated_groups(read) == [["a", "b", "band"], ["country", "currency"]]
    given = make_input("binary", table=planted().assign(twin=lambda t: t["signal"] * 2 + 1), **BOOSTED)
    assert any(
        "'signal', 'twin' are correlated" in sentence for sentence in importance_section(given).sentences
    )
