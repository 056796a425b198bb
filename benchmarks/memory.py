"""Memory of a worker: what is planned for a model against what it really takes at its peak.

The table has numbers (some missing, some skewed), categories of few and of many levels, and a date; binary
target. Each model is cross-validated and fitted in a process of its own, as phase 1 does it. Linux alone
tells the peak of a process.

    python benchmarks/memory.py
    python benchmarks/memory.py --rows 20000 --numbers 60 --models tensorflow_nn pytorch_nn
"""

import argparse
import json
import pickle
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = [  # one model of each kind of preprocessing, and of each library
    "sklearn_logistic_regression",
    "statsmodels_ols",
    "pytorch_nn",
    "tensorflow_nn",
    "xgboost_baseline",
    "lightgbm_baseline",
    "sklearn_random_forest",
]
FEW = {"epochs": 3, "n_estimators": 40}
FOLDS = 2


def make_table(n_rows, n_numbers, regression):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n_rows, n_numbers))
    numbers[:, ::5] = np.exp(numbers[:, ::5] * 3)
    score = numbers[:, 1] + numbers[:, 2] * numbers[:, 3] + rng.normal(size=n_rows)
    numbers[rng.random(numbers.shape) < 0.02] = np.nan
    table = pd.DataFrame(numbers, columns=[f"x{i:03d}" for i in range(n_numbers)])
    for i, n_levels in enumerate((3, 10, 30, 200)):
        table[f"c{i}"] = np.char.add("level ", rng.integers(0, n_levels, n_rows).astype(str))
    days = pd.to_timedelta(rng.integers(0, 2000, n_rows), "D")
    table["since"] = (pd.Timestamp("2015-01-01") + days).strftime("%Y-%m-%d")
    table["y"] = score if regression else np.where(score > 0, "yes", "no")
    return table


def read_data(folder, n_rows, n_numbers, regression):
    """The rows as workers get them."""
    from model_development.data.intake import take_in
    from model_development.settings.context import read_context

    make_table(n_rows, n_numbers, regression).to_parquet(folder / "table.parquet")
    outputs = {"feature_data_path": "table.parquet", "target_variable": "y"}
    context = folder / "pipeline_context.json"
    content = {"project": "memory", "epoch_004_outputs": outputs, "epoch_005_settings": {"cv_folds": FOLDS}}
    context.write_text(json.dumps(content), encoding="utf-8")
    return take_in(read_context(context), with_checks=False).data


def train(name, folder):
    """Train one model in this process, and print its peak in MB."""
    from model_development.fitting.train_candidate import train_candidate
    from model_development.models.table import MODELS

    options = {"seed": 0, "device": "cpu", "n_jobs": 1}
    params = {**MODELS[name].baseline, **_short(name)}
    train_candidate(
        name,
        params,
        str(folder / "rows.pkl"),
        options,
        str(folder / "model"),
        folder / "oof.parquet",
        _quiet,
        _metric(name),
    )
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(int(peak) / 2**10)


def _metric(name):
    from model_development.models.table import MODELS

    return "f1_score" if "classification" in MODELS[name].tasks else "rmse"


def _short(name):
    """Few rounds, trees and epochs: enough for every copy of the rows to be made."""
    from model_development.models.table import MODELS

    return {key: n for key, n in FEW.items() if key in MODELS[name].baseline}


def _quiet(step):
    """Steps that nobody reads."""


def measure(names, n_rows, n_numbers):
    from model_development.fitting.memory import memory_needs
    from model_development.models.table import MODELS

    for name in names:
        spec = MODELS[name]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            data = read_data(folder, n_rows, n_numbers, "classification" not in spec.tasks)
            (folder / "rows.pkl").write_bytes(pickle.dumps(data))
            needs = memory_needs(data)
            planned, matrix = needs.worker_mb(spec, _short(name)), needs.matrix_mb(spec)
            table_mb, width = needs.table_mb, needs.widths[spec.features]
            del data
            command = [sys.executable, __file__, "--train", name, "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        used = float(done.stdout.splitlines()[-1])
        print(
            f"{name:28s} {spec.features:7s} {n_rows:8d} {table_mb:9.1f} {width:6d} {matrix:10.1f} "
            f"{planned:11.0f} {used:8.0f} {planned / used:8.2f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--numbers", type=int, default=20, help="numeric columns")
    parser.add_argument("--models", nargs="+", default=KINDS)
    parser.add_argument("--train", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        train(arguments.train, arguments.folder)
        return
    print(f"{'model':28s} kind        rows  table MB  width  matrix MB  planned MB  used MB  planned/used")
    for n_rows in arguments.rows:
        measure(arguments.models, n_rows, arguments.numbers)


if __name__ == "__main__":
    main()
