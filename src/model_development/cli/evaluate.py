"""Phase 3 in batch: the notebook, run by papermill; without it the same functions."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .command import Command, add_context
from .notebook import run_notebook
from .results import evaluation_result
from .train import absolute

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NOTEBOOK = "model_evaluation.ipynb"


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument(
        "--refit-all",
        action="store_true",
        help="fit what is handed on on all rows afterwards, test rows too; the figures stay those of the "
        "model that was evaluated",
    )


def run(options: Namespace) -> int:
    return run_evaluation(options.context, refit_all=options.refit_all)


def run_evaluation(context: str | None, *, refit_all: bool = False) -> int:
    """Run phase 3 on a context; return the exit code."""
    if find_spec("papermill") is None:  # the story in functions, without a notebook as executed
        from ..phases.evaluation.phase import evaluate_model

        evaluate_model(context, refit_all=refit_all)
        return 0
    parameters: dict[str, Any] = {"context_path": absolute(context)} if context else {}
    return run_notebook(parameters | {"refit_all": refit_all}, NOTEBOOK)


EVALUATE = Command(
    name="evaluate",
    help="phase 3: open the test rows once, evaluate, explain, report",
    description="Evaluate what phase 2 handed over on the test rows; write the report and the model card. "
    "The same model is evaluated once: after that, what was found is shown again.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: the context file is as it was. Run the same command again: it resumes.",
    examples=(
        "model-development evaluate --context projects/credit_risk/pipeline_context.json",
        "model-development evaluate --refit-all --json",
    ),
    result=evaluation_result,
)
