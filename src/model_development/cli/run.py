"""All phases, one after the other; the first two within one number of seconds."""

import time
from argparse import ArgumentParser, Namespace
from typing import Any

from .command import Command, add_context
from .evaluate import run_evaluation
from .notebook import RESUMES, run_notebook_here
from .results import evaluation_result, tuning_result
from .train import NOTEBOOK, absolute

SHARE_OF_TRAINING = 0.55  # of a long time; the search gets what training leaves
MORE_OF_A_SHORT_ONE = 0.15  # where models are still to be trained that the ensemble lives on
SHORT = 60.0  # seconds


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument(
        "--budget",
        type=float,
        metavar="S",
        help="seconds for phases 1 and 2, from start to end (default: the context's time_budget_s for each, "
        "else no limit); phase 3 comes after them, by a command of its own",
    )


def run(options: Namespace) -> int:
    from ..execution.process import get_ready
    from ..phases.clock import counted_from, program_began
    from ..settings.context import read_context
    from ..settings.settings import require_seconds
    from ..tracking.connection import tracking_uri
    from ..tracking.new_store import begin_store

    began = program_began() or time.monotonic()
    require_seconds("--budget", options.budget)
    get_ready()  # what workers import, beside all that follows
    begin_store(tracking_uri(read_context(options.context).artifacts_root))
    parameters: dict[str, Any] = {"context_path": absolute(options.context)} if options.context else {}
    if options.budget:
        parameters["time_budget_s"] = seconds_of_training(options.budget)
    with counted_from(began, options.budget):
        run_notebook_here(parameters, NOTEBOOK)  # no kernel: workers and imports serve phase 2 as well
    from ..phases.tuning.phase import tune_best_model  # which takes seconds, that workers would wait for
    from ..phases.tuning.report import tuning_summary

    tune_best_model(options.context, timeout_s=options.budget, began=began if options.budget else None)
    print(tuning_summary(options.context))
    if options.budget:
        context = f" --context {options.context}" if options.context else ""
        print(f"The test rows are sealed. Phase 3 opens them: model-development evaluate{context}")
        return 0
    return run_evaluation(options.context)


def result(options: Namespace) -> dict[str, Any]:
    """What the phases found that were run."""
    found = tuning_result(options)
    return found if options.budget else found | evaluation_result(options)


def seconds_of_training(budget: float) -> float:
    """Seconds of phase 1 within those of both; the shorter they are, the more models are worth.

    >>> round(seconds_of_training(60)), round(seconds_of_training(600))
    (42, 339)
    """
    return (SHARE_OF_TRAINING + MORE_OF_A_SHORT_ONE * min(1.0, SHORT / budget)) * budget


RUN = Command(
    name="run",
    help="all phases: train every model, tune the best, evaluate it",
    description="Run phases 1, 2 and 3 on a context. With --budget, run phases 1 and 2, which together take "
    "so many seconds; what there is by then is handed over.",
    add_arguments=add_arguments,
    run=run,
    interrupted=f"interrupted. {RESUMES}",
    examples=(
        "model-development run --context projects/credit_risk/pipeline_context.json --budget 1200",
        "model-development run --json",
    ),
    result=result,
)
