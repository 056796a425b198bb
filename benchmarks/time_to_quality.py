"""Seconds until a search has found the quality of the full grid: ours, GridSearchCV, plain TPE.

For each table and model the whole grid is scored first (with shared fits, which give the same scores). To be
reached is its best mean over the folds less a tenth of that mean's standard error. Then, each on all cores:

- ours: phase 2 with the strategy `auto`, from its call, with reading, starting processes and recording, to
  the first combination that is as good (`known`: the baseline of phase 1 is), and to its end;
- GridSearchCV: on `--sample` combinations of the grid, and as long as the whole takes at their pace;
- TPE: Optuna's default sampler on the wider ranges, begun with the baseline, nothing shared or given up,
  until it has found it, or `--limit` is over.

    python benchmarks/time_to_quality.py --contexts a/pipeline_context.json b/pipeline_context.json
    python benchmarks/time_to_quality.py --contexts a/pipeline_context.json --rows 2000 --seeds 3
"""

import argparse
import contextlib
import json
import pickle
import random
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from bayesian import _suggest
from sklearn.model_selection import GridSearchCV

from model_development import model_utils as mu
from model_development.data.intake import take_in
from model_development.execution.hardware import available_cores
from model_development.fitting.combinations import try_combinations
from model_development.metrics.table import METRICS
from model_development.models.table import get_model
from model_development.pipeline import TabularModel
from model_development.search.space import read_space
from model_development.search.strategies import grid
from model_development.settings.context import read_context

SHARE_OF_ERROR = 0.1  # of a standard error: what is nearer to the best is as good


def write_project(context, folder, n_rows, seed):
    """A project of `n_rows` rows drawn from the table of `context`; returns the path of its context."""
    content = json.loads(context.read_text(encoding="utf-8"))
    outputs = content["epoch_004_outputs"]
    table = pd.read_csv(context.parent / outputs["feature_data_path"])
    table = table.sample(min(n_rows, len(table)), random_state=seed)
    table.to_csv(folder / "table.csv", index=False)
    outputs["feature_data_path"] = "table.csv"
    settings = {"seed": seed, "profile": False, "ensemble": "never"}
    content["epoch_005_settings"] = {**content.get("epoch_005_settings", {}), **settings}
    path = folder / "pipeline_context.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def best_of_grid(project, model):
    """(what is to be reached, higher is better; the metric; seconds of our search of the whole grid)."""
    mu.tune_best_model(project, model=model, strategy="grid", n_trials="all", resume=False)
    search = mu.read_search(project)
    name, sign = search.metric.name, 1 if search.metric.greater_is_better else -1
    rows = [row for row in search.rows if row.status == "ok" and row.cv and row.folds]
    best = max(rows, key=lambda row: sign * row.cv[name]["mean"])
    error = best.cv[name]["std"] / np.sqrt(len(best.folds))
    return sign * best.cv[name]["mean"] - SHARE_OF_ERROR * error, name, search.summary.search_time_s


def ours(project, model, target, sign, limit):
    """(seconds to the target, or None; seconds in all)."""
    progress = next(project.parent.rglob("progress.jsonl"))
    n_before = len(progress.read_text(encoding="utf-8").splitlines())
    began, started = time.time(), time.monotonic()
    mu.tune_best_model(project, model=model, strategy="auto", timeout_s=limit, resume=False)
    taken = time.monotonic() - started
    for line in progress.read_text(encoding="utf-8").splitlines()[n_before:]:
        event = json.loads(line)
        if event["stage"] == "tuning" and sign * event.get("best", -sign * np.inf) >= target:
            first = event.get("score") is None or sign * event["score"] < target
            at = datetime.fromisoformat(event["time"]).timestamp() - began
            return ("known" if first else max(at, 1.0)), taken
    return None, taken


def grid_search(data, model, combinations, n_sample, seed):
    """Seconds that scikit-learn's search of all combinations would take, from the pace of some."""
    spec = get_model(model)
    chosen = random.Random(seed).sample(combinations, min(n_sample, len(combinations)))
    estimator = TabularModel(model, data.task.family, data.schema)
    candidates = {"params": [spec.completed(params) for params in chosen]}
    scoring = "neg_root_mean_squared_error" if data.task.family == "regression" else "neg_log_loss"
    search = GridSearchCV(
        estimator, candidates, scoring=scoring, cv=list(data.folds), n_jobs=available_cores(), refit=False
    )
    started = time.monotonic()
    search.fit(data.X_train, data.y_train)
    return (time.monotonic() - started) * len(combinations) / len(chosen)


def plain_tpe(rows, model, metric, target, sign, seed, limit, n_folds):
    """Seconds of Optuna's own loop to the target; None where the limit came first."""
    spec = get_model(model)
    space = read_space(spec.ranges, model)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction="maximize")
    study.enqueue_trial({name: spec.baseline[name] for name in space if name in spec.baseline})
    options = {"seed": seed, "device": "cpu", "n_jobs": available_cores()}
    started = time.monotonic()
    while time.monotonic() - started < limit:
        trial = study.ask()
        params = spec.completed({name: _suggest(trial, name, values) for name, values in space.items()})
        (result,) = try_combinations(model, [params], rows, options, print, folds=list(range(n_folds)))
        score = sign * float(np.mean(result["fold_scores"][metric]))
        if score >= target:
            return time.monotonic() - started
        study.tell(trial, score)
    return None


def measured(context, model, seed, options):
    """One row of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = write_project(context, folder, options.rows, seed)
        phase = mu.start_training(context_path=project, models=[model])
        mu.train_all(phase)
        mu.finish_training(phase)
        target, metric, grid_s = best_of_grid(project, model)
        sign = 1 if METRICS[metric].greater_is_better else -1
        reached, taken = ours(project, model, target, sign, options.limit)
        data = take_in(read_context(project), with_checks=False).data
        rows = folder / "rows.pkl"
        rows.write_bytes(pickle.dumps(data))
        theirs = grid_search(data, model, grid(get_model(model).search_space), options.sample, seed)
        tpe = plain_tpe(str(rows), model, metric, target, sign, seed, options.limit, len(data.folds))
    return reached, taken, grid_s, theirs, tpe


def _said(value, limit):
    if value is None:
        return f"> {limit:.0f}"
    return value if isinstance(value, str) else f"{value:.1f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contexts", nargs="+", type=Path, required=True)
    parser.add_argument("--models", nargs="+", default=["xgboost_baseline", "lightgbm_baseline"])
    parser.add_argument("--rows", type=int, default=2_000, help="drawn from each table")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sample", type=int, default=16, help="combinations that GridSearchCV is timed on")
    parser.add_argument("--limit", type=float, default=120, help="seconds for ours, and for TPE")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print("| table | model | seed | ours finds it | ours ends | our grid | GridSearchCV | TPE finds it |")
    print("|---|---|---|---|---|---|---|---|")
    for context in options.contexts:
        for model in options.models:
            for seed in range(options.seeds):
                with contextlib.redirect_stdout(sys.stderr):
                    row = measured(context.resolve(), model, seed, options)
                cells = " | ".join(_said(value, options.limit) for value in row)
                print(f"| {context.parent.name} | {model} | {seed} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
