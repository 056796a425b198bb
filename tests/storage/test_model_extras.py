"""What a model carries beside its outputs is saved, loaded and refused with the rest of its folder."""

import json

import numpy as np
import pytest
from evaluation_inputs import make_input
from sklearn.base import clone

from model_development.errors import ArtifactsError
from model_development.evaluation.performance.interval_coverage import uncertainty_of
from model_development.storage.model_file import checksums
from model_development.storage.model_folder import load_folder, save_model


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def carrying(request, tmp_path_factory):
    """(an EvaluationInput whose model carries its uncertainty, the folder of that model)."""
    given = make_input(request.param, 400)
    given.model.uncertainty_ = uncertainty_of(given)
    return given, save_model(given.model, tmp_path_factory.mktemp(request.param) / "model")


def rewrite(folder, content):
    """Change the file, and let the checksums agree with it."""
    (folder / "uncertainty.json").write_text(content if isinstance(content, str) else json.dumps(content))
    model = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(model | {"files": checksums(folder)}))


@pytest.mark.whole
def test_a_loaded_model_answers_as_the_one_that_was_saved(carrying):
    given, folder = carrying
    loaded, X = load_folder(folder), given.test.X
    if given.task.has_classes:
        members = loaded.predict_set(X, level=0.8)
        assert members.dtype == bool
        assert members.shape == (len(X), len(given.task.classes))
        np.testing.assert_array_equal(members, given.model.predict_set(X, level=0.8))
        for calibrated in (False, True):
            np.testing.assert_array_equal(
                loaded.predict_proba(X, calibrated=calibrated),
                given.model.predict_proba(X, calibrated=calibrated),
            )
    else:
        ends = loaded.predict_interval(X, level=0.8)
        assert ends.shape == (len(X), 2)
        np.testing.assert_array_equal(ends, given.model.predict_interval(X, level=0.8))
        assert (ends[:, 0] <= ends[:, 1]).all()


@pytest.mark.whole
def test_probabilities_stay_as_they_are_unless_calibrated_ones_are_asked_for():
    given = make_input("binary", 600)
    before = given.model.predict_proba(given.test.X)
    given.model.uncertainty_ = uncertainty_of(given)
    assert given.model.uncertainty_.calibration is not None
    np.testing.assert_array_equal(given.model.predict_proba(given.test.X), before)
    mapped = given.model.predict_proba(given.test.X, calibrated=True)
    assert np.abs(mapped - before).max() > 0.01
    np.testing.assert_allclose(mapped.sum(axis=1), 1)


@pytest.mark.whole
def test_a_folder_without_it_loads_as_before_and_says_what_is_missing(tmp_path):
    given = make_input("binary", 240)
    loaded = load_folder(save_model(given.model, tmp_path / "model"))
    assert not (tmp_path / "model" / "uncertainty.json").exists()
    assert loaded.uncertainty_ is None
    for ask, what in (
        (loaded.predict_interval, "prediction intervals"),
        (loaded.predict_set, "prediction sets"),
        (lambda X: loaded.predict_proba(X, calibrated=True), "calibration"),
    ):
        with pytest.raises(ValueError, match=f"This model has no {what}. Evaluate it"):
            ask(given.test.X)


@pytest.mark.whole
def test_another_fit_and_a_clone_carry_nothing_of_the_old_one(carrying):
    given, folder = carrying
    loaded = load_folder(folder)
    assert clone(loaded).uncertainty_ is None
    labels = given.out_of_fold.truth
    again = loaded.fit(
        given.out_of_fold.X,
        np.array(given.task.classes or labels)[labels.astype(int)] if given.task.has_classes else labels,
    )
    assert again.uncertainty_ is None


@pytest.mark.parametrize(
    "change",
    [
        lambda content: "",
        lambda content: "[]",
        lambda content: "[" * 100_000,
        lambda content: {},
        lambda content: content | {"intervals": None, "sets": None},
        lambda content: content | {"intervals": 3},
        lambda content: content | {"sets": {"classes": [], "by_class": True}},
        lambda content: content | {"intervals": {"predictions": ["__import__('os')"]}, "sets": None},
        lambda content: content | {"calibration": {"kind": "pickle"}},
    ],
)
def test_a_manipulated_file_is_refused_in_a_sentence(change, carrying, tmp_path):
    given, _ = carrying
    folder = save_model(given.model, tmp_path / "model")
    rewrite(folder, change(json.loads((folder / "uncertainty.json").read_text())))
    with pytest.raises(ArtifactsError, match=r"uncertainty\.json is refused"):
        load_folder(folder)


def test_a_changed_or_missing_file_is_found_by_the_checksums(carrying, tmp_path):
    given, _ = carrying
    folder = save_model(given.model, tmp_path / "model")
    file = folder / "uncertainty.json"
    file.write_text(file.read_text() + " ")
    with pytest.raises(ArtifactsError, match=r"uncertainty\.json changed since it was saved"):
        load_folder(folder)
    file.unlink()
    with pytest.raises(ArtifactsError, match=r"uncertainty\.json is missing"):
        load_folder(folder)
