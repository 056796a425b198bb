"""Every use case of the catalogue from `new` to the gate: the model that won, the time it took, the verdict.

    python benchmarks/use_cases.py
    python benchmarks/use_cases.py --keys credit_risk_scoring --models all --trials 50 --rows 5000

A row: problem type, winner, the metric on the test rows with its 95 % interval, seconds of the whole way,
gate. Unless told otherwise two quick models stand for all, on few rows with three combinations, so that the
64 take minutes. The gate asks the floors of the use case; by intervals, so that few test rows often say no.
"""

import argparse
import contextlib
import io
import json
import tempfile
import time
from pathlib import Path

from model_development import model_utils as mu
from model_development.cli.main import main as model_development
from model_development.planning.new_project import new_project
from model_development.use_cases.catalogue import get_use_case, use_cases
from model_development.use_cases.synthetic import synthetic_table

LINEAR = {"regression": "sklearn_ridge"}


def whole_way(key, folder, options):
    """Run one use case in `folder`; return its row of the table."""
    case, started = get_use_case(key), time.monotonic()
    project = new_project(key, use_case=key, output=folder).folder
    if options.rows:
        synthetic_table(case, options.rows).to_csv(project / "data" / "table.csv", index=False)
    context = project / "pipeline_context.json"
    quick = [LINEAR.get(case.problem_type, "sklearn_logistic_regression"), "lightgbm_baseline"]
    phase = mu.start_training(context_path=context, models=options.models or quick, cv_folds=3, profile=False)
    mu.train_all(phase)
    mu.finish_training(phase)
    mu.tune_best_model(context, strategy="random", n_trials=options.trials)
    mu.evaluate_model(context)
    code = model_development(["validate", "--context", str(context)])
    found = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]
    test = [found["evaluation"][f"test_metric_{end}"] for end in ("value", "low", "high")]
    measured = f"{case.metric.name} {test[0]:.4g} [{test[1]:.4g}, {test[2]:.4g}]"
    seconds = time.monotonic() - started
    gate = {0: "passed", 1: "not passed"}.get(code, f"exit code {code}")
    return key, case.problem_type, found["final_model"], measured, f"{seconds:.0f}", gate


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", nargs="+", default=list(use_cases()))
    parser.add_argument("--models", help="names, or all (default: a linear model and LightGBM)")
    parser.add_argument("--rows", type=int, default=1_000, help="of the made-up table; 0: its own number")
    parser.add_argument("--trials", type=int, default=3, help="combinations of the search")
    options = parser.parse_args()
    print("| use case | problem type | winner | on the test rows | s | gate |\n|---|---|---|---|---|---|")
    for key in options.keys:
        said = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
            try:
                row = whole_way(key, Path(folder), options)
            except Exception as error:  # one that fails is a row, and the others go on
                row = key, "", "", f"{type(error).__name__}: {' '.join(str(error).split())}"[:200], "", ""
        print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()
