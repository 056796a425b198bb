"""Steps in the folds of training and of a search: fitted on a fold's own rows, and never mixed up."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from conftest import make_table, write_project

from model_development.data.intake import take_in
from model_development.features.steps.table import STEPS
from model_development.fitting import combinations
from model_development.fitting.combinations import try_combinations
from model_development.fitting.cross_validate import cross_validate
from model_development.fitting.memory import memory_needs
from model_development.fitting.standalone_notebooks import NotebookWanted, write_notebooks
from model_development.models.table import MODELS
from model_development.settings.context import read_context

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}
SMALL = {**MODELS["lightgbm_baseline"].baseline, "n_estimators": 6}


@pytest.fixture(scope="module")
def intake(tmp_path_factory):
    table = make_table("multiclass", 160)
    table["until"] = table["since"].sample(frac=1, random_state=0).to_numpy()
    return take_in(read_context(write_project(tmp_path_factory.mktemp("folds"), table=table)))


@pytest.fixture(scope="module")
def data(intake):
    return intake.data


@pytest.fixture
def path(data, tmp_path):
    file = tmp_path / "rows.pkl"
    file.write_bytes(pickle.dumps(data))
    return str(file)


def with_steps(*names):
    return OPTIONS | {"steps": names, "time_column": "since"}


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", [name for name, row in STEPS.items() if name not in ("text_statistics", "select_by_importance")]
)
def test_rows_that_a_fold_scores_change_nothing_that_it_fits(name, data):
    fit_rows, score_rows = data.folds[0]
    places, poisoned_y = np.arange(len(data.X_train)), data.y_train.copy()
    places[score_rows] = np.random.default_rng(1).permutation(score_rows)
    poisoned_y[score_rows] = np.roll(data.y_train[score_rows], 7)
    poisoned = replace(data, X_train=data.X_train.iloc[places].reset_index(drop=True), y_train=poisoned_y)
    first, other = (
        combinations._fitted_matrices("forest", rows, fit_rows, score_rows, with_steps(name))
        for rows in (data, poisoned)
    )
    np.testing.assert_array_equal(first[0], other[0])
    assert first[2] == other[2]
    assert (first[1] != other[1]).any()


@pytest.mark.whole
def test_a_search_scores_models_with_steps_as_training_does_and_keeps_their_folds_apart(path):
    found = {}
    for steps in ((), ("pca", "target_means"), ("ratios", "date_differences")):
        options, wanted = with_steps(*steps), [SMALL, SMALL | {"n_estimators": 3}]
        found[steps] = [
            entry["fold_scores"]["log_loss"]
            for entry in try_combinations("lightgbm_baseline", wanted, path, options, lambda entry: None)
        ]
        alone = cross_validate("lightgbm_baseline", wanted[1], path, options, lambda text: None)[0]
        assert found[steps][1] == alone["fold_scores"]["log_loss"]
    assert len({str(scores) for scores in found.values()}) == 3


@pytest.mark.whole
def test_steps_need_memory(data):
    spec = MODELS["pytorch_nn"]
    plain, made = memory_needs(data), memory_needs(data, ["products", "date_parts"])
    assert made.matrix_mb(spec) > plain.matrix_mb(spec)
    assert memory_needs(data, ["select_by_model"]) == plain


def test_a_model_with_steps_has_no_plain_notebook_and_says_why(intake, path, tmp_path):
    wanted = [NotebookWanted("a", "lightgbm_baseline", SMALL | {"features": "ratios"})]
    file = tmp_path / "assignment.parquet"
    intake.assignment.save(file)
    said = write_notebooks(
        path, intake.assignment, "", str(file), wanted, str(tmp_path), OPTIONS, lambda text: None
    )
    assert said == {"a": "its feature steps (ratios) have no plain code"}
