"""Every file of a run of monitoring, and its run in MLflow where there is a project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import ArtifactsError
from ...monitoring.history import append_history
from ...monitoring.metrics import (
    ALARM,
    INFO,
    LABELLED_ROWS,
    LAST_RUN,
    RETRAINING,
    SUFFICES,
    WINDOW_ROWS,
    Sample,
    as_text,
)
from ...storage import files
from ...storage.files import to_json, write_text
from .report import monitoring_content, monitoring_page

if TYPE_CHECKING:
    from .phase import Monitored

RUN = "model_monitoring"


def record(found: Monitored) -> None:
    """Write report, JSON, metrics and history; log them to the context's experiment, if there is one.

    Raises ArtifactsError where the folder cannot be written, TrackingError where the store cannot be reached.
    """
    folder = found.request.folder
    content = monitoring_content(found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / files.MONITORING_REPORT, monitoring_page(found))
        write_text(folder / files.MONITORING_REPORT_JSON, to_json(content))
        write_text(folder / files.MONITORING_METRICS, as_text(samples(found)))
        append_history(folder / files.MONITORING_HISTORY, found.entry)
    except OSError as error:
        raise ArtifactsError(
            f"Reports cannot be written to {folder} ({error.strerror or error}). Give another --output."
        ) from error
    if found.context is not None:
        _log(found)


def samples(found: Monitored) -> Iterator[Sample]:
    """What Prometheus gets."""
    labelled = found.given.labelled
    yield Sample(INFO, 1, (found.package.name, found.package.version))
    yield Sample(LAST_RUN, time.time())
    yield Sample(WINDOW_ROWS, len(found.given.rows))
    yield Sample(LABELLED_ROWS, 0 if labelled is None else len(labelled))
    yield Sample(RETRAINING, bool(found.falling))
    for name, result in found.results.items():
        yield Sample(ALARM, bool(result.alarms), (name,))
        yield Sample(SUFFICES, bool(result.suffices), (name,))
        yield from result.samples


def _log(found: Monitored) -> None:
    from ...tracking.store import TrackingStore

    assert found.context is not None
    store, folder = TrackingStore(found.context), found.request.folder
    values = found.results["performance"].section.values if "performance" in found.results else {}
    metrics = {f"monitoring_{name}": part["value"] for name, part in values.items() if isinstance(part, dict)}
    counts = {f"alarms_{name}": float(len(result.alarms)) for name, result in found.results.items()}
    params = {"version": found.package.version, "data_source": found.read.source}
    with store.run(RUN, tags={"phase": "monitoring", "retraining_proposed": bool(found.falling)}) as run_id:
        store.log(run_id, params=params, metrics=metrics | counts | {"window_rows": len(found.given.rows)})
        for name in (files.MONITORING_REPORT, files.MONITORING_REPORT_JSON):
            store.log_file(run_id, folder / name)
