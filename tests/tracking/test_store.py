import os
import platform
import subprocess
import sys
import time

import pytest
from conftest import write_project

from model_development.errors import TrackingError
from model_development.settings.context import read_context
from model_development.tracking.store import PROCESS_TAG, TrackingStore

OPEN = """
import sys
from model_development.settings.context import read_context
from model_development.tracking.store import TrackingStore
store = TrackingStore(read_context(sys.argv[1]))
store.end_run(store.start_run("run"))
"""


def test_many_processes_may_open_a_store_that_does_not_exist_yet(tmp_path):
    path = write_project(tmp_path)
    processes = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(path)], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        _, problems = process.communicate(timeout=120)
        assert process.returncode == 0, problems
    store = TrackingStore(read_context(path))
    assert len(store.client.search_runs([store.experiment_id])) == 4


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:9", "http://[bad", "file:./mlruns", "sqlite:////proc/no/m.db", "postgresql://none/x"],
)
def test_a_store_that_cannot_be_used_is_said_at_once(uri, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(TrackingError, match="MLFLOW_TRACKING_URI"):
        TrackingStore(read_context(write_project(tmp_path)))


def test_a_deleted_experiment_is_restored(tmp_path):
    context = read_context(write_project(tmp_path))
    store = TrackingStore(context)
    store.client.delete_experiment(store.experiment_id)
    assert TrackingStore(context).experiment_id == store.experiment_id


def test_more_parameters_than_one_request_takes_are_all_logged(tmp_path):
    store = TrackingStore(read_context(write_project(tmp_path)))
    run_id = store.start_run("many")
    store.log(run_id, params={f"p{i}": i for i in range(230)}, metrics={"a": 1.0, "missing": None})
    found = store.client.get_run(run_id).data
    assert len(found.params) == 230
    assert found.metrics == {"a": 1.0}


def test_two_contexts_in_one_process_keep_their_own_stores(tmp_path):
    """MLflow writes the tracking URI to the environment; it must not pass for the user's."""
    first = TrackingStore(read_context(write_project(tmp_path / "a")))
    second = TrackingStore(read_context(write_project(tmp_path / "b")))
    assert first.uri != second.uri


def test_runs_of_living_processes_and_of_other_machines_stay_open(tmp_path):
    context = read_context(write_project(tmp_path))
    store = TrackingStore(context)
    mine = store.start_run("mine")
    others = store.start_run("others", tags={PROCESS_TAG: "elsewhere|1|1.0"})
    dead = store.start_run("dead", tags={PROCESS_TAG: f"{platform.node()}|{os.getpid()}|1.0"})
    TrackingStore(context)
    status = {
        name: store.client.get_run(run_id).info.status
        for name, run_id in {"mine": mine, "others": others, "dead": dead}.items()
    }
    assert status == {"mine": "RUNNING", "others": "RUNNING", "dead": "KILLED"}


def test_a_process_killed_while_it_sets_up_the_store_leaves_none_behind(tmp_path):
    """MLflow needs seconds for its tables, and refuses a file that holds a part of them."""
    context = write_project(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", OPEN, str(context)])
    deadline = time.monotonic() + 60
    while not any((tmp_path / "artifacts").glob(".new-*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (tmp_path / "artifacts" / "mlflow.db").exists()
    assert TrackingStore(read_context(context)).experiment_id
    assert not list((tmp_path / "artifacts").glob(".new-*"))
