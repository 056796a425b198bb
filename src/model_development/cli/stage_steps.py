"""What the stages of the workflow do beside running a command."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, SettingsError
from ..storage import files as artifacts
from ..storage.files import read_json, to_json, write_text

if TYPE_CHECKING:
    from ..settings.context import Context


@dataclass(frozen=True)
class StageInput:
    """context : as read. folder : its artifacts folder. seconds : {command: seconds}, of the budget."""

    context: Context
    folder: Path
    seconds: dict[str, float]


FLAGS = {"train": "--time-budget", "tune": "--timeout"}  # of commands that a budget limits
LEAVES_TO = {"train": "tune"}  # which command gets the seconds that one has left


def run_command(name: str, given: StageInput) -> int:
    """Run one command on the context; return its exit code. Raises what it raises."""
    from .flags import program_parser
    from .table import COMMANDS

    words = [name, "--context", str(given.context.path)]
    if name in given.seconds:
        words += [FLAGS[name], f"{given.seconds[name]:g}"]
    options = program_parser(COMMANDS).parse_strictly(words)
    began = time.monotonic()
    found = COMMANDS[name].run(options)
    if name in given.seconds and name in LEAVES_TO:
        left = given.seconds[name] - (time.monotonic() - began)
        given.seconds[LEAVES_TO[name]] += max(0.0, left)
    return found if isinstance(found, int) else found.exit_code


def command(name: str) -> Callable[[StageInput], list[str]]:
    """A stage that is one command."""

    def run(given: StageInput) -> list[str]:
        run_command(name, given)
        return []

    return run


def define_the_problem(given: StageInput) -> list[str]:
    """Keep the definition that stands beside the context, or propose one of use case and table."""
    place = given.context.path.parent
    if not (place / artifacts.PROBLEM_DEFINITION).is_file():
        _propose(given.context, place)
    gaps = _definition(given).get("gaps")
    if not gaps:
        return []
    return [f"A person fills in, in {artifacts.PROBLEM_DEFINITION}: {', '.join(gaps)}."]


def _definition(given):
    """The definition, in which a person may have written. Raises SettingsError where it cannot be judged."""
    from ..planning.problem_definition import require_criteria

    path = given.context.path.parent / artifacts.PROBLEM_DEFINITION
    definition = read_json(path, produced_by="model-development workflow")
    require_criteria(definition, str(path))
    return definition


def _propose(context, place):
    from ..data.reading.sources import load_table
    from ..planning.complete_project import write_definition
    from ..planning.read_table import look_at
    from ..settings.context import use_case_of
    from ..use_cases.catalogue import get_use_case, use_cases

    key = use_case_of(context.path)
    case = get_use_case(key) if key in use_cases() else None
    look = look_at(load_table(context.feature_data, context.target), context.target, context.settings_in_file)
    write_definition(place, context.project, context.target, case, look, context.settings.split)


def describe_features(given: StageInput) -> list[str]:
    """Write feature_report.json: of each column what a model sees, and what was left out and why."""
    from ..data.intake import take_in
    from ..reports.feature_report import feature_report

    data = take_in(given.context, with_checks=False).data
    content = feature_report(data.X_train, data.schema)
    write_text(given.folder / artifacts.FEATURE_REPORT, to_json(content))
    n_left_out = sum(not row["used"] for row in content["features"])
    return [f"{len(content['features'])} columns, {n_left_out} left out."]


def judge_criteria(given: StageInput) -> list[str]:
    """Evaluate, then judge each success criterion by the interval on the test rows."""
    definition = _definition(given)
    run_command("evaluate", given)
    figures = read_json(
        given.folder / artifacts.EVALUATION_METRICS, produced_by="model-development evaluate"
    )["models"]["final"]["metrics"]
    judged = [
        judged_criterion(row, figures.get(row["metric"])) for row in definition.get("success_criteria", [])
    ]
    write_text(given.folder / artifacts.SUCCESS_CRITERIA, to_json({"criteria": judged}))
    if not judged:
        return [f"No success criteria: a person names them in {artifacts.PROBLEM_DEFINITION}."]
    return [f"{row['metric']} {row['direction']} {row['value']:g}: {row['verdict']}." for row in judged]


def judged_criterion(criterion: dict[str, Any], figures: dict[str, Any] | None) -> dict[str, Any]:
    """A success criterion with its verdict.

    "met" where the whole 95 % interval keeps it, "not met" where none of it does, else "not sure".
    figures : `test`, `test_low`, `test_high` of its metric; None where it was not measured.

    >>> row = {"metric": "roc_auc", "direction": "at_least", "value": 0.7}
    >>> judged_criterion(row, {"test": 0.8, "test_low": 0.75, "test_high": 0.85})["verdict"]
    'met'
    >>> judged_criterion(row, {"test": 0.72, "test_low": 0.66, "test_high": 0.77})["verdict"]
    'not sure'
    """
    measured = {name: (figures or {}).get(name) for name in ("test", "test_low", "test_high")}
    low, high = measured["test_low"], measured["test_high"]
    if low is None or high is None:
        return criterion | measured | {"verdict": "not measured"}
    bound, is_floor = criterion["value"], criterion["direction"] == "at_least"
    keeps = [end >= bound if is_floor else end <= bound for end in (low, high)]
    return (
        criterion | measured | {"verdict": "met" if all(keeps) else "not sure" if any(keeps) else "not met"}
    )


def explain_it(given: StageInput) -> list[str]:
    """Explain the model; one that cannot be explained is said, and is not the end."""
    try:
        run_command("explain", given)
    except DataError as error:
        return [str(error)]
    return []


def package_it(given: StageInput) -> list[str]:
    """Ask the gate, then write the package; what failed is said, and is not the end."""
    try:
        gate = "was not passed" if run_command("validate", given) else "was passed"
        said = f"The gate {gate}: {artifacts.VALIDATION_REPORT_HTML}."
    except SettingsError as error:  # it has no test rows that this model has not seen
        said = f"The gate was not asked. {error}"
    if run_command("package", given):
        return [said, f"Items of the checklist failed: see {artifacts.PACKAGE_FOLDER}/checklist.md."]
    return [said, "Every item of the checklist that was run has passed."]
