"""Monitoring, from top to bottom: read, look, remember, say, and propose what is to be done."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import TemplateError
from ...metrics.kpis import read_kpis
from ...monitoring.history import (
    different_windows,
    labelled_window,
    lasting_fall,
    read_history,
)
from ...monitoring.monitor_input import MonitorInput
from ...monitoring.service_figures import ServiceFigures, read_service_figures
from ...monitoring.table import MONITORS, PERFORMANCE
from ...settings.context import read_context
from ...storage import files
from .package import read_monitored_package
from .reading import read_rows
from .window import all_labelled, latest_labelled, latest_window, window_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...monitoring.monitor import MonitorResult
    from ...monitoring.monitor_input import LabelledRows
    from ...settings.context import Context
    from .package import MonitoredPackage
    from .reading import ReadRows

SEED = 0


@dataclass(frozen=True)
class MonitorRequest:
    """What is asked for: as the flags of the command, see cli/monitor.py. window : hours."""

    package: str
    data: str
    labels: str | None = None
    metrics: str | None = None
    window: float | None = None
    output: str | None = None
    context: str | None = None

    @property
    def folder(self) -> Path:
        """Where reports go: a package is not changed, so they lie beside it, those of several apart."""
        if self.output:
            return Path(self.output).expanduser().resolve()
        package = Path(self.package).expanduser().resolve()
        is_usual = package.name == files.PACKAGE_FOLDER
        return package.parent / ("monitoring" if is_usual else f"{package.name}_monitoring")


@dataclass(frozen=True)
class Monitored:
    """What one run has found.

    results, failed : {row of MONITORS: what it found, or why it could not}. windows : what is known of the
    performance, latest first, see `different_windows`. falling : those in which the model is worse, if that
    lasts. entry : line of the history. labelled : every labelled row, of all times.
    """

    request: MonitorRequest
    package: MonitoredPackage
    context: Context | None
    read: ReadRows
    given: MonitorInput
    labelled: LabelledRows | None
    results: Mapping[str, MonitorResult]
    failed: Mapping[str, str]
    entry: Mapping[str, Any]
    windows: list[dict[str, Any]] = field(default_factory=list)
    falling: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """(monitor, sentence) of each alarm."""
        return [(name, text) for name, result in self.results.items() for text in result.alarms]


def monitor(request: MonitorRequest) -> Monitored:
    """Look at rows as the request says, and write every file; return what was found.

    Raises a TemplateError in plain words for bad input.
    """
    from .recording import record

    package = read_monitored_package(request.package)
    context = read_context(request.context) if request.context else None
    read = read_rows(request.data, package)
    labelled = all_labelled(read, request.labels, package)
    history = read_history(request.folder / files.MONITORING_HISTORY)
    given, service = _input(request, package, context, read, labelled, history)
    results, failed = _look(given)
    entry = _entry(package, given, results, service)
    windows = different_windows([*history, entry], package.name, package.version, package.metric.name)
    found = Monitored(
        request,
        package,
        context,
        read,
        given,
        labelled,
        results,
        failed,
        entry,
        windows,
        lasting_fall(windows),
    )
    record(found)
    return found


def _input(request, package, context, read, labelled, history):
    """(what monitors see, what the service says since it was started)"""
    business = context.settings.business if context else None
    service = read_service_figures(request.metrics) if request.metrics else None
    rows = latest_window(read.rows, request.window)
    given = MonitorInput(
        task=package.task,
        metric=package.metric,
        schema=package.schema,
        reference=package.reference,
        rows=rows,
        groups=window_groups(rows, package),
        labelled=latest_labelled(labelled, request.window, package),
        tested=package.tested,
        business=business,
        kpis=read_kpis(business, context.path.parent) if context else (),
        service=_since_last(service, package.name, history),
        seed=SEED,
    )
    return given, service


def _since_last(
    service: ServiceFigures | None, name: str, history: list[dict[str, Any]]
) -> ServiceFigures | None:
    of_it = [entry for entry in history if entry.get("name") == name]
    known = [entry["service"] for entry in of_it if isinstance(entry.get("service"), dict)]
    earlier = ServiceFigures.from_dict(known[-1]) if known else None
    return service.since(earlier) if service is not None and earlier is not None else service


def _look(given: MonitorInput) -> tuple[dict[str, MonitorResult], dict[str, str]]:
    """Run every monitor; one that fails is said, and stops no other."""
    results, failed = {}, {}
    for row in MONITORS.values():
        try:
            found = row.run(given)
        except TemplateError:
            raise
        except Exception as error:  # whatever rows from outside do to a library
            failed[row.name] = f"{type(error).__name__}: {error}"
            continue
        if found is not None:
            results[row.name] = found
    return results, failed


def _entry(
    package: MonitoredPackage,
    given: MonitorInput,
    results: Mapping[str, MonitorResult],
    service: ServiceFigures | None,
) -> dict[str, Any]:
    start, end = given.rows.span() or (None, None)
    entry = {
        "time": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
        "name": package.name,
        "version": package.version,
        "window": {"n": len(given.rows), "start": start, "end": end},
        "alarms": {name: list(result.alarms) for name, result in results.items() if result.alarms},
        "service": None if service is None else service.to_dict(),
    }
    performance = results.get(PERFORMANCE)
    if performance is None or not performance.suffices:
        return entry
    assert given.labelled is not None
    found = performance.section.values[package.metric.name]
    window = labelled_window(given.labelled, package.schema.names())
    return entry | {"performance": {"metric": package.metric.name, **found, "window": window}}
