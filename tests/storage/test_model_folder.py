import json

import pytest
from sklearn.base import BaseEstimator

from model_development import packages
from model_development.data.columns.recognition import infer_schema
from model_development.errors import ArtifactsError, TemplateError
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import package_versions, save_model
from model_development.tracking.loading import load_model


@pytest.fixture
def folder(tiny, tmp_path):
    X, y = tiny("classification")
    model = TabularModel("sklearn_logistic_regression", "classification", infer_schema(X), {"C": 1.0}).fit(
        X, y
    )
    return save_model(model, tmp_path / "model")


def test_other_package_versions_are_said_when_loading(folder):
    path = folder / "model.json"
    content = json.loads(path.read_text())
    content["packages"]["scikit-learn"] = "0.1.0"
    path.write_text(json.dumps(content))
    with pytest.warns(UserWarning, match="trained with scikit-learn 0.1.0"):
        load_model(folder)


@pytest.mark.whole
@pytest.mark.parametrize("nonsense", ["/no/such/folder", "runs:/0123/model", "models:/nothing@here"])
def test_what_is_no_model_is_said_in_a_sentence(nonsense, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/m.db")
    with pytest.raises(TemplateError):
        load_model(nonsense)


@pytest.mark.parametrize("name", ["model.json", "preprocessor.skops", "estimator.skops"])
def test_a_damaged_model_is_said_in_a_sentence(name, folder):
    for content in (b"", b"{}", b"[]", None):
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
        with pytest.raises(ArtifactsError):
            load_model(folder)


def test_no_rows_give_no_predictions(folder, tiny):
    model = load_model(folder)
    nothing = tiny("classification")[0].head(0)
    assert model.predict(nothing).shape == (0,)
    assert model.predict_proba(nothing).shape == (0, 2)


def test_a_folder_of_something_else_is_no_model(tmp_path):
    with pytest.raises(ArtifactsError, match="no model folder"):
        load_model(tmp_path)


class Foreign(BaseEstimator):
    """A type of somebody else, that `load` would refuse."""


@pytest.mark.parametrize("part", ["preprocessor_", "estimator_"])
def test_what_would_not_load_again_is_not_saved(part, folder, tmp_path):
    model = load_model(folder)
    getattr(model, part).foreign = Foreign()
    with pytest.raises(ArtifactsError, match="cannot be saved.*Foreign"):
        save_model(model, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_what_a_model_requires_can_be_installed_anywhere(monkeypatch, tiny):
    real = packages.version
    monkeypatch.setattr(packages, "version", lambda name: real(name).partition("+")[0] + "+local.1")
    schema = infer_schema(tiny("classification")[0])
    for name in MODELS:
        versions = package_versions(name, schema)
        assert versions
        assert not any("+" in version for version in versions.values())


@pytest.mark.whole
@pytest.mark.parametrize("name", ["sklearn_random_forest", "pytorch_nn"])
def test_models_that_compute_in_single_precision_load_and_predict_alike(name, tiny, tmp_path):
    X, y = tiny("classification")
    params = {"n_estimators": 5} if "forest" in name else {"epochs": 2}
    model = TabularModel(name, "classification", infer_schema(X), params).fit(X, y)
    loaded = load_model(save_model(model, tmp_path / name))
    assert loaded.to_matrix(X).dtype == "float32"
    assert (loaded.predict_proba(X) == model.predict_proba(X)).all()
