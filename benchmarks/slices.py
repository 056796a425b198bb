"""How often slices are claimed on tables that have none, and how often planted ones are found.

The loss of each row is drawn; columns and their pairs say nothing of it but in the planted slice, where the
losses are larger by a factor. Each table goes the whole way: found on out-of-fold rows, tested on test rows.
A table with any claim is an error where nothing is planted: 5 % of them, or fewer, may have one.

    python benchmarks/slices.py                   # some minutes
    python benchmarks/slices.py --repeats 1000    # standard errors of 0.7 points
"""

import argparse
from functools import cache

import numpy as np
import pandas as pd

from model_development.data.columns.recognition import infer_schema
from model_development.evaluation.evaluation_input import EvaluationInput, ScoredRows
from model_development.evaluation.failures.slices import search_and_test
from model_development.metrics.table import METRICS
from model_development.settings.settings import make_settings
from model_development.tasks.predictions import Predictions
from model_development.tasks.table import make_task

PLANTED = ("town = a", "flag = True")


def features(rng, n_units):
    """Six columns of kinds that tables have."""
    table = pd.DataFrame(
        {
            "x": rng.normal(size=n_units),
            "skewed": rng.lognormal(sigma=2, size=n_units),
            "count": rng.poisson(0.5, n_units),
            "town": rng.choice(list("abcde"), n_units),
            "rare": rng.choice(["p", "q", "r"], n_units, p=[0.9, 0.07, 0.03]),
            "flag": rng.random(n_units) < 0.5,
        }
    )
    table.loc[rng.random(n_units) < 0.1, "x"] = np.nan
    return table


@cache
def schema():
    return infer_schema(features(np.random.default_rng(0), 2000))


def losses_of(rng, n, tail):
    if tail == "lognormal":
        return rng.lognormal(sigma=1.5, size=n)
    if tail == "rare errors":
        return (rng.random(n) < 0.05).astype(float)
    return np.abs(rng.standard_t(2, n))


def scored(rng, n_rows, tail, factor, per_group):
    """Rows whose squared error is the drawn loss; some columns belong to groups, some to single rows."""
    if per_group:
        sizes = rng.geometric(1 / per_group, n_rows)
        groups = np.repeat(np.arange(n_rows), sizes)[:n_rows]
        X = features(rng, n_rows).iloc[groups].reset_index(drop=True)
        X[["x", "flag"]] = features(rng, n_rows)[["x", "flag"]]
        losses = losses_of(rng, n_rows, tail) * rng.lognormal(sigma=1, size=n_rows)[groups]
    else:
        groups, X, losses = None, features(rng, n_rows), losses_of(rng, n_rows, tail)
    losses = np.where((X["town"] == "a") & X["flag"], factor * losses, losses)
    said = Predictions(np.zeros(n_rows))
    return ScoredRows(np.arange(n_rows), X, np.sqrt(losses), said, X.iloc[:, :0], groups)


def claims(rng, n_known, n_test, tail, factor=1.0, per_group=0):
    """Labels of the slices that are claimed to be worse, of one table."""
    known, test = (scored(rng, n, tail, factor, per_group) for n in (n_known, n_test))
    given = EvaluationInput(
        task=make_task(pd.Series(known.truth), "y", "regression"),
        metric=METRICS["mse"],
        settings=make_settings({}, "settings"),
        schema=schema(),
        model=None,  # the losses are known, so that no model is asked
        out_of_fold=known,
        test=test,
        seed=int(rng.integers(2**31)),
    )
    found = search_and_test(given).table
    return found["slice"][found["is_worse"]].tolist() if len(found) else []


def is_planted(label):
    return all(part in label for part in PLANTED)


def simulations():
    """(what, arguments of `claims`, rate that is due or None)."""
    for tail in ("lognormal", "rare errors", "student"):
        for n_test in (100, 400, 2000):
            text = f"nothing planted: {tail}, {n_test} test rows"
            yield text, {"n_known": 8 * n_test, "n_test": n_test, "tail": tail}, 0.05
    for per_group in (3, 10):
        for n_test in (400, 2000):
            text = f"nothing planted: groups of {per_group}, {n_test} test rows"
            arguments = {"n_known": 4 * n_test, "n_test": n_test, "tail": "lognormal", "per_group": per_group}
            yield text, arguments, 0.05
    for factor in (2.0, 4.0):
        for tail in ("lognormal", "rare errors"):
            for n_test in (400, 2000):
                text = f"planted, loss x {factor:g}: {tail}, {n_test} test rows"
                yield text, {"n_known": 8 * n_test, "n_test": n_test, "tail": tail, "factor": factor}, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=200, help="tables of each simulation (default: 200)")
    parser.add_argument("--only", default="", help="part of the names of the simulations to run")
    options = parser.parse_args()
    print(f"{'simulation':56s} due   any claim  the planted slice  standard error")
    for number, (what, arguments, due) in enumerate(simulations()):
        if options.only not in what:
            continue
        rng = np.random.default_rng(number)
        labels = [claims(rng, **arguments) for _ in range(options.repeats)]
        rate = np.mean([bool(found) for found in labels])
        planted = np.mean([any(map(is_planted, found)) for found in labels])
        error = np.sqrt(max(rate * (1 - rate), 0.0475) / options.repeats)
        print(
            f"{what:56s} {'' if due is None else f'{due:.0%}':5s} {rate:8.1%} {planted:17.1%} {error:14.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
