"""The best constant of each metric: no other value that is the same for every row scores better."""

import numpy as np
import pytest

from model_development.metrics.table import METRICS, constant_predictions, score_constants
from model_development.tasks.predictions import Predictions

RNG = np.random.default_rng(0)
NUMBERS = RNG.gamma(1.5, 40, 401) + 5
RARE = (RNG.random(600) < 0.03).astype(int)
CLASSES = RNG.choice(4, 400, p=[0.1, 0.2, 0.6, 0.1])
LIKE = {
    "regression": Predictions(np.zeros(1)),
    "binary": Predictions(np.zeros(1, int), np.full((1, 2), 0.5), 1),
    "multiclass": Predictions(np.zeros(1, int), np.full((1, 4), 0.25)),
}


def of_label(label, n_rows, like):
    n_classes = like.probabilities.shape[1]
    return Predictions(np.full(n_rows, label), np.eye(n_classes)[np.full(n_rows, label)], like.positive)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("name", [m.name for m in METRICS.values() if m.family == "classification"])
def test_no_constant_class_is_better(name, kind):
    metric, like, truth = METRICS[name], LIKE[kind], {"binary": RARE, "multiclass": CLASSES}[kind]
    once = np.ones((1, len(truth)))
    ours = metric.resampled(truth, constant_predictions(metric, truth, len(truth), like), once)[0]
    for label in range(like.probabilities.shape[1]):
        other = metric.resampled(truth, of_label(label, len(truth), like), once)[0]
        assert not metric.is_better(other, ours)


@pytest.mark.parametrize(
    "name", ["mse", "rmse", "mae", "mape", "r2_score", "pinball_loss_10", "pinball_loss_90"]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_no_constant_number_is_better(name, sign):
    metric, truth = METRICS[name], sign * NUMBERS
    once = np.ones((1, len(truth)))
    best = constant_predictions(metric, truth, len(truth), LIKE["regression"])
    ours = metric.resampled(truth, best, once)[0]
    others = [
        metric.resampled(truth, Predictions(np.full(len(truth), c)), once)[0]
        for c in np.quantile(truth, np.linspace(0, 1, 101))
    ]
    assert min(others) >= ours * (1 - 1e-9) if not metric.greater_is_better else max(others) <= ours + 1e-9


def test_f1_of_a_rare_class_has_all_positive_as_its_baseline_and_not_zero():
    values, _ = score_constants(RARE, RARE, LIKE["binary"], "classification")
    share = RARE.mean()
    assert values["f1_score"] == pytest.approx(2 * share / (1 + share))
    assert values["accuracy"] == pytest.approx(1 - share)
    assert (values["balanced_accuracy"], values["roc_auc"], values["matthews"]) == (0.5, 0.5, 0.0)
    assert values["pr_auc"] == pytest.approx(share)
    assert values["brier_score"] == pytest.approx(share * (1 - share))


def test_constants_are_of_the_rows_that_are_known_and_scored_on_others():
    values, _ = score_constants(np.full(50, 10.0), np.full(20, 14.0), LIKE["regression"], "regression")
    assert (values["mae"], values["rmse"]) == (4.0, 4.0)


def test_a_target_of_zeros_has_no_mape_and_says_so():
    values, reasons = score_constants(np.zeros(9), np.zeros(5), LIKE["regression"], "regression")
    assert values["mape"] is None
    assert "zero" in reasons["mape"]


def test_a_metric_is_known_to_one_row_or_to_one_pair_of_rows():
    assert METRICS["accuracy"].resolution([0.9], 50) == 0.02
    assert METRICS["roc_auc"].resolution([0.9], 50) == 0.0004
    assert METRICS["rmse"].resolution([3.0, 5.0], 50) == 0.002
    assert METRICS["r2_score"].resolution([0.5, -1.0], 50) == 0.0008
