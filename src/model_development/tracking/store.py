"""One experiment in MLflow: runs, and what is logged to them."""

import getpass
import json
import sqlite3
import time
from contextlib import contextmanager

from ..errors import TrackingError
from ..settings.credentials import without_credentials
from .connection import (
    create_local_store,
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

PARENT_TAG = "mlflow.parentRunId"
PROCESS_TAG = "model_development.process"
PARAMS_PER_REQUEST, METRICS_PER_REQUEST = 100, 1000  # MLflow's own limits
RUNS_PER_PAGE = 1000
VIEW_TAG = "mlflow.sharedViewState."  # and the id of the view, which MLflow's page reads
STEPS_SHOWN = 250  # values that are kept of one metric's course


class TrackingStore:
    """One experiment in an MLflow tracking store, spoken to by run id (no active run, no autolog).

    models : LoggedModels of the experiment. moved_from : the artifacts folder that a local store named until
        now, where this project was moved or copied; else None.
    """

    def __init__(self, context):
        """Connect, creating store and experiment once under a lock: SQLite set-up is a race.

        Raises TrackingError when the store cannot be reached.
        """
        self.uri = tracking_uri(context.artifacts_root)
        self.shown_uri = without_credentials(self.uri)  # for people and files
        self._patterns = {}  # the first run below each parent
        self.dataset = None  # what every run is said to have used: a Session.describe()
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
    def run(self, name, *, status="FINISHED", ended=None, resume=None, **options):
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

    def start_run(self, name, *, parent=None, started=None, tags=None):
        """Create a run and return its id. started : time.time() when its work really began."""
        tags, milliseconds = self._all_tags(parent, tags), int((started or time.time()) * 1000)
        run = self.client.create_run(self.experiment_id, milliseconds, tags=tags, run_name=name)
        if self.dataset:
            self.client.log_inputs(run.info.run_id, [dataset_input(self.dataset)])
        return run.info.run_id

    def add_runs(self, runs, parent):
        """Write finished runs that are nested under `parent`; return their ids.

        runs : dicts of `name`, `status`, `started`, `ended` (time.time()), `tags`, `params` and `metrics`.
        In a local store those after the first are written together, see tracking/nested_runs.py.
        """
        ids = []
        if parent not in self._patterns and runs:
            ids, runs = [self._add_run(parent, runs[0])], runs[1:]
            self._patterns[parent] = ids[0]
        return ids + (self._copies(parent, runs) or [self._add_run(parent, run) for run in runs])

    def _copies(self, parent, runs):
        """Ids of runs that were written together; None where the store is not one for that."""
        path = local_file(self.uri)
        if path is None:
            return None
        try:
            plain = [plain_run(run, self._all_tags(parent, run["tags"])) for run in runs]
            return copy_runs(path, self._patterns[parent], plain)
        except (LookupError, sqlite3.Error):
            return None

    def _add_run(self, parent, run):
        run_id = self.start_run(run["name"], parent=parent, started=run["started"], tags=run["tags"])
        self.log(run_id, params=run["params"], metrics=run["metrics"])
        self.end_run(run_id, run["status"], run["ended"])
        return run_id

    def _all_tags(self, parent, tags):
        return {
            "mlflow.user": _user(),
            "mlflow.source.name": "model_development",
            "mlflow.source.type": "LOCAL",
            PROCESS_TAG: self.living.name,
            **({PARENT_TAG: parent} if parent else {}),
            **{key: str(value) for key, value in (tags or {}).items()},
        }

    def _reopen(self, run_id):
        self.client.set_tag(run_id, PROCESS_TAG, self.living.name)  # first, or others end it as a dead one's
        self.client.update_run(run_id, status="RUNNING")
        return run_id

    def children(self, run_id):
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

    def find_run(self, name, tags, status="FINISHED"):
        """Return the id of the latest run of this name, status and tags; None where there is none."""
        run = self._latest(name, tags, f"= '{status}'")
        return run.info.run_id if run else None

    def latest_run(self, name, tags):
        """Return (id, status, tags) of the run of this name and tags that began last, those at work aside."""
        run = self._latest(name, tags, "!= 'RUNNING'")
        return (run.info.run_id, run.info.status, run.data.tags) if run else None

    def _latest(self, name, tags, status):
        wanted = [f"attributes.run_name = '{name}'", f"attributes.status {status}"]
        wanted += [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
        found = self.client.search_runs([self.experiment_id], " and ".join(wanted), max_results=1)
        return found[0] if found else None

    def move_runs(self, run_ids, parent):
        """Nest runs under another parent."""
        for run_id in run_ids:
            self.client.set_tag(run_id, PARENT_TAG, parent)

    def log(self, run_id, *, params=None, metrics=None, tags=None):
        """Log dicts of parameters, metrics and tags; a metric that is None is left out."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        values = [
            Metric(name, float(value), now, 0) for name, value in (metrics or {}).items() if value is not None
        ]
        texts = [Param(name, str(value)) for name, value in (params or {}).items()]
        labels = [RunTag(name, str(value)) for name, value in (tags or {}).items()]
        self.client.log_batch(run_id, values, texts[:PARAMS_PER_REQUEST], labels)
        for start in range(PARAMS_PER_REQUEST, len(texts), PARAMS_PER_REQUEST):
            self.client.log_batch(run_id, params=texts[start : start + PARAMS_PER_REQUEST])

    def log_history(self, run_id, history):
        """Log {name: [value per epoch]}, each value a step of its metric; of long ones, every few steps."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        values = [
            Metric(name, float(value), now, step)
            for name, steps in history.items()
            for step, value in list(enumerate(steps, start=1))[:: -(-len(steps) // STEPS_SHOWN)]
        ]
        for start in range(0, len(values), METRICS_PER_REQUEST):
            self.client.log_batch(run_id, values[start : start + METRICS_PER_REQUEST])

    def log_file(self, run_id, path, folder=None):
        self.client.log_artifact(run_id, str(path), folder)

    def save_view(self, view_id, name, wanted, metrics, params=(), *, ascending):
        """Keep a view of the list of runs: MLflow's page offers it under "Views", and by id in its address.

        wanted : filter of the search. metrics, params : the columns; the runs are sorted by the first metric.
        """
        columns = [f"metrics.`{metric}`" for metric in metrics] + [f"params.`{param}`" for param in params]
        state = {
            "searchFilter": wanted,
            "orderByKey": columns[0],
            "orderByAsc": ascending,
            "selectedColumns": columns,
        }
        now = int(time.time() * 1000)
        view = {"name": name, "createdAt": now, "updatedAt": now, "state": json.dumps(state)}
        self.client.set_experiment_tag(self.experiment_id, VIEW_TAG + view_id, json.dumps(view))

    def end_run(self, run_id, status="FINISHED", ended=None):
        """status : FINISHED, FAILED or KILLED. ended : time.time() when its work was over."""
        milliseconds = int((ended or time.time()) * 1000)
        self.client.set_terminated(run_id, status=status, end_time=milliseconds)

    def _close_runs_of_the_dead(self):
        """End as KILLED what a killed process left RUNNING, and only that."""
        running = self.client.search_runs([self.experiment_id], "attributes.status = 'RUNNING'")
        for run in running:
            if self.living.has_ended(run.data.tags.get(PROCESS_TAG, "")):
                self.client.set_terminated(run.info.run_id, status="KILLED")
        self.living.forget_the_dead()


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
