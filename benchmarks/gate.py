"""How often the gate lets models pass that are worse, and models that are equal.

Two models are drawn whose truth is known, with a chance of being right that is the champion's less `worse`
points (accuracy), or with errors that are larger (mean absolute error); both see the same rows, and what is
hard for one is hard for the other. "At the margin" is a model worse by exactly the margin: it may pass in 5
% of the draws. "Naive" passes whatever is not lower than the champion. Beside the share of equal models
that pass stand the rows that the gate says are needed for 80 %, and the share that passes with so many.

    python benchmarks/gate.py                  # standard errors of half a point
"""

import argparse
import math
import time

import numpy as np
import pandas as pd

from model_development.evaluation.evaluation_input import ScoredRows
from model_development.metrics.table import METRICS
from model_development.promotion.judged_metric import ONE_SIDED, improvement
from model_development.promotion.rows_needed import rows_needed
from model_development.tasks.predictions import Predictions

SIZES = (500, 2000)
RIGHT, MARGIN = 0.85, 0.02  # share of right labels of the champion, and the margin
SHARED = 0.8  # correlation of what is hard for the two
MAE_MARGIN = 0.05  # of errors with a mean of about 0.8
MOST_ROWS = 60_000  # with which the rows needed are tried


def pair(rng, n):
    """Two standard normal numbers a row, correlated."""
    common = rng.normal(size=n) * math.sqrt(SHARED)
    return [common + rng.normal(size=n) * math.sqrt(1 - SHARED) for _ in range(2)]


def labels(rng, n, worse):
    """(ScoredRows of the new model, Predictions of the champion)."""
    from scipy.stats import norm

    truth = rng.integers(0, 2, n)
    shares = (RIGHT - worse, RIGHT)
    says = [np.where(z < norm.ppf(p), truth, 1 - truth) for z, p in zip(pair(rng, n), shares, strict=True)]
    new, old = (Predictions(said, np.eye(2)[said], 1) for said in says)
    return scored(truth, new), old


def numbers(rng, n, worse):
    truth = rng.normal(size=n)
    scale = 1 + worse / math.sqrt(2 / math.pi)
    new, old = pair(rng, n)
    return scored(truth, Predictions(truth + scale * new)), Predictions(truth + old)


def scored(truth, said):
    nothing = pd.DataFrame(index=range(len(truth)))
    return ScoredRows(np.arange(len(truth)), nothing, truth, said, nothing)


def passes(draw, metric, margin, worse, n, repeats, seed):
    """(share that passes, share that passes naively, median rows needed)."""
    rng, passed, naive, needed = np.random.default_rng(seed), 0, 0, []
    for _ in range(repeats):
        rows, old = draw(rng, n, worse)
        found = improvement(metric, rows, rows.said, old)
        passed += found.low is not None and found.low > -margin
        naive += found.value >= 0
        needed.append(rows_needed(n, found.error, margin, ONE_SIDED) or math.nan)
    return passed / repeats, naive / repeats, float(np.nanmedian(needed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=1000, help="draws (default: 1000)")
    repeats, began = parser.parse_args().repeats, time.perf_counter()
    cases = (
        ("accuracy", labels, MARGIN, SIZES, repeats),
        ("mae", numbers, MAE_MARGIN, SIZES, repeats),
        ("f1_score", labels, MARGIN, SIZES[:1], repeats // 4),  # by the bootstrap, which takes its time
    )
    print(f"Shares that pass, of {repeats} draws (F1: {repeats // 4})")
    print("metric      rows  margin  at the margin (naive)  equal  rows needed  equal with so many")
    for name, draw, margin, sizes, repeats in cases:
        metric = METRICS[name]
        for n in sizes:
            worse, naive, _ = passes(draw, metric, margin, margin, n, repeats, seed=n)
            equal, _, needed = passes(draw, metric, margin, 0.0, n, repeats, seed=n + 1)
            n_needed = min(MOST_ROWS, int(needed))
            then = passes(draw, metric, margin, 0.0, n_needed, repeats // 4, seed=n + 2)[0]
            print(
                f"{name:<10}{n:>6}{margin:>8}{worse:>15.1%} "
                f"({naive:.0%}){equal:>11.0%}{n_needed:>13,}{then:>20.0%}"
            )
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
