"""Runs that are written together must read as those that MLflow's client writes one by one."""

import json
import sqlite3
import time
from contextlib import closing
from unittest import mock

import pytest
from conftest import write_project

from model_development.settings.context import read_context
from model_development.tracking import store as tracking
from model_development.tracking.store import TrackingStore

CHANGES = ["RENAME COLUMN value TO number", "ADD COLUMN unit TEXT NOT NULL DEFAULT ''"]
DATASET = {
    "column_kinds": {"a": "number"},
    "target_variable": "y",
    "problem_type": "binary",
    "classes": ["no", "yes"],
    "n_rows": {"train": 8, "validation": 1, "test": 1},
    "n_columns": 2,
    "project": "tiny",
    "data_fingerprint": "abc",
    "data_source": "table.csv",
    "split_fingerprint": "def",
}


@pytest.fixture
def store(tmp_path):
    store = TrackingStore(read_context(write_project(tmp_path)))
    store.dataset = DATASET
    return store


def finished(number, status="FINISHED"):
    return {
        "name": f'{number:04d} it\'s "1"',
        "status": status,
        "started": 1_700_000_000.25 + number,
        "ended": 1_700_000_001.5 + number,
        "tags": {"phase": 2, "reason": "ä"},
        "params": {"depth": None, "rate": 0.1 * number, "kind": "x"},
        "metrics": {"cv_mean": 0.5 + number, "cv_std": None, "seconds": 1},
    }


def as_read(store, run_id):
    """A run as MLflow gives it back, but for its id and the time at which its metrics were written."""
    run = store.client.get_run(run_id)
    return json.loads(json.dumps(run.to_dictionary()).replace(run_id, "ID"))


@pytest.mark.whole
def test_a_run_written_with_others_reads_as_one_that_the_client_wrote(store):
    parent = store.start_run("parent")
    runs = [finished(0), finished(1), finished(2, "FAILED")]
    together = store.add_runs(runs, parent)
    with mock.patch.object(tracking, "copy_runs", side_effect=LookupError):
        one_by_one = store.add_runs(runs, parent)
    assert [as_read(store, a) for a in together] == [as_read(store, b) for b in one_by_one]
    assert as_read(store, together[2])["info"]["status"] == "FAILED"
    (history,) = store.client.get_metric_history(together[1], "cv_mean")
    assert (history.value, history.step) == (1.5, 0)


def test_runs_written_together_are_found_and_sorted(store):
    parent = store.start_run("parent")
    store.add_runs([finished(number) for number in range(30)], parent)
    found = store.client.search_runs(
        [store.experiment_id],
        f"tags.`mlflow.parentRunId` = '{parent}' and metrics.cv_mean > 10 and params.kind = 'x'",
        order_by=["metrics.cv_mean DESC"],
    )
    assert [run.info.run_name for run in found] == [finished(n)["name"] for n in range(29, 9, -1)]
    assert {run.inputs.dataset_inputs[0].dataset.digest for run in found} == {"abc"}


@pytest.mark.parametrize("change", CHANGES)
def test_tables_that_have_changed_lose_no_run(store, change):
    """As a later MLflow may have them; the client, which knows its tables, writes what copies cannot."""
    parent = store.start_run("parent")
    store.add_runs([finished(0)], parent)
    path = store.uri.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as tables, tables:
        tables.execute(f"ALTER TABLE params {change}")
    with mock.patch.object(TrackingStore, "_add_run", return_value="by the client") as client:
        ids = store.add_runs([finished(1), finished(2)], parent)
    if "RENAME" in change:
        assert ids == ["by the client"] * 2
    else:
        assert client.call_count == 0
        assert store.client.get_run(ids[1]).data.params["kind"] == "x"


def set_revision(store, revision):
    path = store.uri.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as tables, tables:
        tables.execute("UPDATE alembic_version SET version_num = ?", [revision])


@pytest.mark.whole
def test_tables_of_another_revision_are_left_to_the_client(store):
    """Whatever a later MLflow means by the same columns, its client writes it."""
    parent = store.start_run("parent")
    store.add_runs([finished(0)], parent)
    path = store.uri.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as tables:
        (known,) = tables.execute("SELECT version_num FROM alembic_version").fetchone()
    with mock.patch.object(TrackingStore, "_add_run", return_value="by the client") as client:
        set_revision(store, "0123456789ab")
        assert store.add_runs([finished(1), finished(2)], parent) == ["by the client"] * 2
        set_revision(store, known)
        ids = store.add_runs([finished(3), finished(4)], parent)
        assert client.call_count == 2
    assert [store.client.get_run(run_id).info.run_name for run_id in ids] == [
        finished(n)["name"] for n in (3, 4)
    ]


@pytest.mark.whole
def test_a_run_written_together_costs_a_fraction_of_a_run_written_alone(store):
    parent = store.start_run("parent")
    runs = [finished(number) for number in range(40)]
    store.add_runs(runs[:1], parent)

    def seconds():
        started = time.perf_counter()
        store.add_runs(runs, parent)
        return time.perf_counter() - started

    together = min(seconds() for _ in range(3))
    with mock.patch.object(tracking, "copy_runs", side_effect=LookupError):
        assert together < seconds() / 4
