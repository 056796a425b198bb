"""Stand-alone notebooks: run without this package, they predict what the package's models predict."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.fitting.worker_steps import fit_rows_of, prepare, quiet
from model_development.models.table import MODELS
from model_development.reports.standalone.notebook import has_standalone, write_standalone
from model_development.reports.standalone.table import read_table
from model_development.settings.context import read_context

pytestmark = pytest.mark.whole

SEED = 3
FAMILY = {"binary": "classification", "multiclass": "classification", "regression": "regression"}
QUICK = {
    "sklearn_random_forest": {"n_estimators": 20},
    "xgboost_baseline": {"n_estimators": 60},
    "lightgbm_baseline": {"n_estimators": 60},
    "pytorch_nn": {"epochs": 30},
}
HELD_BACK = "model_development,skrub,skops,mlflow"
ROWS = [
    (kind, spec.name)
    for kind, family in FAMILY.items()
    for spec in MODELS.values()
    if family in spec.tasks and has_standalone(spec.name)
]


def mixed_table(kind, n_rows=420, seed=0):
    """Numbers, some with units, short and long categories, codes, dates, booleans; some of each missing."""
    rng = np.random.default_rng(seed)
    amount, age = rng.gamma(2.0, 500.0, n_rows).round(2), rng.integers(18, 90, n_rows)
    town = rng.choice(["Bern", "Zürich", "Genève"], n_rows)
    branch = np.array([f"branch {number}" for number in rng.integers(0, 90, n_rows)], dtype=object)
    signal = amount / 1000 + (town == "Bern") + 0.01 * age + rng.normal(0, 0.3, n_rows)
    table = pd.DataFrame(
        {
            "amount [CHF]": amount,
            "age": age,
            "price": [f"${value:,.2f}" for value in rng.gamma(2.0, 900.0, n_rows)],
            "home town": town,
            "branch": branch,
            "zip": [f"{value:05d}" for value in rng.choice([1234, 2345, 88001, 301], n_rows)],
            "owner": rng.choice([True, False], n_rows),
            "since": (
                pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), "D")
            ).strftime("%d.%m.%Y"),
            "constant": 1,
            "outcome": {
                "binary": np.where(signal > np.median(signal), "bad", "good"),
                "multiclass": pd.qcut(signal, 3, labels=["low", "mid", "top"]).astype(str),
                "regression": (signal * 100 + 500).round(3),
            }[kind],
        }
    )
    for name in ("amount [CHF]", "price", "home town", "branch", "since", "owner"):
        table[name] = table[name].astype(object).mask(rng.random(n_rows) < 0.05)
    return table


def written(folder, kind, table, names, settings=None):
    """Write the notebooks of models; return (folder of the notebooks, the intake)."""
    context = read_context(write_project(folder, kind, table, settings))
    intake = take_in(context, with_checks=False)
    rows_path = folder / "row_assignment.parquet"
    intake.assignment.save(rows_path)
    table = read_table(intake.data, intake.assignment, context.feature_data, rows_path)
    for name in names:
        write_standalone(table, name, params_of(name), SEED, folder / "notebooks")
    return folder / "notebooks", intake


def params_of(name):
    return {**MODELS[name].baseline, **QUICK.get(name, {})}


def run_plain(folder, names):
    """Run the notebooks in a fresh process, with one thread and without this package."""
    script = Path(__file__).with_name("plain_process.py")
    notebooks = [folder / f"{name}.ipynb" for name in names]
    done = subprocess.run(
        [sys.executable, script, HELD_BACK, *notebooks], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]


def expected(intake, name):
    data = intake.data
    model = prepare(name, params_of(name), data, {"seed": SEED, "device": "cpu", "n_jobs": 1})
    fit_rows_of(model, data, np.arange(len(data.X_train)))
    with quiet():
        return model.predict_matrix(model.to_matrix(data.X_validation))


def difference(folder, intake, name):
    """The largest difference of the notebook's predictions, of numbers in parts of the target's spread."""
    error = folder / f"{name}.error"
    assert not error.exists(), error.read_text()[-3000:]
    predictions = pd.read_parquet(folder / f"{name}.parquet")
    wanted = expected(intake, name)
    found = predictions.to_numpy() if wanted.ndim == 2 else predictions["prediction"].to_numpy()
    unit = 1.0 if intake.data.task.has_classes else np.std(intake.data.y_train.astype(float))
    assert found.shape == wanted.shape
    return np.abs(found - wanted).max() / unit


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """ran(kind): the notebooks of all models of a kind of problem, run in one process."""

    @cache
    def run(kind):
        names = [name for of, name in ROWS if of == kind]
        folder, intake = written(tmp_path_factory.mktemp(kind), kind, mixed_table(kind), names)
        run_plain(folder, names)
        return folder, intake

    return run


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_a_notebook_predicts_the_same_without_this_package(kind, name, ran):
    folder, intake = ran(kind)
    assert difference(folder, intake, name) <= 1e-6
