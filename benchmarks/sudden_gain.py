"""How often the check `sudden_gain` warns of tables without a leak, what it finds of planted ones, its time.

Tables without a leak: pure noise, and targets that columns explain in part, weakly to strongly. Planted leaks
say less alone than `single_feature` warns of, and nearly all together with another column.

    python benchmarks/sudden_gain.py
    python benchmarks/sudden_gain.py --tables 200
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_development.data.checks import gain
from model_development.data.intake import _check_input, _development_data
from model_development.data.rows import take_rows
from model_development.settings.context import read_context

STRENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0)  # of the signal, in standard deviations of the noise


def table(rng, n_rows, n_columns, strength, kind, leak=""):
    """Numbers, categories and counts; the target is a sum of some, two of them multiplied, and noise."""
    X = rng.normal(size=(n_rows, n_columns))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(n_columns)])
    frame["town"] = rng.choice(["a", "b", "c", "d"], n_rows)
    frame["n"] = rng.poisson(4, n_rows)
    signal = X[:, 0] + 0.7 * X[:, 1] - 0.5 * X[:, 2] * X[:, 3] + (frame["town"] == "a")
    score = strength * (signal - signal.mean()) / signal.std() + rng.normal(size=n_rows)
    y = score if kind == "regression" else np.where(score > np.quantile(score, 0.7), 1, 0)
    spread = np.std(y)
    if leak == "beside another column":
        frame["leak"] = 2 * y / spread + 2 * X[:, 4] + rng.normal(size=n_rows) * 0.2
    elif leak == "on a condition":
        frame["leak"] = np.where(X[:, 5] > 0, y, -y) + rng.normal(size=n_rows) * 0.03 * spread
    return frame.assign(target=np.where(y == 1, "yes", "no") if kind != "regression" else y)


def findings(frame, folder):
    """(findings of the check alone, its seconds), of a table that is read and split as for training."""
    frame.to_parquet(Path(folder) / "t.parquet")
    outputs = {"feature_data_path": "t.parquet", "target_variable": "target"}
    (Path(folder) / "c.json").write_text(
        json.dumps({"project": "x", "epoch_004_outputs": outputs}), encoding="utf-8"
    )
    context = read_context(Path(folder) / "c.json")
    rows = take_rows(context)
    data = _check_input(rows, _development_data(rows, context.settings), None, context.settings)
    data.levels, data.days_between, data.rows_apart  # noqa: B018 (other checks have made them)
    began = time.perf_counter()
    return list(gain.sudden_gain(data)), time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=40, help="of each kind")
    parser.add_argument("--rows", type=int, default=4000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("binary", "regression"):
            for strength in STRENGTHS:
                n = sum(
                    bool(findings(table(rng, options.rows, 12, strength, kind), folder)[0])
                    for _ in range(options.tables)
                )
                print(f"{kind:10s} signal {strength:3.1f} without a leak: warned of {n} of {options.tables}")
            for leak in ("beside another column", "on a condition"):
                found = [
                    {
                        name
                        for f in findings(table(rng, options.rows, 12, 1.0, kind, leak), folder)[0]
                        for name in f.columns
                    }
                    for _ in range(options.tables)
                ]
                n = sum("leak" in names for names in found)
                print(f"{kind:10s} a leak {leak}: found in {n} of {options.tables}")
        for leak in ("", "beside another column"):
            seconds = findings(table(rng, 40_000, 12, 1.0, "binary", leak), folder)[1]
            print(f"40,000 rows x 15 columns, {'a' if leak else 'no'} leak: {seconds:.2f} s")


if __name__ == "__main__":
    main()
