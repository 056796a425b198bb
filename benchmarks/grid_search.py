"""Time of a grid search: ours against scikit-learn's GridSearchCV, both on the same cores.

Same table, folds, parameters and preprocessing; the scores are checked for equality in the same run.
Tracking is not part of either, nor is the start of the workers, which phase 2 begins while it reads the
table. The grid of logistic regression is whole; those of the others are cut to two values per parameter, the
first and the last, but for those whose fits are shared (`--full` takes all of it; `--values 1` the first
value, for networks).

    python benchmarks/grid_search.py
    python benchmarks/grid_search.py --rows 2000 --models xgboost_baseline
    python benchmarks/grid_search.py --context my_context.json       # a table of your own, binary
"""

import argparse
import pickle
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from model_development.data.columns.recognition import infer_schema
from model_development.data.development import DevelopmentData
from model_development.data.intake import take_in
from model_development.data.splitting.assignment import Assignment
from model_development.data.splitting.early_stopping import early_stopping_rows
from model_development.data.splitting.splits import fold_numbers
from model_development.execution.local import LocalEngine
from model_development.execution.protocol import Call
from model_development.features.preprocessors import feature_types, make_preprocessor
from model_development.fitting.combinations import try_combinations
from model_development.fitting.shared_fits import group_by_shared_fit
from model_development.models.table import get_model
from model_development.phases.session import import_call
from model_development.search.strategies import grid
from model_development.settings.context import read_context
from model_development.settings.settings import Settings
from model_development.tasks.table import make_task

MODELS = [
    "sklearn_logistic_regression",
    "sklearn_random_forest",
    "xgboost_baseline",
    "lightgbm_baseline",
    "pytorch_nn",
    "tensorflow_nn",
]
CHEAP = ("sklearn_logistic_regression",)  # whose whole grid takes seconds
TOLERANCE = {
    "pytorch_nn": 0.02,
    "tensorflow_nn": 0.02,
}  # networks trained together differ by rounding, and rounding grows
LAST_BITS = 1e-14  # scikit-learn's area under the curve and ours add up in another order


def make_data(n_rows, n_folds):
    """A binary table of `n_rows` rows and 20 numeric columns, with folds as phase 1 makes them."""
    X, y = make_classification(n_rows, 20, n_informative=10, flip_y=0.1, random_state=0)
    X, y = pd.DataFrame(X, columns=[f"x{i}" for i in range(20)]), pd.Series(y, name="y")
    task = make_task(y, "y")
    numbers = fold_numbers(y, task, Settings(cv_folds=n_folds))
    rows = np.arange(n_rows)
    folds = Assignment(rows, np.full(n_rows, "train"), numbers, {}).training_folds(growing=False)
    return DevelopmentData(task, infer_schema(X), X, y.to_numpy(), X.head(10), y.to_numpy()[:10], folds)


def small_grid(spec, full, n_values=2):
    whole = full or spec.name in CHEAP
    shared = spec.shared_parameters
    return {
        k: v if whole or k in shared else _spread(list(v), n_values) for k, v in spec.search_space.items()
    }


def _spread(values, n):
    """`n` of the values, from the first to the last; all where there are fewer."""
    return [values[i] for i in np.unique(np.linspace(0, len(values) - 1, n).round().astype(int))]


def ours(spec, combinations, rows_path, n_folds, n_jobs):
    """Scores of each combination on each fold, and seconds."""
    engine = LocalEngine(n_jobs)
    engine.prestart([import_call(spec)] * n_jobs)
    for start in engine._prestarted:
        start.join()
    started, found = time.perf_counter(), {}
    groups = group_by_shared_fit(enumerate(combinations), spec.shared_parameters, spec.canonical_params)
    calls = [
        call(spec, group, [fold], rows_path, f"{','.join(str(number) for number, _ in group)} {fold}")
        for group in groups
        for fold in range(n_folds)
    ]
    for kind, done, outcome in engine.run(calls, keep=True):
        if kind == "outcome":
            numbers, fold = done.name.split(" ")
            for number, result in zip(numbers.split(","), outcome.result, strict=True):
                found[int(number), int(fold)] = result["fold_scores"]["roc_auc"][0]
    seconds = time.perf_counter() - started
    engine.stop_idle()
    return [[found[k, fold] for fold in range(n_folds)] for k in range(len(combinations))], seconds


def call(spec, group, folds, rows_path, name):
    arguments = {
        "model_name": spec.name,
        "combinations": [spec.completed(params) for _, params in group],
        "rows_path": rows_path,
        "options": {"seed": 42, "device": "cpu"},
        "folds": folds,
    }
    return Call(name, spec.framework, try_combinations, arguments)


class Plain(ClassifierMixin, BaseEstimator):
    """The same estimator under scikit-learn's rules, for GridSearchCV to clone."""

    def __init__(self, name=None, feature_types=(), **params):
        self.name, self.feature_types, self.params = name, feature_types, params

    def get_params(self, deep=True):
        return {"name": self.name, "feature_types": self.feature_types, **self.params}

    def set_params(self, **params):
        self.name = params.pop("name", self.name)
        self.feature_types = params.pop("feature_types", self.feature_types)
        self.params.update(params)
        return self

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        spec = get_model(self.name)
        inner = [early_stopping_rows(y, "classification", 42)] if spec.stops_early else []
        self.estimator_ = spec.build(
            "classification", seed=42, n_jobs=1, feature_types=self.feature_types, **self.params
        )
        self.estimator_.fit(X, np.searchsorted(self.classes_, y), *inner)
        return self

    def predict_proba(self, X):
        return self.estimator_.predict_proba(X)


def roc_auc(pipeline, X, y):
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(y, pipeline.predict_proba(X)[:, 1])


def theirs(spec, space, data, n_jobs):
    """The same of GridSearchCV, whose workers have tried one combination before the clock starts."""
    _search({name: list(values)[:1] for name, values in space.items()}, spec, data, n_jobs)
    started = time.perf_counter()
    search = _search(space, spec, data, n_jobs)
    seconds = time.perf_counter() - started
    folds = [search.cv_results_[f"split{i}_test_score"] for i in range(len(data.folds))]
    by_params = {
        tuple(params[f"plain__{name}"] for name in space): scores
        for params, scores in zip(search.cv_results_["params"], np.array(folds).T, strict=True)
    }
    return [by_params[tuple(params.values())] for params in grid(space)], seconds


def _search(space, spec, data, n_jobs):
    steps = make_pipeline(
        make_preprocessor(spec.features, data.schema, data.task.family),
        Plain(
            spec.name, feature_types(spec.features, data.schema), **spec.completed(next(iter(grid(space))))
        ),
    )
    prefixed = {f"plain__{name}": list(values) for name, values in space.items()}
    search = GridSearchCV(steps, prefixed, scoring=roc_auc, cv=list(data.folds), n_jobs=n_jobs, refit=False)
    return search.fit(data.schema.clean(data.X_train), data.y_train)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--context", type=Path, help="binary table to take in place of the made one")
    parser.add_argument("--values", type=int, default=2, help="per parameter whose fits are not shared")
    parser.add_argument("--full", action="store_true", help="the whole grid of each model")
    options = parser.parse_args()
    if options.context:
        data = take_in(read_context(options.context, {"cv_folds": options.folds}), with_checks=False).data
    else:
        data = make_data(options.rows, options.folds)
    shape = f"{len(data.X_train)} rows x {data.X_train.shape[1]} columns"
    print(f"{shape}, {len(data.folds)} folds, {options.n_jobs} cores")
    print(f"{'model':30s} {'combinations':>12s} {'ours s':>9s} {'theirs s':>9s} {'ratio':>6s}  scores")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.pkl"
        path.write_bytes(pickle.dumps(data))
        for name in options.models.split(","):
            spec = get_model(name)
            space = small_grid(spec, options.full, options.values)
            our_scores, our_time = ours(spec, grid(space), str(path), len(data.folds), options.n_jobs)
            their_scores, their_time = theirs(spec, space, data, options.n_jobs)
            furthest = np.abs(np.subtract(our_scores, their_scores)).max()
            equal = "equal" if furthest <= LAST_BITS else f"differ by {furthest:.1e} at most"
            if furthest > TOLERANCE.get(name, LAST_BITS):
                raise SystemExit(f"{name}: scores {equal}")
            ratio = f"{their_time / our_time:6.2f}"
            print(
                f"{name:30s} {len(our_scores):12d} {our_time:9.1f} {their_time:9.1f} {ratio}  {equal}",
                flush=True,
            )


if __name__ == "__main__":
    main()
