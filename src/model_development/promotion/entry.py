"""model_registry_entry.json, and the same in the registry: what a version in production is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..settings.context import use_case_of
from ..storage.files import REGISTRY_ENTRY, TUNED_MODEL_INFO, to_json, write_text
from ..storage.fingerprint import model_fingerprint
from ..storage.model_file import read_model_file
from ..storage.tuned_model import read_tuned_model
from .promotion_log import user
from .register import FINGERPRINT_TAG, final_model_folder
from .report import STATUS_TAG, read_report, status_of

if TYPE_CHECKING:
    from ..settings.context import Context
    from ..tracking.registry import Registry, Version


@dataclass(frozen=True, kw_only=True)
class RegistryEntry:
    """A version in production.

    metrics : on the rows of the gate, else on the validation rows; empty where neither is known.
    training_samples : rows that it was fitted on; None where the run does not say.
    """

    model_id: str
    use_case_key: str
    algorithm: str
    version: str
    created_at: str
    created_by: str
    metrics: Mapping[str, float | None]
    hyperparameters: Mapping[str, Any]
    feature_count: int
    training_samples: int | None
    file_path: str
    status: str
    model_fingerprint: str
    data_fingerprint: str | None
    model_uri: str


def describe_version(
    context: Context, registry: Registry, version: Version, artifacts: Path, status: str
) -> RegistryEntry:
    """Return the entry of a version, and write tags and description of it into the registry.

    artifacts : folder of this epoch's files. status : "champion", say.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = registry.fetch(version.uri, Path(place))
        content, mark = read_model_file(folder), model_fingerprint(folder)
    run, data = registry.run_tags(version.run_id), registry.training_data(version.run_id)
    report = read_report(artifacts, mark)
    entry = RegistryEntry(
        model_id=f"{version.name}:{version.version}",
        use_case_key=use_case_of(context.path) or context.project,
        algorithm=content["model_name"],
        version=version.version,
        created_at=datetime.fromtimestamp(version.created / 1000, UTC).isoformat(timespec="seconds"),
        created_by=run.get("mlflow.user") or user(),
        metrics=report["metrics"] if report else _metrics_of_search(context, artifacts, mark),
        hyperparameters=content["params"],
        feature_count=sum(column.get("kind") != "dropped" for column in content["schema"]["columns"]),
        training_samples=data.n_rows,
        file_path=_path(context, mark) or version.uri,
        status=status,
        model_fingerprint=mark,
        data_fingerprint=data.fingerprint,
        model_uri=version.uri,
    )
    registry.describe(version, _tags(entry, report), _description(entry, report))
    return entry


def write_entry(artifacts: Path, entry: RegistryEntry) -> None:
    """Write model_registry_entry.json."""
    write_text(artifacts / REGISTRY_ENTRY, to_json(asdict(entry)))


def _path(context, mark):
    """The folder that the context names, where this very model is in it."""
    folder = final_model_folder(context)
    return str(folder) if folder is not None and model_fingerprint(folder) == mark else None


def _metrics_of_search(context, artifacts, mark):
    if not (artifacts / TUNED_MODEL_INFO).is_file() or _path(context, mark) is None:
        return {}
    try:
        return read_tuned_model(artifacts).handed_over().metrics
    except ArtifactsError:
        return {}


def _tags(entry, report):
    tags = {
        FINGERPRINT_TAG: entry.model_fingerprint,
        "algorithm": entry.algorithm,
        "feature_count": entry.feature_count,
        "use_case_key": entry.use_case_key,
    }
    if report:
        tags[STATUS_TAG] = status_of(report["passed"])
    known = {"training_samples": entry.training_samples, "data_fingerprint": entry.data_fingerprint}
    tags |= {name: value for name, value in known.items() if value is not None}
    return tags | {f"metric.{name}": value for name, value in entry.metrics.items() if value is not None}


def _description(entry, report):
    figures = ", ".join(f"{name} {value:.4g}" for name, value in entry.metrics.items() if value is not None)
    where = f" on {report['n_rows']} rows of the gate" if report else ""
    rows = "" if entry.training_samples is None else f", fitted on {entry.training_samples} rows"
    return f"{entry.algorithm} for {entry.use_case_key}: {entry.feature_count} columns{rows}." + (
        f" {figures}{where}." if figures else ""
    )
