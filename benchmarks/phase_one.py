"""Time of phase 1 through papermill against a plain script with the same models on the same folds.

The plain script imports the same libraries into one process and fits model after model with all cores:
five folds, scored, then all training rows. It tracks, draws and writes nothing. Both are whole
processes on the same machine, one after the other. Then: how much of the cores' time in phase 1 is `fit`
and `predict` (prediction and its scoring as the plain script times them, on the same rows), and how long the
import of the public door takes.

    python benchmarks/phase_one.py                                # the default table (breast_cancer)
    python benchmarks/phase_one.py --context adult/pipeline_context.json
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "epoch005-model-development" / "notebooks" / "model_training.ipynb"


def plain_script(context_path):
    """Fit every model on the folds and on all training rows, in this process; print the seconds of each."""
    import lightgbm  # noqa: F401
    import statsmodels.api  # noqa: F401
    import tensorflow  # noqa: F401
    import torch  # noqa: F401
    import xgboost  # noqa: F401

    from model_development.data.intake import take_in
    from model_development.execution.hardware import available_cores
    from model_development.fitting.worker_steps import prepare, score_matrix, timed
    from model_development.models.table import model_names
    from model_development.settings.context import read_context

    context = read_context(context_path)
    data = take_in(context, with_checks=False).data
    options = {"seed": context.settings.seed, "device": "cpu", "n_jobs": available_cores()}
    everything = (data.X_train, data.y_train, data.X_validation, data.y_validation)
    parts = [
        (data.X_train.iloc[fit], data.y_train[fit], data.X_train.iloc[score], data.y_train[score])
        for fit, score in data.folds
    ] + [everything]
    seconds = {}
    for name in model_names(data.task.family):
        seconds[name] = {"fit": 0.0, "predict": 0.0}
        for X, y, X_score, y_score in parts:
            predictor = prepare(name, _baseline(name), data, options)
            seconds[name]["fit"] += timed(partial(predictor.fit, X, y))
            started = time.perf_counter()
            score_matrix(predictor, predictor.to_matrix(X_score), y_score, data.task)
            seconds[name]["predict"] += time.perf_counter() - started
    print(json.dumps(seconds))


def _baseline(name):
    from model_development.models.table import get_model

    return dict(get_model(name).baseline)


def run(command, environment=None):
    """(seconds, standard output) of a whole process."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment or os.environ)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-3000:]}")
    return seconds, done.stdout


def measure(context_path):
    """Seconds of phase 1 and of the plain script, and the results of phase 1."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ARTIFACTS_DIR": str(Path(folder) / "artifacts")}
        environment.pop("MLFLOW_TRACKING_URI", None)
        command = [sys.executable, "-m", "papermill", NOTEBOOK, Path(folder) / "out.ipynb"]
        command += ["-p", "context_path", context_path, "--no-progress-bar", "--log-level", "ERROR"]
        ours, _ = run(command, environment)
        files = Path(folder) / "artifacts" / "epoch005-model-development"
        results = json.loads((files / "all_models_metrics.json").read_text(encoding="utf-8"))
    plain, output = run([sys.executable, __file__, "--plain", "--context", context_path])
    return ours, plain, results, json.loads(output.splitlines()[-1])


def seconds_at_work(row):
    """Seconds that a model's folds and last fit took in `fit` alone."""
    return len(row["folds"]) * row["cv"]["training_time"]["mean"] + row["metrics"]["training_time"]


def report(ours, plain, results, there):
    """Print the ratio, each model's fits here and there, and what phase 1 spends beside them."""
    from model_development.execution.hardware import available_cores

    print(f"phase 1 through papermill {ours:.1f} s, plain script {plain:.1f} s, ratio {ours / plain:.2f}")
    here = {n: seconds_at_work(row) for n, row in results["models"].items() if row["status"] == "ok"}
    for name, fits in here.items():
        print(f"  {name:30s} fits here {fits:7.2f} s, there {there[name]['fit']:7.2f} s")
    fits, predictions = sum(here.values()), sum(there[name]["predict"] for name in here)
    cores = ours * available_cores()
    print(f"  of {cores:.1f} core seconds {fits:.1f} are `fit`, {predictions:.1f} `predict` and scores,")
    print(f"  {1 - (fits + predictions) / cores:.0%} neither")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--context", type=Path, default=ROOT / "pipeline_context.json")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.plain:
        plain_script(arguments.context)
        return
    context_path = arguments.context.resolve()
    for _ in range(arguments.repeats):
        report(*measure(context_path))
    door = [sys.executable, "-c", "import model_development.model_utils"]
    nothing = min(run([sys.executable, "-c", "pass"])[0] for _ in range(5))
    print(f"import model_development.model_utils: {min(run(door)[0] for _ in range(5)) - nothing:.2f} s")


if __name__ == "__main__":
    main()
