"""Both phases, one after the other, within one number of seconds."""

import time
from argparse import ArgumentParser, Namespace
from typing import Any

from .command import Command, add_context
from .train import RESUMES, absolute, run_notebook

SHARE_OF_TRAINING = 0.55  # of the time; the search gets what training leaves


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument(
        "--budget",
        type=float,
        metavar="S",
        help="seconds for both phases, from start to end (default: the context's time_budget_s for each, "
        "else no limit)",
    )


def run(options: Namespace) -> int:
    from ..phases.clock import program_began
    from ..phases.tuning.phase import tune_best_model
    from ..phases.tuning.report import tuning_summary
    from ..settings.settings import require_seconds

    began = program_began() or time.monotonic()
    require_seconds("--budget", options.budget)
    parameters: dict[str, Any] = {"context_path": absolute(options.context)} if options.context else {}
    if options.budget:
        parameters["time_budget_s"] = SHARE_OF_TRAINING * options.budget
    code = run_notebook(parameters)
    if code:
        return code
    tune_best_model(options.context, timeout_s=options.budget, began=began if options.budget else None)
    print(tuning_summary(options.context))
    return 0


RUN = Command(
    name="run",
    help="both phases: train every model, tune the best",
    description="Run phase 1 and phase 2 on a context. With --budget both together take so many seconds; "
    "what there is by then is handed over.",
    add_arguments=add_arguments,
    run=run,
    interrupted=f"interrupted. {RESUMES}",
)
