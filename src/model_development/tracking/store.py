"""One experiment in MLflow: runs, and what is logged to them."""

from __future__ import annotations

import getpass
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import TrackingError
from ..settings.credentials import without_credentials
from .connection import (
    creation_lock,
    first_line,
    import_mlflow,
    local_file,
    point_at,
    require_reachable,
    shared_folder,
    tracking_uri,
)
from .dataset import dataset_input
from .experiment import open_experiment
from .living import Living
from .logged_models import LoggedModels
from .nested_runs import copy_runs, plain_run
from .new_store import create_local_store
from .run_log import RunLog

if TYPE_CHECKING:
    from ..settings.context import Context


PARENT_TAG = "mlflow.parentRunId"
PROCESS_TAG = "model_development.process"
RUNS_PER_PAGE = 1000


class TrackingStore(RunLog):
    """One experiment in an MLflow tracking store, spoken to by run id (no active run, no autolog).

    models : LoggedModels of the experiment. moved_from : the artifacts folder that a local store named until
        now, where this project was moved or copied; else None.
    """

    def __init__(self, context: Context) -> None:
        """Connect, creating store and experiment once under a lock: SQLite set-up is a race.

        Raises TrackingError when the store cannot be reached.
        """
        self.uri = tracking_uri(context.artifacts_root)
        self.shown_uri = without_credentials(self.uri)  # for people and files
        self._patterns = {}  # the first run below each parent
        self.dataset: Mapping[str, Any] | None = None  # of Session.describe(): every run used it
        require_reachable(self.uri)
        mlflow = import_mlflow()
        try:
            point_at(self.uri)
            with creation_lock(self.uri, context.artifacts_root):
                create_local_store(self.uri)
                self.client = mlflow.MlflowClient(self.uri)
                self.experiment_id, self.moved_from = open_experiment(self.client, self.uri, context)
                self.models = LoggedModels(self.client, self.experiment_id, context.experiment)
                folder = shared_folder(self.uri, context.artifacts_root)
                self.living = Living(folder, f"{self.uri} {self.experiment_id}")
                self._close_runs_of_the_dead()
        except (mlflow.exceptions.MlflowException, OSError, ImportError, ValueError) as error:
            raise TrackingError(
                f"The MLflow store {self.shown_uri} cannot be used: {first_line(error, self.uri)}. "
                "Set MLFLOW_TRACKING_URI to another store, or unset it for a local SQLite file."
            ) from None  # whose text may hold a password

    @contextmanager
    def run(
        self,
        name: str,
        *,
        status: str = "FINISHED",
        ended: float | None = None,
        resume: str | None = None,
        **options: Any,
    ) -> Iterator[str]:
        """Open a run, yield its id, and end it: with `status`, or FAILED or KILLED on an error.

        resume : id of a run that goes on, instead of a new one.
        """
        run_id = self._reopen(resume) if resume else self.start_run(name, **options)
        try:
            yield run_id
        except BaseException as error:
            killed = isinstance(error, KeyboardInterrupt | SystemExit)
            self.end_run(run_id, "KILLED" if killed else "FAILED")
            raise
        self.end_run(run_id, status, ended)

    def start_run(
        self,
        name: str,
        *,
        parent: str | None = None,
        started: float | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Create a run and return its id. started : time.time() when its work really began."""
        tags, milliseconds = self._all_tags(parent, tags), int((started or time.time()) * 1000)
        run = self.client.create_run(self.experiment_id, milliseconds, tags=tags, run_name=name)
        if self.dataset:
            self.client.log_inputs(run.info.run_id, [dataset_input(self.dataset)])
        return run.info.run_id

    def add_runs(self, runs: Sequence[Mapping[str, Any]], parent: str) -> list[str]:
        """Write finished runs that are nested under `parent`; return their ids.

        runs : dicts of `name`, `status`, `started`, `ended` (time.time()), `tags`, `params` and `metrics`.
        In a local store those after the first are written together, see tracking/nested_runs.py.
        """
        ids = []
        if parent not in self._patterns and runs:
            ids, runs = [self._add_run(parent, runs[0])], runs[1:]
            self._patterns[parent] = ids[0]
        return ids + (self._copies(parent, runs) or [self._add_run(parent, run) for run in runs])

    def _copies(self, parent: str, runs: Sequence[Mapping[str, Any]]) -> list[str] | None:
        """Ids of runs that were written together; None where the store is not one for that."""
        path = local_file(self.uri)
        if path is None:
            return None
        try:
            plain = [plain_run(run, self._all_tags(parent, run["tags"])) for run in runs]
            return copy_runs(path, self._patterns[parent], plain)
        except (LookupError, sqlite3.Error):
            return None

    def _add_run(self, parent: str, run: Mapping[str, Any]) -> str:
        run_id = self.start_run(run["name"], parent=parent, started=run["started"], tags=run["tags"])
        self.log(run_id, params=run["params"], metrics=run["metrics"])
        self.end_run(run_id, run["status"], run["ended"])
        return run_id

    def _all_tags(self, parent: str | None, tags: Mapping[str, Any] | None) -> dict[str, str]:
        return {
            "mlflow.user": _user(),
            "mlflow.source.name": "model_development",
            "mlflow.source.type": "LOCAL",
            PROCESS_TAG: self.living.name,
            **({PARENT_TAG: parent} if parent else {}),
            **{key: str(value) for key, value in (tags or {}).items()},
        }

    def _reopen(self, run_id: str) -> str:
        self.client.set_tag(run_id, PROCESS_TAG, self.living.name)  # first, or others end it as a dead one's
        self.client.update_run(run_id, status="RUNNING")
        return run_id

    def children(self, run_id: str) -> dict[str, tuple[str, str, dict[str, str]]]:
        """{name: (id, status, tags)} of the runs that are nested under a run."""
        wanted = f"tags.`{PARENT_TAG}` = '{run_id}'"
        found, token = {}, None
        while token != "":
            page = self.client.search_runs(
                [self.experiment_id], wanted, max_results=RUNS_PER_PAGE, page_token=token
            )
            found |= {r.info.run_name: (r.info.run_id, r.info.status, r.data.tags) for r in page}
            token = page.token or ""
        return found

    def find_run(self, name: str, tags: Mapping[str, Any], status: str = "FINISHED") -> str | None:
        """Return the id of the latest run of this name, status and tags; None where there is none."""
        run = self._latest(name, tags, f"= '{status}'")
        return run.info.run_id if run else None

    def latest_run(self, name: str, tags: Mapping[str, Any]) -> tuple[str, str, dict[str, str]] | None:
        """Return (id, status, tags) of the run of this name and tags that began last, those at work aside."""
        run = self._latest(name, tags, "!= 'RUNNING'")
        return (run.info.run_id, run.info.status, run.data.tags) if run else None

    def _latest(self, name: str, tags: Mapping[str, Any], status: str) -> Any:
        wanted = [f"attributes.run_name = '{name}'", f"attributes.status {status}"]
        wanted += [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
        found = self.client.search_runs([self.experiment_id], " and ".join(wanted), max_results=1)
        return found[0] if found else None

    def move_runs(self, run_ids: Iterable[str], parent: str) -> None:
        """Nest runs under another parent."""
        for run_id in run_ids:
            self.client.set_tag(run_id, PARENT_TAG, parent)

    def end_run(self, run_id: str, status: str = "FINISHED", ended: float | None = None) -> None:
        """status : FINISHED, FAILED or KILLED. ended : time.time() when its work was over."""
        milliseconds = int((ended or time.time()) * 1000)
        self.client.set_terminated(run_id, status=status, end_time=milliseconds)

    def _close_runs_of_the_dead(self) -> None:
        """End as KILLED what a killed process left RUNNING, and only that."""
        running = self.client.search_runs([self.experiment_id], "attributes.status = 'RUNNING'")
        for run in running:
            if self.living.has_ended(run.data.tags.get(PROCESS_TAG, "")):
                self.client.set_terminated(run.info.run_id, status="KILLED")
        self.living.forget_the_dead()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
