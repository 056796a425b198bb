import numpy as np
import pytest

from model_development.metrics.table import METRICS, metrics_for, score
from model_development.statistics.resampling import bootstrap_intervals, paired_improvement
from model_development.statistics.uncertainty import corrected_t_test, holm, one_sided
from model_development.tasks.predictions import Predictions

RNG = np.random.default_rng(0)


def example(kind, n=300):
    """Truth and predictions with ties and errors."""
    if kind == "regression":
        truth = RNG.gamma(2, 50, n) + 1
        return truth, Predictions(truth + RNG.normal(0, 20, n).round())
    n_classes = {"binary": 2, "multiclass": 4}[kind]
    truth = RNG.integers(0, n_classes, n)
    probabilities = RNG.dirichlet(np.ones(n_classes), n).round(2) + 0.5 * np.eye(n_classes)[truth] + 0.01
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return truth, Predictions(probabilities.argmax(axis=1), probabilities, 1 if kind == "binary" else None)


ROWS = [
    (m.name, kind)
    for m in METRICS.values()
    for kind in (("binary", "multiclass") if m.family == "classification" else ("regression",))
]


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_weights_of_one_give_the_metric_itself(name, kind):
    truth, outcome = example(kind)
    metric = METRICS[name]
    (value,) = metric.resampled(truth, outcome, np.ones((1, len(truth))))
    assert value == pytest.approx(metric.definition(truth, outcome), rel=1e-9)


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_a_row_drawn_twice_counts_as_two_rows(name, kind):
    truth, outcome = example(kind, 60)
    weights = RNG.integers(0, 4, (3, 60))
    values = METRICS[name].resampled(truth, outcome, weights.astype(float))
    for value, times in zip(values, weights, strict=True):
        rows = np.repeat(np.arange(60), times)
        p = None if outcome.probabilities is None else outcome.probabilities[rows]
        repeated = Predictions(outcome.labels[rows], p, outcome.positive)
        assert value == pytest.approx(METRICS[name].definition(truth[rows], repeated), rel=1e-9)


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_intervals_hold_the_mean_over_the_folds_and_shrink_with_more_rows(kind):
    family = "regression" if kind == "regression" else "classification"
    few, many = ([(*example(kind, n), None) for _ in range(3)] for n in (60, 2000))
    narrow = bootstrap_intervals(many, family)
    wide = bootstrap_intervals(few, family)
    for metric in metrics_for(family):
        low, high = narrow[metric.name]
        assert low <= np.mean([metric.definition(*fold[:2]) for fold in many]) <= high
        assert high - low < wide[metric.name][1] - wide[metric.name][0]


def test_intervals_are_the_same_for_the_same_seed():
    folds = [(*example("binary"), None)]
    assert bootstrap_intervals(folds, "classification") == bootstrap_intervals(folds, "classification")


@pytest.mark.whole
def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    """95 % intervals of the accuracy of coins that are right in 70 % of the throws."""
    covered = 0
    for seed in range(100):
        truth = np.ones(400, dtype=int)
        hits = (np.random.default_rng(seed).random(400) < 0.7).astype(int)
        outcome = Predictions(hits, np.eye(2)[hits] * 0.8 + 0.1, 1)
        low, high = bootstrap_intervals([(truth, outcome, None)], "classification", seed)["accuracy"]
        covered += low <= 0.7 <= high
    assert 88 <= covered <= 100


def test_models_that_differ_by_noise_are_not_told_apart():
    """Both score alike but for noise; five per cent of such pairs may look different, not more than ten."""
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        common = rng.normal(0, 1, 5)
        wrong += (
            corrected_t_test(common + rng.normal(0, 1, 5), common + rng.normal(0, 1, 5), 0.25, 0)[2] < 0.05
        )
    assert wrong <= 20


def test_equal_differences_on_few_folds_are_no_proof():
    """One row more on each of three folds of fifty may be chance; ten rows more are hardly."""
    assert corrected_t_test([0.9, 0.8], [0.9, 0.8], 0.25, 0.0) == (0.0, (0.0, 0.0), 1.0)
    scores = np.array([0.8, 0.82, 0.84])
    mean, (low, high), p = corrected_t_test(scores + 0.02, scores, 0.5, 0.02)
    assert mean == pytest.approx(0.02)
    assert low < 0 < high
    assert p > 0.2
    assert 0 < corrected_t_test(scores + 0.2, scores, 0.5, 0.02)[2] < 0.05


def test_a_one_sided_p_value_is_small_for_better_alone():
    assert one_sided(0.1, 0.04, True) == one_sided(-0.1, 0.04, False) == 0.02
    assert one_sided(-0.1, 0.04, True) == 0.98


def test_adjusted_p_values_are_never_smaller_and_keep_their_order():
    p = [0.2, 0.001, 0.04, 0.5]
    assert all(a >= b for a, b in zip(holm(p), p, strict=True))
    assert np.argsort(holm(p), kind="stable").tolist() == np.argsort(p).tolist()


def test_rows_of_a_group_are_drawn_together():
    """Groups of 20 equal rows hold the information of one row each: intervals must be wider."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 20)
    hits = (rng.random(30) < 0.7).astype(int)[groups]
    outcome = Predictions(hits, np.eye(2)[hits] * 0.8 + 0.1, 1)
    truth = np.ones(600, dtype=int)
    by_row, by_group = (
        bootstrap_intervals([(truth, outcome, units)], "classification")["accuracy"]
        for units in (None, groups)
    )
    assert by_group[1] - by_group[0] > 3 * (by_row[1] - by_row[0])


def test_a_handful_of_groups_in_a_fold_gives_no_interval():
    """Drawing one group of one gives the fold itself, and an interval of no width."""
    truth, outcome = np.array([0, 1] * 20), Predictions(np.array([0, 1] * 20), np.eye(2)[[0, 1] * 20], 1)
    groups = np.repeat([0, 1], 20)
    assert set(bootstrap_intervals([(truth, outcome, groups)], "classification").values()) == {None}


def test_resamples_of_a_constant_target_do_not_spoil_an_interval():
    """Four of forty rows differ: a resample in a hundred holds none of them, and has no variance."""
    truth = np.r_[np.full(36, 0.1), 1.0, 2.0, 3.0, 4.0]
    folds = [(truth, Predictions(truth + RNG.normal(0, 0.2, 40)), None)] * 5
    low, high = bootstrap_intervals(folds, "regression")["r2_score"]
    assert -1 < low < high <= 1


def test_a_constant_target_has_no_variance_but_rounding():
    values, _ = score(np.full(40, 0.1), Predictions(np.full(40, 0.2)), "regression")
    assert values["r2_score"] is None


def test_a_few_resamples_without_a_class_leave_the_interval():
    truth = np.r_[np.ones(4, dtype=int), np.zeros(60, dtype=int)]
    p = RNG.random(64)
    outcome = Predictions((p > 0.5).astype(int), np.column_stack([1 - p, p]), 1)
    low, high = bootstrap_intervals([(truth, outcome, None)], "classification")["roc_auc"]
    assert 0 <= low < high <= 1


def test_an_improvement_is_as_sure_as_its_groups_are_many():
    """Thirty groups of twenty equal rows say as much as thirty rows."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(100, 130), 20)
    truth = np.ones(600, dtype=int)
    ours, theirs = (
        Predictions(hits, np.eye(2)[hits], 1)
        for hits in ((rng.random(30) < share).astype(int).repeat(20) for share in (0.8, 0.6))
    )
    metric = METRICS["accuracy"]
    (low, high), (lower, higher) = (
        paired_improvement(truth, ours, theirs, metric, groups=units) for units in (None, groups)
    )
    assert higher - lower > 3 * (high - low)
    assert paired_improvement(truth, ours, theirs, metric, groups=groups // 200) is None
