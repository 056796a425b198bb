"""A store that a process of its own sets up, and one that this process does: both are whole, or not there."""

import os
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest

from model_development.tracking import new_store
from model_development.tracking.connection import sqlite_uri


@pytest.fixture
def uri(tmp_path):
    return sqlite_uri(tmp_path / "mlflow.db")


def default_place(uri):
    return mlflow.MlflowClient(uri).get_experiment("0").artifact_location


@pytest.mark.whole
def test_what_was_begun_is_put_into_its_place(uri, tmp_path):
    new_store.begin_store(uri)
    process, made = new_store._begun[uri]
    new_store.begin_store(uri)  # once
    assert new_store._begun[uri][0] is process
    assert list(tmp_path.iterdir()) == []  # a run that is refused leaves nothing
    new_store.create_local_store(uri)
    assert default_place(uri) == f"{(tmp_path / 'mlartifacts').as_uri()}/0"
    assert (new_store._begun, made.parent.exists()) == ({}, False)


def test_where_the_other_process_is_killed_this_one_sets_it_up(uri, tmp_path):
    new_store.begin_store(uri)
    new_store._begun[uri][0].kill()
    new_store.create_local_store(uri)
    assert default_place(uri) == f"{(tmp_path / 'mlartifacts').as_uri()}/0"


def test_a_store_that_is_there_or_elsewhere_is_not_begun(uri, tmp_path):
    (tmp_path / "mlflow.db").touch()
    for place in (uri, "http://127.0.0.1:1"):
        new_store.begin_store(place)
    assert new_store._begun == {}


def test_what_was_begun_ends_with_the_process(uri, tmp_path):
    code = (
        f"from model_development.tracking import new_store; new_store.begin_store({uri!r}); "
        f"print(new_store._begun[{uri!r}][0].pid, new_store._begun[{uri!r}][1].parent)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid, folder = done.stdout.split()
    for _ in range(50):
        if not Path(folder).exists():
            break
        time.sleep(0.1)
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
