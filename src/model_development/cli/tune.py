"""Phase 2: tune the best model of phase 1 and hand it over."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..search.table import STRATEGIES
from .command import Command, add_context
from .results import tuning_result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def n_trials(text: str) -> int | str:
    """A whole number of combinations, or "all"."""
    return text if text == "all" else int(text)


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument("--model", metavar="NAME", help="model to tune (default: the best of phase 1)")
    parser.add_argument(
        "--strategy",
        default="auto",
        metavar="NAME",
        help="; ".join(f"{name}: {row.help}" for name, row in STRATEGIES.items()) + " (default: auto)",
    )
    parser.add_argument(
        "--n-trials",
        type=n_trials,
        metavar="N",
        help="combinations to try, or 'all' for the grid "
        "(default: as many as there is time for, or 50 where no time is given)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help="seconds for all of it, from start to end (default: the context's time_budget_s, else no limit)",
    )
    parser.add_argument(
        "--n-jobs", type=int, metavar="N", help="cores to use (default: the context's, else all)"
    )
    parser.add_argument(
        "--grid",
        metavar="FILE",
        help="YAML or JSON with values in place of the model's own: max_depth: [3, 5, 7], or, but for "
        "strategy grid, ranges: learning_rate: {low: 0.01, high: 0.3, log: true}",
    )
    parser.add_argument(
        "--second",
        metavar="CRITERION",
        help="latency, size or another metric: search for combinations that no other beats in score and "
        "criterion (auto, bayesian; the others try what they would, and the best are measured)",
    )
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="reuse what an earlier search of the same model and rows has fitted (default: the context's "
        "`resume`, which is on)",
    )


def run(options: Namespace) -> int:
    from ..phases.clock import program_began
    from ..phases.tuning.phase import tune_best_model
    from ..phases.tuning.report import tuning_summary

    tune_best_model(
        options.context,
        model=options.model,
        strategy=options.strategy,
        n_trials=options.n_trials,
        timeout_s=options.timeout,
        grid=options.grid,
        second=options.second,
        n_jobs=options.n_jobs,
        resume=options.resume,
        began=program_began(),
    )
    print(tuning_summary(options.context))
    return 0


TUNE = Command(
    name="tune",
    help="phase 2: tune the best model, hand it over",
    description="Tune a model of phase 1: try combinations of its parameters on the same folds, record each "
    "as a nested MLflow run, hand over the best.",
    add_arguments=add_arguments,
    run=run,
    interrupted="interrupted: the context file is as it was. Run the same command again: it resumes.",
    examples=(
        "model-development tune --context projects/credit_risk/pipeline_context.json --timeout 600",
        "model-development tune --model xgboost_baseline --strategy bayesian --n-trials 100",
        "model-development tune --grid my_grid.yaml --second latency --json",
    ),
    result=tuning_result,
)
