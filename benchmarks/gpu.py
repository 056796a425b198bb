"""Seconds of a fit on the card against the same fit on all cores, and what both score.

LightGBM is left out: it is always fitted on the CPU. With OpenCL, which its package on PyPI has for a card,
it took over a minute to begin, and 8.2 s against 6.5 s of 16 cores for 180,000 rows on an H200.

Takes a table that is made here (numbers, categories, two classes), fits each model that can use the card
once to warm up and once to be timed, and prints seconds, their ratio, and the log loss of rows left out.

    python benchmarks/gpu.py --rows 200000
    python benchmarks/gpu.py --frameworks catboost pytorch
"""

import argparse
import time

import numpy as np
import pandas as pd

from model_development import model_utils as mu
from model_development.data.columns.recognition import infer_schema
from model_development.execution.hardware import available_cores
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel

MODEL_OF = {"xgboost": "xgboost_baseline", "catboost": "catboost_baseline"}
MODEL_OF |= {"pytorch": "pytorch_nn", "tensorflow": "tensorflow_nn"}


def made_table(n_rows):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n_rows, 22)), columns=[f"n{k}" for k in range(22)])
    for k, n_levels in enumerate([3, 8, 20, 60, 5, 12]):
        table[f"c{k}"] = rng.integers(n_levels, size=n_rows).astype(str)
    signal = table["n0"] * table["n1"] + np.sin(2 * table["n2"]) + (table["c2"] == "3") + table["n3"].abs()
    return table, np.where(signal + rng.normal(size=n_rows) > signal.median(), "yes", "no")


def measured(name, device, table, labels):
    """(seconds of a fit, log loss of the last tenth of the rows)."""
    n_fit = len(labels) * 9 // 10
    options = {"seed": 0, "device": device, "n_jobs": available_cores()}
    for n_rows in (2_000, n_fit):  # the first time pays for imports and for the card
        model = TabularModel(name, "classification", infer_schema(table), MODELS[name].baseline, **options)
        watched = np.arange(n_rows // 10)
        started = time.perf_counter()
        model.fit(table.head(n_rows), labels[:n_rows], early_stopping_rows=watched)
        seconds = time.perf_counter() - started
    assert MODELS[name].library.ran_on_gpu(model.estimator_) == (device == "cuda")
    chances = model.predict_proba(table[n_fit:])
    return seconds, -np.log(np.where(labels[n_fit:] == "yes", chances[:, 1], chances[:, 0])).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--frameworks", nargs="+", choices=MODEL_OF, default=list(MODEL_OF))
    options = parser.parse_args()
    table, labels = made_table(options.rows)
    found = mu.detect_gpu()
    print(found, f"; {available_cores()} cores", flush=True)
    print(f"{'model':20s} {'card, s':>9s} {'cores, s':>9s} {'ratio':>7s} {'log loss on both':>20s}")
    for framework in options.frameworks:
        name = MODEL_OF[framework]
        if not found["frameworks"][framework]:
            print(f"{name:20s} does not run on the card here")
            continue
        (card_s, card), (cores_s, cores) = (measured(name, d, table, labels) for d in ("cuda", "cpu"))
        ratio = cores_s / card_s
        print(f"{name:20s} {card_s:9.2f} {cores_s:9.2f} {ratio:7.2f} {card:10.4f} {cores:9.4f}", flush=True)


if __name__ == "__main__":
    main()
