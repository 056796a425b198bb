"""Every kind of column x every model x both families: saved here, loaded where only its packages are."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement

import model_development
from model_development.data.columns.recognition import infer_schema
from model_development.data.columns.schema import USED_KINDS
from model_development.errors import ArtifactsError
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_file import read_model_file
from model_development.storage.model_folder import load_folder, save_model

pytestmark = pytest.mark.whole

N_ROWS = 600
NEVER_NEEDED = {"mlflow", "optuna", "filelock"}  # whatever a framework says that it requires
SHORT = {"n_estimators": 10, "epochs": 2}
WORDS = ["red", "green", "blue", "small", "large", "old", "new", "slow", "round", "flat", "warm", "cold"]
CHILD = Path(__file__).with_name("fresh_process.py")
BY_FRAMEWORK = {
    framework: [(s.name, family) for s in MODELS.values() if s.framework == framework for family in s.tasks]
    for framework in dict.fromkeys(spec.framework for spec in MODELS.values())
}


def drawn_levels(rng, n_levels):
    """Each level at least twice, so that the column does not name its rows."""
    return np.array([f"level {k}" for k in rng.permutation(np.arange(N_ROWS) % n_levels)], dtype=object)


COLUMNS = {  # name: (kind, draw N_ROWS values)
    "number": ("number", lambda rng: rng.normal(size=N_ROWS)),
    "boolean": ("category", lambda rng: rng.random(N_ROWS) < 0.5),
    "boolean_always_there": ("number", lambda rng: rng.random(N_ROWS) < 0.5),
    "date": ("date", lambda rng: np.datetime64("2020-01-01") + rng.integers(0, 900, N_ROWS)),
    "short_category": ("category", lambda rng: drawn_levels(rng, 4)),
    "long_category": ("category", lambda rng: drawn_levels(rng, 90)),
    "very_long_category": ("category", lambda rng: drawn_levels(rng, 290)),
    "text": ("text", lambda rng: [" ".join(rng.choice(WORDS, 6)) for _ in range(N_ROWS)]),
}
TABLES = {**{name: [name] for name in COLUMNS}, "all_together": list(COLUMNS)}


def make_table(names, folder, seed=0):
    """A table as it is read from a CSV file, with missing values in every column but one."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({name: pd.Series(COLUMNS[name][1](rng)).astype(object) for name in names})
    for name in (name for name in names if name != "boolean_always_there"):
        table.loc[rng.choice(N_ROWS, N_ROWS // 10, replace=False), name] = None
    table.to_csv(folder / "table.csv", index=False)
    return pd.read_csv(folder / "table.csv")


def fit_briefly(name, family, table):
    rng = np.random.default_rng(1)
    target = rng.gamma(2.0, size=N_ROWS) if family == "regression" else rng.choice(["no", "yes"], N_ROWS)
    params = {**MODELS[name].baseline, **{k: v for k, v in SHORT.items() if k in MODELS[name].baseline}}
    predictor = TabularModel(name, family, infer_schema(table), params, seed=0).prepare()
    if hasattr(predictor.estimator_, "n_epochs") and "epochs" not in params:
        predictor.estimator_.n_epochs = SHORT["epochs"]
    return predictor.fit(table, target.astype(float if family == "regression" else object))


def write_case(name, family, columns, folder):
    """Save a model, the table and its predictions; return the packages that the model names."""
    folder.mkdir()
    table = make_table(columns, folder)
    predictor = fit_briefly(name, family, table)
    save_model(predictor, folder / "model")
    predict = predictor.predict if family == "regression" else predictor.predict_proba
    np.save(folder / "expected.npy", predict(table))
    return read_model_file(folder / "model")["packages"]


def with_requirements(distributions):
    """The distributions, and all that they need to be installed."""
    found, left = set(), list(distributions)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name not in found:
            found.add(name)
            try:
                needed = [Requirement(text) for text in requires(name) or ()]
            except PackageNotFoundError:
                continue
            left += [r.name for r in needed if not r.marker or r.marker.evaluate({"extra": ""})]
    return found


def all_but(distributions):
    """Names by which every other installed distribution is imported."""
    ours = with_requirements(distributions)
    providers = {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in names}
        for module, names in packages_distributions().items()
    }
    others = {module for module, names in providers.items() if not names & ours}
    return sorted((others | NEVER_NEEDED) - {"model_development"})


def problems_elsewhere(folders, packages, tmp_path, hidden=(), beside=None):
    """What goes wrong when the models of these folders are loaded where only `packages` are.

    hidden : distributions that can be imported, while nothing says that they are installed. beside : a folder
    with other distributions.
    """
    job = tmp_path / "job.json"
    content = {"blocked": all_but(packages), "hidden": list(hidden), "cases": [str(f) for f in folders]}
    job.write_text(json.dumps(content))
    places = [Path(model_development.__file__).parents[1], *([beside] if beside else [])]
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", CHILD, job],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join(map(str, places)), "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {Path(folder).name: text for folder, text in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize(
    "tables", [["all_together"], pytest.param(list(COLUMNS), marks=pytest.mark.slow)], ids=["all", "each"]
)
@pytest.mark.parametrize("framework", BY_FRAMEWORK)
def test_every_model_loads_where_only_its_own_packages_are(framework, tables, tmp_path):
    packages, folders = set(), []
    for name, family in BY_FRAMEWORK[framework]:
        for table in tables:
            folders.append(tmp_path / f"{name}-{family}-{table}")
            packages |= set(write_case(name, family, TABLES[table], folders[-1]))
    assert problems_elsewhere(folders, packages, tmp_path) == {}


def test_another_build_of_the_framework_will_do(tmp_path):
    """xgboost can be imported, but its distribution has another name, and a local version."""
    here = version("xgboost")
    info = tmp_path / "installed" / f"xgboost_cpu-{here}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: xgboost-cpu\nVersion: {here}+cpu\n")
    folder = tmp_path / "case"
    packages = write_case("xgboost_baseline", "regression", ["number"], folder)
    found = problems_elsewhere([folder], packages, tmp_path, hidden=["xgboost"], beside=info.parent)
    assert found == {}


def test_a_framework_that_is_not_installed_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    def without_xgboost(name):
        if name.startswith("xgboost"):
            raise PackageNotFoundError(name)
        return version(name)

    folder = tmp_path / "case"
    write_case("xgboost_baseline", "regression", ["number"], folder)
    monkeypatch.setattr("model_development.packages.version", without_xgboost)
    with pytest.raises(ArtifactsError, match=f"pip install xgboost=={version('xgboost')}"):
        load_folder(folder / "model")


def test_the_tables_hold_every_kind_of_column(tmp_path):
    assert {kind for kind, _ in COLUMNS.values()} == set(USED_KINDS)
    table = make_table(list(COLUMNS), tmp_path)
    assert list(table.columns[~table.isna().any()]) == ["boolean_always_there"]
    found = {column.name: column.kind for column in infer_schema(table).columns}
    assert found == {name: kind for name, (kind, _) in COLUMNS.items()}
