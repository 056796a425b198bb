"""Does the ensemble's nested score promise too much? Against rows that took no part in its weights.

Of each table the models are fitted once, on a third of (a sample of) the rows. Of the other rows, --draws
times anew, a half is drawn to choose weights on, in five folds, as phase 2 does with out-of-fold predictions:
it gives the nested score, and the score of the same rows by the weights of all of them. The other half says
what those weights are worth. Optimism is the mean of what was promised less what was found: a positive
number promised too much; in standard errors: the spread of the nested score over the draws.

    python benchmarks/ensemble_optimism.py --data tables --rows 4500 --draws 100
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from ablation import fitted
from peers import METRICS as NAMES
from peers import kind_of, read_tables

from model_development.ensembles.nested import fit_ensemble, fold_scores, nested_scores
from model_development.ensembles.pool import Pool
from model_development.ensembles.table import ENSEMBLES
from model_development.ensembles.temperature import fit_slopes
from model_development.metrics.table import METRICS
from model_development.models.table import MODELS, model_names
from model_development.statistics.differences import value_of

N_FOLDS = 5


def fitted_outputs(table, target, kind, names):
    """(what each model says of the rows that are not its training rows, their encoded target)."""
    X, y = table.drop(columns=target).reset_index(drop=True), table[target].to_numpy()
    family, n_fit = ("regression" if kind == "regression" else "classification"), len(X) // 3
    fit, rest, outputs = X[:n_fit], X[n_fit:], []
    for name in names or [n for n in model_names(family) if not MODELS[n].is_dummy]:
        model = fitted(name, family, fit, y[:n_fit], MODELS[name].baseline)
        outputs.append(model.predict(rest) if kind == "regression" else model.predict_proba(rest))
        print(name, file=sys.stderr, flush=True)
    truth = y[n_fit:]
    return np.stack(outputs), truth if kind == "regression" else np.searchsorted(np.unique(y), truth)


def drawn(pool, metric, rng):
    """One draw: {way: (nested score, score by weights of the same rows, score of the other half)}."""
    order = rng.permutation(len(pool))
    folds = rng.permutation(np.arange(len(pool) // 2) % N_FOLDS)
    seen = replace(pool.take(order[: len(folds)]), folds=folds)
    unseen = pool.take(order[len(folds) :])
    slopes, found = fit_slopes(seen), {}
    for name, way in ENSEMBLES.items():
        blend = fit_ensemble(seen, metric, way.fit, slopes)
        same = fold_scores(seen, metric, blend.apply(seen.outputs))
        other = value_of(metric, unseen.truth, unseen.predictions(blend.apply(unseen.outputs)))
        nested = nested_scores(seen, metric, way.fit, slopes)
        found[name] = np.mean(nested), np.mean(same), other
    return found


def show(name, table, target, given):
    kind = kind_of(table[target])
    table = table.sample(min(given.rows, len(table)), random_state=0)
    table = table[table.groupby(target)[target].transform("size") > 10] if kind != "regression" else table
    outputs, truth = fitted_outputs(table, target, kind, given.models)
    rows = np.arange(len(truth))
    pool = Pool(
        tuple(map(str, range(len(outputs)))), outputs, truth, rows, rows, 1 if kind == "binary" else None
    )
    metric, rng = METRICS[NAMES[kind][0]], np.random.default_rng(0)
    draws = [drawn(pool, metric, rng) for _ in range(given.draws)]
    sign = 1 if metric.greater_is_better else -1
    for way in ENSEMBLES:
        nested, same, other = np.array([draw[way] for draw in draws]).T
        error = nested.std(ddof=1)
        ours, naive = (sign * (promised - other).mean() / error for promised in (nested, same))
        doubt = (nested - other).std(ddof=1) / np.sqrt(len(draws)) / error
        print(
            f"| {name} | {way} | {len(truth) // 2} | {other.mean():.4g} | {ours:+.2f} ± {doubt:.2f} "
            f"| {naive:+.2f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files, see peers.py")
    parser.add_argument("--tables", nargs="+", help="names of some of them, without .csv")
    parser.add_argument("--models", nargs="+", help="names of some (default: all)")
    parser.add_argument("--rows", type=int, default=4500, help="of each table, at most (default: 4500)")
    parser.add_argument("--draws", type=int, default=100)
    given = parser.parse_args()
    print("| table | ensemble | rows | score of others | nested is over it by | the same rows' score is |")
    print("|---|---|---|---|---|---|")
    for name, table, target in read_tables(given.data):
        if not given.tables or name in given.tables:
            show(name, table, target, given)


if __name__ == "__main__":
    main()
