"""Phase 1 in batch: the notebook, run by papermill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .command import Command, add_context, add_models
from .configured import add_config, configured
from .notebook import RESUMES, run_notebook
from .results import training_result, tuning_result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


NOTEBOOK = "model_training.ipynb"


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    add_context(parser)
    parser.add_argument("--primary-metric", metavar="NAME", help="the metric that decides")
    add_models(parser, "models to train (default: all)")
    parser.add_argument("--seed", type=int, metavar="N", help="default: the context's, else 42")
    parser.add_argument(
        "--time-budget",
        type=float,
        metavar="S",
        help="seconds for phase 1, from start to end, and with --tune as many for phase 2 (default: the "
        "context's, else no limit)",
    )
    parser.add_argument("--no-resume", action="store_true", help="train everything anew")
    parser.add_argument("--tune", action="store_true", help="go on with phase 2: tune the best model")


def run(options: Namespace) -> int:
    if options.config is None:
        return _train_and_tune(options, {})
    from ..settings.config import require_no_params

    with configured(options.config) as (config, context):
        options.context = options.context or str(context)
        names = require_no_params(config, Path(options.config))
        options.models = options.models or (",".join(names) if names else None)
        return _train_and_tune(options, config.tuning.options(Path(options.config).parent))


def _train_and_tune(options, tuning):
    """Phase 1, and with `--tune` phase 2. tuning : options of `tune_best_model`."""
    run_notebook(_parameters(options), NOTEBOOK)
    if options.tune:
        from ..phases.tuning.phase import tune_best_model
        from ..phases.tuning.report import tuning_summary

        timeout_s = options.time_budget or tuning.get("timeout_s")
        tune_best_model(options.context, **(tuning | {"timeout_s": timeout_s}))
        print(tuning_summary(options.context))
    return 0


def result(options: Namespace) -> dict[str, Any]:
    """What was found by the phases that were run."""
    return tuning_result(options) if options.tune else training_result(options)


def _parameters(options):
    """The notebook's parameters that were given; those that were not stay as the cell has them."""
    given = {
        "context_path": absolute(options.context),
        "primary_metric": options.primary_metric,
        "models": options.models,
        "seed": options.seed,
        "time_budget_s": options.time_budget,
        "resume": False if options.no_resume else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def absolute(context: str | None) -> str | None:
    """The path of a context for the notebook, which runs elsewhere; None where none was given."""
    return str(Path(context).expanduser().resolve()) if context else None


TRAIN = Command(
    name="train",
    help="phase 1: train every model alike, compare, choose the best",
    description="Run the notebook model_training.ipynb on a context. What comes out is in the artifacts "
    "folder beside the context file, the executed notebook among it.",
    add_arguments=add_arguments,
    run=run,
    interrupted=f"interrupted. {RESUMES}",
    examples=(
        "model-development train --context projects/credit_risk/pipeline_context.json",
        "model-development train --config config/model_config.yaml --tune",
        "model-development train --models xgboost_baseline,lightgbm_baseline --primary-metric roc_auc",
        "model-development train --set cv_folds=10 --set drop_columns=id,note --json",
    ),
    result=result,
)
