"""Saved files outlive the layout of the package: they know our code by the names of one module."""

import pickle
import re
import zipfile

import mlflow
import pandas as pd
import pytest
from mlflow.models import Model

from model_development import saved
from model_development.data.columns.recognition import infer_schema
from model_development.features.piecewise import PiecewiseLinearEncoder
from model_development.features.steps.table import STEPS
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import save_model
from model_development.tracking import flavor as mlflow_flavor


def names_of_ours(folder):
    """Every dotted name in the files of a folder, and within its archives, that begins with this package."""
    contents = []
    for file in (file for file in folder.rglob("*") if file.is_file()):
        contents.append(file.read_bytes())
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
    text = b"\n".join(contents).decode(errors="replace")
    with_class = re.sub(r'"__class__": "(\w+)",\s*"__module__": "(model_development[\w.]*)"', r"\2.\1", text)
    return set(re.findall(r"model_development(?:\.\w+)+", with_class))


def fitted(name, tiny):
    family = MODELS[name].tasks[0]
    X, y = tiny(family)
    short = {key: 3 for key in ("n_estimators", "epochs") if key in MODELS[name].baseline}
    return TabularModel(name, family, infer_schema(X), {**MODELS[name].baseline, **short}).fit(X, y)


@pytest.mark.whole
@pytest.mark.parametrize("name", MODELS)
def test_files_of_a_model_name_no_module_that_may_move(name, tiny, tmp_path):
    allowed = {saved.saved_name(name) for name in saved._HOME}
    assert names_of_ours(save_model(fitted(name, tiny), tmp_path / "model")) <= allowed


@pytest.mark.whole
def test_the_forest_and_the_bins_of_networks_are_known_by_stable_names(tiny, tmp_path):
    forest = save_model(fitted("sklearn_random_forest", tiny), tmp_path / "forest")
    network = save_model(fitted("pytorch_nn", tiny), tmp_path / "network")
    saved = "model_development.saved"
    assert names_of_ours(forest) == {f"{saved}.ForestClassifier", f"{saved}.UnitFree"}
    assert names_of_ours(network) == {"model_development.saved.PiecewiseLinearEncoder"}


@pytest.mark.whole
def test_steps_are_known_by_stable_names(tiny, tmp_path):
    X, y = tiny("classification")
    X["f"], X["when"] = X["e"].iloc[::-1].to_numpy(), pd.date_range("2024-01-01", periods=len(X)).astype(str)
    X["until"] = X["when"].iloc[::-1].to_numpy()
    names = [name for name, row in STEPS.items() if row.needs(infer_schema(X), "when") is None]
    model = TabularModel("sklearn_logistic_regression", steps=names, time_column="when", seed=0).fit(X, y)
    found = names_of_ours(save_model(model, tmp_path / "model"))
    assert len(names) == len(STEPS) - 1  # there is no text
    assert found <= {saved.saved_name(name) for name in saved._HOME}
    assert {saved.saved_name(type(STEPS[name].build()).__name__) for name in names} <= found


@pytest.mark.whole
def test_mlflow_finds_its_loader_by_a_stable_name(tiny, tmp_path):
    folder = save_model(fitted("sklearn_logistic_regression", tiny), tmp_path / "model")
    logged = tmp_path / "logged"
    mlflow_flavor.save_model(logged, Model(), data_path=str(folder), pip_requirements=["numpy"])
    text = (logged / "MLmodel").read_text(encoding="utf-8")
    assert set(re.findall(r"model_development[\w.]*", text)) == {"model_development.saved"}
    X, _ = tiny("classification")
    assert len(mlflow.pyfunc.load_model(logged).predict(X)) == len(X)


@pytest.mark.parametrize("name", saved._HOME)
def test_every_saved_name_leads_to_its_code(name):
    found = getattr(saved, name)
    assert callable(found)
    if isinstance(found, type):
        assert (found.__module__, found.__qualname__) == (saved.__name__, name)


def test_an_unknown_saved_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_class"):
        saved.no_such_class  # noqa: B018


def test_a_class_with_a_stable_name_travels_between_processes():
    copy = pickle.loads(pickle.dumps(PiecewiseLinearEncoder(n_bins=7)))
    assert type(copy) is PiecewiseLinearEncoder
    assert copy.n_bins == 7
