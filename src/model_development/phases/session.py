"""What both phases start from: a checked context, its rows, and the two stores."""

from __future__ import annotations

import html
import math
import os
import pickle
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.checks.table import require_known_checks
from ..data.intake import Intake, take_in
from ..data.splitting.assignment import load_assignment
from ..errors import DataError, TemplateError
from ..execution.hardware import resolve_device
from ..execution.protocol import Call, Engine
from ..execution.table import make_engine
from ..features.steps.asked import asked_steps, require_known_steps
from ..fitting.memory import MemoryNeeds, memory_needs
from ..fitting.worker_steps import import_framework
from ..metrics.kpis import read_kpis
from ..metrics.of_threshold import get_threshold_metric
from ..metrics.own import read_own_metrics, use_own_metrics
from ..metrics.table import Metric, get_primary_metric
from ..reports.progress import Progress
from ..settings.context import Context, read_context, without_secrets
from ..statistics.differences import value_of
from ..storage import files as artifacts
from ..tracking.connection import tracking_uri
from ..tracking.handed_over import correct_places
from ..tracking.new_store import begin_store
from .known_findings import known_findings
from .record import Record

if TYPE_CHECKING:
    import pandas as pd

    from ..data.development import DevelopmentData
    from ..models.spec import ModelSpec
    from ..tasks.base import Task


@dataclass(eq=False)
class Session:
    """One phase at work on one context. It holds no test row: see data/intake.py."""

    context: Context
    intake: Intake
    metric: Metric  # the primary metric, a row of the table of metrics
    device: str
    record: Record
    engine: Engine  # where the work is done

    def __repr__(self) -> str:
        rows = self.intake.assignment.counts()
        return f"Session({self.context.project!r}, {self.task.kind}, {rows['train']} training rows)"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.overview())}</pre>"

    @property
    def data(self) -> DevelopmentData:
        return self.intake.data

    @property
    def task(self) -> Task:
        return self.intake.data.task

    @property
    def options(self) -> dict[str, Any]:
        """What every model is built with, beside its parameters."""
        return {"seed": self.context.settings.seed, "device": self.device}

    @cached_property
    def memory(self) -> MemoryNeeds:
        """What fits on these rows need of it, as MemoryNeeds; with the feature steps that may be tried."""
        steps, _ = asked_steps(self.context.settings, self.data.schema)
        return memory_needs(self.data, steps)

    def progress(
        self, stage: str, total: int, seconds_left: Callable[[], float | None] = lambda: None
    ) -> Progress:
        """What says how far work is, to people and in progress.jsonl. stage : of its lines."""
        return Progress(total, log=self.record.progress_log.of(stage, seconds_left))

    @cached_property
    def _workspace(self):
        return tempfile.TemporaryDirectory(prefix="model_development_")

    @property
    def workspace(self) -> Path:
        """A folder of this session alone, which goes when the session does."""
        return Path(self._workspace.name)

    @cached_property
    def rows_path(self) -> str:
        """The rows as a file for the workers of this session."""
        path = self.workspace / "rows.pkl"
        with open(path, "wb") as file:
            pickle.dump(self.data, file, protocol=pickle.HIGHEST_PROTOCOL)
        return str(path)

    def describe(self) -> dict[str, Any]:
        """What every file and run says of its origin."""
        return {
            "project": self.context.project,
            "context_path": self._context_path,
            "problem_type": self.task.kind,
            "target_variable": self.task.target,
            "classes": list(self.task.classes),
            "positive_class": self.task.positive_class,
            "primary_metric": self.metric.name,
            "greater_is_better": self.metric.greater_is_better,
            "device": self.device,
            "mlflow_experiment_id": self.record.store.experiment_id,
            "settings": without_secrets(self.context.settings.model_dump()),
            "settings_in_file": self.context.settings_in_file,
            **self.intake.describe(),
        }

    @property
    def _context_path(self):
        """Of a context above the artifacts, relative to their folder: it holds when both are moved."""
        path, folder = self.context.path, self.record.folder
        moves_along = folder.is_relative_to(path.parent)
        return Path(os.path.relpath(path, folder)).as_posix() if moves_along else str(path)

    def overview(self) -> str:
        """A few lines for people: what is predicted, from how many rows and columns."""
        rows, task = self.intake.assignment.counts(), self.task
        lines = [
            f"Project         {self.context.project} ({self.context.path})",
            f"Target          {task.target}: {task.kind}",
            f"Rows            {rows['train']} train, {rows['validation']} validation, "
            f"{rows['test']} test (put away)",
            f"Features        {len(self.data.schema.names())}",
            *([f"File            {self.data.schema.dialect}"] if self.data.schema.dialect else []),
            f"Primary metric  {self.metric.name} "
            f"({'higher' if self.metric.greater_is_better else 'lower'} is better)",
            f"Files           {self.record.folder}",
            f"MLflow          {self.record.store.shown_uri}",
        ]
        lines[2:2] = [f"{name:<15} {text}" for name, text in task.facts()]
        lines += [f"Data            {found.summary}" for found in self.intake.findings]
        return "\n".join(lines)

    def balance(self) -> pd.DataFrame:
        """The target on the training rows as a table: class counts, or quantiles."""
        return self.task.balance(self.data.y_train)


def import_call(spec: ModelSpec) -> Call:
    """A Call that makes a worker ready for a model."""
    arguments = {"model_name": spec.name, "options": {"seed": 0, "device": "cpu"}}
    return Call(spec.name, spec.framework, import_framework, arguments)


def open_session(
    context_path: Path | str | None = None,
    settings: dict[str, Any] | None = None,
    *,
    with_checks: bool = True,
    soon: Sequence[Call] = (),
    **overrides: Any,
) -> Session:
    """Read, split and check, and open both stores; whatever is wrong is said before any training.

    settings : a dict to use in place of the context's. overrides : single ones that take
    precedence (`seed`, `primary_metric`, ...). with_checks : False where phase 1 has made them: what
    it found is read from its file.
    soon : Calls that prepare workers for what is to be done, begun at once.

    Raises a TemplateError whose message says what is wrong, where, and what to do.
    """
    context = read_context(context_path, settings, **overrides)
    begin_store(tracking_uri(context.artifacts_root))
    require_known_checks(context.settings.accept)
    require_known_steps(context.settings.features)
    device = resolve_device(context.settings.device)
    engine = make_engine(context.settings.engine, context.settings.n_jobs, device)
    with engine.stopped_by_errors():
        engine.prestart(soon)
        return _open(context, engine, with_checks)


def _open(context, engine, with_checks):
    saved = artifacts.epoch_folder(context) / artifacts.ROW_ASSIGNMENT
    intake = take_in(context, load_assignment(saved), with_checks=with_checks)
    if not with_checks:
        intake = replace(intake, findings=known_findings(saved.parent))
    own = read_own_metrics(context.settings.own_metrics, context.path.parent, intake.data.task)
    use_own_metrics(own)
    intake = replace(intake, data=replace(intake.data, own_metrics=own))
    _require_decidable(context, intake.data.task)
    metric = get_primary_metric(context.settings.primary_metric, intake.data.task)
    _require_scores(intake.data, metric)
    session = Session(context, intake, metric, engine.device, Record(context), engine)
    session.record.store.dataset = session.describe()
    _settle_where_moved(session)
    return session


def _require_scores(data, metric):
    """Every fold must have rows that the metric can tell apart: of one class alone ROC AUC has no value."""
    task, truth = data.task, data.task.encode(data.y_train)
    if not task.has_classes or metric.name in {own.name for own in data.own_metrics}:
        return
    shares = np.bincount(truth, minlength=len(task.classes)) / len(truth)
    for number, (_, scored) in enumerate(data.folds, start=1):
        said = task.predictions(np.tile(shares, (len(scored), 1)))
        if math.isnan(value_of(metric, truth[scored], said)):
            there = ", ".join(repr(task.classes[k]) for k in np.unique(truth[scored]))
            raise DataError(
                f"{metric.name} has no value on fold {number} of {len(data.folds)}: the rows that are scored "
                f"there are of class {there} alone. Choose another `primary_metric`, such as log_loss, lower "
                "`cv_folds`, or split another way."
            )


def _require_decidable(context, task):
    """What decisions and business figures need beside columns is said before training, too."""
    decisions = context.settings.decisions
    if decisions is not None and decisions.threshold_metric is not None:
        get_threshold_metric(decisions.threshold_metric, task)
    read_kpis(context.settings.business, context.path.parent)


def _settle_where_moved(session):
    """Say what a moved or copied project has found at another place, and let its context name this one."""
    record, context = session.record, session.context
    if record.store.moved_from:
        print(
            f"The project was moved or copied: its MLflow store named {record.store.moved_from}. It names "
            f"{context.artifacts_root} now, and nothing is written to the old place."
        )
    try:
        if correct_places(record, context):
            print(f"{context.path.name} named the handed-over model at another place. It names it here now.")
    except TemplateError as error:  # training does not need it
        print(f"The context still names the handed-over model at another place: {error}")
