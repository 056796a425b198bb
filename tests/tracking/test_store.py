import platform
import shutil
import subprocess
import sys
import time
from unittest import mock

import psutil
import pytest
from conftest import write_project

from model_development.errors import TrackingError
from model_development.settings.context import read_context
from model_development.tracking.living import FOLDER
from model_development.tracking.store import PROCESS_TAG, TrackingStore

pytestmark = pytest.mark.whole

OPEN = """
import sys
from model_development.settings.context import read_context
from model_development.tracking.living import FOLDER
from model_development.tracking.store import TrackingStore
store = TrackingStore(read_context(sys.argv[1]))
store.end_run(store.start_run("run"))
"""
AT_WORK = """
import sys, time
from model_development.settings.context import read_context
from model_development.tracking.store import TrackingStore
print(TrackingStore(read_context(sys.argv[1])).start_run("run"), flush=True)
time.sleep(600)
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


def begun(context):
    """A process that has begun a run and goes on, and the id of the run."""
    command = [sys.executable, "-c", AT_WORK, str(context.path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def status_of(store, run_id):
    return store.client.get_run(run_id).info.status


def killed(process):
    process.kill()
    process.wait()


@pytest.mark.parametrize("change", ["clock", "container"])
def test_a_run_ends_with_its_process_and_with_nothing_else(change, tmp_path, monkeypatch):
    """A step of the clock, and containers that share a folder and a name, and not their processes."""
    context = read_context(write_project(tmp_path))
    process, run_id = begun(context)
    with monkeypatch.context() as patch:
        if change == "clock":
            started = psutil.Process.create_time
            patch.setattr(psutil.Process, "create_time", lambda process: started(process) + 3600)
        else:
            patch.setattr(psutil, "Process", mock.Mock(side_effect=psutil.NoSuchProcess(process.pid)))
        mine = TrackingStore(context).start_run("mine")
        store = TrackingStore(context)
        assert [status_of(store, one) for one in (run_id, mine)] == ["RUNNING"] * 2
    killed(process)
    store = TrackingStore(context)
    assert [status_of(store, one) for one in (run_id, mine)] == ["KILLED", "RUNNING"]
    assert len(list((tmp_path / "artifacts" / FOLDER).iterdir())) == 1  # the dead leave nothing behind


def test_a_run_of_another_project_in_the_same_folder_is_ended_by_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'common.db'}")
    contexts = [
        read_context(write_project(tmp_path / project, project=project)) for project in ("one", "two")
    ]
    process, run_id = begun(contexts[0])
    killed(process)
    assert status_of(TrackingStore(contexts[1]), run_id) == "RUNNING"
    assert status_of(TrackingStore(contexts[0]), run_id) == "KILLED"


@pytest.mark.parametrize(
    "name",
    [
        "elsewhere|1|1.0",
        f"elsewhere|1|{'0' * 12}-{'0' * 32}.lock",
        f"{platform.node()}|999999|1.0",  # of an earlier version: nothing is known of it
        "|||",
        "",
        "../../table.csv",
    ],
)
def test_runs_of_which_nothing_is_known_stay_open(name, tmp_path):
    context = read_context(write_project(tmp_path))
    run_id = TrackingStore(context).start_run("other", tags={PROCESS_TAG: name})
    assert status_of(TrackingStore(context), run_id) == "RUNNING"
    assert (tmp_path / "table.csv").stat().st_size > 0


def test_a_process_whose_folder_is_deleted_under_it_is_known_again(tmp_path):
    context = read_context(write_project(tmp_path))
    first = TrackingStore(context).living.own_file
    shutil.rmtree(tmp_path / "artifacts")
    store = TrackingStore(context)
    assert store.living.own_file != first
    assert (tmp_path / "artifacts" / FOLDER / store.living.own_file).exists()


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
