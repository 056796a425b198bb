"""Many finished runs in one transaction of a local store.

MLflow's client writes a run in six transactions and 20 ms of a core, which is a tenth of a search of quick
fits. So of the runs nested under a parent the client writes the first, and the others become copies of its
rows with names, times and values of their own: what MLflow writes beside those is copied as it stands.

This is SQL by hand, kept for what it saves (15 s of a search of 768 runs). It runs on tables of a revision
that the tests have seen, and on no others: there the client writes every run, which is slower.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


REVISIONS = ("dc11669786a5",)  # of MLflow's tables, seen by the tests
RUN_COLUMN = "run_uuid"
OF_A_RUN = ("tags", "params", "metrics", "latest_metrics")
LONGEST_PARAM = 6000  # characters
TIMEOUT_S = 60  # until another process has written


def copy_runs(path: Path, pattern_id: str, runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write runs as copies of the one called `pattern_id`, all or none; return their ids.

    runs : dicts of `name`, `status`, `started` and `ended` (milliseconds), `tags` and `params`
        ({name: text}), `metrics` ({name: finite number}).

    Raises LookupError where the tables are of an unknown revision or the pattern lacks what is to be copied,
    sqlite3.Error where a table is another than the one that is known here; then nothing is written.
    """
    with closing(sqlite3.connect(path, timeout=TIMEOUT_S)) as store:
        _require_known(store)
        store.row_factory = sqlite3.Row
        pattern = _Pattern(store, pattern_id)
        written = [pattern.rows_of(uuid.uuid4().hex, run) for run in runs]
        with store:
            for run_rows in written:
                for table, rows in run_rows.items():
                    _insert(store, table, rows)
    return [run_rows["runs"][0][RUN_COLUMN] for run_rows in written]


def plain_run(run: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """A finished run, of `TrackingStore.add_runs`, as `copy_runs` takes it. tags : all of them."""
    return {
        "name": run["name"],
        "status": run["status"],
        "started": int(run["started"] * 1000),
        "ended": int(run["ended"] * 1000),
        "tags": tags,
        "params": {name: str(value)[:LONGEST_PARAM] for name, value in run["params"].items()},
        "metrics": {name: float(value) for name, value in run["metrics"].items() if value is not None},
    }


def _require_known(store: sqlite3.Connection) -> None:
    found = [revision for (revision,) in store.execute("SELECT version_num FROM alembic_version")]
    if not set(found) <= set(REVISIONS) or not found:
        raise LookupError(f"MLflow's tables are of revision {', '.join(found)}, which was not seen in tests")


def _insert(store: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        store.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)


class _Pattern:
    """The rows of a run that MLflow wrote."""

    def __init__(self, store: sqlite3.Connection, run_id: str) -> None:
        self.run_id = run_id
        runs = _select(store, "runs", RUN_COLUMN, run_id)
        rows = {table: _select(store, table, RUN_COLUMN, run_id) for table in OF_A_RUN}
        if not runs or not all(rows.values()):
            raise LookupError(f"the run {run_id} has nothing to copy")
        self.run, self.first = runs[0], {table: found[0] for table, found in rows.items()}
        self.inputs = _select(store, "inputs", "destination_id", run_id)
        self.input_tags = {
            row["input_uuid"]: _select(store, "input_tags", "input_uuid", row["input_uuid"])
            for row in self.inputs
        }

    def rows_of(self, run_id: str, run: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """{table: rows} of a run that is to be written."""
        own = {RUN_COLUMN: run_id, "name": run["name"], "status": run["status"]}
        own |= {"start_time": run["started"], "end_time": run["ended"]}
        own["artifact_uri"] = self.run["artifact_uri"].replace(self.run_id, run_id)
        texts = {"tags": run["tags"] | {"mlflow.runName": run["name"]}, "params": run["params"]}
        rows = {"runs": [_changed(self.run, own)]}
        for table, values in texts.items():
            rows[table] = [self._row(table, run_id, key=key, value=text) for key, text in values.items()]
        for table in ("metrics", "latest_metrics"):
            rows[table] = [
                self._row(table, run_id, key=key, value=value, timestamp=run["ended"], step=0, is_nan=0)
                for key, value in run["metrics"].items()
            ]
        return rows | self._inputs_of(run_id)

    def _row(self, table: str, run_id: str, **own: Any) -> dict[str, Any]:
        return _changed(self.first[table], own | {RUN_COLUMN: run_id})

    def _inputs_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        inputs, tags = [], []
        for row in self.inputs:
            own = {"input_uuid": uuid.uuid4().hex}
            inputs.append(_changed(row, own | {"destination_id": run_id}))
            tags += [_changed(tag, own) for tag in self.input_tags[row["input_uuid"]]]
        return {"inputs": inputs, "input_tags": tags}


def _select(store: sqlite3.Connection, table: str, column: str, value: str) -> list[dict[str, Any]]:
    return [dict(row) for row in store.execute(f"SELECT * FROM {table} WHERE {column} = ?", [value])]


def _changed(row: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A copy of a row with values of its own; the columns are those of the row."""
    missing = own.keys() - row.keys()
    if missing:
        raise LookupError(f"no column {', '.join(sorted(missing))}")
    return row | own
