"""What each feature step gains by itself and costs, per family of models; and how often noise earns a place.

Of the linear models, the trees and the networks one is fitted on the folds of phase 1 without steps and with
each step that the table can have, alone; the test is that of phase 1 (p-values times the number of steps).
A step should be on by default where it gains on most tables and loses on none.

    python benchmarks/features.py --data FOLDER --tables adult german_credit  # the target is the last column
    python benchmarks/features.py --context my/pipeline_context.json
    python benchmarks/features.py --noise 60  # nothing can be gained: a step may stay on 5 % of the tables
"""

import argparse
import json
import pickle
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_development.data.intake import take_in
from model_development.features.steps.asked import asked_steps
from model_development.features.steps.in_params import with_steps
from model_development.fitting.feature_trials import try_on_folds
from model_development.metrics.table import get_primary_metric
from model_development.models.table import get_model
from model_development.phases.training.feature_trials import judge
from model_development.phases.training.results import ModelResult
from model_development.settings.context import read_context

MODELS = ["sklearn_logistic_regression", "sklearn_ridge", "lightgbm_baseline", "pytorch_nn"]
LINEAR = MODELS[:2]
OPTIONS = {"seed": 42, "device": "cpu", "n_jobs": 1}
NOISE_METRICS = ("rmse", "roc_auc")  # of tables with an even seed, and with an odd one


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--context", action="append", default=[], type=Path)
    parser.add_argument("--data", type=Path, help="folder of tables")
    parser.add_argument("--tables", nargs="*", default=[], help="names of tables in it")
    parser.add_argument("--rows", type=int, default=5000, help="of each table, at most (default: 5000)")
    parser.add_argument("--models", nargs="*", default=MODELS)
    parser.add_argument("--noise", type=int, default=0, help="how many tables of noise")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in given.tables:
            table = pd.read_csv(given.data / f"{name}.csv")
            table = table.sample(min(len(table), given.rows), random_state=0)
            given.context.append(write_context(Path(folder) / name, table))
        for context in given.context:
            show(context, given.models)
        if given.noise:
            noise(Path(folder), given.noise)


def write_context(folder, table, **settings):
    folder.mkdir(parents=True)
    table.to_csv(folder / "table.csv", index=False)
    outputs = {"feature_data_path": "table.csv", "target_variable": table.columns[-1]}
    content = {"project": folder.name, "epoch_004_outputs": outputs, "epoch_005_settings": settings}
    context = folder / "pipeline_context.json"
    context.write_text(json.dumps(content), encoding="utf-8")
    return context


def trials(context, models):
    """Yield (model, CPU seconds without steps, StepTrial) of each step alone."""
    read = read_context(context, features="auto")
    data, settings = take_in(read, with_checks=False).data, read.settings
    metric = get_primary_metric(settings.primary_metric, data.task)
    steps, _ = asked_steps(settings.features, data.schema, settings.time_column)
    sizes = np.array([(len(scored), len(fitted)) for fitted, scored in data.folds], dtype=float)
    about = {"n_scored": sizes[:, 0].mean(), "test_share": (sizes[:, 0] / sizes[:, 1]).mean()}
    with tempfile.NamedTemporaryFile(suffix=".pkl") as rows:
        pickle.dump(data, rows)
        rows.flush()
        for spec in map(get_model, models):
            if data.task.family not in spec.tasks:
                continue
            fitted = {}
            for step in ("", *steps):
                params = with_steps(spec.baseline, filter(None, [step]), settings.time_column)
                began = time.process_time()
                found = try_on_folds(
                    spec.name, params, rows.name, OPTIONS, range(len(data.folds)), None, lambda text: None
                )
                seconds = time.process_time() - began
                measured = {**found, **about}
                result = ModelResult(spec.name, spec.framework, "ok", params=params, measured=measured)
                fitted[step] = result, seconds
                if step:
                    without, without_s = fitted[""]
                    yield spec.name, without_s, judge(step, result, without, metric, len(steps), seconds)


def show(context, models):
    print(f"\n{context.parent.name}: each step alone")
    print(f"{'model':28s} {'step':22s} {'gain':>9s}  {'95 %':>22s} {'p':>7s} {'CPU s':>8s} {'without':>8s}")
    for name, without_s, trial in trials(context, models):
        ends = "" if trial.low is None else f"{trial.low:+.4g} to {trial.high:+.4g}"
        gain, p = (float("nan") if value is None else value for value in (trial.gain, trial.p))
        kept = "  kept" if trial.is_kept else ""
        print(
            f"{name:28s} {trial.step:22s} {gain:+9.4g}  {ends:>22s} {p:7.2g} {trial.seconds:8.2f} "
            f"{without_s:8.2f}{kept}",
            flush=True,
        )


def noise(folder, n_tables):
    """How many tables end with a kept step, where nothing can be gained by one."""
    alarms, n_tests = [], 0
    for seed in range(n_tables):
        settings = {"primary_metric": NOISE_METRICS[seed % 2]}
        context = write_context(folder / f"noise_{seed}", noise_table(seed), **settings)
        found = list(trials(context, LINEAR))
        alarms += [trial.step for *_, trial in found if trial.is_kept][:1]
        n_tests += len(found)
        print(f"{seed + 1} tables, {len(alarms)} with a kept step", flush=True)
    rate = len(alarms) / n_tables
    error = np.sqrt(max(rate * (1 - rate), 0.05 * 0.95) / n_tables)
    print(f"noise: {len(alarms)} of {n_tables} tables end with a kept step ({rate:.1%} ± {error:.1%})")
    print(f"{n_tests} tests; kept: {', '.join(alarms) or 'none'}")


def noise_table(seed, n_rows=200):
    """Numbers and categories, of which some say something, all of it linear, and the others nothing."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, 4)), columns=["a", "b", "noise 1", "noise 2"])
    for name in ("kind", "noise 3"):
        table[name] = rng.choice(["x", "y", "z"], n_rows)
    score = table["a"] + table["b"] / 2 + (table["kind"] == "x") + rng.normal(size=n_rows)
    return table.assign(target=np.where(score > score.median(), "yes", "no") if seed % 2 else score)


if __name__ == "__main__":
    main()
