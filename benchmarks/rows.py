"""Time and memory of phase 1 against the number of rows, as a table and a plot.

The table has 20 columns: 16 numbers, 4 categories; binary target. Memory is the peak of the main process
over what it holds once everything is imported, as a multiple of the table in memory.

    python benchmarks/rows.py
    python benchmarks/rows.py --rows 10000 100000 --models lightgbm_baseline --plot rows.png
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = [10_000, 30_000, 100_000, 300_000, 1_000_000]
MODELS = ["sklearn_logistic_regression", "xgboost_baseline", "lightgbm_baseline"]


def write_project(folder, n_rows):
    """A table as Parquet with its context; returns the context's path and the table's bytes in memory."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n_rows, 16))
    table = pd.DataFrame(numbers, columns=[f"x{i:02d}" for i in range(16)])
    for i, n_levels in enumerate((3, 8, 20, 50)):
        table[f"c{i}"] = rng.integers(0, n_levels, n_rows).astype(str)
    score = numbers[:, :6].sum(axis=1) + numbers[:, 6] * numbers[:, 7] + (table["c0"] == "1")
    table["y"] = np.where(score + rng.normal(0, 2, n_rows) > 0, "yes", "no")
    table.to_parquet(folder / "table.parquet")
    outputs = {"feature_data_path": "table.parquet", "target_variable": "y"}
    content = {"project": "rows", "epoch_004_outputs": outputs}
    path = folder / "pipeline_context.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path, int(table.memory_usage(deep=True).sum())


def phase_one(context_path, models):
    """Run phase 1 in this process; print its seconds, and its memory before and at the peak."""
    import resource

    import psutil

    from model_development import model_utils as mu

    with tempfile.TemporaryDirectory() as folder:  # so that everything is imported
        small, _ = write_project(Path(folder), 1000)
        mu.finish_training(_trained(mu, small, ["sklearn_logistic_regression"])[0])
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    phase, at_start = _trained(mu, context_path, models)
    mu.finish_training(phase)
    seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    fits = {r.name: r.metric("training_time") for r in phase.all_results}
    print(
        json.dumps(
            {"seconds": seconds, "before_training": at_start, "rss": before, "peak": peak, "fits": fits}
        )
    )


def _trained(mu, context_path, models):
    started = time.perf_counter()
    phase = mu.start_training(context_path=context_path, models=models, profile=False)
    at_start = time.perf_counter() - started
    mu.train_dummy(phase)
    mu.train_all(phase)
    return phase, at_start


def measure(n_rows, models):
    with tempfile.TemporaryDirectory() as folder:
        context_path, size = write_project(Path(folder), n_rows)
        command = [sys.executable, __file__, "--context", context_path, "--models", *models]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) | {"rows": n_rows, "table": size}


def plot(found, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.subplots()
    rows = [row["rows"] for row in found]
    axis.plot(rows, [row["seconds"] for row in found], "o-", color="black", label="phase 1, in all")
    axis.plot(
        rows, [row["before_training"] for row in found], "s--", color="grey", label="reading and checking"
    )
    for name in found[0]["fits"]:
        axis.plot(rows, [row["fits"][name] for row in found], ".:", label=f"one fit of {name}")
    axis.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds")
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=144)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--plot", type=Path, help="PNG to write")
    parser.add_argument("--context", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.context:
        phase_one(arguments.context, arguments.models)
        return
    found = []
    print("     rows   table MB   phase 1 s   before training s   peak MB   over imports, x table")
    for n_rows in arguments.rows:
        row = measure(n_rows, arguments.models)
        found.append(row)
        times = (row["peak"] - row["rss"]) / row["table"]
        print(
            f"{n_rows:9d} {row['table'] / 2**20:10.1f} {row['seconds']:11.1f} {row['before_training']:19.1f} "
            f"{row['peak'] / 2**20:9.0f} {times:23.2f}",
            flush=True,
        )
    if arguments.plot:
        plot(found, arguments.plot)


if __name__ == "__main__":
    main()
