"""The folds decide what is handed over; the validation rows say what it is worth, worse included."""

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from model_development.execution.protocol import Cause, Outcome
from model_development.fitting.final_fit import SLOWER
from model_development.metrics.table import METRICS
from model_development.phases.clock import Clock
from model_development.phases.tuning.baseline import Baseline
from model_development.phases.tuning.final_fits import ALL_ROWS, TRAINING_ROWS, with_validation_rows
from model_development.phases.tuning.search_result import outcome
from model_development.phases.tuning.selection import rows_left_out, select_final_model
from model_development.phases.tuning.time_left import end_of_fits
from model_development.phases.tuning.trials import Trial

METRIC = METRICS["f1_score"]
SPEC = SimpleNamespace(name="xgboost_baseline", framework="xgboost")


class FakeEngine:
    """Says of each fit what it would measure, and saves a file that names the function that fitted it."""

    def __init__(self, value=0.8, interval=(-6.0, 2.0)):
        self.result = {
            "metrics": {"f1_score": value},
            "improvement_95": interval,
        }

    def run(self, calls, deadline):
        for call in calls:
            folder = Path(call.arguments["folder"])
            folder.mkdir(parents=True)
            (folder / "model").write_text(call.function.__name__)
            yield "outcome", call, Outcome(self.result)


def a_session(folder, n_folds, engine):
    folds = [(np.arange(400), np.arange(100))] * n_folds
    data, record = SimpleNamespace(folds=folds), SimpleNamespace(new_model_folder=folder.joinpath)
    return SimpleNamespace(
        metric=METRIC, data=data, rows_path="rows", options={}, engine=engine, record=record
    )


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


@pytest.fixture
def choose(tmp_path):
    """What is handed over, where the final fit would measure this value on the validation rows."""

    def choice(baseline, trials, value):
        baseline = saved(baseline, tmp_path)
        session = a_session(tmp_path, len(baseline.folds), FakeEngine(value))
        final = select_final_model(session, SPEC, baseline, trials, tmp_path / "final", Clock(), len(trials))
        return final, outcome(METRIC, baseline, final)

    return choice


def saved(baseline, folder):
    """The baseline, with a model as phase 1 has saved it."""
    (folder / "phase_1").mkdir()
    (folder / "phase_1" / "model").write_text("phase 1")
    return replace(baseline, model_path=folder / "phase_1")


BASELINE = a_baseline([0.80, 0.82, 0.78, 0.81, 0.79])
BETTER = a_trial(1, [0.90, 0.91, 0.89, 0.90, 0.89])
NEAR = a_trial(2, [0.81, 0.80, 0.80, 0.83, 0.78])


def test_a_tuned_model_that_is_worse_on_the_validation_rows_is_reported_as_worse(choose):
    """They had a veto, and gave the improvement: it could not be negative."""
    final, said = choose(BASELINE, [BETTER, NEAR], 0.78)
    assert final.improved
    assert said["improvement_pct"] == -2.5
    assert "the improvement is -2.50 %, 95 % interval -6.00 % to +2.00 %" in said["verdict"]
    assert said["difference_on_folds"]["p"] < 0.05


def test_an_improvement_that_the_choice_alone_explains_hands_over_the_baseline(choose):
    final, said = choose(BASELINE, [NEAR, a_trial(3, [0.79, 0.8, 0.8, 0.8, 0.8])], 0.99)
    assert not final.improved
    assert (said["improvement_pct"], final.params) == (0.0, {"a": 0})
    assert "but not significantly" in said["verdict"]
    assert said["verdict"].endswith("The baseline is handed over.")


def test_two_folds_test_nothing_and_say_so(choose):
    trials = [a_trial(1, [0.99, 0.98])]
    final, said = choose(a_baseline([0.80, 0.81]), trials, 0.99)
    assert not final.improved
    assert "not tested (2 folds)" in said["verdict"]
    on_folds = said["difference_on_folds"]
    assert (on_folds["p"], on_folds["reason"]) == (None, "not tested (2 folds)")
    assert on_folds["mean"] == pytest.approx(0.18)


def test_the_same_model_has_an_improvement_of_0_where_the_metric_is_0(choose):
    _, said = choose(a_baseline([0.0] * 5, value=0.0), [a_trial(1, [0.0] * 5)], 0.0)
    assert said["improvement_pct"] == 0


def test_time_that_was_kept_for_an_ensemble_goes_to_the_fit_with_the_validation_rows(tmp_path):
    """Where no ensemble could be made, a quarter of two minutes was left unused, by a model of fewer rows."""
    metrics = BASELINE.metrics | {"training_time": 38 / SLOWER}  # 35 s are left of 50 with the ensemble's
    baseline = replace(saved(BASELINE, tmp_path), ensemble_s=40.0, metrics=metrics)
    session, folder = a_session(tmp_path, 5, FakeEngine()), tmp_path / "final"
    clock = Clock(50.0, time.monotonic())
    final = select_final_model(session, SPEC, baseline, [NEAR], folder, clock, 1)
    assert (final.fitted_on, (folder / "model").read_text()) == (TRAINING_ROWS, "phase 1")
    assert "no time for more" in rows_left_out(final)
    final = with_validation_rows(session, SPEC, baseline, final, folder, end_of_fits(clock))
    assert (final.fitted_on, (folder / "model").read_text()) == (ALL_ROWS, "fit_all_rows")
    assert not rows_left_out(final)


def test_a_model_of_some_of_the_rows_is_fitted_on_all_of_them_where_there_is_any_hope(tmp_path):
    """What a part of the rows had taught was handed over, while seconds were kept for what cannot use it."""
    session, clock = a_session(tmp_path, 5, FakeEngine()), Clock(50.0, time.monotonic())
    phase_1 = saved(BASELINE, tmp_path)

    def handed_over(name, expected_s):
        metrics = BASELINE.metrics | {"training_time": 0.5 * expected_s / SLOWER}
        few = replace(phase_1, ensemble_s=20.0, metrics=metrics, share_of_rows=0.5)
        return select_final_model(session, SPEC, few, [], tmp_path / name, clock, 1).fitted_on

    assert handed_over("in time", 80.0) == ALL_ROWS  # of 47 s, where 80 are expected
    assert handed_over("late", 110.0) == "50% of the training rows"


def test_a_fit_that_was_saved_and_then_cut_off_leaves_its_place_to_the_baseline(tmp_path):
    class LateEngine(FakeEngine):
        def run(self, calls, deadline):
            for _, call, _ in super().run(calls, deadline):
                yield "outcome", call, Outcome(cause=Cause.OUT_OF_TIME)

    session, folder = a_session(tmp_path, 5, LateEngine()), tmp_path / "final"
    final = select_final_model(session, SPEC, saved(BASELINE, tmp_path), [BETTER], folder, Clock(), 1)
    assert not final.improved
    assert final.was_cut  # so that the search is no answer to the same command
    assert "There was no time left to fit the best combination" in final.verdict
    assert (folder / "model").read_text() == "phase 1"


class FailingEngine(FakeEngine):
    """Each fit fails, or that of one function alone."""

    def __init__(self, function=None):
        super().__init__()
        self.function = function

    def run(self, calls, deadline):
        for kind, call, found in super().run(calls, deadline):
            fails = self.function in (None, call.function.__name__)
            yield kind, call, Outcome(cause=Cause.DIED, reason="killed (signal 9)") if fails else found


def test_what_is_measured_is_handed_over_where_the_fit_with_the_validation_rows_fails(tmp_path):
    session, folder = a_session(tmp_path, 5, FailingEngine("fit_all_rows")), tmp_path / "final"
    final = select_final_model(session, SPEC, saved(BASELINE, tmp_path), [NEAR], folder, Clock(), 1)
    assert (final.fitted_on, (folder / "model").read_text()) == (TRAINING_ROWS, "phase 1")
    assert "killed (signal 9)" in rows_left_out(final)


def test_a_tuned_model_that_is_measured_is_not_lost_where_its_fit_with_the_validation_rows_fails(tmp_path):
    session, folder = a_session(tmp_path, 5, FailingEngine("fit_all_rows")), tmp_path / "final"
    final = select_final_model(session, SPEC, saved(BASELINE, tmp_path), [BETTER], folder, Clock(), 1)
    assert final.improved
    assert (final.fitted_on, (folder / "model").read_text()) == (TRAINING_ROWS, "fit_final")
    assert "killed (signal 9)" in rows_left_out(final)


def test_the_baseline_is_handed_over_where_the_best_combination_cannot_be_fitted_again(tmp_path):
    session, folder = a_session(tmp_path, 5, FailingEngine()), tmp_path / "final"
    final = select_final_model(session, SPEC, saved(BASELINE, tmp_path), [BETTER], folder, Clock(), 1)
    assert not final.improved
    assert "could not be fitted again: " in final.verdict
    assert (folder / "model").read_text() == "phase 1"


def test_a_fit_that_would_be_late_is_not_begun(tmp_path):
    session, folder = a_session(tmp_path, 5, FakeEngine()), tmp_path / "final"
    late = Clock(1.0, time.monotonic())
    final = select_final_model(session, SPEC, saved(BASELINE, tmp_path), [NEAR], folder, late, 1)
    assert with_validation_rows(session, SPEC, BASELINE, final, folder, end_of_fits(late)) is final
    assert (folder / "model").read_text() == "phase 1"
