"""A project that was moved or copied works from its new place, and leaves the old one as it is."""

import json
import shutil
import subprocess
import sys

import mlflow
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.tracking.connection import sqlite_uri

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODELS = ["sklearn_logistic_regression"]


def train(context, models=MODELS):
    phase = mu.start_training(context_path=context, models=models, profile=False)
    mu.train_dummy(phase)
    mu.train_all(phase)
    mu.finish_training(phase)
    return phase


def tune(context):
    return mu.tune_best_model(context, strategy="random", n_trials=2)


IN_OLD_PLACE = """
import sys
from model_development import model_utils as mu
phase = mu.start_training(context_path=sys.argv[1], models=sys.argv[2].split(","), profile=False)
mu.train_all(phase, phase.names)
mu.finish_training(phase)
if sys.argv[3:]:
    mu.tune_best_model(sys.argv[1], strategy="random", n_trials=2)
"""


def work_in_old_place(context, *tuned):
    """In a process of its own, as users do: MLflow remembers in a process where a run's artifacts were."""
    command = [sys.executable, "-c", IN_OLD_PLACE, str(context), ",".join(MODELS), *tuned]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return json.loads(context.read_text(encoding="utf-8")).get("epoch_005_outputs")


def contents(folder):
    """{file: (when it was written, what it holds)}"""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def runs_of(context):
    client = mlflow.MlflowClient(sqlite_uri(context.parent / "artifacts" / "mlflow.db"))
    experiment = client.get_experiment_by_name("tiny_binary_model")
    return client.search_runs([experiment.experiment_id])


def moved(source, target):
    source.rename(target)


def copied(source, target):
    shutil.copytree(source, target)


@pytest.mark.parametrize("take", [pytest.param(moved, marks=pytest.mark.slow), copied])
def test_both_phases_resume_at_the_new_place_and_leave_the_old_one_alone(take, tmp_path, capsys):
    old, new = tmp_path / "old home", tmp_path / "new home 100%?"
    work_in_old_place(write_project(old))
    take(old, new)
    context, before = new / "pipeline_context.json", contents(old)
    run_ids = {run.info.run_name: run.info.run_id for run in runs_of(context)}
    outputs = tune(context)
    said = capsys.readouterr().out
    assert f"named {old / 'artifacts'}" in said
    again = train(context)
    assert "results of an earlier run are reused" in (said := capsys.readouterr().out)
    assert "moved" not in said
    assert contents(old) == before
    assert {name: result.run_id for name, result in again.results.items()}.items() <= run_ids.items()
    assert len([r for r in runs_of(context) if r.info.run_name == "training_summary"]) == 1
    for place in (outputs["model_path"], outputs["model_uri"], again.results[MODELS[0]].model_uri):
        assert mu.load_model(place).predict(make_table()).shape == (240,)
    assert json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]["model_path"].startswith(
        str(new)
    )


@pytest.mark.parametrize("take", [pytest.param(moved, marks=pytest.mark.slow), copied])
def test_a_finished_project_names_its_new_place_on_the_next_run(take, tmp_path, capsys):
    old, new = tmp_path / "a", tmp_path / "b"
    told = work_in_old_place(write_project(old), "tuned")
    take(old, new)
    context, before = new / "pipeline_context.json", contents(old)
    train(context)
    assert "named the handed-over model at another place" in capsys.readouterr().out
    outputs = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]
    assert outputs["model_path"] == str(new / "artifacts" / "epoch005-model-development" / "tuned_model")
    assert outputs["tracking_uri"] == f"sqlite:///{new / 'artifacts' / 'mlflow.db'}"
    assert outputs["tuning_parent_run_id"] == told["tuning_parent_run_id"]
    assert tune(context)["model_path"] == outputs["model_path"]
    assert "shown as it ended" in capsys.readouterr().out
    assert contents(old) == before
    written = new / "artifacts" / "epoch005-model-development"
    named = [p.name for p in written.glob("*.json") if f"{old}/" in p.read_text(encoding="utf-8")]
    assert named == []
    assert mu.load_model(outputs["model_uri"]).predict(make_table()).shape == (240,)


def test_a_store_that_stays_while_the_project_moves_writes_to_the_new_place(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'shared.db'}")
    old, new = tmp_path / "a", tmp_path / "b"
    work_in_old_place(write_project(old))
    copied(old, new)
    before = contents(old)
    phase = train(new / "pipeline_context.json", [*MODELS, "lightgbm_baseline"])
    assert f"named {old / 'artifacts'}" in capsys.readouterr().out
    tune(new / "pipeline_context.json")
    assert contents(old) == before
    assert mu.load_model(phase.results["lightgbm_baseline"].model_uri)
    assert mu.load_model(phase.results[MODELS[0]].model_uri)
