"""Metrics of the user's own: a function in a file beside the context, or a scikit-learn scorer."""

import json

import numpy as np
import pytest
from conftest import write_project
from sklearn import metrics as sk

from model_development import model_utils as mu
from model_development.errors import SettingsError
from model_development.metrics.own import read_own_metrics, use_own_metrics
from model_development.metrics.table import METRICS, constant_predictions, get_primary_metric
from model_development.tasks.classification import Binary, Multiclass
from model_development.tasks.predictions import Predictions
from model_development.tasks.regression import Regression

BINARY = Binary("y", ("bad", "good"), "bad")
FUNCTIONS = """
import numpy as np

def profit(y_true, y_pred, positive_class):
    caught = (y_true == positive_class) & (y_pred == positive_class)
    return 5.0 * caught.sum() - (y_pred == positive_class).sum()

def overshoot(y_true, y_pred):
    return np.maximum(np.asarray(y_pred) - y_true, 0).mean()

overshoot.greater_is_better = False

def surest(y_proba):
    return y_proba.max(axis=1).mean()

def broken(y_true, y_pred):
    return 1 / 0

def odd(y_true, weights):
    return 1.0
"""


@pytest.fixture(autouse=True)
def none_left():
    yield
    use_own_metrics(())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "metrics.py").write_text(FUNCTIONS, encoding="utf-8")
    return tmp_path


def own(folder, task, **places):
    use_own_metrics(read_own_metrics(places, folder, task))
    return [METRICS[name] for name in places]


def said(positive=0):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1, 1], 50)
    return rng.integers(0, 2, 50), Predictions(probabilities.argmax(axis=1), probabilities, positive)


def test_a_function_gets_labels_as_they_stand_in_the_target_column(folder):
    (profit,) = own(folder, BINARY, profit="metrics.py:profit")
    truth, outcome = said()
    caught = ((truth == 0) & (outcome.labels == 0)).sum()
    assert profit.definition(truth, outcome) == 5 * caught - (outcome.labels == 0).sum()
    assert profit.greater_is_better
    assert get_primary_metric("profit", BINARY) is profit


def test_probabilities_and_numbers_and_the_direction(folder):
    (surest,) = own(folder, BINARY, surest="metrics.py:surest")
    truth, outcome = said()
    assert surest.definition(truth, outcome) == pytest.approx(outcome.probabilities.max(axis=1).mean())
    (overshoot,) = own(folder, Regression("y"), overshoot="metrics.py:overshoot")
    assert not overshoot.greater_is_better
    assert overshoot.definition(np.array([1.0, 2.0]), Predictions(np.array([2.0, 0.0]))) == 0.5
    assert "surest" not in METRICS  # of another context


@pytest.mark.parametrize("name", ["f1", "roc_auc", "average_precision", "neg_log_loss", "balanced_accuracy"])
@pytest.mark.parametrize("positive", [0, 1])
def test_a_scorer_says_what_its_function_does(name, positive, folder):
    (metric,) = own(folder, BINARY, mine=name)
    truth, outcome = said(positive)
    y, p = truth == positive, outcome.probabilities[:, positive]
    right = {
        "f1": lambda: sk.f1_score(y, outcome.labels == positive),
        "roc_auc": lambda: sk.roc_auc_score(y, p),
        "average_precision": lambda: sk.average_precision_score(y, p),
        "neg_log_loss": lambda: -sk.log_loss(y, np.c_[1 - p, p]),
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(y, outcome.labels == positive),
    }[name]()
    assert metric.definition(truth, outcome) == pytest.approx(right)


def test_scorers_of_numbers_and_of_many_classes(folder):
    (gamma,) = own(folder, Regression("y"), gamma="neg_mean_gamma_deviance")
    y, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    assert gamma.definition(y, Predictions(predicted)) == -sk.mean_gamma_deviance(y, predicted)
    (kappa,) = own(folder, Multiclass("y", ("a", "b", "c")), many="roc_auc_ovo")
    rng = np.random.default_rng(0)
    truth, probabilities = rng.integers(0, 3, 60), rng.dirichlet([1, 1, 1], 60)
    right = sk.roc_auc_score(truth, probabilities, multi_class="ovo")
    assert kappa.definition(truth, Predictions(probabilities.argmax(axis=1), probabilities)) == right


def test_the_baseline_is_the_best_constant_of_those_that_are_known(folder):
    (profit,) = own(folder, BINARY, profit="metrics.py:profit")
    truth, outcome = said()
    best = constant_predictions(profit, truth, len(truth), outcome)
    values = [5 * (truth == 0).sum() - len(truth), 0]
    assert profit.definition(truth, best) == max(values)


def test_what_fails_has_no_value_and_says_why(folder):
    (broken,) = own(folder, BINARY, broken="metrics.py:broken")
    with pytest.raises(ValueError, match=r"metrics\.py:broken: ZeroDivisionError"):
        broken.definition(*said())


@pytest.mark.parametrize(
    ("name", "place", "message"),
    [
        ("f1_score", "metrics.py:profit", "is a metric of the package"),
        ("mine", "metrics.py:proft", "no function 'proft'. Did you mean 'profit'"),
        ("mine", "metrics.py:odd", "takes unknown weights"),
        ("mine", "none.py:profit", "cannot be read"),
        ("mine", "../metrics.py:profit", "is not below"),
        ("mine", "roc_acu", "Did you mean 'roc_auc'"),
    ],
)
def test_what_is_no_metric_is_said(name, place, message, folder):
    with pytest.raises(SettingsError, match=message):
        read_own_metrics({name: place}, folder, BINARY)


def test_a_file_that_cannot_be_run_is_said(folder):
    (folder / "metrics.py").write_text("import nothing_of_this_name", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be run: ModuleNotFoundError"):
        read_own_metrics({"mine": "metrics.py:profit"}, folder, BINARY)


@pytest.mark.whole
def test_both_phases_choose_by_it(folder):
    settings = {"own_metrics": {"profit": "metrics.py:profit"}, "primary_metric": "profit", "profile": False}
    context = write_project(folder, settings=settings)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    best = mu.finish_training(phase)
    assert best.cv("profit", "low") < best.cv("profit") < best.cv("profit", "high")
    outputs = mu.tune_best_model(context, n_trials=2)
    assert outputs["primary_metric"] == "profit"
    use_own_metrics(())  # as another process, which shows what was found
    assert "profit" in mu.search_overview(mu.read_search(context))
    rows = json.loads((phase.session.record.path("all_tuning_results.json")).read_text())["results"]
    assert all(row["cv"]["profit"]["mean"] is not None for row in rows)
