"""Several models as one: the face of a single one, in folders that are checked, and in MLflow."""

import json
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor

from model_development.data.columns.recognition import infer_schema
from model_development.ensembles.blend import Blend, mean_of
from model_development.ensembles.model import EnsembleModel
from model_development.errors import ArtifactsError, DataError
from model_development.outputs.uncertainty import fit_uncertainty
from model_development.pipeline import TabularModel
from model_development.storage.ensemble_folder import save_ensemble
from model_development.storage.model_extras import add_extras
from model_development.storage.model_file import checksums
from model_development.storage.model_folder import load_folder, save_model
from model_development.tasks.table import make_task
from model_development.tracking import flavor
from model_development.tracking.loading import load_model

NAMES = {
    "classification": ("sklearn_logistic_regression", "xgboost_baseline"),
    "regression": ("sklearn_linear_regression", "lightgbm_baseline"),
}
WEIGHTS = np.array([0.3, 0.7])
FAMILIES = ["classification", "regression"]


def rows(family):
    """120 rows, numbers and a category, with missing values."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(120, 4)), columns=list("abcd"))
    X["e"] = rng.choice(["x", "y", "z"], 120)
    X.loc[::10, "a"] = np.nan
    score = X["b"] + (X["e"] == "x")
    if family == "regression":
        return X, (score * 10 + 100).to_numpy()
    return X, np.where(score > score.median(), "yes", "no").astype(object)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """saved(family): {name: folder} of fitted models, made once."""
    made = {}

    def make(family):
        if family not in made:
            X, y = rows(family)
            place, schema = tmp_path_factory.mktemp(family), infer_schema(X)
            fits = {name: TabularModel(name, family, schema).fit(X, y) for name in NAMES[family]}
            made[family] = {name: save_model(model, place / name) for name, model in fits.items()}
        return made[family]

    return make


@pytest.fixture
def folder(saved, tmp_path):
    return lambda family: save_ensemble(
        "ensemble_greedy", mean_of(WEIGHTS), saved(family), tmp_path / "ensemble"
    )


def outputs(model, X):
    return model.predict_matrix(model.to_matrix(X))


@pytest.mark.whole
@pytest.mark.parametrize("family", FAMILIES)
def test_it_says_the_weighted_mean_of_what_its_members_say(family, folder, saved):
    X, _ = rows(family)
    model = load_model(folder(family))
    by_hand = sum(
        w * outputs(load_folder(f), X) for w, f in zip(WEIGHTS, saved(family).values(), strict=True)
    )
    np.testing.assert_allclose(outputs(model, X), by_hand, rtol=1e-12)
    said = model.predict_proba(X) if family == "classification" else model.predict(X)
    np.testing.assert_array_equal(said, outputs(model, X))


@pytest.mark.whole
def test_it_has_the_face_of_a_single_model(folder, saved):
    X, y = rows("classification")
    model, single = (
        load_model(folder("classification")),
        load_folder(next(iter(saved("classification").values()))),
    )
    assert isinstance(model, EnsembleModel)
    assert is_classifier(model)
    assert not is_regressor(model)
    assert model.classes_.tolist() == single.classes_.tolist()
    assert model.schema_.to_dict() == single.schema_.to_dict()
    assert model.feature_names_in_.tolist() == single.feature_names_in_.tolist()
    assert model.predict(X).tolist() == model.classes_[model.predict_proba(X).argmax(axis=1)].tolist()
    assert 0.5 < model.score(X, y) <= 1
    assert model.predict(X.head(0)).shape == (0,)
    assert model.predict_proba(X.head(0)).shape == (0, 2)
    assert model.predict_proba(X.head(1)).shape == (1, 2)


@pytest.mark.whole
def test_a_model_of_numbers_has_no_probabilities(folder):
    model = load_model(folder("regression"))
    assert is_regressor(model)
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "classes_")


@pytest.mark.whole
def test_strict_refuses_columns_that_cannot_be_read(folder):
    X, _ = rows("classification")
    number = next(c.name for c in load_model(folder("classification")).schema_.columns if c.kind == "number")
    unreadable = X.assign(**{number: "what"})
    with pytest.raises(DataError, match=number):
        load_model(folder("classification"), strict=True).predict(unreadable)
    with pytest.warns(UserWarning, match=number) as said:
        load_model(folder("classification")).predict(unreadable)
    assert len(said) == 1  # and not once for each member


@pytest.mark.whole
@pytest.mark.parametrize("family", FAMILIES)
def test_mlflow_gives_the_same_predictions(family, folder, tmp_path):
    X, y = rows(family)
    place, made = tmp_path / "logged", folder(family)
    task = make_task(pd.Series(y), "y")
    signature = flavor.make_signature(load_folder(made).schema_, task)
    flavor.save_model(place, mlflow.models.Model(), data_path=str(made), signature=signature)
    loaded, model = mlflow.pyfunc.load_model(str(place)), load_model(made)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(outputs(loaded.get_raw_model(), X), outputs(model, X))


@pytest.mark.whole
def test_a_member_that_lacks_a_class_gives_it_no_chance(tmp_path):
    X, y = rows("classification")
    y = np.asarray(y).astype(object)
    y[:20] = "third"
    schema = infer_schema(X)
    all_three = TabularModel("sklearn_logistic_regression", schema=schema).fit(X, y)
    two = TabularModel("xgboost_baseline", schema=schema).fit(X.iloc[20:], y[20:])
    folders = {m.model_name: save_model(m, tmp_path / m.model_name) for m in (two, all_three)}
    made = save_ensemble("ensemble_greedy", mean_of(WEIGHTS), folders, tmp_path / "ensemble")
    model = load_model(made)
    third = model.classes_.tolist().index("third")
    np.testing.assert_allclose(model.predict_proba(X)[:, third], 0.7 * all_three.predict_proba(X)[:, third])
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.whole
def test_what_goes_with_its_outputs_is_added_and_its_members_stay_byte_for_byte(folder, tmp_path):
    X, y = rows("classification")
    made = folder("classification")
    model = load_model(made)
    task = make_task(pd.Series(np.asarray(y)), "y")
    said = task.predictions(model.predict_proba(X), model.classes_)
    extras = {"uncertainty_": fit_uncertainty(task.encode(y), said)}
    add_extras(made, tmp_path / "with", extras)
    again = load_model(tmp_path / "with")
    assert again.predict_set(X, 0.8).shape == (len(X), 2)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    before, after = checksums(made), checksums(tmp_path / "with")
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"uncertainty.json"}


def rewritten(folder, **changes):
    """An ensemble whose model.json was changed by somebody who makes the checksums agree."""
    path = folder / "model.json"
    content = json.loads(path.read_text())
    content["params"] |= {k: v for k, v in changes.items() if k in ("blend", "members")}
    content |= {k: v for k, v in changes.items() if k not in ("blend", "members")}
    path.write_text(json.dumps(content | {"files": checksums(folder)}))
    return folder


@pytest.mark.whole
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"members": []}, "must name different models"),
        ({"members": "xgboost_baseline"}, "must name different models"),
        ({"members": ["xgboost_baseline", "xgboost_baseline"]}, "must name different models"),
        ({"members": ["../../elsewhere", "xgboost_baseline"]}, "no model of ours"),
        ({"members": [{"a": 1}, "xgboost_baseline"]}, "no model of ours"),
        ({"members": ["ensemble_greedy", "xgboost_baseline"]}, "no model of ours"),
        ({"members": ["xgboost_baseline", "lightgbm_baseline"]}, "no model folder"),
        ({"members": ["xgboost_baseline"]}, "2 weights for 1 members"),
        ({"blend": None}, "`kind` must be"),
        ({"blend": [1, 2]}, "damaged"),
        ({"blend": mean_of(np.array([1e9, 1.0])).to_dict()}, "must lie between"),
        ({"blend": Blend("log_mean", np.ones(2), np.ones(2), np.zeros(5)).to_dict()}, "5 offsets"),
        ({"classes": ["a", "b", "c"]}, "predict something else"),
        ({"family": "regression", "classes": None}, "predict something else"),
        ({"model_name": "ensemble_of_mine"}, "ensemble_of_mine"),
    ],
)
def test_what_is_no_ensemble_of_ours_is_refused_in_a_sentence(changes, message, folder):
    with pytest.raises(ArtifactsError, match=message):
        load_model(rewritten(folder("classification"), **changes))


def test_a_member_that_holds_an_ensemble_or_another_model_is_refused(folder, tmp_path):
    made = folder("classification")
    inner = made / "members" / "xgboost_baseline"
    shutil.rmtree(inner)
    shutil.copytree(made, tmp_path / "copy")
    shutil.copytree(tmp_path / "copy", inner)
    with pytest.raises(ArtifactsError, match="it holds 'ensemble_greedy'"):
        load_model(rewritten(made))
    shutil.rmtree(inner)
    shutil.copytree(made / "members" / "sklearn_logistic_regression", inner)
    with pytest.raises(ArtifactsError, match="it holds 'sklearn_logistic_regression'"):
        load_model(rewritten(made))


def _files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_change_to_any_file_of_any_member_is_found(folder, tmp_path):
    made = folder("classification")
    for name in _files(made):
        copy = Path(shutil.copytree(made, tmp_path / "copy"))
        (copy / name).write_bytes((copy / name).read_bytes()[:-2] + b"??")
        with pytest.raises(ArtifactsError):
            load_model(copy)
        (copy / name).unlink()
        with pytest.raises(ArtifactsError):
            load_model(copy)
        shutil.rmtree(copy)


def test_no_file_of_an_ensemble_is_a_pickle(folder):
    endings = {Path(name).suffix for name in _files(folder("classification"))}
    assert endings <= {".json", ".skops", ".ubj", ".txt"}


def test_members_of_other_columns_do_not_go_together(saved):
    X, y = rows("classification")
    other = TabularModel("xgboost_baseline").fit(X.iloc[:, :2], y)
    first = load_folder(saved("classification")["sklearn_logistic_regression"])
    with pytest.raises(ValueError, match="different columns"):
        EnsembleModel("ensemble_greedy", {"one": first, "two": other}, mean_of(WEIGHTS))
