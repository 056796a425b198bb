"""Thresholds by metric, constraints and costs: found as a plain search finds them, promised as they say."""

from dataclasses import replace

import numpy as np
import pytest
from evaluation_inputs import make_input
from scipy.stats import norm
from sklearn import metrics as sk

from model_development.errors import SettingsError
from model_development.evaluation.decisions.choose_policy import choose_policy
from model_development.evaluation.decisions.constraints import prove_threshold
from model_development.evaluation.decisions.costs import (
    RowCosts,
    cheapest_threshold,
    compare_with_search,
)
from model_development.evaluation.decisions.threshold_counts import BinaryScores, count_at
from model_development.evaluation.decisions.thresholds import best_by_metric
from model_development.metrics.of_threshold import at_thresholds, get_threshold_metric
from model_development.metrics.table import METRICS
from model_development.settings.decisions import Costs
from model_development.statistics.proportions import effective_rows, lower_bound, upper_bound
from model_development.tasks.classification import Binary

BINARY = Binary("y", ("bad", "good"), "bad")
OF_LABELS = ["accuracy", "precision", "recall", "f1_score", "balanced_accuracy", "matthews"]


def draw(rng, n, base=0.3, distance=2.0, distort=1.0):
    """Rows whose scores are right (distort 1) or too sure: normal scores of two classes, `distance` apart."""
    is_positive = rng.random(n) < base
    z = rng.normal(size=n) + distance * is_positive
    log_odds = np.log(base / (1 - base)) + distance * z - distance**2 / 2
    return BinaryScores(1 / (1 + np.exp(-distort * log_odds)), is_positive)


def true_shares(threshold, base, distance, distort):
    """Precision, recall and share called among all rows that there could be."""
    z = (np.log(threshold / (1 - threshold)) / distort - np.log(base / (1 - base))) / distance + distance / 2
    hits, alarms = base * norm.sf(z - distance), (1 - base) * norm.sf(z)
    return {
        "precision": hits / (hits + alarms),
        "recall": hits / base,
        "positive_rate": hits + alarms,
    }


def is_broken(promise, shares):
    share = shares[promise.quantity]
    return share > promise.bound if promise.quantity == "positive_rate" else share < promise.bound


def rows_of(scores, is_positive):
    """As ScoredRows of a binary task whose positive class comes first."""
    given = make_input("binary", 60)
    said = type(given.test.said)(
        np.where(scores >= 0.5, 0, 1), np.column_stack([scores, 1 - scores]), positive=0
    )
    n = len(scores)
    return type(given.test)(
        np.arange(n), given.test.X.head(0), np.where(is_positive, 0, 1), said, given.test.others.head(0)
    )


def test_counts_are_those_of_each_threshold_by_itself_with_ties_and_groups():
    rng = np.random.default_rng(0)
    scores, groups = rng.integers(0, 8, 60) / 8, rng.integers(0, 9, 60)
    rows = BinaryScores(scores, rng.random(60) < 0.4, groups)
    thresholds = np.r_[rows.between(), 0.5, 0.25]
    counts = count_at(rows, thresholds)
    for k, threshold in enumerate(thresholds):
        called = scores >= threshold
        assert counts.called[k] == called.sum()
        assert counts.hits[k] == (called & rows.is_positive).sum()
        sizes = np.bincount(groups[called])
        worth = called.sum() ** 2 / (sizes**2).sum() if called.any() else 0
        assert counts.called_worth[k] == pytest.approx(worth)
    assert counts.called[0] == 0
    assert 60 in counts.called
    assert len(rows.between()) == len(np.unique(scores)) + 1


@pytest.mark.whole
@pytest.mark.parametrize("name", OF_LABELS)
def test_a_metric_at_all_thresholds_is_that_of_scikit_learn_at_each(name):
    rows = draw(np.random.default_rng(1), 80)
    counts = count_at(rows, rows.between())
    values = at_thresholds(METRICS[name], counts.table)
    function = getattr(sk, {"matthews": "matthews_corrcoef", "f1_score": name}.get(name, f"{name}_score"))
    zero = {"zero_division": 0} if name in ("precision", "recall", "f1_score") else {}
    for threshold, value in zip(counts.thresholds, values, strict=True):
        assert value == pytest.approx(function(rows.is_positive, rows.scores >= threshold, **zero))


@pytest.mark.whole
@pytest.mark.parametrize("name", OF_LABELS)
def test_the_best_threshold_is_best_and_of_equal_ones_next_to_a_half(name):
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 20, 200) / 20
    is_positive = rng.random(200) < scores
    rows = rows_of(scores, is_positive)
    threshold, value = best_by_metric(METRICS[name], rows)
    every = BinaryScores(scores, is_positive)
    values = at_thresholds(METRICS[name], count_at(every, every.between()).table)
    assert value == pytest.approx(values.max())
    equal = every.between()[np.isclose(values, values.max())]
    assert abs(threshold - 0.5) == pytest.approx(np.abs(equal - 0.5).min())


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "rmse", "f1_scor"])
def test_a_metric_that_no_threshold_changes_is_refused(name):
    with pytest.raises(SettingsError, match=f"{name!r}, which no threshold changes.*Allowed here: accuracy"):
        get_threshold_metric(name, BINARY)


def test_bounds_are_those_of_clopper_and_pearson():
    from scipy.stats import binomtest

    for hits, n in ((0, 10), (3, 10), (10, 10), (45, 50)):
        exact = binomtest(hits, n).proportion_ci(0.9, "exact")
        assert lower_bound(hits, n) == pytest.approx(exact.low)
        assert upper_bound(hits, n) == pytest.approx(exact.high)
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0, 1)
    assert effective_rows(np.array([4, 4, 4]))[-1] == 1


@pytest.mark.whole
@pytest.mark.parametrize("distort", [1, 3])
@pytest.mark.parametrize(
    "wanted",
    [
        {"min_precision": 0.7},
        {"min_recall": 0.8},
        {"max_positive_rate": 0.2},
        {"min_precision": 0.6, "min_recall": 0.7},
        {"min_recall": 0.6, "max_positive_rate": 0.3},
        {"min_precision": 0.5, "max_positive_rate": 0.2},
    ],
    ids=str,
)
def test_promises_are_broken_seldom(wanted, distort):
    rng, n_draws, base, distance = np.random.default_rng(3), 100, 0.25, 2.0
    broken = kept = 0
    for _ in range(n_draws):
        proven = prove_threshold(draw(rng, 800, base, distance, distort), wanted)
        shares = true_shares(proven.threshold, base, distance, distort)
        broken += any(is_broken(promise, shares) for promise in proven.promises)
        kept += proven.is_kept
    assert broken <= 0.08 * n_draws
    assert kept >= 0.5 * n_draws


def test_the_plain_search_would_break_its_promise_in_about_half_of_the_draws():
    rng, broken = np.random.default_rng(4), 0
    for _ in range(100):
        rows = draw(rng, 800, 0.25)
        counts = count_at(rows, rows.between())
        threshold = counts.thresholds[np.flatnonzero(counts.precision >= 0.7).max()]
        broken += true_shares(threshold, 0.25, 2.0, 1.0)["precision"] < 0.7
    assert broken > 25


@pytest.mark.whole
@pytest.mark.parametrize("wanted", [{"min_precision": 0.7}, {"min_recall": 0.8}, {"max_positive_rate": 0.2}])
def test_groups_that_say_the_same_break_promises_no_more_often(wanted):
    rng, broken, alone = np.random.default_rng(5), 0, 0
    for _ in range(100):
        rows = draw(rng, 150, 0.25)
        times = rng.integers(1, 11, 150)
        copies = BinaryScores(*(np.repeat(x, times) for x in (rows.scores, rows.is_positive, np.arange(150))))
        proven = prove_threshold(copies, wanted)
        broken += is_broken(proven.promises[0], true_shares(proven.threshold, 0.25, 2.0, 1.0))
        as_rows = prove_threshold(BinaryScores(copies.scores, copies.is_positive), wanted)
        alone += is_broken(as_rows.promises[0], true_shares(as_rows.threshold, 0.25, 2.0, 1.0))
    assert broken <= 0.08 * 100
    assert alone > broken


def test_what_cannot_be_promised_comes_with_what_can():
    rows = draw(np.random.default_rng(6), 300, 0.1, 1.0)
    proven = prove_threshold(rows, {"min_precision": 0.95})
    assert not proven.is_kept
    assert 0 < proven.promises[0].bound < 0.95
    nobody = BinaryScores(rows.scores, np.zeros(300, dtype=bool))
    for wanted in ({"min_precision": 0.5}, {"min_recall": 0.5}, {"min_recall": 0.5, "min_precision": 0.1}):
        assert {promise.bound for promise in prove_threshold(nobody, wanted).promises} == {0.0}


def test_a_recall_that_no_threshold_has_takes_nothing_from_the_other_promises():
    rows = draw(np.random.default_rng(1), 400, 0.02)  # eight positive rows prove no recall of 0.9
    wanted = {"min_recall": 0.9, "max_positive_rate": 0.1}
    recall, rate = prove_threshold(rows, wanted).promises
    assert rate.is_kept
    assert not recall.is_kept
    assert 0 < recall.bound < 0.9


@pytest.mark.parametrize("scores", [np.zeros(50), np.ones(50), np.full(50, 0.3)])
def test_constant_scores_are_no_obstacle(scores):
    rows = BinaryScores(scores, np.arange(50) < 45)
    assert prove_threshold(rows, {"min_precision": 0.7, "min_recall": 0.9}).promises
    assert prove_threshold(rows, {"max_positive_rate": 0.5}).promises


def test_the_closed_form_costs_no_more_than_a_search_where_probabilities_are_right():
    rng = np.random.default_rng(7)
    costs = Costs(false_positive=1.0, false_negative=8.0, true_positive=0.5)
    few, many = draw(rng, 2000), draw(rng, 20_000)
    plain = RowCosts.of(costs, few.n).thresholds()[0]
    assert plain == pytest.approx(1 / (1 + 7.5))
    found = cheapest_threshold(few, RowCosts.of(costs, few.n), plain)
    of_many = RowCosts.of(costs, many.n)
    cost = [of_many.of_decisions(many.scores >= t, many.is_positive).mean() for t in (plain, found)]
    assert cost[0] <= cost[1] * 1.005
    assert not compare_with_search(few, RowCosts.of(costs, few.n), np.full(few.n, plain), 0).is_search_cheaper


def test_the_searched_threshold_is_the_cheapest_of_all():
    rows = draw(np.random.default_rng(8), 300)
    amounts = np.random.default_rng(0).gamma(2, 5, 300)
    costs = RowCosts.of(Costs(false_positive=3.0), 300, amounts)
    by_hand = [costs.of_decisions(rows.scores >= t, rows.is_positive).sum() for t in rows.between()]
    found = cheapest_threshold(rows, costs, 0.5)
    assert costs.of_decisions(rows.scores >= found, rows.is_positive).sum() == pytest.approx(min(by_hand))


def test_probabilities_that_do_not_suit_the_closed_form_are_found_out():
    rows = draw(np.random.default_rng(9), 3000, distort=4.0)
    costs = RowCosts.of(Costs(false_positive=1.0, false_negative=20.0), rows.n)
    assert compare_with_search(rows, costs, costs.thresholds(), 0).is_search_cheaper


@pytest.mark.whole
@pytest.mark.parametrize(
    ("decisions", "way", "said"),
    [
        ({"threshold_metric": "f1_score"}, "metric", "F1 is best at a threshold of"),
        ({"min_precision": 0.7}, "constraints", "Precision of at least 0.7 is promised of new rows"),
        (
            {"min_precision": 0.9999},
            "constraints",
            "cannot be promised with these rows; the best that can is",
        ),
        (
            {"max_positive_rate": 0.3},
            "constraints",
            "A share of rows called positive of at most 0.3 is promised",
        ),
        ({"costs": {"false_positive": 1, "false_negative": 4}}, "costs", "from a probability of 0.2 on"),
        (
            {"costs": {"false_positive": 5}, "amount_column": "paid"},
            "amounts",
            "a threshold of its own by its",
        ),
    ],
)
def test_a_policy_is_chosen_in_each_way(decisions, way, said):
    paid = np.random.default_rng(0).gamma(2, 10, 600)
    given = make_input("binary", 600, settings={"decisions": decisions}, paid=paid)
    policy = choose_policy(given.task, given.settings, given.out_of_fold)
    assert policy.way == way
    assert said in " ".join(policy.sentences)
    assert type(policy).from_dict(policy.to_dict()) == policy
    assert policy.classes == ("bad", "good")
    assert policy.positive == 0
    assert policy.n_rows == 300
    if way == "amounts":
        assert policy.columns == ["paid"]


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_without_the_setting_there_is_no_policy(kind):
    given = make_input(kind, 200)
    assert choose_policy(given.task, given.settings, given.out_of_fold) is None


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_policy_for_other_targets_is_refused(kind):
    given = make_input(kind, 200, settings={"decisions": {"min_recall": 0.5}})
    with pytest.raises(SettingsError, match="`decisions` is about a target with two classes"):
        choose_policy(given.task, given.settings, given.out_of_fold)


@pytest.mark.parametrize("decisions", [{"min_precision": 0.7}, {"threshold_metric": "f1_score"}])
@pytest.mark.parametrize(
    ("group_column", "groups", "said", "unsaid"),
    [
        (None, np.arange(300) // 10, "in 30 stretches of time.", "were counted"),
        ("home", np.arange(300) // 10, "in 30 groups.", "stretch"),
        (None, None, "worth fewer than were counted", "come in"),
    ],
)
def test_on_a_split_by_time_stretches_are_called_so(decisions, group_column, groups, said, unsaid):
    given = make_input("binary", 600, settings={"decisions": decisions})
    settings = given.settings.model_copy(update={"split": "time", "group_column": group_column})
    policy = choose_policy(given.task, settings, replace(given.out_of_fold, groups=groups))
    text = " ".join(policy.sentences)
    assert said in text
    assert unsaid not in text
    assert ("ounds" in text) == (policy.way == "constraints")
