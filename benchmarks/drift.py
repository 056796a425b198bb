"""How often monitoring raises an alarm where nothing has changed, and how often it finds what has.

A table of 20 columns: normal, skewed, counts with ties, categories, flags. The monitors of data quality and
of drift look at each window as they do in use, against a reference of the training rows. An alarm of either
is an alarm of the window.

    python benchmarks/drift.py                  # about a minute and a half
    python benchmarks/drift.py --repeats 1000   # standard errors of half a point at most
"""

import argparse
import time
from functools import cache

import numpy as np
import pandas as pd

from model_development.data.columns.recognition import infer_schema
from model_development.metrics.table import METRICS
from model_development.monitoring.data_quality import watch_quality
from model_development.monitoring.drift import find_drift
from model_development.monitoring.monitor_input import MonitorInput, ObservedRows
from model_development.monitoring.reference import Reference
from model_development.tasks.predictions import Predictions
from model_development.tasks.table import make_task

N_TRAINING, N_TABLES = 10_000, 25  # rows, and training tables that windows take turns with
WINDOWS = (  # rows of a window, shift of a normal column in its standard deviations, what is asked of it
    (200, 0.0, "at most 2 % alarms"),
    (1_000, 0.0, "at most 2 % alarms"),
    (10_000, 0.0, "at most 2 % alarms"),
    (500, 0.3, ""),
    (1_000, 0.3, "at least 95 % found"),
    (10_000, 0.1, "at most 2 % alarms"),
)


def rows(rng, n, shift=0.0):
    """Twenty columns; the first is moved by `shift` standard deviations."""
    table = {f"normal_{k}": rng.normal(size=n) for k in range(8)}
    table["normal_0"] = table["normal_0"] + shift
    table |= {f"skewed_{k}": rng.lognormal(sigma=1.5, size=n).round(2) for k in range(3)}
    table |= {f"count_{k}": rng.poisson(0.5 + 3 * k, n) for k in range(3)}
    table |= {f"town_{k}": rng.choice(list("abcdefgh"), n, p=_shares(8)) for k in range(3)}
    table["code"] = np.char.add("code ", rng.zipf(2.0, n).clip(max=500).astype(str))
    table |= {f"flag_{k}": rng.random(n) < 0.2 + 0.2 * k for k in range(2)}
    frame = pd.DataFrame(table)
    frame.loc[rng.random(n) < 0.1, "normal_7"] = np.nan
    return frame


def _shares(n_levels):
    shares = 1 / np.arange(1, n_levels + 1)
    return shares / shares.sum()


@cache
def schema():
    return infer_schema(rows(np.random.default_rng(0), 2000), keep_identifiers=True)


@cache
def reference(n_training, number):
    """One of the training tables, binned."""
    return Reference.from_rows(rows(np.random.default_rng([n_training, number]), n_training), schema())


def look(rng, known, n_rows, shift):
    """(was there an alarm at all, was the moved column called drifted?) of one window."""
    nothing = Predictions(np.zeros(n_rows, dtype=int), np.full((n_rows, 2), 0.5), 1)
    window = ObservedRows(nothing, nothing.labels, rows(rng, n_rows, shift))
    task = make_task(pd.Series([0, 1]), "y")
    given = MonitorInput(task, METRICS["log_loss"], schema(), known, window)
    found, quality = find_drift(given), watch_quality(given)
    drifted = {one.known.name for one, has in zip(found.compared, found.has_drifted, strict=True) if has}
    return bool(drifted or quality.alarms), "normal_0" in drifted


def simulate(n_repeats, n_training=N_TRAINING, windows=WINDOWS, seed=0):
    """A table with the share of windows with an alarm, and of those in which the moved column was found."""
    rng, found = np.random.default_rng(seed), []
    for n_rows, shift, asked in windows:
        began = time.perf_counter()
        known = [reference(n_training, k % N_TABLES) for k in range(n_repeats)]
        looks = np.array([look(rng, one, n_rows, shift) for one in known])
        seconds = (time.perf_counter() - began) / n_repeats
        found.append((n_rows, shift, *looks.mean(axis=0), asked, seconds))
    names = ["rows", "shift (sd)", "windows with an alarm", "moved column found", "asked", "seconds each"]
    return pd.DataFrame(found, columns=names)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--training-rows", type=int, default=N_TRAINING)
    options = parser.parse_args()
    print(simulate(options.repeats, options.training_rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
