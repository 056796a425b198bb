from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from model_development.errors import SettingsError
from model_development.metrics.table import METRICS, get_primary_metric, improvement_pct, metrics_for, score
from model_development.tasks.predictions import Predictions
from model_development.tasks.table import TASKS

RNG = np.random.default_rng(0)


def test_binary_metrics_are_about_the_positive_class_even_when_it_is_the_first():
    truth = RNG.integers(0, 2, 200)
    positive_share = np.clip(0.6 * (truth == 0) + RNG.random(200) * 0.4, 0, 1)
    outcome = Predictions(
        np.where(positive_share > 0.5, 0, 1), np.column_stack([positive_share, 1 - positive_share]), 0
    )
    values, reasons = score(truth, outcome, "classification")
    assert not reasons
    assert values["recall"] == pytest.approx(reference.recall_score(truth, outcome.labels, pos_label=0))
    assert values["precision"] == pytest.approx(reference.precision_score(truth, outcome.labels, pos_label=0))
    assert values["roc_auc"] == pytest.approx(reference.roc_auc_score(truth == 0, positive_share))
    assert values["log_loss"] == pytest.approx(reference.log_loss(truth, outcome.probabilities))


def test_multiclass_metrics_are_weighted_by_the_shares_of_the_classes():
    truth = RNG.integers(0, 3, 200)
    probabilities = RNG.dirichlet([1, 1, 1], 200)
    outcome = Predictions(probabilities.argmax(axis=1), probabilities)
    values, _ = score(truth, outcome, "classification")
    assert values["f1_score"] == pytest.approx(reference.f1_score(truth, outcome.labels, average="weighted"))
    expected = reference.roc_auc_score(truth, probabilities, multi_class="ovr", average="weighted")
    assert values["roc_auc"] == pytest.approx(expected)


def test_a_metric_without_meaning_is_missing_with_the_reason():
    outcome = Predictions(np.zeros(5, int), np.tile([0.9, 0.1], (5, 1)), 1)
    values, reasons = score(np.zeros(5, int), outcome, "classification")
    assert values["roc_auc"] is None
    assert reasons == dict.fromkeys(("roc_auc", "pr_auc"), "only 1 of 2 classes occur in these rows")


@pytest.mark.parametrize("off", [0.0, 0.5])
def test_of_a_constant_target_no_part_of_the_spread_is_explained(off):
    truth = np.full(7, 0.1)
    said = Predictions(truth + off)
    values, reasons = score(truth, said, "regression")
    for name in ("r2_score", "explained_variance"):
        assert values[name] is None
        assert reasons[name] == "the target is the same in all of these rows"
        assert not np.isfinite(METRICS[name].resampled(truth, said, np.ones((1, 7)))).any()
    assert values["mae"] == pytest.approx(off)


def test_mape_is_a_fraction():
    values, _ = score(np.array([10.0, 20.0]), Predictions(np.array([9.0, 22.0])), "regression")
    assert values["mape"] == pytest.approx(0.1)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_perfect_predictions_are_never_worse_than_bad_ones(metric):
    truth = np.array([0, 1, 1, 0]) if metric.family == "classification" else np.array([1.0, 2.0, 4.0])
    if metric.family == "classification":
        good, bad = (Predictions(p.argmax(axis=1), p, 1) for p in (np.eye(2)[truth], np.eye(2)[1 - truth]))
    else:
        good, bad = Predictions(truth), Predictions(truth[::-1])
    difference = metric.definition(truth, good) - metric.definition(truth, bad)
    assert difference > 0 if metric.greater_is_better else difference < 0


def test_improvement_is_positive_when_better_for_errors_too():
    assert improvement_pct(0.89, 0.85, greater_is_better=True) == pytest.approx(4.7059)
    assert improvement_pct(90.0, 100.0, greater_is_better=False) == 10.0
    assert improvement_pct(-0.1, -0.2, greater_is_better=True) == 50.0
    assert improvement_pct(1.0, 0.0, greater_is_better=True) is None


def test_a_metric_of_the_other_family_lists_the_allowed_ones():
    with pytest.raises(SettingsError, match="Allowed here: mse, rmse"):
        get_primary_metric("f1_score", TASKS["regression"]("y"))
    assert [m.name for m in metrics_for("regression")][0] == "mse"


def test_a_value_that_is_no_number_is_undefined():
    values, reasons = score(np.array([1.0]), Predictions(np.array([2.0])), "regression")
    assert values["r2_score"] is None
    assert "r2_score" in reasons


def by_scikit_learn(truth, outcome, family):
    """Every metric by the function that scikit-learn has for it; None where it has no value."""
    values = {}
    for metric in metrics_for(family):
        try:
            values[metric.name] = metric.definition(truth, outcome)
        except ValueError:
            values[metric.name] = None
        if values[metric.name] is not None and not np.isfinite(values[metric.name]):
            values[metric.name] = None
    return values


@pytest.mark.whole
@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=2
    ),
    st.sampled_from([None, 0, 1]),
)
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_scored_has_the_value_that_scikit_learn_gives(rows, positive):
    table = np.array(rows)
    n_classes = 3 if positive is None else 2
    truth, shares = table[:, 0] % n_classes, table[:, 1 : 1 + n_classes] + 1e-3
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    outcome = Predictions(probabilities.argmax(axis=1), probabilities, positive)
    values, _ = score(truth, outcome, "classification")
    assert values == pytest.approx(by_scikit_learn(truth, outcome, "classification"), abs=1e-9)


@pytest.mark.whole
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2))
@pytest.mark.filterwarnings("ignore")
def test_numbers_too_zeros_and_constants_among_them(rows):
    truth, predicted = np.array(rows, dtype=float).T
    values, _ = score(truth, Predictions(predicted), "regression")
    assert values == pytest.approx(by_scikit_learn(truth, Predictions(predicted), "regression"), abs=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_stays_within_its_range_and_is_the_same_without_its_vectorised_form(name):
    metric, rng = METRICS[name], np.random.default_rng(3)
    if metric.family == "regression":
        truth = rng.normal(5, 2, 60)
        outcome = Predictions(truth + rng.normal(0, 3, 60))
    else:
        truth, probabilities = rng.integers(0, 3, 60), rng.dirichlet(np.ones(3), 60)
        outcome = Predictions(probabilities.argmax(axis=1), probabilities)
    weights = rng.multinomial(60, np.full(60, 1 / 60), 20).astype(float)
    plain = replace(metric, vectorised=None)
    values = metric.resampled(truth, outcome, weights)
    np.testing.assert_allclose(values, plain.resampled(truth, outcome, weights), rtol=1e-9)
    assert (values >= metric.lowest).all()
    assert (values <= metric.highest).all()
