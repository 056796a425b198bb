"""Settings of decisions and business figures: what is refused, in which words, and what they name."""

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.amounts import amount_writing, read_amounts
from model_development.data.intake import take_in
from model_development.errors import DataError, SettingsError
from model_development.settings.context import read_context
from model_development.settings.settings import make_settings

COSTS = {"false_positive": 1, "false_negative": 9}
BY_AMOUNT = {"costs": {"false_positive": 5}, "amount_column": "amount"}


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ({"min_precison": 0.8}, "`decisions.min_precison` is unknown. Did you mean 'min_precision'"),
        ({"costs": {"false_positiv": 1}}, "`decisions.costs.false_positiv` is unknown. Did you mean"),
        ({"min_precision": 1.2}, "`decisions.min_precision`: .*less than or equal to 1"),
        ({"min_recall": 0}, "`decisions.min_recall`: .*greater than 0"),
        ({"costs": COSTS | {"false_positive": -1}}, "`decisions.costs.false_positive`: .*greater than or"),
        ({"costs": COSTS | {"true_negative": 1}}, "`false_positive` must cost more than `true_negative`"),
        ({"costs": COSTS | {"true_positive": 9}}, "`false_negative` must cost more than `true_positive`"),
        ({"costs": {"false_positive": 1}}, "say what a missed positive costs in one way"),
        ({"costs": COSTS, "amount_column": "a"}, "say what a missed positive costs in one way"),
        ({"amount_column": "a"}, "`amount_column` needs `costs` with `false_positive`"),
        ({"costs": COSTS, "threshold_metric": "f1_score"}, "each choose a threshold: keep one"),
        ({"costs": COSTS, "min_recall": 0.5}, "each choose a threshold: keep one"),
        ({"min_recall": 0.5, "threshold_metric": "f1_score"}, "each choose a threshold: keep one"),
        ("f1_score", "`decisions`: "),
    ],
)
def test_what_contradicts_itself_or_is_unknown_is_said_in_a_sentence(decisions, message):
    with pytest.raises(SettingsError, match=message) as caught:
        make_settings({"decisions": decisions}, "context.json")
    assert "\n" not in str(caught.value)


def test_an_unknown_business_setting_names_the_nearest():
    with pytest.raises(SettingsError, match="`business.kpi_fil` is unknown. Did you mean 'kpi_file'"):
        make_settings({"business": {"kpi_fil": "x.py"}}, "context.json")


@pytest.mark.parametrize(
    "decisions", [{"costs": COSTS}, {"min_recall": 0.5, "min_precision": 0.4}, BY_AMOUNT]
)
def test_settings_survive_the_files_that_keep_them(decisions):
    settings = make_settings({"decisions": decisions, "business": {"review_cost": 2}}, "context.json")
    assert make_settings(settings.model_dump(), "file") == settings


def taken_in(folder, kind, table=None, **settings):
    return take_in(read_context(write_project(folder, kind, table, settings)), with_checks=False)


def with_amounts(**changes):
    table = make_table().assign(amount=np.arange(240.0))
    for row, value in changes.items():
        table["amount"] = table["amount"].astype(object)
        table.loc[int(row[1:]), "amount"] = value
    return table


def test_amounts_are_columns_that_a_model_may_see(tmp_path):
    intake = taken_in(tmp_path, "binary", with_amounts(), decisions=BY_AMOUNT)
    assert "amount" in intake.data.X_train


def test_a_column_that_does_not_exist_is_named_before_training(tmp_path):
    wrong = BY_AMOUNT | {"amount_column": "amuont"}
    with pytest.raises(DataError, match="`decisions.amount_column` names 'amuont'.*Did you mean 'amount'"):
        taken_in(tmp_path, "binary", with_amounts(), decisions=wrong)


@pytest.mark.parametrize("section", ["decisions", "business"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r7": ""}, "no number in 1 of 240 rows .first: row 7"),
        ({"r3": "much", "r9": "?"}, "no number in 2 of 240 rows .first: row 3"),
        ({"r5": -0.5}, "a number below zero in 1 of 240 rows .first: row 5"),
    ],
)
def test_amounts_that_are_missing_or_negative_are_said_before_training(section, changes, message, tmp_path):
    value = {"decisions": BY_AMOUNT, "business": {"amount_column": "amount"}}[section]
    with pytest.raises(DataError, match=f"`{section}.amount_column` names 'amount', which holds {message}"):
        taken_in(tmp_path, "binary", with_amounts(**changes), **{section: value})


def test_amounts_are_read_as_people_write_them():
    assert read_amounts(pd.Series(["$1,234.50", "$ 20"]), "x").tolist() == [1234.5, 20.0]
    german = pd.Series(["1.234", "980", "12.500"])  # of a file with decimal commas
    assert read_amounts(german, "x", amount_writing(german, ",")).tolist() == [1234.0, 980.0, 12500.0]
    assert read_amounts(pd.Series([3, 4], dtype="Int64"), "x").tolist() == [3.0, 4.0]
    assert read_amounts(pd.Series(["3", "4"], dtype="category"), "x").tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("regression", {"decisions": {"min_recall": 0.5}}, "`decisions` is about a target with two classes"),
        ("multiclass", {"decisions": {"min_recall": 0.5}}, "`decisions` is about a target with two classes"),
        ("regression", {"business": {"review_cost": 3}}, "`business.review_cost` is about a target of two"),
        ("binary", {"business": {"over_cost": 3}}, "`business.over_cost` is about a target of numbers"),
        ("multiclass", {"business": {"over_cost": 3}}, "`business.over_cost` is about a target of numbers"),
    ],
)
def test_what_a_target_cannot_have_is_refused_before_training(kind, settings, message, tmp_path):
    with pytest.raises(SettingsError, match=message):
        taken_in(tmp_path, kind, **settings)
