from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.explanation import importance
from model_development.explanation.correlated import correlated_groups
from model_development.explanation.explained import sample_of_classes
from model_development.explanation.importance import importance_section
from model_development.explanation.raw_values import read_values
from model_development.metrics.table import METRICS
from model_development.statistics.repeated_loss import RepeatedLoss
from model_development.tasks.predictions import Predictions

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


def test_without_an_interval_nothing_is_said_of_other_rows():
    given = make_input("binary", table=planted(400))
    object.__setattr__(given.test, "groups", np.arange(len(given.test)) % 3)
    sentences = importance_section(given).sentences
    assert sentences[0].endswith(
        "cannot be told of other rows than these 200: the groups of rows are too few."
    )
    assert sentences[1].startswith("On these it loses most, shuffled 5 times, without 'signal' (")
    assert not any("95 % interval" in sentence for sentence in sentences)


def test_a_metric_without_a_value_on_the_test_rows_is_said_to_have_none():
    given = make_input("multiclass", 300)
    object.__setattr__(given, "metric", METRICS["roc_auc"])
    object.__setattr__(given, "test", given.test.take(np.flatnonzero(given.test.truth != 0)))
    section = importance_section(given)
    assert "cannot be told: it has no value on" in section.sentences[0]
    assert not section.pictures


def test_a_rare_class_is_not_lost_from_the_rows_that_are_drawn():
    truth = np.zeros(10_000, dtype=int)
    truth[:100] = 1
    for seed in range(20):
        assert truth[sample_of_classes(truth, 50, seed)].sum() >= 5
    many = np.arange(10_000) % 60
    assert set(many[sample_of_classes(many, 50, 0)]) == set(many)
    frequent = np.arange(10_000) % 2
    assert len(sample_of_classes(frequent, 500, 0)) == 500


def test_a_rare_class_that_is_drawn_more_often_is_said_to_be(monkeypatch):
    monkeypatch.setattr(importance, "MOST_ROWS", 50)
    monkeypatch.setattr(importance, "FEWEST_ROWS", 50)
    table = planted(2000).assign(outcome=lambda t: np.where(t["signal"] > 2.3, "up", "down"))
    given = make_input("binary", table=table, settings={"positive_class": "up"})
    drawn = importance._drawn(given, given.test)
    assert len(drawn) == 50
    assert (np.array(given.task.classes)[drawn.truth] == "up").sum() == 5
    said = importance_section(given).sentences
    assert any("A rare class is more frequent among these rows" in sentence for sentence in said)


def test_a_metric_of_the_users_own_is_calculated_for_fewer_resamples():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    said = Predictions(truth + rng.normal(size=200))
    n_calls = []

    def definition(truth, outcome):
        n_calls.append(1)
        return float(np.abs(truth - outcome.labels).mean())

    own = replace(METRICS["mae"], definition=definition, vectorised=None)
    value, interval = RepeatedLoss(truth, said, own).after([Predictions(rng.permutation(said.labels))])
    assert interval[0] < value < interval[1]
    assert len(n_calls) < 150
