"""The folds decide what is handed over; the validation rows say what it is worth, worse included."""

from types import SimpleNamespace

import numpy as np
import pytest

from model_development.metrics.table import METRICS
from model_development.phases.clock import Clock
from model_development.phases.tuning import selection
from model_development.phases.tuning.baseline import Baseline
from model_development.phases.tuning.search_result import outcome
from model_development.phases.tuning.selection import select_final_model
from model_development.phases.tuning.trials import Trial

METRIC = METRICS["f1_score"]
SPEC = SimpleNamespace(name="xgboost_baseline", framework="xgboost")


def a_session(n_folds):
    folds = [(np.arange(400), np.arange(100))] * n_folds
    data = SimpleNamespace(folds=folds)
    return SimpleNamespace(metric=METRIC, data=data, rows_path="rows", options={})


def a_baseline(scores, value=0.80):
    mean, numbers = float(np.mean(scores)), list(range(len(scores)))
    metrics = {"f1_score": value, "training_time": 1.0}
    return Baseline(
        SPEC.name, {"a": 0}, mean, 0.01, numbers, list(scores), value, metrics, "folder", True, "run"
    )


def a_trial(number, scores):
    measured = {"folds": list(range(len(scores))), "fold_scores": {"f1_score": list(scores)}}
    measured["cv"] = {"f1_score": {"mean": float(np.mean(scores)), "std": 0.01}}
    return Trial(number, {"a": number}, {"a": number}, measured=measured)


def choose(monkeypatch, baseline, trials, value, interval=(-6.0, 2.0)):
    """What is handed over, where the final fit would measure this value on the validation rows."""
    measured = {"metrics": {"f1_score": value}, "improvement_95": interval, "has_validation_rows": True}
    monkeypatch.setattr(selection, "_run", lambda *arguments, **more: None if more else measured)
    session = a_session(len(baseline.folds))
    final = select_final_model(session, SPEC, baseline, trials, "folder", Clock(), len(trials))
    return final, outcome(METRIC, baseline, final)


BASELINE = a_baseline([0.80, 0.82, 0.78, 0.81, 0.79])
BETTER = a_trial(1, [0.90, 0.91, 0.89, 0.90, 0.89])
NEAR = a_trial(2, [0.81, 0.80, 0.80, 0.83, 0.78])


def test_a_tuned_model_that_is_worse_on_the_validation_rows_is_reported_as_worse(monkeypatch):
    """They had a veto, and gave the improvement: it could not be negative."""
    final, said = choose(monkeypatch, BASELINE, [BETTER, NEAR], 0.78)
    assert final.improved
    assert said["improvement_pct"] == -2.5
    assert "the improvement is -2.50 %, 95 % interval -6.00 % to +2.00 %" in said["verdict"]
    assert said["difference_on_folds"]["p"] < 0.05


def test_an_improvement_that_the_choice_alone_explains_hands_over_the_baseline(monkeypatch):
    final, said = choose(monkeypatch, BASELINE, [NEAR, a_trial(3, [0.79, 0.8, 0.8, 0.8, 0.8])], 0.99)
    assert not final.improved
    assert (said["improvement_pct"], final.params) == (0.0, {"a": 0})
    assert "but not significantly" in said["verdict"]
    assert said["verdict"].endswith("The baseline is handed over.")


def test_two_folds_test_nothing_and_say_so(monkeypatch):
    trials = [a_trial(1, [0.99, 0.98])]
    final, said = choose(monkeypatch, a_baseline([0.80, 0.81]), trials, 0.99)
    assert not final.improved
    assert "not tested (2 folds)" in said["verdict"]
    on_folds = said["difference_on_folds"]
    assert (on_folds["p"], on_folds["reason"]) == (None, "not tested (2 folds)")
    assert on_folds["mean"] == pytest.approx(0.18)


def test_the_same_model_has_an_improvement_of_0_where_the_metric_is_0(monkeypatch):
    _, said = choose(monkeypatch, a_baseline([0.0] * 5, value=0.0), [a_trial(1, [0.0] * 5)], 0.0)
    assert said["improvement_pct"] == 0
