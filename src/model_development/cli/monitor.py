"""Monitoring of a model in use: once, or again and again."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from .command import Command, CommandResult

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..phases.monitoring.phase import MonitorRequest

MOST_HOURS = 1e6


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--package", metavar="DIR", help="model package, as `package` wrote it")
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="folder in which the service recorded its predictions, or any table of rows",
    )
    parser.add_argument(
        "--labels",
        metavar="PATH",
        help="table with `request_id` and the target, of what came true (default: the target in the rows)",
    )
    parser.add_argument(
        "--metrics", metavar="FILE|URL", help="what the service says at /metrics; a URL of this machine"
    )
    parser.add_argument(
        "--window", type=float, metavar="HOURS", help="look at the last hours of the rows (default: all)"
    )
    parser.add_argument(
        "--loop", type=float, metavar="SECONDS", help="look again and again, so many seconds apart"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="where reports and history go (default: monitoring beside the package)",
    )
    parser.add_argument(
        "--context",
        metavar="FILE",
        help="the project: business figures, a run in MLflow, and what --retrain runs",
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="where retraining is proposed, run the phases on the context's table and the labelled rows",
    )


def run(options: Namespace) -> CommandResult:
    from ..phases.monitoring.phase import MonitorRequest
    from ..settings.context import read_context

    if options.context:
        read_context(options.context)  # what is wrong with it is said first
    _require_sense(options)
    request = MonitorRequest(
        options.package,
        options.data,
        options.labels,
        options.metrics,
        options.window,
        options.output,
        options.context,
    )
    if options.loop is None:
        return _look(request, options.retrain)
    return _look_again_and_again(request, options)


def _require_sense(options: Namespace) -> None:
    from ..errors import SettingsError
    from ..settings.settings import require_seconds

    absent = [flag for flag in ("package", "data") if not getattr(options, flag)]
    if absent:
        flags = " and ".join(f"--{flag}" for flag in absent)
        raise SettingsError(f"{flags} must be given: which model, and which rows?")
    if options.retrain and not options.context:
        raise SettingsError("--retrain needs --context: the project whose phases are to be run.")
    require_seconds("--loop", options.loop)
    if options.window is not None and not 0 < options.window <= MOST_HOURS:
        raise SettingsError(f"--window must be a number of hours above 0, not {options.window:g}.")


def _look(request: MonitorRequest, retrains: bool) -> CommandResult:
    from ..phases.monitoring.phase import monitor
    from ..phases.monitoring.report import monitoring_content, monitoring_summary
    from ..phases.monitoring.retraining import retrain

    found = monitor(request)
    print(monitoring_summary(found), flush=True)
    content = monitoring_content(found)
    if retrains and found.falling:
        content["challenger"] = retrain(found)
    return CommandResult(1 if found.alarms else 0, content)


def _look_again_and_again(request: MonitorRequest, options: Namespace) -> CommandResult:
    """Until interrupted; rows that cannot be read this time may be there the next."""
    from ..errors import TemplateError
    from ..phases.monitoring.reading import NothingYet

    found, retrains = None, options.retrain
    try:
        found = _look(request, retrains)  # what is wrong with the flags is said at once
    except NothingYet as error:
        print(error, file=sys.stderr, flush=True)
    while True:
        retrains = retrains and (found is None or "challenger" not in found.content)  # one waits for the gate
        time.sleep(options.loop)
        try:
            found = _look(request, retrains)
        except TemplateError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)


MONITOR = Command(
    name="monitor",
    help="look at a model in use: quality, drift, performance, service",
    description="Compare the rows that a model was asked about with its training rows, and what came true "
    "with what it promised. Writes monitoring_report.html and .json, metrics for Prometheus and a history. "
    "Exit code 0: no alarm. 1: an alarm. 2: bad input.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: what was found so far is in the reports.",
    examples=(
        "model-development monitor --package model_package --data predictions --window 24",
        "model-development monitor --package model_package --data predictions --labels y.csv --loop 3600",
    ),
)
