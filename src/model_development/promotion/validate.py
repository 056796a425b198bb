"""From a URI, test rows and thresholds to a report: the whole gate."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ArtifactsError, DataError, SettingsError
from ..metrics.own import read_own_metrics, use_own_metrics
from ..metrics.table import get_primary_metric, metrics_for, score
from ..settings.settings import Settings
from ..statistics.dependent_rows import dependent_rows
from ..storage.files import open_artifacts_folder
from ..storage.fingerprint import model_fingerprint
from ..storage.model_file import REFIT_OF, read_model_file
from ..storage.model_folder import load_folder
from ..tasks.table import task_of_model
from ..tracking.loading import MLFLOW_SCHEMES
from ..tracking.registry import Registry
from .gate_input import Champion, GateInput, said_of, scored_rows
from .labelled_rows import LabelledRows, read_labelled_rows, sealed_rows
from .positive_class import positive_class
from .register import FINGERPRINT_TAG, final_model_folder
from .report import STATUS_TAG, ValidationReport, status_of, write_report
from .suited import require_suited
from .table import judge_model
from .thresholds import SAFE, read_thresholds, safe_thresholds

if TYPE_CHECKING:
    from ..predictor import Predictor
    from ..settings.context import Context
    from ..tasks.base import Task

CHAMPION = "champion"


@dataclass(frozen=True)
class Validation:
    """What is to be validated.

    model_uri : "" for the final model of the context. test_data : "" for its test rows, where phase 3 has
    opened them for this model. context : whose settings, registry and artifacts folder are used.

    target, positive_class : in place of the context's. with_champion : compare, too.
    thresholds : a file, in place of the one that the setting names.
    """

    model_uri: str
    test_data: str
    context: Context
    thresholds: str | None = None
    with_champion: bool = False
    target: str | None = None
    positive_class: Any = None


def validate_model(asked: Validation) -> ValidationReport:
    """Judge a model, write the report, and tag the version or run that the URI names.

    Raises a TemplateError for bad input: no such model, no champion, unknown names in the thresholds.
    """
    folder = open_artifacts_folder(asked.context.artifacts_root)
    if not asked.model_uri:
        asked = replace(asked, model_uri=_final_model(asked.context))
    asked = replace(asked, thresholds=asked.thresholds or _thresholds_of(asked.context))
    thresholds = read_thresholds(asked.thresholds) if asked.thresholds else None
    registry = Registry(asked.context.artifacts_root) if _needs_registry(asked) else None
    with tempfile.TemporaryDirectory() as place:
        given, data, champion = _gather(asked, thresholds, registry, Path(place))
        report = _judged(asked, given, data, champion)
    write_report(report, folder)
    if registry is not None and asked.model_uri.startswith(MLFLOW_SCHEMES):
        registry.tag(asked.model_uri, _tags(report))
    return report


def _final_model(context: Context) -> str:
    folder = final_model_folder(context)
    if folder is None:
        raise SettingsError(
            f"--model-uri must be given: which model? {context.path} hands over none: run phases 1 and 2.",
            where="--model-uri",
        )
    return str(folder)


def _thresholds_of(context: Context) -> str | None:
    """The file that the setting `thresholds` names."""
    named = context.settings.thresholds
    return str(context.path.parent / Path(named).expanduser()) if named else None


def _needs_registry(asked):
    return asked.with_champion or asked.model_uri.startswith(MLFLOW_SCHEMES)


def _tags(report):
    return {
        STATUS_TAG: status_of(report.passed),
        "validation_at": report.created_at,
        FINGERPRINT_TAG: report.model_fingerprint,
    }


def _gather(asked, thresholds, registry, place):
    """(GateInput, test rows, what is said of the champion)."""
    folder = _folder_of(asked.model_uri, registry, place / "model")
    model = load_folder(folder)
    context = asked.context
    data = _rows(asked, folder, model)
    named = (asked.positive_class, thresholds.positive_class if thresholds else None)
    positive = positive_class(named, context, data.target, model)
    classes = list(getattr(model, "classes_", ()))
    y = _series(data)
    task = task_of_model(model.family, classes, y, data.target, positive)
    use_own_metrics(read_own_metrics(context.settings.own_metrics, context.path.parent, task))
    metric = get_primary_metric(_suitable_primary(context.settings, task), task)
    where = Path(asked.thresholds).name if asked.thresholds else "The thresholds"
    thresholds = thresholds or safe_thresholds(metric.name)
    require_suited(thresholds, task, model, data.table.columns, where)
    groups = _groups(context.settings, data, task)
    rows = scored_rows(model, task, data.table, data.y, groups, thresholds.labels)
    given = GateInput(model, folder, task, metric, thresholds, data.table, rows, context.settings)
    if not asked.with_champion:
        return given, data, None
    champion, described = _champion(asked, registry, place / CHAMPION, given)
    return replace(given, champion=champion), data, described


def _rows(asked: Validation, folder: Path, model: Predictor) -> LabelledRows:
    if not asked.test_data:
        return sealed_rows(asked.context, folder)
    return read_labelled_rows(asked.test_data, asked.target or asked.context.target, model)


def _series(data: LabelledRows) -> pd.Series:
    return pd.Series(data.y, name=data.target).infer_objects()


def _folder_of(uri: str, registry: Registry | None, place: Path) -> Path:
    """The model folder that a URI names, fetched where MLflow has it."""
    if registry is not None and uri.startswith(MLFLOW_SCHEMES):
        return registry.fetch(uri, place)
    folder = Path(uri).expanduser()
    if not folder.is_dir():
        raise ArtifactsError(
            f"--model-uri {uri!r} is no model folder, and no MLflow URI. Allowed: a folder that "
            "`model_path` of a context names, models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN_ID/model."
        )
    return folder


def _suitable_primary(settings: Settings, task: Task) -> str | None:
    """The context's primary metric, where the model is of its kind."""
    known = [metric.name for metric in metrics_for(task.family)]
    return settings.primary_metric if settings.primary_metric in known else None


def _groups(settings: Settings, data: LabelledRows, task: Task) -> np.ndarray | None:
    """Codes of groups whose rows depend on each other, or of stretches of time; None for rows alone."""
    names = (settings.group_column, settings.time_column)
    groups, when = (data.table.get(name) for name in names)
    return dependent_rows(groups, when, settings.split, task.strata(data.y))


def _champion(
    asked: Validation, registry: Registry, place: Path, given: GateInput
) -> tuple[Champion, Mapping[str, Any]]:
    name = asked.context.experiment
    version = registry.aliases(name).get(CHAMPION)
    if version is None:
        raise SettingsError(
            f"--champion: no version of the registered model {name!r} has the alias 'champion' in "
            f"{registry.shown_uri}. Promote one first, or leave --champion out for the first model."
        )
    folder = registry.fetch(f"models:/{name}/{version}", place)
    if not asked.test_data and REFIT_OF in read_model_file(folder):
        raise SettingsError(
            f"--champion: version {version} of {name} was fitted on all rows, the test rows of "
            f"{asked.context.path} too: compare it on rows that it has not seen. Give --test-data."
        )
    model, mark = load_folder(folder), model_fingerprint(folder)
    try:
        if model.family != given.model.family:
            raise DataError(f"it is a model of {model.family}")
        said = said_of(model, given.task, given.table)
    except (KeyError, DataError) as error:
        raise DataError(
            f"The champion (version {version} of {name}) cannot be compared on these rows: {error}"
        ) from None
    is_same = mark == model_fingerprint(given.folder)
    if given.thresholds.labels == "policy":
        y = given.rows.truth
        labels = np.array(given.task.classes, dtype=object)[y] if given.task.has_classes else y
        said = scored_rows(model, given.task, given.table, labels, given.rows.groups, "policy").said
    champion = Champion(f"version {version} of {name}", version, said, is_same)
    return champion, {"name": champion.name, "version": version, "model_fingerprint": mark}


def _judged(asked, given, data, champion):
    lines = judge_model(given)
    if not lines:
        raise SettingsError(
            f"The thresholds ({asked.thresholds or SAFE}) ask nothing of the model: none could fail. "
            "Leave `test_suite: true`, or name a limit, under `metrics` or `better_than_constant`, say."
        )
    notes = []
    if given.thresholds.champion and champion is None:
        notes.append("The thresholds name margins to the champion, which was not compared: give --champion.")
    if data.n_without_target:
        notes.append(f"{data.n_without_target} rows without a target were left out.")
    values, _ = score(given.rows.truth, given.rows.said, given.task.family)
    positive = given.rows.said.positive
    return ValidationReport(
        passed=all(line.passed for line in lines),
        model_uri=asked.model_uri,
        model_name=given.model.model_name,
        model_fingerprint=model_fingerprint(given.folder),
        target=data.target,
        positive_class=None if positive is None else given.task.classes[positive],
        test_data=data.source,
        test_data_fingerprint=data.fingerprint,
        n_rows=len(given.rows),
        n_without_target=data.n_without_target,
        created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        thresholds_source=asked.thresholds or SAFE,
        thresholds=given.thresholds.model_dump(),
        champion=champion,
        lines=lines,
        metrics=values,
        notes=notes,
    )
