"""Rates by group are what counting gives; rules are judged only as far as the rows allow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project
from evaluation_inputs import make_input

from model_development.data.intake import take_in
from model_development.errors import DataError
from model_development.evaluation.failures.fairness import (
    compare_classes,
    compare_decisions,
    compare_numbers,
)
from model_development.evaluation.failures.fairness_groups import Group, Measure, Partition
from model_development.evaluation.failures.fairness_rules import (
    FALSE_POSITIVES,
    MET,
    NOT_MET,
    ODDS,
    OPEN,
    RATIO,
    SELECTION,
    TRUE_POSITIVES,
    judge,
)
from model_development.outputs.policy import DecisionPolicy
from model_development.settings.context import read_context


def with_groups(kind, n_rows=1200, **settings):
    rng = np.random.default_rng(7)
    sex = rng.choice(["f", "m", None], n_rows, p=[0.4, 0.58, 0.02])
    return make_input(kind, n_rows, settings={"fairness_columns": ["sex", "home town"], **settings}, sex=sex)


@pytest.mark.whole
def test_rates_by_group_are_those_of_counting():
    given = with_groups("binary")
    rates = compare_decisions(given).files["fairness.csv"].set_index(["group", "measure"])
    test, positive = given.test, given.test.said.positive
    inside = (test.others["sex"] == "f").to_numpy() & (test.X["home town"] == "Bern").to_numpy()
    said, true = test.said.labels == positive, test.truth == positive
    group = "sex = f and home town = Bern"
    assert rates.loc[(group, "selection rate"), "value"] == pytest.approx(said[inside].mean())
    assert rates.loc[(group, "true positive rate"), "value"] == pytest.approx(said[inside & true].mean())
    assert rates.loc[(group, "false positive rate"), "value"] == pytest.approx(said[inside & ~true].mean())
    assert rates.loc[(group, "precision"), "value"] == pytest.approx(true[inside & said].mean())
    off = (test.said.by_class[:, positive] - true)[inside].mean()
    assert rates.loc[(group, "mean predicted less observed"), "value"] == pytest.approx(off)
    assert (rates["low"].dropna() <= rates["value"].dropna()).all()


@pytest.mark.whole
def test_small_groups_are_listed_and_not_judged():
    section = compare_decisions(with_groups("binary"))
    found = section.files["fairness.csv"]
    small = found[found["group"] == "sex is missing"]
    assert len(small) == 5
    assert not small["is_judged"].any()
    assert "sex is missing" not in set(found[found["measure"] == RATIO]["group"])
    assert any("fewer than 20 rows" in text for text in section.sentences)
    assert "What this does not show" in section.sentences[-1]


def parts(selected, n=400):
    """Two groups of n rows with these selection rates; half of the rows are truly positive."""
    said = np.concatenate([np.arange(n) < rate * n for rate in selected])
    true = np.arange(2 * n) % 2 == 0
    everyone = np.ones(2 * n, dtype=bool)
    measures = [
        Measure(SELECTION, said, everyone),
        Measure(TRUE_POSITIVES, said, true),
        Measure(FALSE_POSITIVES, said, ~true),
    ]
    return Partition(("sex",), (Group("f", np.arange(n)), Group("m", np.arange(n, 2 * n)))), measures


@pytest.mark.parametrize(
    ("selected", "n", "verdict"),
    [((0.2, 0.5), 400, NOT_MET), ((0.49, 0.5), 2000, MET), ((0.35, 0.5), 40, OPEN), ((0.42, 0.5), 400, OPEN)],
)
def test_the_four_fifths_rule_is_judged_by_the_interval(selected, n, verdict):
    ratio, odds = judge(*parts(selected, n), None)
    assert ratio["verdict"] == verdict
    assert ratio["value"] == pytest.approx(selected[0] / selected[1])
    assert odds["measure"] == ODDS
    assert odds["value"] == pytest.approx(selected[1] - selected[0], abs=0.06)


def test_of_equal_groups_the_rule_is_seldom_said_to_be_broken_and_odds_to_differ():
    rng, broken, apart = np.random.default_rng(0), 0, 0
    for _ in range(200):
        said, true = rng.random(600) < 0.4, rng.random(600) < 0.5
        everyone = np.ones(600, dtype=bool)
        measures = [Measure(SELECTION, said, everyone), Measure(TRUE_POSITIVES, said, true)]
        measures.append(Measure(FALSE_POSITIVES, said, ~true))
        groups = tuple(Group(str(k), np.arange(k, 600, 5)) for k in range(5))
        rows = judge(Partition(("town",), groups), measures, None)
        broken += any(row["verdict"] == NOT_MET for row in rows)
        apart += any(row["measure"] == ODDS and row["low"] > 0 for row in rows)
    assert broken <= 4
    assert apart <= 16  # 5 % are due


@pytest.mark.whole
def test_classes_and_numbers_are_compared_too():
    given = with_groups("multiclass")
    found = compare_classes(given).files["fairness.csv"].set_index(["group", "measure", "class"])
    inside = (given.test.others["sex"] == "m").to_numpy()
    top = given.task.classes.index("top")
    said = given.test.said.labels[inside] == top
    assert found.loc[("sex = m", "selection rate", "top"), "value"] == pytest.approx(said.mean())
    given = with_groups("regression")
    found = compare_numbers(given).files["fairness.csv"].set_index(["group", "measure"])
    inside = (given.test.others["sex"] == "m").to_numpy()
    errors = (given.test.said.labels - given.test.truth)[inside]
    assert found.loc[("sex = m", "mean error"), "value"] == pytest.approx(errors.mean())
    assert found.loc[("sex = m", "mean absolute error"), "value"] == pytest.approx(np.abs(errors).mean())


@pytest.mark.whole
def test_decisions_are_those_of_the_policy():
    given = replace(with_groups("binary"), policy=DecisionPolicy(0.2, 0))
    found = compare_decisions(given).files["fairness.csv"].set_index(["group", "measure"])
    inside = (given.test.others["sex"] == "f").to_numpy()
    decided = given.policy.decide(
        given.test.said.by_class, pd.concat([given.test.X, given.test.others], axis=1)
    )
    expected = (decided == given.test.said.positive)[inside].mean()
    assert found.loc[("sex = f", "selection rate"), "value"] == pytest.approx(expected)
    assert expected != pytest.approx((given.test.said.labels == given.test.said.positive)[inside].mean())


@pytest.mark.whole
def test_nothing_is_compared_where_no_column_is_named_and_one_value_is_no_group():
    assert compare_decisions(make_input("binary", 100)) is None
    given = make_input("binary", 100, settings={"fairness_columns": ["k"]}, k=1)
    assert "nothing to compare" in compare_decisions(given).sentences[0]


@pytest.mark.whole
def test_rows_that_lack_the_column_are_said():
    given = make_input("binary", 100, settings={"fairness_columns": ["sex"]})
    with pytest.raises(DataError, match="`fairness_columns` names sex, which the test rows lack"):
        compare_decisions(given)


@pytest.mark.whole
def test_an_unknown_column_is_named_before_training_and_a_known_one_stays_a_feature(tmp_path):
    context = write_project(tmp_path / "a", settings={"fairness_columns": ["hom town"]})
    with pytest.raises(DataError, match="`fairness_columns` names 'hom town'.*Did you mean 'home town'"):
        take_in(read_context(context))
    table = make_table("binary")
    kept = write_project(tmp_path / "b", table=table, settings={"fairness_columns": ["home town"]})
    assert "home town" in take_in(read_context(kept)).data.X_train.columns
    left_out = {"fairness_columns": ["home town"], "drop_columns": ["home town"]}
    dropped = write_project(tmp_path / "c", table=table, settings=left_out)
    assert "home town" not in take_in(read_context(dropped)).data.X_train.columns


def test_own_test_rows_need_the_column(tmp_path):
    table = make_table("binary")
    settings = {"fairness_columns": ["owner"], "drop_columns": ["owner"], "test_data_path": "test.csv"}
    context = write_project(tmp_path / "a", table=table, settings=settings)
    table.drop(columns="owner").to_csv(tmp_path / "a" / "test.csv", index=False)
    with pytest.raises(DataError, match="lacks columns of the feature table: owner"):
        take_in(read_context(context))


def test_one_group_of_rows_has_no_interval_and_no_error_is_below_zero():
    given = with_groups("regression", 200)
    given = replace(given, test=replace(given.test, groups=np.zeros(len(given.test), dtype=int)))
    section = compare_numbers(given)
    assert section.files["fairness.csv"]["low"].isna().all()
    (table,) = section.tables.values()
    assert table["mean error"].str.endswith("(no interval: too few rows or groups)").all()
    five = replace(given, test=replace(given.test, groups=np.arange(len(given.test)) % 5))
    of_error = compare_numbers(five).files["fairness.csv"].query("measure == 'mean absolute error'")
    assert (of_error["low"] >= 0).any()
    assert not (of_error["low"] < 0).any()
