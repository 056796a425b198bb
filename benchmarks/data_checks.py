"""Time of all data checks, and of the profile, against one fit of the LightGBM baseline on the same rows.

The table has numbers, categories of few and many levels, dates and missing values; 100,000 rows and
50 columns unless said otherwise. Both ratios come from one run; medians of several repeats.

    python benchmarks/data_checks.py
    python benchmarks/data_checks.py --rows 10000 --repeats 1
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_development.data.checks.table import CHECKS
from model_development.data.intake import take_in
from model_development.execution.hardware import plan_workers
from model_development.models.table import get_model
from model_development.pipeline import TabularModel
from model_development.reports.profile import table_profile
from model_development.settings.context import read_context


def make_table(n_rows, n_columns):
    """A binary target that a few of many columns explain in part."""
    rng = np.random.default_rng(0)
    columns = {}
    for i in range(n_columns):
        kind = i % 5
        if kind < 3:
            columns[f"number {i}"] = np.where(rng.random(n_rows) < 0.05, np.nan, rng.normal(size=n_rows))
        elif kind == 3:
            columns[f"category {i}"] = rng.choice([f"level {k}" for k in range(4 + 40 * (i % 3))], n_rows)
        else:
            columns[f"count {i}"] = rng.poisson(5, n_rows)
    table = pd.DataFrame(columns)
    signal = table["number 0"].fillna(0) + table["number 1"].fillna(0) + rng.normal(size=n_rows)
    return table.assign(target=np.where(signal > 0, "yes", "no"))


def seconds(work, repeats):
    """Median seconds of `work()`."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    n_threads = plan_workers(1)[1]
    with tempfile.TemporaryDirectory() as folder:
        make_table(options.rows, options.columns).to_parquet(Path(folder) / "table.parquet")
        context = Path(folder) / "pipeline_context.json"
        outputs = {"feature_data_path": "table.parquet", "target_variable": "target"}
        context.write_text(json.dumps({"project": "speed", "epoch_004_outputs": outputs}), encoding="utf-8")
        context = read_context(context)
        data = take_in(context, with_checks=False).data
        with_checks = seconds(lambda: take_in(context), options.repeats)
        without = seconds(lambda: take_in(context, with_checks=False), options.repeats)
        spec = get_model("lightgbm_baseline")

        def fit():
            model = TabularModel(spec.name, "classification", data.schema, spec.baseline, n_jobs=n_threads)
            model.fit(data.X_train, data.y_train)

        one_fit = seconds(fit, options.repeats)
        profile = seconds(lambda: table_profile(data.X_train, "speed").html(), options.repeats)
    checks = with_checks - without
    print(f"{options.rows} rows x {options.columns} columns, {len(CHECKS)} checks, {n_threads} threads")
    print(f"read and split           {without:6.2f} s")
    print(f"all checks               {checks:6.2f} s   {checks / one_fit:.2f} of one LightGBM baseline fit")
    print(f"profile (may be off)     {profile:6.2f} s   {profile / one_fit:.2f} of one LightGBM baseline fit")
    print(f"LightGBM baseline fit    {one_fit:6.2f} s")


if __name__ == "__main__":
    main()
