import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache, partial
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import psutil
import pytest
from conftest import SCRIPT, listed_by_mlflow, make_table, n_workers, run_tuning, write_project

from model_development import model_utils as mu
from model_development.cli.main import run_script
from model_development.errors import TrainingError
from model_development.execution import hardware
from model_development.execution.process import WorkerProcess
from model_development.fitting.summary import summarize
from model_development.fitting.worker_steps import library_parameters
from model_development.metrics.table import METRICS
from model_development.models.table import get_model
from model_development.phases import reopening
from model_development.phases.clock import Clock
from model_development.phases.tuning import phase as tuning
from model_development.phases.tuning import report as tuning_report
from model_development.phases.tuning import selection, strategy_choice
from model_development.phases.tuning.measured_again import measured_again
from model_development.phases.tuning.searching import Search
from model_development.phases.tuning.trials import TIME_WAS_UP, Trial, require_a_trial
from model_development.search.space import Range
from model_development.search.strategies import grid
from model_development.search.table import SearchRequest, judged
from model_development.settings.context import read_context
from model_development.tracking.store import TrackingStore

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]


@pytest.fixture(scope="module")
def phase_1(tmp_path_factory):
    """phase_1(folder, model): a project of one model's own, a copy of one in which phase 1 has run."""

    @cache
    def project(model):
        return train(write_project(tmp_path_factory.mktemp("phase_1")), [model])

    def copied(folder, model):
        shutil.copytree(project(model).parent, folder, dirs_exist_ok=True)
        return folder / project(model).name

    return copied


@pytest.fixture(scope="module")
def trained(phase_1, tmp_path_factory):
    """Phase 1 with one model, ready for phase 2."""
    return phase_1(tmp_path_factory.mktemp("trained"), "sklearn_logistic_regression")


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
    """Call the script where it must refuse; return its one sentence."""
    before = context.read_bytes() if context.exists() else None
    code, said = called("--context", context, *arguments, cwd=context.parent.parent, **environment)
    assert code == 2
    assert "Traceback" not in said
    assert (context.read_bytes() if context.exists() else None) == before
    return said


def called(*arguments, cwd, **environment):
    """Exit code of the script, called in this process, and what it wrote to standard error."""
    cwd.mkdir(parents=True, exist_ok=True)
    with (
        mock.patch.dict(os.environ, environment),
        contextlib.chdir(cwd),
        contextlib.redirect_stderr(io.StringIO()) as said,
    ):
        return run_script("tune", [str(argument) for argument in arguments]), said.getvalue()


@pytest.mark.slow
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
    mu.tune_best_model(trained, n_trials="all", resume=False)
    baseline = read(trained, "best_model_info.json")
    rows = read(trained, "all_tuning_results.json")["results"]
    (same,) = [row for row in rows if row["params"] == baseline["params"]]
    assert same["cv"]["f1_score"]["mean"] == baseline["cv_mean"]


def test_the_baseline_is_not_fitted_again_where_phase_1_has_fitted_all_of_it(two_models):
    model, summaries = "lightgbm_baseline", []
    for resume in (True, False):
        mu.tune_best_model(two_models, model=model, strategy="bayesian", n_trials=1, resume=resume)
        summaries.append(read(two_models, "tuning_summary_report.json"))
        (row,) = read(two_models, "all_tuning_results.json")["results"]
        baseline = read(two_models, "all_models_metrics.json")["models"][model]
        assert row["params"] == baseline["params"]
        assert row["fold_scores"] == baseline["fold_scores"]  # fitted again too, to the last bit
    assert [summary["n_trials_from_earlier"] for summary in summaries] == [1, 0]


def test_a_model_without_parameters_hands_over_the_baseline_and_says_so(tmp_path):
    context = train(write_project(tmp_path, "regression"), ["statsmodels_ols"])
    outputs = mu.tune_best_model(context)
    assert "no parameters to tune" in outputs["verdict"]
    assert "baseline is handed over" in outputs["verdict"]
    assert outputs["improvement_pct"] == 0
    assert outputs["final_metric_value"] == outputs["baseline_metric_value"]
    assert mu.load_model(outputs["model_path"]).predict(make_table("regression")).shape == (240,)


def test_a_search_that_finds_nothing_better_hands_over_the_baseline(phase_1, tmp_path, monkeypatch):
    from model_development.search import strategies

    context = phase_1(tmp_path, "sklearn_logistic_regression")
    worst = [{"C": 1e-9, "solver": "lbfgs", "max_iter": 500}]
    monkeypatch.setattr(strategies, "grid", lambda space: list(worst))
    outputs = mu.tune_best_model(context)
    assert outputs["improved"] is False
    assert outputs["best_model_params"] == read(context, "best_model_info.json")["params"]
    assert "None of 1 combinations beat the baseline" in outputs["verdict"]


def test_the_same_seed_tries_the_same_combinations_and_finds_the_same(trained):
    found = []
    for resume in (True, False):
        mu.tune_best_model(trained, n_trials=3, resume=resume)
        rows = read(trained, "all_tuning_results.json")["results"]
        found.append([(row["params"], row["fold_scores"]) for row in rows])
    assert found[0] == found[1]


def test_phase_2_before_phase_1_names_the_command_to_run(tmp_path):
    context = write_project(tmp_path)
    assert "model-development train --context" in refused(context)
    assert not (tmp_path / "artifacts").exists()


def test_changed_data_is_noticed(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
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


def test_a_damaged_handover_file_is_said(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
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
        (("--strategy", "bayesain"), {}, "bayesian"),
        (("--strategy", "halving", "--n-trials", "all"), {}, "needs a number"),
        (("--model", "xgboost"), {}, "xgboost_baseline"),
        (("--model", "xgboost_baseline"), {}, "Phase 1 has not trained xgboost_baseline"),
        (("--model", "dummy_floor"), {}, "nothing to tune"),
        (("--grid", "none.yaml"), {}, "There is no file none.yaml"),
        (("--second", "lateny"), {}, "Did you mean 'latency'?"),
        (("--timeout", "0"), {}, "above 0"),
        (("--timeout", "inf"), {}, "above 0"),
        (("--timeout", "nan"), {}, "above 0"),
        ((), {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}, "does not answer"),
        ((), {"ARTIFACTS_DIR": "/proc/none"}, "Run this first"),
    ],
)
def test_bad_requests_get_a_sentence_and_exit_code_2(arguments, environment, message, trained):
    for journal in artifact(trained, "checkpoints").glob("search_*"):  # of other tests' searches
        journal.unlink()
    assert message in refused(trained, *arguments, **environment)


@pytest.mark.parametrize("obstacle", ["lock", "file"])
def test_a_context_that_cannot_be_written_is_said_before_the_search(obstacle, trained):
    lock = trained.with_name(f"{trained.name}.lock")
    lock.unlink(missing_ok=True)
    if obstacle == "lock":  # stands for a read-only folder, which root can write all the same
        lock.mkdir()
    may_write = mock.patch.object(os, "access", return_value=obstacle == "lock")
    no_search = mock.patch.object(reopening, "open_session", side_effect=AssertionError("it has begun"))
    try:
        with may_write, no_search:
            said = refused(trained)
    finally:
        if obstacle == "lock":
            lock.rmdir()
    assert f"{trained} cannot be written" in said


def test_a_missing_context_gets_a_sentence_and_exit_code_2(tmp_path):
    assert "There is no context file" in refused(tmp_path / "none" / "pipeline_context.json")


def test_help_explains_every_flag():
    done = run_tuning("--help")
    assert done.returncode == 0
    for flag in (
        "--context",
        "--n-trials",
        "--timeout",
        "--n-jobs",
        "--strategy",
        "--model",
        "--grid",
        "--no-resume",
    ):
        assert flag in done.stdout


def search_command(context, strategy):
    command = (sys.executable, SCRIPT, "--context", context, "--strategy", strategy, "--n-trials", N_TRIALS)
    return [str(part) for part in command]


def killed_search(context, strategy, end, seconds=None):
    """Begin a search, and kill it: after some seconds, or once combinations are done."""
    command = search_command(context, strategy)
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


N_TRIALS = 16
STRATEGIES = ("random", "bayesian", "halving")


@pytest.fixture(scope="module")
def undisturbed(phase_1, tmp_path_factory):
    context = phase_1(tmp_path_factory.mktemp("undisturbed"), "xgboost_baseline")

    @cache
    def search(strategy):
        mu.tune_best_model(context, strategy=strategy, n_trials=N_TRIALS)
        return results_of(context)

    return search


@pytest.mark.parametrize(
    ("strategy", "end"),
    [
        pytest.param("random", signal.SIGTERM, marks=pytest.mark.slow),
        ("bayesian", signal.SIGKILL),
    ],
)
def test_a_killed_search_goes_on_and_ends_as_if_nothing_had_happened(
    strategy, end, phase_1, tmp_path, undisturbed, capsys
):
    context = phase_1(tmp_path, "xgboost_baseline")
    before = context.read_bytes()
    killed_search(context, strategy, end)
    assert context.read_bytes() == before
    assert not artifact(context, "tuned_model_info.json").exists()
    runs = phase_2_runs(context)
    assert ("xgboost_tuning_parent", "KILLED") in runs
    assert {status for _, status in runs} <= {"FINISHED", "KILLED"}
    mu.tune_best_model(context, strategy=strategy, n_trials=N_TRIALS)
    assert "reused from phase 1 or an earlier search" in capsys.readouterr().out
    n_begun_with = 1 if strategy == "bayesian" else 0  # the baseline
    assert read(context, "tuning_summary_report.json")["n_trials_from_earlier"] > n_begun_with
    check_went_on(context, undisturbed(strategy))


def check_went_on(context, undisturbed):
    assert results_of(context) == undisturbed
    names, statuses = zip(*phase_2_runs(context), strict=True)
    assert len(names) == len(set(names)) == N_TRIALS + 1
    assert set(statuses) == {"FINISHED"}
    parents = [status for name, status in phase_2_runs(context) if name == "xgboost_tuning_parent"]
    assert parents == ["FINISHED"]


@pytest.mark.slow
def test_searches_killed_at_random_moments_lose_nothing_and_double_nothing(phase_1, tmp_path, undisturbed):
    """SIGKILL the main process, or one of its workers, then run again."""
    rng = np.random.default_rng(int(os.environ.get("KILL_SEED", "0")))
    for number in range(int(os.environ.get("KILLS", "4"))):
        context = phase_1(tmp_path / str(number), "xgboost_baseline")
        strategy = STRATEGIES[number // 2 % len(STRATEGIES)]
        if number % 2:
            lose_a_worker(context, strategy, rng)
        else:
            killed_search(context, strategy, signal.SIGKILL, rng.uniform(2, 12))
        for _ in range(2):  # once more where it has surely ended
            again = run_tuning("--context", context, "--strategy", strategy, "--n-trials", N_TRIALS)
            assert again.returncode == 0, again.stderr
            check_went_on(context, undisturbed(strategy))


def lose_a_worker(context, strategy, rng):
    """Run a search to its end, of which one of the processes below it is killed at some moment."""
    process = subprocess.Popen(search_command(context, strategy), stdout=subprocess.DEVNULL)
    time.sleep(rng.uniform(2, 12))
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    if below:
        os.kill(below[rng.integers(len(below))].pid, signal.SIGKILL)
    assert process.wait(timeout=300) in (0, 2)


def test_a_run_that_was_cut_off_while_it_was_written_is_written_anew(phase_1, tmp_path, undisturbed):
    context = phase_1(tmp_path, "xgboost_baseline")
    names = []

    def cut_off(store, parent, run):
        names.append(run["name"])
        with store.run(run["name"], parent=parent, tags=run["tags"]):
            raise KeyboardInterrupt

    with mock.patch.object(TrackingStore, "_add_run", cut_off), pytest.raises(KeyboardInterrupt):
        mu.tune_best_model(context, strategy="bayesian", n_trials=N_TRIALS)
    assert (names[0], "KILLED") in phase_2_runs(context)
    mu.tune_best_model(context, strategy="bayesian", n_trials=N_TRIALS)
    check_went_on(context, undisturbed("bayesian"))


@pytest.mark.parametrize(
    ("model", "space", "edges"),
    [
        ("sklearn_logistic_regression", "max_iter: [500, 1000, 2000]\nC: [0.01, 0.1, 1]", {"C"}),
        ("sklearn_random_forest", "max_depth: [1, 2, 3]\nn_estimators: [5]", {"max_depth"}),
    ],
)
def test_a_limit_of_depth_has_an_edge_and_one_of_effort_has_none(model, space, edges, phase_1, tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(space, encoding="utf-8")
    context = phase_1(tmp_path, model)
    mu.tune_best_model(context, strategy="grid", grid=str(path))
    found = read(context, "tuning_summary_report.json")
    assert {sentence.partition("=")[0] for sentence in found["edges"]} <= edges
    assert any("max_depth" in sentence for sentence in found["edges"]) == ("max_depth" in edges)


def test_a_fit_is_kept_while_others_that_share_with_it_go_on(phase_1, tmp_path):
    space = tmp_path / "space.yaml"
    space.write_text("max_depth: [2, 3, null]\nn_estimators: [5]\n", encoding="utf-8")
    context = phase_1(tmp_path, "sklearn_random_forest")
    tune = partial(mu.tune_best_model, context, strategy="grid", grid=str(space), n_jobs=1)
    keep, kept = Search._keep, []

    def cut_off(search, call, params, result):
        keep(search, call, params, result)
        kept.append((params["max_depth"], call.arguments["folds"]))
        raise KeyboardInterrupt

    with mock.patch.object(Search, "_keep", cut_off), pytest.raises(KeyboardInterrupt):
        tune()
    fitted = []
    with mock.patch.object(Search, "_piece", autospec=True, side_effect=Search._piece) as pieces:
        tune()
    for call in pieces.call_args_list:
        search, numbers, fold, _ = call.args
        fitted += [(number, (fold,)) for number in numbers]
    assert kept == [(2, (0,))]
    assert len(fitted) == len(set(fitted)) == 8


@contextlib.contextmanager
def workers_that_die(fits):
    """Kill the worker that is sent a call of so many combinations; yields how often that was done."""
    answer, deaths = WorkerProcess.answer, []

    def dying(worker, function, arguments, *rest):
        if fits(len(arguments.get("combinations", ())), deaths):
            deaths.append(arguments["combinations"])
            os.kill(worker.process.pid, signal.SIGKILL)
        return answer(worker, function, arguments, *rest)

    with mock.patch.object(WorkerProcess, "answer", dying):
        yield deaths


@pytest.mark.parametrize("strategy", [pytest.param("random", marks=pytest.mark.slow), "bayesian"])
def test_a_worker_that_dies_once_takes_no_combination_with_it(strategy, phase_1, tmp_path, undisturbed):
    """What it was fitting is fitted again, one by one; with few of them they were alone from the start."""
    context = phase_1(tmp_path, "xgboost_baseline")
    with workers_that_die(lambda n, deaths: n > 0 and not deaths) as deaths:
        mu.tune_best_model(context, strategy=strategy, n_trials=N_TRIALS)
    assert len(deaths) == 1
    check_went_on(context, undisturbed(strategy))


class Cut(KeyboardInterrupt):
    """Stands for a kill at a certain line."""


def cut(*arguments, **options):
    raise Cut


@pytest.mark.parametrize("where", [pytest.param("report_search", marks=pytest.mark.slow), "replace_folder"])
def test_a_search_that_is_cut_off_while_it_hands_over_goes_on_and_until_then_the_old_model_stands(
    where, phase_1, tmp_path
):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    grids = {name: tmp_path / f"{name}.yaml" for name in ("old", "new")}
    grids["old"].write_text("C: [0.5]\n", encoding="utf-8")
    grids["new"].write_text("C: [0.001, 0.3, 3.0]\n", encoding="utf-8")
    before = mu.tune_best_model(context, strategy="grid", grid=str(grids["old"]))
    tune = partial(mu.tune_best_model, context, strategy="grid", grid=str(grids["new"]), second="size")
    with mock.patch.object(tuning, where, cut), pytest.raises(Cut):
        tune()
    said = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]
    assert said == {key: value for key, value in before.items() if key != "verdict"}
    assert mu.load_model(said["model_path"]).params["C"] == before["best_model_params"]["C"]
    after = tune()
    assert mu.load_model(after["model_path"]).params == after["best_model_params"]
    names, statuses = zip(*phase_2_runs(context), strict=True)
    assert set(statuses) == {"FINISHED"}
    assert len(names) == 2 + 1 + 3  # two searches, of one and of three combinations


@pytest.mark.parametrize("where", [pytest.param("log_parent", marks=pytest.mark.slow), "update_context"])
def test_a_search_that_is_cut_off_at_its_very_end_doubles_nothing(where, phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    grid = tmp_path / "grid.yaml"
    grid.write_text("C: [0.001, 0.3, 3.0]\n", encoding="utf-8")
    tune = partial(mu.tune_best_model, context, strategy="grid", grid=str(grid))
    with mock.patch.object(tuning, where, cut), pytest.raises(Cut):
        tune()
    outputs = tune()
    assert json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]["tuning_parent_run_id"]
    assert mu.load_model(outputs["model_path"]).params == outputs["best_model_params"]
    assert [status for _, status in phase_2_runs(context)] == ["FINISHED"] * 4
    store, mine = TrackingStore(read_context(context)), f"run_id = '{outputs['tuning_parent_run_id']}'"
    (version,) = store.client.search_model_versions(mine)
    assert str(version.version) == outputs["registered_model_version"]
    logged = store.client.search_logged_models([store.experiment_id], filter_string=f"source_{mine}")
    assert [model.model_uri for model in logged] == [outputs["model_uri"]]
    mu.load_model(outputs["model_uri"])


def test_runs_of_an_attempt_that_went_another_way_are_not_left_under_the_search(phase_1, tmp_path):
    """`auto` may take the grid where it took another strategy before it was killed."""
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    tune = partial(mu.tune_best_model, context, strategy="random", n_trials=3)
    with mock.patch.object(tuning, "select_final_model", cut), pytest.raises(Cut):
        tune()
    store = TrackingStore(read_context(context))
    parent = store.find_run("sklearn_tuning_parent", {}, "KILLED")
    now = time.time()
    other = {"name": "0002 C=9", "status": "FINISHED", "started": now, "ended": now}
    store.add_runs([other | {"tags": {}, "params": {}, "metrics": {}}], parent)
    assert tune()["tuning_parent_run_id"] == parent
    rows = read(context, "all_tuning_results.json")["results"]
    assert {row["run_id"] for row in rows} == {run_id for run_id, *_ in store.children(parent).values()}
    assert len(rows) == 3


def test_what_was_measured_of_combinations_when_the_time_is_up_is_a_row(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    answers, calls = Search._answers, []

    def some(self, requests, deadline):
        calls.append(requests)
        return [] if len(calls) == 4 else answers(self, requests, deadline)  # the second half of its folds

    with mock.patch.object(Search, "_answers", some):
        mu.tune_best_model(context, strategy="bayesian", n_trials=10)
    rows = read(context, "all_tuning_results.json")["results"]
    late = [row for row in rows if row["reason"] == TIME_WAS_UP]
    assert {row["trial"] for row in late} == {request.number for request in calls[-1]}
    assert all(row["status"] == "pruned" and row["folds"] == [0] and row["run_id"] for row in late)
    assert len(rows) == 2 * len(late)


def test_what_a_search_has_known_counts_as_known_where_it_was_given_up(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    known = []
    for second in (None, "size"):
        mu.tune_best_model(context, strategy="halving", n_trials=9, second=second)
        summary = read(context, "tuning_summary_report.json")
        known.append((summary["n_trials_from_earlier"], summary["n_trials"]))
    assert known == [(0, 9), (9, 9)]


def test_no_score_at_all_is_said_before_anything_is_written():
    costs = {"fit_cost_s": 0.1, "alone_cost_s": 0.1, "n_sharing": 1, "folds": [0]}
    trial = Trial(1, {}, {})
    measured = summarize([({"mape": None}, {"mape": "zeros"}, 0.1)]) | costs
    trial.take(
        {"status": "ok", "cause": None, "reason": "", "seconds": 1, "share": 1.0, "measured": measured}
    )
    with pytest.raises(TrainingError, match="None of the 1 combinations could be scored"):
        require_a_trial([trial], "mape")
    session = SimpleNamespace(
        data=SimpleNamespace(folds=[0]), engine=mock.Mock(), record=mock.Mock(), metric=mock.Mock()
    )
    search = SimpleNamespace(session=session, metric=SimpleNamespace(name="mape"), run=lambda *plan: [trial])
    baseline = SimpleNamespace(params={})
    with pytest.raises(TrainingError, match="baseline cannot be scored by mape on all folds: zeros"):
        measured_again(search, baseline, Clock())


def test_parameters_that_are_set_for_all_models_alike_are_not_searched(trained, tmp_path):
    grid = tmp_path / "grid.yaml"
    grid.write_text("random_state: [1, 2]\n", encoding="utf-8")
    assert "has no parameter 'random_state'" in refused(trained, "--grid", grid)
    names = library_parameters("xgboost_baseline", {"seed": 0, "device": "cpu", "n_jobs": 1}, print)
    assert {"gamma", "max_depth", "scale_pos_weight"} <= set(names)
    assert not {"random_state", "n_jobs", "device", "tree_method"} & set(names)


def test_a_grid_in_yaml_means_what_a_config_means(tmp_path):
    """Boolean was what YAML makes of a word that CatBoost has as a value."""
    grid = tmp_path / "grid.yaml"
    grid.write_text("bootstrap_type: [Bernoulli, No]\nlearning_rate: [1e-2, 0.1]\n", encoding="utf-8")
    found = strategy_choice._read_file(grid)
    assert found == {"bootstrap_type": ["Bernoulli", "No"], "learning_rate": [0.01, 0.1]}


def test_a_parent_of_which_the_end_alone_is_missing_is_ended(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    grid = tmp_path / "grid.yaml"
    grid.write_text("C: [0.3, 3.0]\n", encoding="utf-8")
    tune = partial(mu.tune_best_model, context, strategy="grid", grid=str(grid))
    first = tune()["tuning_parent_run_id"]
    TrackingStore(read_context(context)).client.set_terminated(first, status="KILLED")
    assert tune()["tuning_parent_run_id"] == first
    assert {status for _, status in phase_2_runs(context)} == {"FINISHED"}


def test_little_memory_today_and_more_tomorrow_is_one_search(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    tune = partial(mu.tune_best_model, context, strategy="bayesian", n_trials=4)
    with (
        mock.patch.object(hardware, "free_mb", return_value=1.0),
        mock.patch.object(tuning, "select_final_model", cut),
        pytest.raises(Cut),
    ):
        tune()
    tune()
    assert [name for name, _ in phase_2_runs(context)].count("sklearn_tuning_parent") == 1


def test_searches_of_different_kinds_fit_no_fold_twice(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        "C: [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]\nfit_intercept: [true, false]\n", encoding="utf-8"
    )
    for strategy, n in (("bayesian", 8), ("grid", None)):
        mu.tune_best_model(context, strategy=strategy, n_trials=n, grid=str(grid))
    (journal,) = artifact(context, "checkpoints").glob("search_sklearn_logistic_regression.*jsonl")
    entries = map(json.loads, journal.read_text().splitlines())
    fits = [(json.dumps(e["params"], sort_keys=True), e["fold"]) for e in entries]
    assert len(fits) == len(set(fits)) == 12 * 3
    summary = read(context, "tuning_summary_report.json")
    assert 1 <= summary["n_trials_from_earlier"] <= 8


def test_what_halving_spent_on_few_rows_is_part_of_the_cost():
    trial = Trial(1, {}, {})
    for share, cost in ((0.1, 1.0), (1.0, 5.0)):
        costs = {"fit_cost_s": cost, "alone_cost_s": 2 * cost, "n_sharing": 1, "folds": [0]}
        measured = summarize([({"rmse": share}, {}, cost)]) | costs
        trial.take(
            {
                "status": "ok",
                "cause": None,
                "reason": "",
                "share": share,
                "seconds": cost,
                "measured": measured,
            }
        )
    assert (trial.measured["fit_cost_s"], trial.measured["alone_cost_s"]) == (6.0, 12.0)
    assert trial.cv("rmse") == 1.0


def test_a_range_of_a_fraction_is_not_its_ends_alone():
    spec = get_model("xgboost_baseline")
    whole = Range(0, 1)
    assert not strategy_choice._as_fractions(spec, "subsample", whole).is_integer
    forest = get_model("sklearn_random_forest")
    assert strategy_choice._as_fractions(forest, "max_features", Range(2, 10)).is_integer
    assert strategy_choice._as_fractions(spec, "max_depth", Range(3, 9)).is_integer
    assert strategy_choice._as_fractions(spec, "max_depth", Range(0, 1)).is_integer
    assert not strategy_choice._as_fractions(spec, "colsample_bylevel", whole).is_integer


def test_without_phase_1_s_table_a_search_still_ends(trained):
    table = artifact(trained, "model_comparison_summary.csv")
    content = table.read_bytes()
    table.unlink()
    try:
        mu.tune_best_model(trained, strategy="random", n_trials=2)
    finally:
        table.write_bytes(content)


def test_no_worker_holds_memory_or_a_core_during_the_final_fit(trained):
    select_final_model, seen = tuning.select_final_model, []

    def watched(*arguments):
        seen.append(n_workers())
        return select_final_model(*arguments)

    with mock.patch.object(tuning, "select_final_model", watched):
        mu.tune_best_model(trained, n_trials=2, resume=False)
    assert seen == [0]


def test_combinations_whose_workers_always_die_say_so_even_where_the_time_is_up(two_models):
    slow = mock.patch.object(Search, "_outcomes", out_of_time_at_the_second_try(Search._outcomes))
    for context in (contextlib.nullcontext(), slow):
        with workers_that_die(lambda n, deaths: n > 0), context, pytest.raises(mu.TemplateError) as error:
            mu.tune_best_model(two_models, model="lightgbm_baseline", n_trials=2, resume=False)
        assert "the worker process was killed (signal 9)" in str(error.value)


def out_of_time_at_the_second_try(outcomes):
    n_tries = []

    def in_time(search, calls, *how):
        n_tries.append(calls)
        return outcomes(search, calls, *how) if len(n_tries) == 1 else iter(())

    return in_time


def test_a_metric_without_a_value_for_any_combination_is_said(two_models):
    take = Search._take

    def without_a_score(search, request, *rest, **options):
        return replace(take(search, request, *rest, **options), score=None)

    with mock.patch.object(Search, "_take", without_a_score), pytest.raises(mu.TemplateError) as error:
        mu.tune_best_model(two_models, model="lightgbm_baseline", strategy="bayesian", n_trials=2)
    assert "the metric has no value" in str(error.value)


@pytest.mark.slow
def test_two_searches_at_once_do_not_disturb_each_other(phase_1, tmp_path, undisturbed):
    context = phase_1(tmp_path, "xgboost_baseline")
    strategy = "random"
    command = search_command(context, strategy)
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    assert results_of(context) == undisturbed(strategy)
    runs = phase_2_runs(context)
    assert [status for name, status in runs if name == "xgboost_tuning_parent"] == ["FINISHED"] * 2
    assert len(runs) == 2 * (N_TRIALS + 1)


GRIDS = {
    "C: [1.0\n": "no valid YAML",
    "C: []\n": "`C`: the list is empty",
    "CC: [1.0]\n": "holds none of its parameters: sklearn_logistic_regression has no parameter 'CC'",
    "max_itr: [10]\n": "Did you mean 'max_iter'?",
    "C: {low: 0.1, high: 10}\n": "ranges, which no grid can exhaust",
    "solver: [newton-raphson]\n": "None of the 1 combinations could be trained",
}


@pytest.mark.parametrize(("text", "message"), GRIDS.items())
def test_a_bad_grid_of_the_user_gets_a_sentence(text, message, trained, tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(mu.TemplateError) as refusal:
        mu.tune_best_model(trained, grid=str(path), strategy="grid")
    assert message in str(refusal.value)


def test_the_grid_of_the_user_takes_the_place_of_the_model_s_own(trained, tmp_path):
    path = tmp_path / "grid.json"
    path.write_text('{"C": [0.1, 1.0, 5.0], "fit_intercept": [true, false], "solver": ["lbfgs", "none"]}')
    mu.tune_best_model(trained, strategy="grid", grid=str(path))
    rows = read(trained, "all_tuning_results.json")["results"]
    assert len(rows) == 12
    assert {row["status"] for row in rows if row["params"]["solver"] == "none"} == {"skipped"}
    assert {row["params"]["fit_intercept"] for row in rows} == {True, False}
    assert read(trained, "tuning_summary_report.json")["space"]["C"] == [0.1, 1.0, 5.0]


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two_models")
    return train(write_project(folder), ["sklearn_logistic_regression", "lightgbm_baseline"])


def test_another_model_than_the_best_can_be_tuned(two_models):
    best = read(two_models, "best_model_info.json")["best_model_name"]
    (other,) = {"sklearn_logistic_regression", "lightgbm_baseline"} - {best}
    outputs = mu.tune_best_model(two_models, model=other, strategy="random", n_trials=3)
    assert outputs["best_model_name"] == other
    row = read(two_models, "all_models_metrics.json")["models"][other]
    assert outputs["baseline_metric_value"] == row["metrics"]["f1_score"]
    assert read(two_models, "tuning_summary_report.json")["baseline_cv_mean"] == row["cv"]["f1_score"]["mean"]


@pytest.mark.parametrize("metric", [pytest.param("f1_score", marks=pytest.mark.slow), "log_loss"])
def test_mlflow_lists_the_combinations_best_first_with_their_scores(metric, tmp_path):
    context = write_project(tmp_path, settings={"primary_metric": metric})
    train(context, ["sklearn_logistic_regression"])
    outputs = mu.tune_best_model(context, strategy="random", n_trials=5)
    parent, store = outputs["tuning_parent_run_id"], TrackingStore(read_context(context))
    assert f"viewStateShareKey={parent}" in tuning_report.tuning_summary(context)
    state, runs = listed_by_mlflow(store, parent)
    assert len(runs) == 5
    summary = read(context, "tuning_summary_report.json")
    assert runs[0].data.metrics[f"cv_{metric}_mean"] == summary["best_cv_mean"]
    assert "params.`C`" in state["selectedColumns"]


def test_pruned_trials_are_runs_that_say_so_and_never_win(two_models):
    mu.tune_best_model(two_models, model="lightgbm_baseline", strategy="bayesian", n_trials=20)
    rows = read(two_models, "all_tuning_results.json")["results"]
    pruned = [row for row in rows if row["status"] == "pruned"]
    assert pruned
    assert all("below the median on 1 of 3 folds" in row["reason"] for row in pruned)
    assert all(row["folds"] == [0] for row in pruned)
    summary = read(two_models, "tuning_summary_report.json")
    assert summary["n_trials_pruned"] == len(pruned)
    whole = [row["cv"]["f1_score"]["mean"] for row in rows if row["status"] == "ok"]
    assert summary["best_cv_mean"] == max(whole)
    client = TrackingStore(read_context(two_models)).client
    run = client.get_run(pruned[0]["run_id"])
    assert run.data.tags["status"] == "pruned"
    assert "cv_f1_score_mean" not in run.data.metrics
    assert "partial_f1_score_mean" in run.data.metrics


def test_a_combination_of_which_the_metric_has_no_value_is_given_up(two_models):
    take = Search._take

    def without_a_score(search, request, *rest, **options):
        answer = take(search, request, *rest, **options)
        return replace(answer, score=None) if request.number == 3 else answer

    with mock.patch.object(Search, "_take", without_a_score):
        mu.tune_best_model(two_models, model="lightgbm_baseline", strategy="bayesian", n_trials=4)
    (row,) = [r for r in read(two_models, "all_tuning_results.json")["results"] if r["trial"] == 3]
    assert (row["status"], row["reason"]) == ("pruned", "the metric has no value")


def test_auto_takes_the_grid_where_there_is_time_and_learns_where_there_is_not(two_models, monkeypatch):
    from model_development.search import table

    linear = "sklearn_logistic_regression"
    mu.tune_best_model(two_models, model=linear)
    assert read(two_models, "tuning_summary_report.json")["strategy"] == "grid"
    assert len(read(two_models, "all_tuning_results.json")["results"]) == 54
    monkeypatch.setattr(table, "PATIENCE_S", 1e-6)
    monkeypatch.setattr(table, "DEFAULT_N_TRIALS", 4)
    mu.tune_best_model(two_models, model=linear, resume=False)
    assert read(two_models, "tuning_summary_report.json")["strategy"] == "bayesian"


def test_first_fits_that_take_so_long_that_the_grid_cannot_fit_are_cut_short():
    space = get_model("lightgbm_baseline").search_space
    request = SearchRequest(
        space=space,
        wide_space=space,
        start={},
        n_trials=None,
        timeout_s=600,
        seed=0,
        n_folds=5,
        n_rows=1000,
        n_slots=2,
        n_workers=2,
        groups=partial(strategy_choice._groups, get_model("lightgbm_baseline")),
    )
    strategy = judged(request, grid(space))
    n_first = len(strategy.ask())
    assert strategy.patience_s == pytest.approx(600 * 2 * n_first / 768)
    assert strategy.patience_s < 60
    assert not strategy._fits(2 * strategy.patience_s, n_first)  # both cores at work all the time
    assert strategy._fits(0.8 * strategy.patience_s, n_first)


def test_a_finished_search_is_no_reason_to_fit_again_but_for_no_resume(two_models, capsys):
    linear = "sklearn_logistic_regression"
    mu.tune_best_model(two_models, model=linear, strategy="random", n_trials=3)
    first = results_of(two_models)
    capsys.readouterr()
    mu.tune_best_model(two_models, model=linear, strategy="random", n_trials=3, second="size")
    assert "3 of 3 combinations reused from phase 1 or an earlier search" in capsys.readouterr().out
    assert results_of(two_models) == first
    mu.tune_best_model(two_models, model=linear, strategy="random", n_trials=3, resume=False)
    assert "reused from" not in capsys.readouterr().out
    assert results_of(two_models) == first


def test_the_final_model_is_fitted_on_training_and_validation_rows(two_models):
    from model_development.data.intake import take_in
    from model_development.models.table import MODELS
    from model_development.pipeline import TabularModel

    linear = "sklearn_logistic_regression"
    outputs = mu.tune_best_model(two_models, model=linear, strategy="random", n_trials=3)
    data = take_in(read_context(two_models)).data
    params = outputs["best_model_params"]
    again = TabularModel(linear, "classification", data.schema, MODELS[linear].baseline | params, seed=42)
    X = np.concatenate([data.X_train, data.X_validation])
    X = type(data.X_train)(X, columns=data.X_train.columns).astype(data.X_train.dtypes)
    again.fit(X, np.concatenate([data.y_train, data.y_validation]))
    handed_over = mu.load_model(outputs["model_path"])
    np.testing.assert_allclose(handed_over.predict_proba(X), again.predict_proba(X), atol=1e-9)
    again.fit(data.X_train, data.y_train)
    assert not np.allclose(handed_over.predict_proba(X), again.predict_proba(X), atol=1e-9)


def test_a_baseline_without_all_folds_is_measured_again_on_all(phase_1, tmp_path):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    path = artifact(context, "all_models_metrics.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    row = content["models"]["sklearn_logistic_regression"]
    whole = row["cv"]["f1_score"]["mean"]
    right = row["metrics"]["f1_score"]
    row["note"], row["is_complete"] = "time budget: 1 of 3 folds, 50 of 192 training rows", False
    row["share_of_rows"] = 0.26
    row["cv"]["f1_score"] = {"mean": 0.1, "std": None}
    row["metrics"]["f1_score"] = 0.1
    path.write_text(json.dumps(content), encoding="utf-8")
    best = artifact(context, "best_model_info.json")
    content = json.loads(best.read_text(encoding="utf-8"))
    best.write_text(json.dumps(content | {"cv_std": None}), encoding="utf-8")
    mu.tune_best_model(context, strategy="random", n_trials=2)
    summary = read(context, "tuning_summary_report.json")
    assert summary["baseline_cv_mean"] == whole
    assert summary["baseline_metric_value"] == right


def test_a_search_without_time_hands_over_the_baseline_as_phase_1_has_saved_it(phase_1, tmp_path, capsys):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    outputs = mu.tune_best_model(context, timeout_s=0.01)
    assert "There was no time to measure any combination" in outputs["verdict"]
    assert "It is fitted on training rows alone" in outputs["verdict"]
    assert (outputs["improved"], outputs["improvement_pct"]) == (False, 0.0)
    saved = read(context, "best_model_info.json")["model_path"]
    rows = pd.read_csv(tmp_path / "table.csv")
    handed_over, before = mu.load_model(outputs["model_path"]), mu.load_model(saved)
    np.testing.assert_array_equal(handed_over.predict_proba(rows), before.predict_proba(rows))
    assert read(context, "tuned_model_info.json")["fitted_on"] == "training rows"
    assert read(context, "tuning_summary_report.json")["stopped_by_timeout"] is True
    assert "undefined" not in capsys.readouterr().out
    mu.load_model(outputs["model_uri"])
    later = mu.tune_best_model(context, strategy="random", n_trials=3)  # what had no time goes on
    assert "no time" not in later["verdict"]


def test_a_search_without_time_for_the_baseline_hands_it_over(phase_1, tmp_path, capsys):
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    path = artifact(context, "all_models_metrics.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["models"]["sklearn_logistic_regression"] |= {"is_complete": False, "share_of_rows": 0.25}
    path.write_text(json.dumps(content), encoding="utf-8")
    outputs = mu.tune_best_model(context, timeout_s=0.01)
    assert "Phase 1 had no time for all folds and rows of the baseline" in capsys.readouterr().out
    assert "There was no time to measure the baseline on all folds and rows" in outputs["verdict"]
    assert read(context, "tuned_model_info.json")["fitted_on"] == "25% of the training rows"


def test_a_best_combination_without_time_for_its_fit_leaves_the_baseline(phase_1, tmp_path):
    """The search ends in time, and the final fit would not."""
    context = phase_1(tmp_path, "sklearn_logistic_regression")
    grid = tmp_path / "grid.yaml"
    grid.write_text("C: [0.001, 0.3]\nmax_iter: [50, 1000]\n", encoding="utf-8")
    late = mock.patch.object(selection, "end_of_fits", return_value=time.monotonic())
    sure = mock.patch.object(selection, "SURE", 1.1)
    better = mock.patch.object(type(METRICS["f1_score"]), "is_better", return_value=True)
    with late, sure, better:
        outputs = mu.tune_best_model(context, strategy="grid", grid=str(grid))
    assert "There was no time left to fit the best combination" in outputs["verdict"]
    assert mu.load_model(outputs["model_path"]).params == outputs["best_model_params"]


def test_the_baseline_is_refitted_as_long_as_phase_1_has_fitted_it(two_models):
    """It was fitted twice more, at the price of the search."""
    grid = two_models.parent / "bad.yaml"
    grid.write_text("learning_rate: [1.0e-9]\n", encoding="utf-8")
    outputs = mu.tune_best_model(two_models, model="lightgbm_baseline", strategy="grid", grid=str(grid))
    assert not outputs["improved"]
    assert read(two_models, "tuned_model_info.json")["fitted_on"] == "training and validation rows"
    rounds = read(two_models, "all_models_metrics.json")["models"]["lightgbm_baseline"]["stopped_at"]
    assert mu.load_model(outputs["model_path"]).estimator_.booster_.num_trees() == rounds


def test_a_combination_that_stopped_half_way_has_no_score_of_the_whole():
    trial = Trial(1, {}, {})
    costs = {"fit_cost_s": 0.1, "alone_cost_s": 0.1, "n_sharing": 1, "folds": [0]}
    good = summarize([({"rmse": 1.0}, {}, 0.1)]) | costs
    trial.take({"status": "ok", "cause": None, "reason": "", "seconds": 1, "share": 1.0, "measured": good})
    trial.take(
        {"status": "skipped", "cause": None, "reason": "diverged", "seconds": 1, "share": 1.0, "measured": {}}
    )
    assert trial.cv("rmse") is None
    assert not any(name.startswith("cv_") for name in trial.flat_metrics())


def test_numbers_as_yaml_does_not_read_them_are_numbers(trained, tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text("C: [1e-4, 1e0]\n", encoding="utf-8")
    mu.tune_best_model(trained, strategy="grid", grid=str(path))
    assert read(trained, "tuning_summary_report.json")["space"]["C"] == [1e-4, 1.0]
