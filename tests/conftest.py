"""Tiny tables, and both phases really run on them once per session. No network, no GPU."""

import json
import os
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

for name, value in {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}.items():
    os.environ.setdefault(name, value)
for name in ("MLFLOW_TRACKING_URI", "ARTIFACTS_DIR"):
    os.environ.pop(name, None)

import numpy as np  # noqa: E402  (after the thread settings)
import pandas as pd  # noqa: E402
import psutil  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
EPOCH = ROOT / "epoch005-model-development"
NOTEBOOK = EPOCH / "notebooks" / "model_training.ipynb"
ANALYSIS = EPOCH / "notebooks" / "tuning_analysis.ipynb"
SCRIPT = EPOCH / "scripts" / "tune_best_model.py"
FOREIGN = {"epoch_003": {"größe": 12345678901234567890, "nested": [1, {"x": None}]}, "zz_last": True}


def make_table(kind="binary", n_rows=240, seed=0):
    """A raw table with text, dates, missing values under two names, and awkward column names."""
    rng = np.random.default_rng(seed)
    amount = rng.gamma(2.0, 500.0, n_rows).round(2)
    city = rng.choice(["Bern", "Zürich", "Genève", "?"], n_rows, p=[0.4, 0.3, 0.25, 0.05])
    signal = amount / 1000 + (city == "Bern") + rng.normal(0, 0.3, n_rows)
    target = {
        "binary": np.where(signal > np.median(signal), "bad", "good"),
        "multiclass": pd.qcut(signal, 3, labels=["low", "mid", "top"]).astype(str),
        "regression": (signal * 100 + 500).round(3),
    }[kind]
    table = pd.DataFrame(
        {
            "amount [CHF]": amount,
            "age": rng.integers(18, 90, n_rows),
            "home town": city,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), "D"),
            "owner": rng.random(n_rows) < 0.5,
            "constant": 1,
            "outcome": target,
        }
    )
    table.loc[rng.choice(n_rows, 20, replace=False), "amount [CHF]"] = np.nan
    table["since"] = table["since"].dt.strftime("%Y-%m-%d")
    return table


def of_models(rows):
    """Parameters of tests over the table of models, as (name, ...); Keras, of seconds each, is slow here.

    In every run it is fitted, saved and loaded in tests/models, tests/storage and tests/test_contract.py.
    """
    return [pytest.param(*row, marks=pytest.mark.slow if row[0] == "tensorflow_nn" else ()) for row in rows]


def patch_fitting(monkeypatch, name, value):
    """Replace what the modules of the fitting room call by this name."""
    from model_development.fitting import cross_validate, measure, train_candidate

    for module in (cross_validate, measure, train_candidate):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, value)


def n_workers():
    """Worker processes that live below this one; what forks them is not counted."""
    living = [child for child in psutil.Process().children(recursive=True) if child.status() != "zombie"]
    return sum(
        "model_development.execution" in " ".join(c.cmdline()) for c in living if c.ppid() != os.getpid()
    )


def listed_by_mlflow(store, view_id):
    """What MLflow's page lists for a view of ours, as (state of the view, its runs)."""
    tags = store.client.get_experiment(store.experiment_id).tags
    state = json.loads(json.loads(tags[f"mlflow.sharedViewState.{view_id}"])["state"])
    order = f"{state['orderByKey']} {'ASC' if state['orderByAsc'] else 'DESC'}"
    runs = store.client.search_runs([store.experiment_id], state["searchFilter"], order_by=[order])
    known = {f"metrics.`{name}`" for name in runs[0].data.metrics}
    known |= {f"params.`{name}`" for name in runs[0].data.params}
    assert {state["orderByKey"], *state["selectedColumns"]} <= known
    return state, runs


def write_project(folder, kind="binary", table=None, settings=None, **changes):
    """Write a table and its context file; return the context's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (make_table(kind) if table is None else table).to_csv(folder / "table.csv", index=False)
    content = {
        "project": f"tiny_{kind}",
        "epoch_001": {"recommended_algorithms": ["XGBoost"]},
        **FOREIGN,
        "epoch_004_outputs": {"feature_data_path": "table.csv", "target_variable": "outcome"},
        "epoch_005_settings": {"cv_folds": 3, **(settings or {})},
        **changes,
    }
    path = folder / "pipeline_context.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(*command, cwd=None, **environment):
    """Run a program of this environment; return the finished process with its text."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | {k: str(v) for k, v in environment.items()},
        timeout=600,
    )


def run_papermill(output, *arguments, cwd=None, **environment):
    command = [sys.executable, "-m", "papermill", NOTEBOOK, output, "--no-progress-bar", *arguments]
    return run(*command, cwd=cwd, **environment)


def run_tuning(*arguments, cwd=None, **environment):
    return run(sys.executable, SCRIPT, *arguments, cwd=cwd, **environment)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Both phases, run on a binary table as users run them: papermill, then the script.

    Papermill is given a relative path, from another directory. Two minutes: what reads it stands in
    tests/test_contract.py, so that one worker makes it, and makes it once.
    """
    outside = tmp_path_factory.mktemp("finished")
    folder = outside / "project"
    context = write_project(folder, "binary")
    said = context.relative_to(outside)
    phase_1 = run_papermill(folder / "out.ipynb", "-p", "context_path", said, cwd=outside)
    assert phase_1.returncode == 0, phase_1.stderr[-3000:]
    before = json.loads(context.read_text(encoding="utf-8"))
    phase_2 = run_tuning("--context", context, "--n-trials", "4", cwd=folder)
    assert phase_2.returncode == 0, phase_2.stderr[-3000:]
    return SimpleNamespace(
        folder=folder,
        context=context,
        between=before,
        after=json.loads(context.read_text(encoding="utf-8")),
        artifacts=folder / "artifacts" / "epoch005-model-development",
        table=pd.read_csv(folder / "table.csv"),
        tuning_output=phase_2.stdout,
        tracking_uri=f"sqlite:///{folder / 'artifacts' / 'mlflow.db'}",
    )


@pytest.fixture(autouse=True)
def no_tracking_uri_left():
    """`mlflow.set_tracking_uri` writes to the environment, where the next test's context would find it."""
    yield
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture
def tiny():
    """tiny(family): numeric features and a target for one model, 120 rows, 5 columns."""

    def make(family):
        rng = np.random.default_rng(1)
        X = pd.DataFrame(rng.normal(size=(120, 5)), columns=list("abcde"))
        X["e"] = rng.choice(["x", "y", "z"], 120)
        X.loc[::10, "a"] = np.nan
        score = X["b"] + (X["e"] == "x")
        if family == "regression":
            return X, (score * 10 + 100).to_numpy()
        return X, np.where(score > score.median(), "yes", "no").astype(object)

    return make


@pytest.fixture(scope="session", autouse=True)
def tables_are_set_up_once():
    """The empty tables of an MLflow store, which take seconds to set up, are copied from the first one."""
    from model_development.phases import session
    from model_development.tracking import store

    real, kept = store.create_local_store, sqlite3.connect(":memory:", check_same_thread=False)

    def create(uri):
        from mlflow.store.db import utils

        if not isinstance(utils._initialize_tables, partial):
            patch.setattr(utils, "_initialize_tables", partial(copied_tables, utils._initialize_tables, kept))
        real(uri)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "create_local_store", create)
        patch.setattr(session, "begin_store", lambda uri: None)
        yield


def copied_tables(set_up, kept, engine):
    """Copy what is kept into a store; where nothing is, set the tables up as MLflow does and keep them."""
    connection = engine.raw_connection()
    try:
        if kept.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            set_up(engine)
            connection.driver_connection.backup(kept)
        else:
            kept.backup(connection.driver_connection)
    finally:
        connection.close()


@pytest.fixture
def without_charts():
    """Phases 1 and 2 draw nothing: half of their time, where a test is about what they find and keep."""
    from model_development.phases.training.charts import CHARTS as of_training
    from model_development.phases.tuning.charts import CHARTS as of_tuning

    with mock.patch.dict(of_training, clear=True), mock.patch.dict(of_tuning, clear=True):
        yield
