import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import SCRIPT, make_table, run_tuning, write_project

from model_development import model_utils as mu
from model_development.handover.context import read_context
from model_development.handover.tracking import TrackingStore


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Phase 1 with one model, ready for phase 2."""
    return train(write_project(tmp_path_factory.mktemp("trained")), ["sklearn_logistic_regression"])


def train(context, models):
    phase = mu.start_training(context_path=context, models=models)
    mu.train_all(phase)
    mu.finish_training(phase)
    return context


def artifact(context, name):
    return context.parent / "artifacts" / "epoch005-model-development" / name


def read(context, name):
    return json.loads(artifact(context, name).read_text(encoding="utf-8"))


def refused(context, *arguments, **environment):
    """Run the script where it must refuse; return its one sentence."""
    before = context.read_bytes() if context.exists() else None
    done = run_tuning("--context", context, *arguments, cwd=context.parent.parent, **environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (context.read_bytes() if context.exists() else None) == before
    return done.stderr


def test_the_whole_grid_is_tried_when_asked_for_and_refused_combinations_are_rows(tmp_path):
    context = train(write_project(tmp_path, "multiclass"), ["sklearn_logistic_regression"])
    mu.tune_best_model(context, n_trials="all")
    results = read(context, "all_tuning_results.json")["results"]
    assert len(results) == 54
    liblinear = [row for row in results if row["params"]["solver"] == "liblinear"]
    assert {row["status"] for row in liblinear} == {"skipped"}
    assert all("liblinear" in row["reason"] for row in liblinear)
    summary = read(context, "tuning_summary_report.json")
    assert (summary["n_trials_ok"], summary["n_trials_skipped"]) == (36, 18)
    assert summary["best_cv_mean"] == max(row["cv"]["f1_score"]["mean"] for row in results if row["cv"])


def test_trial_scores_equal_those_of_the_same_parameters_in_phase_1(trained):
    """Same rows, folds, seed and scorer in both phases: the baseline's own row must agree."""
    mu.tune_best_model(trained, n_trials="all")
    baseline = read(trained, "best_model_info.json")
    rows = read(trained, "all_tuning_results.json")["results"]
    (same,) = [row for row in rows if row["params"] == baseline["params"]]
    assert same["cv"]["f1_score"]["mean"] == baseline["cv_mean"]


def test_a_model_without_parameters_hands_over_the_baseline_and_says_so(tmp_path):
    context = train(write_project(tmp_path, "regression"), ["statsmodels_ols"])
    outputs = mu.tune_best_model(context)
    assert "no parameters to tune" in outputs["verdict"]
    assert "baseline is handed over" in outputs["verdict"]
    assert outputs["improvement_pct"] == 0
    assert outputs["final_metric_value"] == outputs["baseline_metric_value"]
    assert mu.load_model(outputs["model_path"]).predict(make_table("regression")).shape == (240,)


def test_a_search_that_finds_nothing_better_hands_over_the_baseline(tmp_path, monkeypatch):
    from model_development.search import strategies

    context = train(write_project(tmp_path), ["sklearn_logistic_regression"])
    worst = [{"C": 1e-9, "solver": "lbfgs", "max_iter": 500}]
    monkeypatch.setattr(strategies, "grid", lambda space: list(worst))
    outputs = mu.tune_best_model(context)
    assert outputs["improved"] is False
    assert outputs["best_model_params"] == read(context, "best_model_info.json")["params"]
    assert "None of 1 combinations beat the baseline" in outputs["verdict"]


def test_the_same_seed_tries_the_same_combinations_and_finds_the_same(trained):
    found = []
    for _ in range(2):
        mu.tune_best_model(trained, n_trials=3)
        rows = read(trained, "all_tuning_results.json")["results"]
        found.append([(row["params"], row["fold_scores"]) for row in rows])
    assert found[0] == found[1]


def test_phase_2_before_phase_1_names_the_command_to_run(tmp_path):
    context = write_project(tmp_path)
    assert "model_training.ipynb" in refused(context)
    assert not (tmp_path / "artifacts").exists()


def test_changed_data_is_noticed(tmp_path):
    context = train(write_project(tmp_path), ["sklearn_logistic_regression"])
    make_table("binary", seed=1).to_csv(tmp_path / "table.csv", index=False)
    assert "belongs to other data" in refused(context)


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"primary_metric": "log_loss"}, "primary_metric"), ({"cv_folds": 4}, "cv_folds"), ({}, "cv_folds")],
)
def test_changed_settings_are_noticed(settings, name, trained):
    whole = trained.read_text(encoding="utf-8")
    content = json.loads(whole)
    content["epoch_005_settings"] = {"cv_folds": 3, **settings} if settings else {}
    trained.write_text(json.dumps(content), encoding="utf-8")
    try:
        assert f"setting {name} changed since phase 1" in refused(trained)
    finally:
        trained.write_text(whole, encoding="utf-8")


def test_notebook_parameters_hold_in_phase_2_too(tmp_path):
    context = write_project(tmp_path)
    models = ["sklearn_logistic_regression"]
    phase = mu.start_training(context_path=context, models=models, primary_metric="roc_auc", seed=7)
    mu.train_all(phase)
    mu.finish_training(phase)
    assert mu.tune_best_model(context, n_trials=2)["primary_metric"] == "roc_auc"
    assert read(context, "all_tuning_results.json")["settings"]["seed"] == 7


def test_a_metric_undefined_on_the_validation_rows_does_not_end_the_search(tmp_path):
    table = make_table("regression").assign(s=["train"] * 180 + ["validation"] * 30 + ["test"] * 30)
    table.loc[185, "outcome"] = 0.0
    settings = {"split": "column", "split_column": "s", "primary_metric": "mape"}
    context = train(
        write_project(tmp_path, "regression", table=table, settings=settings), ["sklearn_linear_regression"]
    )
    outputs = mu.tune_best_model(context, n_trials="all")
    assert outputs["final_metric_value"] is None
    assert outputs["improvement_pct"] is None


def test_a_damaged_handover_file_is_said(tmp_path):
    context = train(write_project(tmp_path), ["sklearn_logistic_regression"])
    path = artifact(context, "best_model_info.json")
    whole = path.read_text()
    for text, message in [("{", "not valid JSON"), ("{}", "cannot be used"), ("[]", "no JSON object")]:
        path.write_text(text)
        assert message in refused(context)
    for old, new in [
        ("sklearn_logistic_regression", "sklearn_logistic_regresion"),
        ('"best_model_name": "sklearn_logistic_regression"', '"best_model_name": "dummy_floor"'),
        ('"best_model_name": "sklearn_logistic_regression"', '"best_model_name": "xgboost_baseline"'),
        ('"cv_mean"', '"cv_meen"'),
        ('"schema_version": 1', '"schema_version": 99'),
    ]:
        path.write_text(whole.replace(old, new))
        assert "cannot be used" in refused(context)
    path.write_text(whole)
    artifact(context, "all_models_metrics.json").write_text("{}")
    assert "is damaged" in refused(context)


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (("--n-trials", "0"), {}, "must be 1 or more"),
        (("--timeout", "0"), {}, "above 0"),
        (("--timeout", "inf"), {}, "above 0"),
        (("--timeout", "nan"), {}, "above 0"),
        (("--timeout", "0.01"), {}, "Give --timeout more seconds"),
        ((), {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}, "does not answer"),
        ((), {"ARTIFACTS_DIR": "/proc/none"}, "Run this first"),
    ],
)
def test_bad_requests_get_a_sentence_and_exit_code_2(arguments, environment, message, trained):
    for journal in artifact(trained, "checkpoints").glob("search_*"):  # of other tests' searches
        journal.unlink()
    assert message in refused(trained, *arguments, **environment)


def test_a_missing_context_gets_a_sentence_and_exit_code_2(tmp_path):
    assert "There is no context file" in refused(tmp_path / "none" / "pipeline_context.json")


def test_help_explains_every_flag():
    done = run_tuning("--help")
    assert done.returncode == 0
    for flag in ("--context", "--n-trials", "--timeout", "--n-jobs"):
        assert flag in done.stdout


def killed_search(context, end, seconds=None):
    """Begin the whole grid, and kill it: after some seconds, or once combinations are done."""
    command = [str(part) for part in (sys.executable, SCRIPT, "--context", context, "--n-trials", "24")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if seconds is None:
        for line in process.stdout:
            if "  cv f1_score" in line:
                break
    else:
        time.sleep(seconds)
    process.send_signal(end)
    process.wait(timeout=30)


def phase_2_runs(context):
    client = TrackingStore(
        read_context(context)
    ).client  # which closes what was left running, as a start does
    experiment = client.get_experiment_by_name("tiny_binary_model")
    runs = client.search_runs([experiment.experiment_id], "tags.phase = '2'", max_results=1000)
    return [(run.info.run_name, run.info.status) for run in runs]


def results_of(context):
    """What does not depend on clocks and run ids."""
    rows = read(context, "all_tuning_results.json")["results"]
    trials = {row["trial"]: (row["params"], row["fold_scores"], row["status"]) for row in rows}
    return trials, read(context, "tuned_model_info.json")["best_params"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    context = train(write_project(tmp_path_factory.mktemp("undisturbed")), ["xgboost_baseline"])
    mu.tune_best_model(context, n_trials=24)
    return results_of(context)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_search_goes_on_and_ends_as_if_nothing_had_happened(end, tmp_path, undisturbed):
    context = train(write_project(tmp_path), ["xgboost_baseline"])
    before = context.read_bytes()
    killed_search(context, end)
    assert context.read_bytes() == before
    assert not artifact(context, "tuned_model_info.json").exists()
    runs = phase_2_runs(context)
    assert ("xgboost_tuning_parent", "KILLED") in runs
    assert {status for _, status in runs} == {"FINISHED", "KILLED"}
    again = run_tuning("--context", context, "--n-trials", "24")
    assert again.returncode == 0, again.stderr
    assert "kept from an earlier search" in again.stdout
    check_went_on(context, undisturbed)


def check_went_on(context, undisturbed):
    assert results_of(context) == undisturbed
    finished = [name for name, status in phase_2_runs(context) if status == "FINISHED"]
    assert len(finished) == len(set(finished)) == 24 + 1
    parents = [status for name, status in phase_2_runs(context) if name == "xgboost_tuning_parent"]
    assert parents == ["FINISHED"]


@pytest.mark.slow
def test_searches_killed_at_random_moments_lose_nothing_and_double_nothing(tmp_path, undisturbed):
    rng = np.random.default_rng(int(os.environ.get("KILL_SEED", "0")))
    for number in range(int(os.environ.get("KILLS", "4"))):
        context = train(write_project(tmp_path / str(number)), ["xgboost_baseline"])
        killed_search(context, signal.SIGKILL, rng.uniform(2, 12))
        assert run_tuning("--context", context, "--n-trials", "24").returncode == 0
        check_went_on(context, undisturbed)


def test_a_finished_search_is_no_reason_to_fit_again(tmp_path):
    context = train(write_project(tmp_path), ["xgboost_baseline"])
    mu.tune_best_model(context, n_trials=4)
    first = results_of(context)
    started = time.monotonic()
    done = run_tuning("--context", context, "--n-trials", "4")
    assert "4 of 4 combinations kept from an earlier search" in done.stdout
    assert results_of(context) == first
    assert time.monotonic() - started < 60


def test_two_searches_at_once_do_not_disturb_each_other(tmp_path, undisturbed):
    context = train(write_project(tmp_path), ["xgboost_baseline"])
    command = [str(part) for part in (sys.executable, SCRIPT, "--context", context, "--n-trials", "24")]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    assert results_of(context) == undisturbed
    runs = phase_2_runs(context)
    assert [status for name, status in runs if name == "xgboost_tuning_parent"] == ["FINISHED"] * 2
    assert len(runs) == 2 * 25
