"""Analyses of decisions and of their value: figures by hand, intervals, and users' own functions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project
from evaluation_inputs import make_input
from sklearn import metrics as sk

from model_development.errors import DataError, SettingsError
from model_development.evaluation.decisions.choose_policy import choose_policy
from model_development.evaluation.decisions.decided import Decided, called_by
from model_development.evaluation.table import ANALYSES
from model_development.metrics.kpis import read_kpis
from model_development.outputs.policy import DecisionPolicy, Promise
from model_development.phases.session import open_session
from model_development.reports.chart import Chart
from model_development.settings.settings import make_settings

PAID = np.random.default_rng(0).gamma(2, 10, 600)
BY_AMOUNT = {"costs": {"false_positive": 5}, "amount_column": "paid"}
BUSINESS = {"amount_column": "paid", "false_alarm_cost": 3, "review_cost": 1, "recovered_share": 0.5}
EVERY_WAY = [
    {},
    {"threshold_metric": "f1_score"},
    {"min_precision": 0.8, "max_positive_rate": 0.6},
    {"costs": {"false_positive": 1, "false_negative": 4}},
    BY_AMOUNT,
]


def given_for(kind="binary", n_rows=600, table=None, **settings):
    given = make_input(kind, n_rows, table=table, settings=settings, paid=PAID[:n_rows])
    return replace(given, policy=choose_policy(given.task, given.settings, given.out_of_fold))


def found(name, given):
    return ANALYSES[name].run(given)


def is_called_and_positive(given):
    return called_by(given.policy, given.test), given.test.truth == given.test.said.positive


@pytest.mark.whole
@pytest.mark.parametrize("decisions", EVERY_WAY, ids=str)
def test_what_the_policy_does_on_test_rows_is_counted(decisions):
    given = given_for(decisions=decisions)
    called, positive = is_called_and_positive(given)
    section = found("decisions", given)
    assert section.values["precision"]["value"] == pytest.approx(sk.precision_score(positive, called))
    assert section.values["recall"]["value"] == pytest.approx(sk.recall_score(positive, called))
    assert section.values["called"] == called.sum()
    assert section.values["true_negatives"] == (~called & ~positive).sum()
    assert all(isinstance(picture.chart, Chart) for picture in section.pictures.values())
    assert section.values["precision"]["low"] < section.values["precision"]["value"]
    if not decisions:
        assert (called == (given.test.said.labels == given.test.said.positive)).all()
        assert "No decision policy was asked for" in section.sentences[0]
    else:
        assert section.sentences[: len(given.policy.sentences)] == given.policy.sentences


@pytest.mark.whole
def test_the_model_the_charts_and_the_figures_decide_alike():
    given = given_for(decisions=BY_AMOUNT)
    given.model.decision_policy_ = given.policy
    raw = given.test.X.assign(paid=given.test.others["paid"])
    labels = given.model.predict(raw, policy=True)
    called, _ = is_called_and_positive(given)
    assert (labels == np.where(called, "bad", "good")).all()
    assert (called != (given.test.said.labels == given.test.said.positive)).any()


@pytest.mark.whole
@pytest.mark.parametrize("decisions", EVERY_WAY[3:], ids=str)
def test_costs_are_those_of_each_row_and_compared_with_intervals(decisions):
    given = given_for(decisions=decisions)
    called, positive = is_called_and_positive(given)
    costs = decisions["costs"]
    missed = given.test.others["paid"].to_numpy() if decisions is BY_AMOUNT else costs["false_negative"]
    by_hand = np.where(positive & ~called, missed, 0) + np.where(
        called & ~positive, costs["false_positive"], 0
    )
    section = found("decisions", given)
    assert section.values["cost_per_row"]["the policy"] == pytest.approx(by_hand.mean())
    table = section.tables["What decisions cost"]
    assert list(table.index) == ["the policy", "labels of the model", "calling nobody", "calling everybody"]
    assert table.loc["calling nobody", "cost of a row"] == pytest.approx(np.where(positive, missed, 0).mean())
    assert (table["low"] <= table["cost of a row"]).all()
    assert (table["cost of a row"] <= table["high"]).all()


@pytest.mark.whole
def test_a_promise_that_the_test_rows_contradict_is_a_warning():
    given = given_for()
    promise = Promise("precision", 0.999, 0.999, 0.95, is_kept=True)
    given = replace(given, policy=DecisionPolicy(0.2, 0, promises=(promise,)))
    (warning,) = found("decisions", given).warnings
    assert "Precision of at least 0.999 was promised; on the test rows it is 0." in warning
    kept = replace(given.policy, promises=(replace(promise, bound=0.5, wanted=0.5),))
    assert found("decisions", replace(given, policy=kept)).warnings == ()
    failed = replace(given.policy, promises=(replace(promise, bound=0.5, is_kept=False),))
    (warning,) = found("decisions", replace(given, policy=failed)).warnings
    assert "was asked for and cannot be promised; the best that can is 0.5" in warning


def test_intervals_of_groups_are_as_if_all_rows_of_one_said_the_same():
    rng = np.random.default_rng(0)
    called, positive = rng.random(100) < 0.5, rng.random(100) < 0.5
    plain = Decided(called, positive).shares()["precision"]
    tripled = Decided(*(np.repeat(x, 3) for x in (called, positive, np.arange(100)))).shares()["precision"]
    assert (tripled.low, tripled.high) == pytest.approx((plain.low, plain.high))


@pytest.mark.whole
def test_nobody_called_and_no_positive_rows_are_no_obstacle():
    given = given_for(decisions={"costs": {"false_positive": 1, "false_negative": 4}}, business=BUSINESS)
    lonely = given.test.take(np.flatnonzero(given.test.truth != given.test.said.positive)[:20])
    given = replace(given, test=lonely, policy=replace(given.policy, threshold=1.5))
    section = found("decisions", given)
    assert section.values["precision"]["value"] is None
    assert "undefined" in " ".join(section.sentences)
    assert found("business", given).values["net value"]["test rows"] == 0


@pytest.mark.whole
def test_business_figures_are_those_by_hand():
    given = given_for(
        decisions=BY_AMOUNT, business=BUSINESS | {"revenue_per_true_positive": 2, "missed_cost": 4}
    )
    called, positive = is_called_and_positive(given)
    paid = given.test.others["paid"].to_numpy()
    hit, alarm, miss = called & positive, called & ~positive, ~called & positive
    table = found("business", given).tables["Business figures of the policy"]
    by_hand = {
        "amount caught": paid[hit].sum(),
        "amount missed": paid[miss].sum(),
        "false alarms cost": 3 * alarm.sum(),
        "reviews cost": called.sum(),
        "revenue": 2 * hit.sum(),
        "net value": 0.5 * paid[hit].sum() + 2 * hit.sum() - 3 * alarm.sum() - called.sum() - 4 * miss.sum(),
        "share of the amount caught": paid[hit].sum() / paid[positive].sum(),
    }
    by_hand["saved against calling nobody"] = by_hand["net value"] + 4 * positive.sum()
    for name, value in by_hand.items():
        assert table.loc[name, "test rows"] == pytest.approx(value), name
        assert table.loc[name, "low"] <= value <= table.loc[name, "high"]


@pytest.mark.whole
def test_business_without_policy_is_about_labels_and_without_settings_about_nothing():
    section = found("business", given_for(business=BUSINESS))
    assert "Business figures of labels of the model" in section.tables
    assert found("business", given_for()) is None
    assert found("dollar_impact", given_for("regression")) is None
    assert found("kpis", given_for()) is None


@pytest.mark.whole
def test_nothing_is_claimed_where_there_is_no_interval():
    given = given_for(business=BUSINESS)
    two_groups = replace(given.test, groups=np.arange(300) % 2)
    section = found("business", replace(given, test=two_groups))
    assert section.values["net value"]["low"] is None
    assert not any("nothing" in text for text in section.sentences)
    assert any("significantly more than nothing" in text for text in found("business", given).sentences)


@pytest.mark.whole
def test_amounts_in_a_feature_column_are_read_as_written():
    table = make_table(n_rows=200)
    table["fee"] = [f"{number:,.2f} CHF" for number in PAID[:200] * 100]
    given = given_for(n_rows=200, table=table, business={"amount_column": "fee"})
    called, positive = is_called_and_positive(given)
    paid = given.test.others["paid"].to_numpy() * 100
    caught = found("business", given).values["amount caught"]["test rows"]
    assert caught == pytest.approx(paid[called & positive].sum(), abs=1)


@pytest.mark.whole
def test_amounts_that_test_rows_lack_are_said():
    given = given_for(business=BUSINESS)
    others = given.test.others.copy()
    others.loc[3, "paid"] = np.nan
    with pytest.raises(DataError, match="`business.amount_column` names 'paid'.*first: row 3"):
        found("business", replace(given, test=replace(given.test, others=others)))


@pytest.mark.whole
def test_what_errors_of_numbers_cost_is_that_by_hand():
    given = given_for("regression", business={"over_cost": 2, "under_cost": 0.5, "reference_column": "paid"})
    error = given.test.said.labels - given.test.truth
    section = found("dollar_impact", given)
    cost = 2 * error[error > 0].sum() - 0.5 * error[error < 0].sum()
    assert section.values["cost of all errors"]["test rows"] == pytest.approx(cost)
    constants = np.quantile(given.out_of_fold.truth, np.linspace(0, 1, 201))
    known = given.out_of_fold.truth
    costs = [(2 * np.maximum(c - known, 0) + 0.5 * np.maximum(known - c, 0)).sum() for c in constants]
    assert constants[int(np.argmin(costs))] == pytest.approx(np.quantile(known, 0.2), rel=0.01)
    from_where = given.test.others["paid"].to_numpy()
    right = (given.test.said.labels > from_where) == (given.test.truth > from_where)
    assert section.values["share of directions that are right"]["test rows"] == pytest.approx(right.mean())
    assert section.values["saved against the constant"]["low"] > 0


FIGURES = """
import numpy as np
from math import sqrt

def caught(y_true, y_pred, positive_class, amount):
    y_true[:] = "changed"  # its own copy
    return amount[y_pred == positive_class].sum()

def share_of_bern(table):
    return (table["home town"] == "Bern").mean()

def broken(y_true, y_pred):
    raise KeyError("rate")

def endless(y_true):
    return float("inf")

def wordy(y_true):
    return "many"

def _helper(anything):
    return 1
"""


def own(folder, text=FIGURES, **business):
    (folder / "kpis.py").write_text(text, encoding="utf-8")
    return {"kpi_file": "kpis.py", **business}


@pytest.mark.whole
def test_figures_of_the_users_own_stand_and_those_that_fail_say_why(tmp_path):
    business = own(tmp_path, amount_column="paid")
    given = given_for(business=business, decisions=BY_AMOUNT)
    given = replace(given, kpis=read_kpis(given.settings.business, tmp_path))
    section = found("kpis", given)
    called, _ = is_called_and_positive(given)
    values = section.values
    assert list(values) == ["caught", "share_of_bern", "broken", "endless", "wordy"]
    assert values["caught"]["value"] == pytest.approx(given.test.others["paid"][called].sum())
    assert values["caught"]["low"] < values["caught"]["value"] < values["caught"]["high"]
    assert values["share_of_bern"]["value"] == pytest.approx((given.test.X["home town"] == "Bern").mean())
    assert values["broken"]["reason"] == "KeyError: 'rate'"
    assert "no finite number" in values["endless"]["reason"]
    assert "ValueError" in values["wordy"]["reason"]
    assert "broken has no value: KeyError: 'rate'." in section.sentences


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_figures_of_other_targets(kind, tmp_path):
    text = "import numpy as np\ndef same(y_true, y_pred):\n    return np.mean(y_true == y_pred)\n"
    given = given_for(kind, 200, business=own(tmp_path, text))
    given = replace(given, kpis=read_kpis(given.settings.business, tmp_path))
    expected = (given.test.truth == given.test.said.labels).mean()
    assert found("kpis", given).values["same"]["value"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(y_true, weights): return 1", "kpis.py: f takes unknown weights. Write each figure as"),
        ("def f(amount): return 1", "kpis.py: f takes `amount`: set `business.amount_column`"),
        ("def _f(y_true): return 1", "kpis.py has no public function"),
        ("def f(:", "kpis.py cannot be run: SyntaxError"),
        ("1 / 0", "kpis.py cannot be run: ZeroDivisionError"),
    ],
)
def test_a_file_of_figures_that_cannot_be_used_says_why_before_training(text, message, tmp_path):
    context = write_project(tmp_path, settings={"business": own(tmp_path, text)})
    with pytest.raises(SettingsError, match=f"`business.kpi_file`: {message}"):
        open_session(context, with_checks=False)


@pytest.mark.parametrize("place", ["missing.py", "../kpis.py", "."])
def test_a_file_of_figures_that_is_not_there(place, tmp_path):
    asked = make_settings({"business": {"kpi_file": place}}, "context.json").business
    with pytest.raises(SettingsError, match="`business.kpi_file`: "):
        read_kpis(asked, tmp_path)


def test_an_unknown_threshold_metric_is_said_before_training(tmp_path):
    context = write_project(tmp_path, settings={"decisions": {"threshold_metric": "roc_auc"}})
    with pytest.raises(SettingsError, match="`decisions.threshold_metric` is 'roc_auc', which no threshold"):
        open_session(context, with_checks=False)


@pytest.mark.whole
@pytest.mark.parametrize("labels", [(True, False), (1, 0), ("ja ♥", "$nein_")])
def test_labels_of_any_kind(labels):
    table = make_table(n_rows=200)
    table["outcome"] = pd.Series([labels[int(word == "good")] for word in table["outcome"]])
    given = given_for(n_rows=200, table=table, decisions={"min_recall": 0.6}, business=BUSINESS)
    for name in ("decisions", "business"):
        assert found(name, given).sentences
    assert given.policy.classes == tuple(sorted(labels))
