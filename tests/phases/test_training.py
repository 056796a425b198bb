import json
import time
from functools import partial
from importlib.metadata import PackageNotFoundError

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import listed_by_mlflow, make_table, write_project

from model_development import model_utils as mu
from model_development import packages
from model_development.errors import SettingsError, TrainingError, UnknownModelError
from model_development.fitting import measure
from model_development.metrics.table import METRICS
from model_development.phases import clock
from model_development.phases.training import at_work
from model_development.phases.training.results import ModelResult, beats_dummy, choose_best, leaderboard
from model_development.storage.progress_log import read_progress

pytestmark = pytest.mark.whole


FEW = {
    "regression": ["sklearn_linear_regression", "statsmodels_ols", "lightgbm_baseline"],
    "classification": ["sklearn_logistic_regression", "xgboost_baseline", "pytorch_nn"],
}  # every classifier is trained in tests/test_contract.py, too, on two classes
models_of = partial(
    pytest.fixture, scope="module", params=["few", pytest.param("all", marks=pytest.mark.slow)]
)


@models_of()
def regression(request, tmp_path_factory):
    """Phase 1 with regression models: a few, or every one."""
    context = write_project(tmp_path_factory.mktemp("regression"), "regression")
    phase = mu.start_training(context_path=context, models=wanted(request, "regression"))
    mu.train_dummy(phase)
    mu.train_all(phase)
    best = mu.finish_training(phase)
    return phase, best


@models_of()
def multiclass(request, tmp_path_factory):
    """Phase 1 with classification models, on three classes and two cores: a few models, or every one."""
    context = write_project(tmp_path_factory.mktemp("multiclass"), "multiclass", settings={"n_jobs": 2})
    phase = mu.start_training(context_path=context, models=wanted(request, "classification"))
    mu.train_all(phase)
    return phase, mu.finish_training(phase)


def wanted(request, family):
    return FEW[family] if request.param == "few" else None


def names_of(phase, family):
    """The dummy and the few, or all, in the order of the table."""
    every = mu.model_names(family)
    assert set(phase.names) in (set(every), {"dummy_floor", *FEW[family]})
    return [name for name in every if name in phase.names]


def test_every_regression_model_is_trained_and_the_best_beats_the_floor(regression):
    phase, best = regression
    assert [result.name for result in phase.all_results] == names_of(phase, "regression")
    assert {result.status for result in phase.all_results} == {"ok"}
    assert beats_dummy(best, phase.all_results, phase.session.metric)
    assert set(best.measured["metrics"]) >= {"mse", "rmse", "mae", "r2_score", "mape"}


def test_every_multiclass_model_is_trained_and_learns(multiclass):
    phase, _ = multiclass
    assert [result.name for result in phase.all_results] == names_of(phase, "classification")
    for result in phase.all_results:
        assert result.status == "ok"
        assert result.cv("accuracy") > 0.5 or result.is_dummy


def test_the_regression_runs_are_in_mlflow_with_their_names(regression):
    phase, _ = regression
    store = phase.session.record.store
    runs = store.client.search_runs([store.experiment_id])
    assert {run.info.run_name for run in runs} == {*phase.names, "training_summary"}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_mlflow_lists_the_models_best_first_with_their_scores(multiclass):
    phase, best = multiclass
    state, runs = listed_by_mlflow(phase.session.record.store, "phase_1")
    assert {run.info.run_name for run in runs} == set(phase.names)
    assert runs[0].info.run_name == best.name
    assert state["selectedColumns"][0] == f"metrics.`cv_{phase.session.metric.name}_mean`"


def test_inference_is_timed_in_ms_for_a_named_batch_and_no_gpu_is_claimed(multiclass):
    phase, best = multiclass
    run = mlflow.MlflowClient(phase.session.record.store.uri).get_run(best.run_id)
    assert run.data.params["inference_batch_size"] == str(len(phase.session.data.X_validation))
    assert best.metric("inference_time_ms") > 0
    assert best.metric("gpu_used") == 0


def test_other_parameters_stand_beside_the_baseline_and_the_better_goes_on(tmp_path):
    context = write_project(tmp_path, settings={"primary_metric": "auc", "profile": False})
    phase = mu.start_training(context_path=context, models="sklearn_logistic_regression")
    _, first = mu.train_all(phase)
    (worse,) = mu.train_sklearn(phase, C=1e-9)
    board = mu.leaderboard(phase)
    assert "cv_roc_auc" in board  # by another name of it
    assert list(board["model"])[:2] == [first.name, f"{first.name} (C=1e-09)"]
    assert phase.results[first.name] is first
    best = mu.finish_training(phase)
    assert best is first
    assert mu.load_model(first.model_path).params["C"] == first.params["C"]  # files are those of the better
    written = json.loads(phase.session.record.path("all_models_metrics.json").read_text())
    assert [row["label"] for row in written["variants"]] == [worse.label]
    assert written["leaderboard"] == list(board["model"])
    assert written["models"][first.name]["run_id"] == first.run_id
    lines = read_progress(phase.session.record.folder)
    assert [line["event"] for line in lines if line["event"] in ("began", "done")] == ["began", "done"]
    assert {line["model"] for line in lines if line["event"] == "finished"} >= {first.name, "dummy_floor"}


def test_a_parameter_that_a_model_does_not_have_is_refused_before_training(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path), models=["xgboost_baseline"])
    with pytest.raises(SettingsError, match="Did you mean 'max_depth'"):
        mu.train_xgboost(phase, max_dept=3)
    assert not phase.rows
    assert len(repr(phase)) < 100
    assert "tiny_binary" in phase._repr_html_()


def test_two_runs_with_one_and_two_cores_give_the_same_numbers(multiclass, tmp_path):
    by_two, _ = multiclass
    context = write_project(tmp_path, "multiclass", settings={"n_jobs": 1})
    by_one = mu.start_training(context_path=context, models=by_two.names)
    scores = [result.measured["fold_scores"] for result in mu.train_all(by_one)]
    assert scores == [result.measured["fold_scores"] for result in by_two.all_results]


def test_a_model_that_fails_is_a_row_and_the_rest_goes_on(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path), models=["sklearn_random_forest"])
    mu.train_all(phase)
    (failed,) = mu.train_xgboost(phase, max_depth=-5)
    assert failed.status == "failed"
    assert "max_depth" in failed.reason
    board = mu.leaderboard(phase.all_results, phase.session.metric)
    assert board["status"].iloc[-1].startswith("failed: ")
    assert mu.finish_training(phase).name == "sklearn_random_forest"
    rows = json.loads(phase.session.record.path("all_models_metrics.json").read_text())["models"]
    assert rows["xgboost_baseline"]["reason"] == failed.reason
    csv = pd.read_csv(phase.session.record.path("model_comparison_summary.csv"))
    assert "failed" in set(csv["status"])


def test_a_model_of_the_other_task_is_skipped_with_the_reason(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path), models=["statsmodels_ols"])
    results = {result.name: result for result in mu.train_all(phase)}
    assert results["statsmodels_ols"].status == "skipped"
    assert "made for regression" in results["statsmodels_ols"].reason
    assert results["dummy_floor"].status == "ok"
    with pytest.raises(TrainingError, match="statsmodels_ols: made for regression"):
        mu.finish_training(phase)
    assert not phase.session.record.path("best_model_info.json").exists()


def test_noise_does_not_beat_the_best_constant_for_f1_of_a_rare_class(tmp_path):
    """Always the majority has an F1 of 0, and whatever guesses now and then was "better"."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(900, 3)), columns=list("abc"))
    table["outcome"] = np.where(rng.random(900) < 0.1, "bad", "good")
    models = ["sklearn_logistic_regression", "xgboost_baseline"]
    phase = mu.start_training(context_path=write_project(tmp_path, table=table), models=models)
    results = mu.train_all(phase)
    best, dummy = mu.finish_training(phase), results[0]
    share = (phase.session.data.y_train == "bad").mean()
    assert dummy.cv("f1_score") == pytest.approx(2 * share / (1 + share), abs=0.01)
    assert dummy.metric("accuracy") > 0.85  # of another constant: each metric has its own
    assert dummy.cv("f1_score", "low") < dummy.cv("f1_score") < dummy.cv("f1_score", "high")
    assert mu.beats_dummy(best, results, phase.session.metric) is False
    assert "not significantly better than the dummy baseline" in mu.conclusion(phase)
    written = json.loads(phase.session.record.path("all_models_metrics.json").read_text())
    assert written["beats_dummy"] is False
    assert 0.05 <= written["versus_dummy"]["p"] <= 1
    store = phase.session.record.store
    tags = store.client.get_run(store.find_run("training_summary", {})).data.tags
    assert tags["beats_dummy"] == "False"


def test_a_budget_too_small_still_ends_with_a_model_and_rows_that_say_so(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path, settings={"time_budget_s": 0.001}))
    results = mu.train_all(phase)
    assert {r.name for r in results if r.status == "ok"} == {"dummy_floor", "sklearn_logistic_regression"}
    assert all("time budget" in r.reason for r in results if r.status != "ok")
    assert mu.finish_training(phase).name == "sklearn_logistic_regression"


def test_time_that_quick_models_leave_goes_to_those_that_gave_something_up(tmp_path, monkeypatch):
    """Shares are equal at first; the run ended with folds given up and half of its time left."""
    context = write_project(tmp_path, settings={"time_budget_s": 300})
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    kept = at_work.keep_result

    def first_cut(session, spec, params, outcome, **how):
        if not phase.results.get(spec.name) and not spec.is_dummy:
            outcome.result.update(is_complete=False, note="time budget: half of the rows", share_of_rows=0.5)
        return kept(session, spec, params, outcome, **how)

    monkeypatch.setattr(at_work, "keep_result", first_cut)
    dummy, result = mu.train_all(phase)
    assert (result.is_complete, result.measured["share_of_rows"], result.note) == (True, 1.0, "")
    store = phase.session.record.store
    runs = store.client.search_runs([store.experiment_id], f"run_name = '{result.name}'")
    assert [run.info.run_id for run in runs] == [result.run_id]


def test_time_between_the_cells_of_a_notebook_is_no_time_of_the_budget(tmp_path, monkeypatch):
    phase = mu.start_training(context_path=write_project(tmp_path, settings={"time_budget_s": 60}))
    spent = phase.clock.spent
    assert 0 < spent < 60
    now = time.monotonic
    monkeypatch.setattr(clock.time, "monotonic", lambda: now() + 3600)
    assert phase.clock.spent == spent
    (floor,) = mu.train_dummy(phase)
    assert floor.status == "ok"


def test_a_try_that_comes_to_nothing_leaves_the_good_row_and_its_files(tmp_path):
    context = write_project(tmp_path)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    (good,) = [r for r in mu.train_all(phase) if not r.is_dummy]
    (bad,) = mu.train_sklearn(phase, C=-1.0)
    assert (bad.name, bad.status) == (good.name, "failed")
    assert phase.results[good.name] is good
    assert mu.finish_training(phase) is good
    again = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(again)
    assert again.results[good.name].run_id == good.run_id


def test_parameters_go_to_the_models_that_have_them_and_to_no_floor(tmp_path):
    phase = mu.start_training(context_path=write_project(tmp_path), models=["sklearn_logistic_regression"])
    (only,) = mu.train_sklearn(phase, C=0.5)
    assert (only.name, only.status) == ("sklearn_logistic_regression", "ok")
    assert "no dummy baseline was trained" in mu.conclusion(phase)


@pytest.mark.parametrize("package", ["lightgbm", "catboost"])
def test_a_framework_that_is_not_installed_is_one_skipped_row_however_often_it_is_tried(
    package, tmp_path, monkeypatch
):
    model = f"{package}_baseline"
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / f"{package}.py").write_text(f"raise ImportError('No module named {package}')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(absent))
    installed = packages.version

    def version(name):
        if name == package:
            raise PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(packages, "version", version)
    for _ in range(2):
        phase = mu.start_training(context_path=write_project(tmp_path), models=[model, "statsmodels_ols"])
        skipped = [r for r in mu.train_all(phase) if not r.is_dummy]
        assert {r.status for r in skipped} == {"skipped"}
        assert f"pip install {package}" in phase.results[model].reason
    store = phase.session.record.store
    names = [run.info.run_name for run in store.client.search_runs([store.experiment_id])]
    assert sorted(names) == sorted(["dummy_floor", model, "statsmodels_ols"])
    for look in (mu.comparison_figure, mu.prediction_figure, mu.latency_figure, mu.finish_training):
        with pytest.raises(TrainingError, match=f"pip install {package}"):
            look(phase)


def test_rows_that_were_fitted_are_drawn_from_all_of_them(tmp_path, monkeypatch):
    """A table sorted by class begins with thousands of rows of one."""
    monkeypatch.setattr(measure, "TRAIN_SCORE_ROWS", 40)
    table = make_table().sort_values("outcome")
    phase = mu.start_training(context_path=write_project(tmp_path, table=table))
    session = phase.session
    measured = measure.fit_and_save(
        "sklearn_logistic_regression",
        {},
        session.rows_path,
        session.options,
        tmp_path / "model",
        print,
    )
    assert measured["train_metrics"]["roc_auc"] is not None


def test_the_gap_between_fitted_rows_and_others_is_a_metric(multiclass):
    phase, best = multiclass
    run = mlflow.MlflowClient(phase.session.record.store.uri).get_run(best.run_id)
    gap = best.measured["train_metrics"]["accuracy"] - best.metric("accuracy")
    assert run.data.metrics["gap_accuracy"] == pytest.approx(gap)


def test_wrong_names_are_refused_before_any_training(tmp_path):
    path = write_project(tmp_path)
    with pytest.raises(UnknownModelError):
        mu.start_training(context_path=path, models=["xgbost"])
    with pytest.raises(SettingsError, match="`nonsense` is unknown"):
        mu.start_training(context_path=path, nonsense=1)
    assert not (tmp_path / "artifacts").exists()


def result(name, mean, status="ok"):
    measured = {"cv": {"rmse": {"mean": mean, "std": 0.1}}, "folds": [0], "fold_scores": {"rmse": [mean]}}
    return ModelResult(name, "x", status, measured=measured if mean else {})


def test_lower_is_better_for_errors_ties_go_to_the_simpler_and_the_floor_never_wins():
    rows = [result("dummy_floor", 0.5), result("pytorch_nn", 1.0), result("tensorflow_nn", None, "failed")]
    rows += [result("sklearn_linear_regression", 1.0 + 1e-13), result("xgboost_baseline", 2.0)]
    best = choose_best(rows, METRICS["rmse"])
    assert best.name == "sklearn_linear_regression"
    assert beats_dummy(best, rows, METRICS["rmse"]) is None  # one fold tests nothing
    board = leaderboard(rows, METRICS["rmse"])
    assert board["model"].iloc[0] == "dummy_floor"
    assert board.loc[board["best"] == "best", "model"].tolist() == ["sklearn_linear_regression"]


def test_the_loss_of_each_epoch_is_a_step_of_a_metric(multiclass):
    phase, _ = multiclass
    store = phase.session.record.store
    networks = [name for name in ("pytorch_nn", "tensorflow_nn") if name in phase.names]
    assert networks
    for name in networks:
        result = phase.results[name]
        steps = store.client.get_metric_history(result.run_id, "early_stopping_loss")
        assert [step.value for step in steps] == result.measured["history"]["early_stopping_loss"]
        rates = [step.value for step in store.client.get_metric_history(result.run_id, "learning_rate")]
        assert rates[0] == pytest.approx(result.params["learning_rate"])
        assert all(later <= earlier for earlier, later in zip(rates, rates[1:], strict=False))
