"""The eight stages as one run that resumes: from the problem to the package."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from ..errors import TemplateError
from ..storage import files as artifacts
from .command import Command, CommandResult, add_context
from .run import seconds_of_training
from .stage_report import DONE, StageReport
from .stage_steps import StageInput
from .stages import STAGES, Stage


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument(
        "--budget", type=float, metavar="S", help="seconds for training and optimisation together"
    )
    parser.add_argument("--until", choices=list(STAGES), metavar="STAGE", help="the last stage to be run")
    parser.add_argument("--anew", action="store_true", help="run stages that are done, too")


def run(options: Namespace) -> CommandResult:
    report, file = run_workflow(options.context, options.budget, options.until, anew=options.anew)
    return CommandResult(0, {"stages": report, "file": str(file)})


def run_workflow(
    context_path: Path | str | None = None,
    budget_s: float | None = None,
    until: str | None = None,
    *,
    anew: bool = False,
) -> tuple[dict[str, Any], Path]:
    """Run the stages that are not done; return ({stage: its row}, path of stage_report.json).

    budget_s : seconds for training and optimisation together. until : the last stage. anew : run all.
    Raises the TemplateError that stopped a stage, which stands in the report as well.
    """
    from ..settings.context import read_context
    from ..settings.settings import require_seconds

    require_seconds("--budget", budget_s)
    context = read_context(context_path)
    folder = artifacts.open_artifacts_folder(artifacts.epoch_folder(context).parent)
    report = StageReport(context, folder, anew=anew)
    given = StageInput(context, folder, _seconds(budget_s))
    for number, stage in enumerate(STAGES.values(), 1):
        if report.is_done(stage):
            print(f"[{number}/{len(STAGES)}] {stage.name}: done before", flush=True)
        else:
            print(f"[{number}/{len(STAGES)}] {stage.name}: {stage.title}", flush=True)
            _run_stage(stage, given, report)
        if stage.name == until:
            break
    print(f"Stages: {report.path}")
    return report.rows, report.path


def _seconds(budget):
    """{command: seconds}, to begin with."""
    if not budget:
        return {}
    return {"train": seconds_of_training(budget), "tune": budget - seconds_of_training(budget)}


def _run_stage(stage: Stage, given: StageInput, report: StageReport) -> None:
    """Run one stage and write its row; what stops it is in the row, and raised."""
    began = time.time()
    row: dict[str, Any] = {"title": stage.title, "began": _utc(began)}
    report.forget_from(stage)
    try:
        said = stage.run(given)
    except TemplateError as error:
        report.add(stage, row | {"status": "stopped", "why": str(error), "files": []})
        raise
    for sentence in said:
        print(f"  {sentence}", flush=True)
    place = given.context.path.parent if stage.beside else given.folder
    there = [name for name in stage.files if (place / name).exists()]
    found = {"status": DONE, "seconds": round(time.time() - began, 1), "said": said}
    found["files"] = [str(place / name) for name in there]
    found["missing_files"] = [name for name in stage.files if name not in there]
    report.add(stage, row | found)


def _utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


WORKFLOW = Command(
    name="workflow",
    help="all eight stages: problem, data, features, training, tuning, evaluation, explanation, package",
    description="Run the eight stages one after the other; stage_report.json names the files and the seconds "
    "of each. Run again, it goes on with the first stage that is not done, or whose data or settings have "
    "changed. The evaluation opens the sealed test rows; --until optimisation leaves them sealed.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted. Run the same command again: it goes on with the stage that was cut off.",
    examples=(
        "model-development workflow --context projects/credit_risk/pipeline_context.json --budget 600",
        "model-development workflow --until optimisation",
    ),
)
