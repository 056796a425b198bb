"""Phase 1 after a kill, after a change, and twice in a row."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial

import mlflow
import numpy as np
import pandas as pd
import psutil
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.errors import ArtifactsError
from model_development.phases.record import Record
from model_development.reports.progress import Progress
from model_development.settings.context import read_context
from model_development.storage.checkpoints import Checkpoints, work_key
from model_development.storage.files import plain

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODELS = ["sklearn_logistic_regression", "lightgbm_baseline", "xgboost_baseline"]
PROGRAM = """
import sys
from model_development import model_utils as mu
phase = mu.start_training(context_path=sys.argv[1], models=sys.argv[2].split(","))
mu.train_dummy(phase)
mu.train_all(phase)
mu.finish_training(phase)
"""


KILLED_AT = """
import os, signal
from model_development.reports.progress import Progress
step = Progress.step
def step_or_die(self, name, text):
    if (name, text) == (sys.argv[2], sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    step(self, name, text)
Progress.step = step_or_die
"""


def train(context, models=MODELS, **settings):
    phase = mu.start_training(context_path=context, models=models, **settings)
    mu.train_dummy(phase)
    mu.train_all(phase)
    mu.finish_training(phase)
    return phase


def runs_of(context):
    client = mlflow.MlflowClient(f"sqlite:///{context.parent / 'artifacts' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny_binary_model")
    return [] if experiment is None else client.search_runs([experiment.experiment_id])


def finished_names(context):
    return sorted(run.info.run_name for run in runs_of(context) if run.info.status == "FINISHED")


def outcome(context):
    """What does not depend on clocks, paths and run ids."""
    folder = context.parent / "artifacts" / "epoch005-model-development"
    content = json.loads((folder / "all_models_metrics.json").read_text(encoding="utf-8"))
    best = json.loads((folder / "best_model_info.json").read_text(encoding="utf-8"))
    scores = {name: (row["fold_scores"], row["params"]) for name, row in content["models"].items()}
    return scores, best["best_model_name"], best["cv_mean"], best["validation_value"]


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """once(folder): a copy of a project in which one model has been trained."""
    context = write_project(tmp_path_factory.mktemp("once"))
    train(context, MODELS[:1])
    return partial(copied, context)


def copied(context, folder):
    shutil.copytree(context.parent, folder, dirs_exist_ok=True)
    return folder / context.name


def run_id_of(context, name):
    folder = context.parent / "artifacts" / "epoch005-model-development"
    content = json.loads((folder / "all_models_metrics.json").read_text(encoding="utf-8"))
    return content["models"][name]["run_id"]


def test_a_second_run_trains_nothing_and_doubles_nothing(tmp_path):
    context, models = write_project(tmp_path), MODELS[:2]
    first = train(context, models)
    names = finished_names(context)
    second = train(context, models)
    assert finished_names(context) == names == sorted({*models, "dummy_floor", "training_summary"})
    for name, result in first.results.items():
        again = second.results[name]
        assert again.measured == plain(result.measured)
        assert (again.run_id, again.model_uri) == (result.run_id, result.model_uri)


def test_later_phases_never_take_models_of_a_later_run_that_did_not_end(tmp_path):
    """Their folds are others: what they said of rows left out would be judged by targets of other rows."""
    context, models = write_project(tmp_path), MODELS[:2]
    train(context, models)
    folder = context.parent / "artifacts" / "epoch005-model-development"
    kept = {name: (folder / "out_of_fold" / f"{name}.parquet").read_bytes() for name in models}

    def train_without_end(seed):
        phase = mu.start_training(context_path=context, models=models, seed=seed)
        mu.train_all(phase)

    train_without_end(7)
    assert (folder / "out_of_fold" / f"{models[0]}.parquet").read_bytes() != kept[models[0]]
    mu.tune_best_model(context, model=models[0], strategy="random", n_trials=2)
    assert {name: (folder / "out_of_fold" / f"{name}.parquet").read_bytes() for name in models} == kept
    for seed in (8, 9, 10):  # more than are kept aside
        train_without_end(seed)
    with pytest.raises(ArtifactsError, match="did not come to its end"):
        mu.tune_best_model(context, model=models[0], strategy="random", n_trials=2)


def test_files_of_two_runs_of_phase_1_are_never_read_together(tmp_path, monkeypatch):
    """Ended between the two, the models of one seed stood beside the split of another."""
    context = write_project(tmp_path)
    train(context, MODELS[:1])
    phase = mu.start_training(context_path=context, models=MODELS[:1], seed=7)
    mu.train_all(phase)
    written = Record.json

    def ended(self, run_id, name, content):
        if name == "best_model_info.json":
            raise KeyboardInterrupt
        written(self, run_id, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "json", ended)
        with pytest.raises(KeyboardInterrupt):
            mu.finish_training(phase)
    with pytest.raises(ArtifactsError, match="are of two runs of phase 1"):
        mu.tune_best_model(context, model=MODELS[0], strategy="random", n_trials=2)
    mu.finish_training(phase)
    assert mu.tune_best_model(context, model=MODELS[0], strategy="random", n_trials=2)


@pytest.mark.parametrize("step", range(4))
def test_a_model_that_is_being_put_back_when_the_process_ends_is_put_back_by_the_next_one(
    step, tmp_path, monkeypatch
):
    """Renamed on its way, it was never found again."""
    context = read_context(write_project(tmp_path))
    record = Record(context)

    def made(key):
        record.new_model_folder("x").mkdir(parents=True)
        (record.new_model_folder("x") / "model.json").write_text(key, encoding="utf-8")
        record.new_oof_path("x").write_text(key, encoding="utf-8")
        record.publish("x")
        record.checkpoints.save("x", key, {})

    def what_stands():
        return record.oof_path("x").read_text(), (record.model_folder("x") / "model.json").read_text()

    made("first")
    record.archive("x")
    made("second")
    steps, copy = [], shutil.copy

    def ended(*given, **more):
        steps.append(1)
        if len(steps) > step:
            raise KeyboardInterrupt
        return copy(*given, **more)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(shutil, "copy", ended)
        record.restore("x", "first")
    for key in ("first", "second", "first"):
        assert record.holds("x", key)
        assert record.checkpoints.key("x") == key
        assert what_stands() == (key, key)


def test_another_primary_metric_trains_nothing_and_makes_a_summary_of_its_own(tmp_path):
    context = write_project(tmp_path)
    first = train(context, MODELS[:2])
    second = train(context, MODELS[:2], primary_metric="roc_auc")
    assert {r.run_id for r in second.all_results} == {r.run_id for r in first.all_results}
    assert outcome(context)[2] == second.results[outcome(context)[1]].cv("roc_auc")
    assert finished_names(context).count("training_summary") == 2


@pytest.mark.parametrize(
    "change",
    ["table", *(pytest.param(name, marks=pytest.mark.slow) for name in ("seed", "resume", "params"))],
)
def test_whatever_a_result_depends_on_trains_it_anew(change, once, tmp_path):
    context = once(tmp_path)
    first = run_id_of(context, MODELS[0])
    if change == "table":
        make_table(seed=1).to_csv(tmp_path / "table.csv", index=False)
    settings = {"seed": {"seed": 7}, "resume": {"resume": False}}.get(change, {})
    phase = mu.start_training(context_path=context, models=MODELS[:1], **settings)
    (second,) = mu.train_sklearn(phase, **({"C": 0.5} if change == "params" else {}))[:1]
    (again,) = [r for r in phase.all_results if r.name == MODELS[0]]
    assert again.run_id != first
    assert second is not None


def test_cells_that_train_a_model_several_times_train_nothing_when_they_are_run_again(tmp_path):
    """Each set of parameters has its model, its predictions and its run, and the best one stands."""
    context, said = write_project(tmp_path), []
    for _ in range(2):
        phase = mu.start_training(context_path=context, models=MODELS[:1])
        mu.train_all(phase)
        first = phase.results[MODELS[0]]
        others = [mu.train_sklearn(phase, C=value)[0] for value in (0.01, 0.5)]
        mu.finish_training(phase)
        said.append([(r.run_id, r.cv("roc_auc"), r.params.get("C")) for r in (first, *others)])
        best = phase.results[MODELS[0]]
        assert best.cv("f1_score") == max(r.cv("f1_score") for r in (first, *others))
        assert mu.load_model(best.model_path).params["C"] == best.params["C"]
        assert len(phase.every_result) == 4  # the dummy, and three of one model
    assert said[0] == said[1]
    assert len({run for run, *_ in said[0]}) == 3
    assert finished_names(context).count(MODELS[0]) == 3
    assert finished_names(context).count("training_summary") == 1
    place = tmp_path / "artifacts" / "epoch005-model-development" / "checkpoints" / "aside"
    assert len(list(place.iterdir())) == 2


def test_only_a_few_sets_of_parameters_are_kept(tmp_path):
    context = write_project(tmp_path)
    phase = mu.start_training(context_path=context, models=MODELS[:1])
    tried = [mu.train_sklearn(phase, C=value)[0] for value in (0.1, 0.2, 0.3, 0.4, 0.5)]
    place = tmp_path / "artifacts" / "epoch005-model-development" / "checkpoints" / "aside"
    kept = {folder.name.rpartition("-")[2] for folder in place.iterdir()}
    assert len(kept) == 2
    kept.add(phase.results[MODELS[0]].key)  # the best, in its place
    here, gone = ([r for r in tried if (r.key in kept) is wanted] for wanted in (True, False))
    assert (len(here), len(gone)) == (3, 2)
    assert mu.train_sklearn(phase, C=here[0].params["C"])[0].run_id == here[0].run_id
    assert mu.train_sklearn(phase, C=gone[0].params["C"])[0].run_id != gone[0].run_id


def test_a_model_whose_files_are_gone_is_trained_anew(once, tmp_path):
    context = once(tmp_path)
    first, folder = run_id_of(context, MODELS[0]), tmp_path / "artifacts" / "epoch005-model-development"
    (folder / "models" / MODELS[0] / "model.json").unlink()
    second = train(context, MODELS[:1]).results[MODELS[0]]
    assert second.run_id != first
    shutil.rmtree(folder / "out_of_fold")
    assert train(context, MODELS[:1]).results[MODELS[0]].run_id != second.run_id


def test_a_result_that_mlflow_never_got_is_recorded_at_the_next_start(tmp_path, monkeypatch):
    from model_development.phases.training import recording

    context = write_project(tmp_path)

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recording, "record_run", killed)
        with pytest.raises(KeyboardInterrupt):
            train(context, MODELS[:1])
    phase = train(context, MODELS[:1])
    assert finished_names(context) == sorted(["dummy_floor", "training_summary", MODELS[0]])
    assert mu.load_model(phase.results[MODELS[0]].model_uri).predict(make_table()).shape == (240,)


def test_checkpoints_are_found_by_their_key_alone(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("a", work_key(x=1), {"value": 0.1})
    assert checkpoints.load("a", work_key(x=1)) == {"value": 0.1}
    assert checkpoints.load("a", work_key(x=2)) is None
    assert checkpoints.load("b", work_key(x=1)) is None
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    assert checkpoints.load("a", work_key(x=1)) is None


NETWORK = "pytorch_nn"


def fold_files(context):
    place = context.parent / "artifacts" / "epoch005-model-development" / "checkpoints" / "folds"
    return sorted(place.glob(f"{NETWORK}-*/*.npz"))


def killed_in_fold_3(context):
    """Phase 1 on a network, killed as soon as its second fold is reported as done."""
    program = PROGRAM.replace("import sys", f"import sys{KILLED_AT}")
    command = [sys.executable, "-c", program, str(context), NETWORK, "fold 2 of 3 done"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    assert len(fold_files(context)) >= 2
    return context


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """killed(folder): a copy of a project in which phase 1 was killed within its third fold."""
    return partial(copied, killed_in_fold_3(write_project(tmp_path_factory.mktemp("killed"))))


@pytest.fixture
def steps(monkeypatch):
    """What workers report, as (model, step)."""
    seen, step = [], Progress.step

    def noted(progress, name, text):
        seen.append((name, text))
        step(progress, name, text)

    monkeypatch.setattr(Progress, "step", noted)
    return seen


def folds_fitted(steps):
    """Numbers of the folds within which a step was reported, as the network does after each epoch."""
    return {text.split()[1] for name, text in steps if name == NETWORK and "epoch" in text and "fold" in text}


def test_a_run_that_was_killed_fits_only_the_folds_that_are_missing(killed, tmp_path, steps, capsys):
    undisturbed = write_project(tmp_path / "undisturbed")
    whole = train(undisturbed, [NETWORK])
    assert folds_fitted(steps) == {"1", "2", "3"}
    context = killed(tmp_path / "killed")
    n_kept = len(fold_files(context))  # 3, if the worker was quicker than its end
    steps.clear()
    capsys.readouterr()
    resumed = train(context, [NETWORK])
    assert folds_fitted(steps) == {"1", "2", "3"} - {str(n + 1) for n in range(n_kept)}
    assert f"{n_kept} of 3 folds finished by an earlier run: results are reused" in capsys.readouterr().out
    assert outcome(context) == outcome(undisturbed)
    one, other = (phase.results[NETWORK] for phase in (whole, resumed))
    without_time = [{k: v for k, v in r.measured["cv"].items() if k != "training_time"} for r in (one, other)]
    assert without_time[0] == without_time[1]  # intervals among them
    tables = [pd.read_parquet(phase.session.record.oof_path(NETWORK)) for phase in (whole, resumed)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert not fold_files(context)
    assert finished_names(context) == sorted([NETWORK, "dummy_floor", "training_summary"])


@pytest.mark.parametrize("change", [{"resume": False}, pytest.param({"seed": 7}, marks=pytest.mark.slow)])
def test_finished_folds_are_of_no_use_to_other_work(change, killed, tmp_path, steps):
    context = killed(tmp_path)
    train(context, [NETWORK], **change)
    assert folds_fitted(steps) == {"1", "2", "3"}


def test_a_worker_that_dies_leaves_its_folds_to_the_next_try(tmp_path, monkeypatch, steps):
    context = write_project(tmp_path)
    phase, step = mu.start_training(context_path=context, models=[NETWORK]), Progress.step

    def kill_the_workers(progress, name, text):
        if text == "fold 2 of 3 done":
            for one in psutil.Process().children(recursive=True):
                os.kill(one.pid, signal.SIGKILL)
        step(progress, name, text)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "step", kill_the_workers)
        (result,) = mu.train_all(phase, [NETWORK])
    assert result.status == "failed"
    n_kept = len(fold_files(context))
    assert n_kept >= 2
    steps.clear()
    (result,) = mu.train_all(phase, [NETWORK])
    assert result.status == "ok"
    assert len(folds_fitted(steps)) == 3 - n_kept


def test_finished_folds_of_other_parameters_make_room(tmp_path):
    context = write_project(tmp_path)
    record = mu.start_training(context_path=context, models=MODELS[:1]).session.record
    for number in range(5):
        place = record.begin_folds("a", str(number), fresh=False)
        place.mkdir(parents=True)
        os.utime(place, (number, number))
    record.begin_folds("ab", "0", fresh=False).mkdir()
    record.begin_folds("a", "4", fresh=False)
    assert sorted(folder.name for folder in place.parent.iterdir()) == ["a-2", "a-3", "a-4", "ab-0"]
    record.begin_folds("a", "4", fresh=True)
    assert not place.exists()


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_double_nothing(tmp_path):
    """SIGKILL the main process, or one of its workers, then run again; the numbers are of no kill."""
    undisturbed = write_project(tmp_path / "undisturbed")
    started = time.monotonic()
    train(undisturbed)
    seconds = time.monotonic() - started + 4
    rng = np.random.default_rng(int(os.environ.get("KILL_SEED", "0")))
    for number in range(int(os.environ.get("KILLS", "6"))):
        context = write_project(tmp_path / str(number))
        command = [sys.executable, "-c", PROGRAM, str(context), ",".join(MODELS)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(2, seconds))
        if number % 2 and process.poll() is None:
            below = psutil.Process(process.pid).children(recursive=True)  # workers, and what forks them
            for one in below and [below[rng.integers(len(below))]]:
                os.kill(one.pid, signal.SIGKILL)
            process.wait()
        else:
            process.kill()
            process.wait()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        assert outcome(context) == outcome(undisturbed)
        assert {run.info.status for run in runs_of(context)} <= {"FINISHED", "KILLED", "FAILED"}
        models = [name for name in finished_names(context) if name != "training_summary"]
        assert models == sorted([*MODELS, "dummy_floor"])
        assert (
            finished_names(context).count("training_summary") <= 1 + number % 2
        )  # a killed worker is no kill
