"""Time of 30 Bayesian trials: ours, with nested MLflow runs and a journal, against Optuna alone.

Both tune the same model on the same rows, folds and ranges with the same sampler and pruner (half of the
folds, then the median). Optuna alone is a script as people write it: one process, all cores as threads of
the model, nothing recorded. How many folds were fitted is printed for both, since pruning depends on the
course.

    python benchmarks/bayesian.py
    python benchmarks/bayesian.py --context my_context.json --model lightgbm_baseline
"""

import argparse
import json
import pickle
import sys
import tempfile
import time
from pathlib import Path

import optuna
from rows import write_project

from model_development import model_utils as mu
from model_development.data.intake import take_in
from model_development.execution.hardware import available_cores
from model_development.fitting.combinations import try_combinations
from model_development.models.table import get_model
from model_development.search.bayesian import PRUNED_FROM
from model_development.search.space import Range, read_space
from model_development.search.study import RANDOM_FIRST
from model_development.settings.context import read_context

METRIC = "roc_auc"


def ours(context, model, n_trials):
    """Seconds of the search alone, folds fitted, best score."""
    mu.tune_best_model(context, model=model, strategy="bayesian", n_trials=n_trials, resume=False)
    search = mu.read_search(context)
    n_folds = sum(len(row.folds or ()) for row in search.rows)
    return search.summary.search_time_s, n_folds, search.summary.best_cv_mean


def optuna_alone(rows_path, model, n_trials, n_folds):
    """The same, of Optuna's own loop in this process."""
    spec = get_model(model)
    space = read_space(spec.ranges, model)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=42, n_startup_trials=RANDOM_FIRST, multivariate=True),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=PRUNED_FROM),
        direction="maximize",
    )
    study.enqueue_trial({name: spec.baseline[name] for name in space})
    fitted, started = 0, time.perf_counter()

    def objective(trial):
        nonlocal fitted
        params = spec.completed({name: _suggest(trial, name, values) for name, values in space.items()})
        scores = []
        for fold in range(n_folds):
            options = {"seed": 42, "device": "cpu", "n_jobs": available_cores()}
            (result,) = try_combinations(model, [params], rows_path, options, print, folds=[fold])
            scores.append(result["fold_scores"][METRIC][0])
            fitted += 1
            if fold + 1 == n_folds // 2:
                trial.report(sum(scores) / len(scores), step=fold + 1)
                if trial.should_prune():
                    raise optuna.TrialPruned
        return sum(scores) / n_folds

    study.optimize(objective, n_trials=n_trials)
    return time.perf_counter() - started, fitted, study.best_value


def _suggest(trial, name, values):
    if not isinstance(values, Range):
        return trial.suggest_categorical(name, values)
    suggest = trial.suggest_int if values.is_integer else trial.suggest_float
    return suggest(name, values.low, values.high, log=values.log)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--context", type=Path, help="default: a table of 10,000 x 20")
    parser.add_argument("--model", default="xgboost_baseline")
    parser.add_argument("--n-trials", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "pipeline_context.json"
        if options.context:
            content = json.loads(options.context.read_text(encoding="utf-8"))
            outputs = content["epoch_004_outputs"]
            outputs["feature_data_path"] = str(options.context.parent / outputs["feature_data_path"])
        else:
            content = json.loads(write_project(Path(folder), 10_000)[0].read_text(encoding="utf-8"))
        content["epoch_005_settings"] = {"primary_metric": METRIC, "profile": False}
        project.write_text(json.dumps(content), encoding="utf-8")
        phase = mu.start_training(context_path=project, models=[options.model])
        mu.train_all(phase)
        mu.finish_training(phase)
        data = take_in(read_context(project), with_checks=False).data
        rows_path = Path(folder) / "rows.pkl"
        rows_path.write_bytes(pickle.dumps(data))
        our_time, our_folds, our_best = ours(project, options.model, options.n_trials)
        alone = optuna_alone(str(rows_path), options.model, options.n_trials, len(data.folds))
    their_time, their_folds, their_best = alone
    print(f"\n{options.n_trials} trials of {options.model}, {len(data.folds)} folds", file=sys.stderr)
    print(f"{'':14s} {'seconds':>8s} {'folds fitted':>13s} {'best cv ' + METRIC:>15s}", file=sys.stderr)
    print(f"{'ours':14s} {our_time:8.1f} {our_folds:13d} {our_best:15.5f}", file=sys.stderr)
    print(f"{'Optuna alone':14s} {their_time:8.1f} {their_folds:13d} {their_best:15.5f}", file=sys.stderr)
    print(f"ratio {our_time / their_time:.2f}", file=sys.stderr)


if __name__ == "__main__":
    main()
