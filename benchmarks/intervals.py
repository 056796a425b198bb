"""Whether intervals hold what they promise, on tables drawn again and again.

Prediction intervals of level 0.9, made of out-of-fold residuals and tried on new rows of the same kind:
coverage over all and in the worst tenth of the prediction, means over tables. Bootstrap intervals of level
0.95 of the test rows' metrics: how often they hold the value that 200,000 rows have. The same of one later
period, whose errors depend on each other: rows drawn one by one, and in stretches of time.

    python benchmarks/intervals.py
    python benchmarks/intervals.py --tables 50 --part metrics
"""

import argparse
import time

import numpy as np
from scipy.signal import lfilter

from model_development.metrics.table import METRICS
from model_development.outputs.intervals import fit_intervals
from model_development.statistics.resampling import bootstrap_intervals
from model_development.statistics.stretches import stretches_of_time
from model_development.tasks.predictions import Predictions
from model_development.tasks.regression import Regression

N_NEW = 20_000
N_TRUTH = 200_000
METRICS_TRIED = {
    "binary": ("accuracy", "f1_score", "roc_auc", "log_loss", "pr_auc", "brier_score"),
    "regression": ("rmse", "mae", "r2_score", "median_absolute_error"),
}


def even(rng, n):
    said = rng.normal(size=n)
    return said + rng.normal(size=n), said


def heteroscedastic(rng, n):
    said = rng.uniform(0, 10, n)
    return said + (0.1 + 0.3 * said) * rng.normal(size=n), said


def skewed(rng, n):
    said = rng.gamma(2.0, 2.0, n)
    return said * rng.lognormal(-0.18, 0.6, n), said


def heavy_tailed(rng, n):
    said = rng.normal(size=n)
    return said + 0.5 * (1 + said**2) ** 0.5 * rng.standard_t(2.5, n), said


def two_values(rng, n):
    said = rng.choice([1.0, 5.0], n)
    return said + said * rng.normal(size=n), said


SHAPES = (even, heteroscedastic, skewed, heavy_tailed, two_values)


def prediction_coverage(shape, n_rows, n_tables, level=0.9, seed=0):
    """Return (coverage over all, in the worst tenth of the prediction, share of asymmetric), by table."""
    found = []
    for table in range(n_tables):
        rng = np.random.default_rng([seed, table])
        made = fit_intervals(*shape(rng, n_rows), seed=table)
        truth, said = shape(rng, N_NEW)
        low, high = made.interval(said, level)
        hits = (low <= truth) & (truth <= high)
        tenths = np.array_split(np.argsort(said, kind="stable"), 10)
        found.append((hits.mean(), min(hits[rows].mean() for rows in tenths), not made.symmetric))
    return np.array(found, dtype=float).T


def scored(kind, rng, n):
    """Truth and Predictions of a model that is right in part."""
    if kind == "regression":
        truth, said = heteroscedastic(rng, n)
        return truth, Predictions(said)
    signal = rng.normal(size=n)
    truth = (rng.random(n) < 1 / (1 + np.exp(1.5 - 1.5 * signal))).astype(int)
    share = 1 / (1 + np.exp(1.2 - 1.8 * signal))
    return truth, Predictions((share > 0.5).astype(int), np.column_stack([1 - share, share]), 1)


def metric_coverage(kind, n_rows, n_tables, seed=0):
    """Return {metric: share of tables whose interval holds what very many rows have}."""
    family = {"binary": "classification"}.get(kind, kind)
    truth, said = scored(kind, np.random.default_rng([seed, 10**6]), N_TRUTH)
    once = np.ones((1, N_TRUTH))
    true = {name: METRICS[name].resampled(truth, said, once)[0] for name in METRICS_TRIED[kind]}
    held = dict.fromkeys(METRICS_TRIED[kind], 0)
    for table in range(n_tables):
        truth, said = scored(kind, np.random.default_rng([seed, table]), n_rows)
        for name in held:
            found = bootstrap_intervals([(truth, said, None)], family, table, only=METRICS[name])
            low, high = found[name] or (np.nan, np.nan)
            held[name] += low <= true[name] <= high
    return {name: count / n_tables for name, count in held.items()}


def predictions(n_tables):
    print("Prediction intervals, 0.9 asked: coverage (5 % to 95 % of tables), worst tenth, asymmetric")
    for shape in SHAPES:
        for n_rows in (100, 300, 1000, 10_000):
            overall, worst, asymmetric = prediction_coverage(shape, n_rows, n_tables)
            low, high = np.quantile(overall, [0.05, 0.95])
            print(
                f"{shape.__name__:16} {n_rows:6} rows  {overall.mean():.3f} ({low:.3f} to {high:.3f})  "
                f"worst tenth {worst.mean():.3f}  asymmetric {asymmetric.mean():.2f}"
            )


def metrics(n_tables):
    print("Bootstrap intervals of metrics, 0.95 asked")
    for kind in METRICS_TRIED:
        for n_rows in (50, 200, 1000):
            held = metric_coverage(kind, n_rows, n_tables)
            print(f"{kind:10} {n_rows:5} rows  " + "  ".join(f"{k} {v:.2f}" for k, v in held.items()))


def series(rng, n, likeness):
    """Truth and prediction of rows in time: what is foreseen and what is not are autoregressive alike."""
    foreseen, error = (lfilter([1], [1, -likeness], rng.normal(size=n + 500))[500:] for _ in range(2))
    spread = (1 - likeness**2) ** 0.5
    return spread * (foreseen + error), spread * foreseen


def time_coverage(likeness, n_rows, n_tables, seed=0):
    """Return {how rows are drawn: share of tables whose 95 % interval holds the true mean absolute error}."""
    mae, held = METRICS["mae"], {"rows": 0, "stretches": 0}
    true = (2 / np.pi) ** 0.5  # of errors with a spread of one
    for table in range(n_tables):
        truth, said = series(np.random.default_rng([seed, table]), n_rows, likeness)
        groups = stretches_of_time(np.arange(n_rows), Regression("y").strata(truth))
        for name, drawn in (("rows", None), ("stretches", groups)):
            found = bootstrap_intervals([(truth, Predictions(said), drawn)], "regression", table, only=mae)
            low, high = found["mae"] or (np.nan, np.nan)
            held[name] += low <= true <= high
    return {name: count / n_tables for name, count in held.items()}


def times(n_tables):
    print("Bootstrap intervals of the mean absolute error of one later period, 0.95 asked")
    for likeness in (0.0, 0.5, 0.9, 0.97):
        for n_rows in (200, 1000, 5000):
            held = time_coverage(likeness, n_rows, n_tables)
            print(
                f"neighbours alike {likeness:.2f} {n_rows:5} rows  drawn one by one {held['rows']:.2f}  "
                f"in stretches {held['stretches']:.2f}"
            )


PARTS = {"predictions": predictions, "metrics": metrics, "times": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=100, help="tables of each kind and size")
    parser.add_argument("--part", choices=PARTS, help="only one of them; default: all")
    asked = parser.parse_args()
    began = time.process_time()
    for name, part in PARTS.items():
        if asked.part in (None, name):
            part(asked.tables)
    print(f"{time.process_time() - began:.0f} CPU seconds")


if __name__ == "__main__":
    main()
