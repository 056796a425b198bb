"""What monitoring needs of a model package, read from its files; the model itself only where it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...data.columns.schema import TableSchema
from ...errors import ArtifactsError, SettingsError
from ...metrics.table import get_primary_metric
from ...monitoring.reference import Reference
from ...serving.package.sums import WRITE_ANEW, require_as_written
from ...statistics.estimates import Estimate
from ...storage import files
from ...storage.model_file import read_model_file
from ...tasks.table import TASKS

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from ...predictor import Predictor
    from ...tasks.base import Task

TESTED = "test_"  # begins the names of figures on the test rows


@dataclass(frozen=True)
class MonitoredPackage:
    """name, version : of the model. metric : the primary metric; notes : what is to be said of that.

    reference : what the training rows were like. tested : {metric: Estimate} on the test rows; empty where
    phase 3 was not run. settings : of the run that made the model.
    """

    folder: Path
    name: str
    version: str
    task: Task
    metric: Metric
    schema: TableSchema
    reference: Reference
    tested: Mapping[str, Estimate]
    settings: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @cached_property
    def model(self) -> Predictor:
        """The model, loaded when it is first asked."""
        from ...storage.model_folder import load_folder

        return load_folder(self.folder / files.PACKAGE_MODEL)


def read_monitored_package(folder: Path | str) -> MonitoredPackage:
    """Read a package. Raises ArtifactsError where it is none, was changed, or has no reference."""
    folder = Path(folder).expanduser().resolve()
    require_as_written(folder)
    metadata, config = (_read(folder / name) for name in (files.PACKAGE_METADATA, files.PACKAGE_CONFIG))
    model_file = read_model_file(folder / files.PACKAGE_MODEL)
    settings = config.get("settings") or {}
    try:
        reference = Reference.from_dict(_read(folder / files.PACKAGE_REFERENCE))
        task = _task(model_file, metadata)
    except (ValueError, KeyError) as error:
        raise ArtifactsError(f"The package {folder} cannot be monitored: {error}. {WRITE_ANEW}") from error
    metric, notes = _metric(settings.get("primary_metric"), task)
    return MonitoredPackage(
        folder,
        str(metadata.get("name", folder.name)),
        str(metadata.get("version", "")),
        task,
        metric,
        TableSchema.from_dict(model_file["schema"]),
        reference,
        _tested(_read(folder / files.PACKAGE_METRICS).get("metrics") or {}),
        settings,
        notes,
    )


def _read(path: Path) -> dict[str, Any]:
    return files.read_json(path, produced_by=WRITE_ANEW)


def _task(model_file: Mapping[str, Any], metadata: Mapping[str, Any]) -> Task:
    """The problem, as the labels pose it; of the kinds of a family the last one is for all others."""
    of_family = [task for task in TASKS.values() if task.family == model_file["family"]]
    labels = pd.Series(model_file["classes"] or [0.0, 1.0])
    kind = next((task for task in of_family if task.suits(labels)), of_family[-1])
    return kind.pose(labels, metadata["target"], metadata.get("positive_class"))


def _metric(name: str | None, task: Task) -> tuple[Metric, tuple[str, ...]]:
    try:
        return get_primary_metric(name, task), ()
    except SettingsError:
        metric = get_primary_metric(None, task)
        return metric, (
            f"The primary metric {name!r} is the project's own; {metric.name} stands for it here.",
        )


def _tested(figures: Mapping[str, Any]) -> dict[str, Estimate]:
    """Figures on the test rows; NaN for an end of an interval that is not known."""
    found = {name.removeprefix(TESTED): one for name, one in figures.items() if name.startswith(TESTED)}
    return {name: estimate for name, one in found.items() if (estimate := _estimate(one)) is not None}


def _estimate(figure: Any) -> Estimate | None:
    parts = figure if isinstance(figure, Mapping) else {"value": figure}
    value, low, high = (parts.get(key) for key in ("value", "low", "high"))
    if not isinstance(value, int | float):
        return None
    low, high = (float(end) if isinstance(end, int | float) else float("nan") for end in (low, high))
    return Estimate(float(value), low, high, 0)
