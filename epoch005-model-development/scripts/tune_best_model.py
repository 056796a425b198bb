#!/usr/bin/env python
"""Phase 2: tune the best model of phase 1 and hand it over.

Exit code 0: done. 2: bad input, said in one sentence. 130: interrupted.
"""

import argparse
import signal
import sys


def n_trials(text):
    """A whole number of combinations, or "all"."""
    return text if text == "all" else int(text)


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description="Tune a model of phase 1: try combinations of its parameters on the same folds, "
        "record each as a nested MLflow run, hand over the best."
    )
    parser.add_argument("--context", help="context file (default: the repository's pipeline_context.json)")
    parser.add_argument("--model", metavar="NAME", help="model to tune (default: the best of phase 1)")
    parser.add_argument(
        "--strategy",
        default="auto",
        metavar="NAME",
        help="grid: all of the model's grid; random: a part of it; bayesian: Optuna, on wider ranges; "
        "halving: Hyperband, many combinations on few rows first; auto (default): the grid where it fits "
        "into the time, as its first fits show, else bayesian",
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
        help="seconds for the search (default: the context's time_budget_s, else no limit)",
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
        help="latency or size: measure it of the best 20 combinations and show which are worth their cost",
    )
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        help="keep what an earlier search of the same model and rows has fitted (default: the context's "
        "`resume`, which is on)",
    )
    return parser.parse_args(arguments)


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    from model_development.model_utils import TemplateError, tune_best_model, tuning_summary

    try:
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
        )
        print(tuning_summary(options.context))
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the context file is as it was", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # names of columns may hold what a terminal cannot show
    sys.exit(main())
