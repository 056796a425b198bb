"""`class_weight` lets the rows of rare classes count more, in every classifier in the same way."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.intake import take_in
from model_development.errors import SettingsError
from model_development.fitting.combinations import try_combinations
from model_development.fitting.shared_fits import group_by_shared_fit
from model_development.models.class_weights import CHOICES, is_imbalanced, row_weights
from model_development.models.table import MODELS
from model_development.models.tensorflow_models import KerasNetwork
from model_development.phases.known_parameters import require_parameters
from model_development.phases.tuning.strategy_choice import _wide
from model_development.pipeline import TabularModel
from model_development.search.strategies import grid
from model_development.settings.context import read_context

OPTIONS = {"seed": 0, "device": "cpu", "n_jobs": 1}
CLASSIFIERS = [name for name, spec in MODELS.items() if spec.weighs_classes]
SMALL = {
    "sklearn_random_forest": {"n_estimators": 30},
    "sklearn_extra_trees": {"n_estimators": 30},
    "sklearn_gradient_boosting": {"n_estimators": 30},
    "xgboost_baseline": {"n_estimators": 60, "early_stopping_rounds": 5},
    "lightgbm_baseline": {"n_estimators": 60, "early_stopping_rounds": 5},
    "catboost_baseline": {"n_estimators": 40, "early_stopping_rounds": 5},
    "pytorch_nn": {"layer1_units": 8, "layer2_units": 4, "epochs": 10, "learning_rate": 0.01},
    "tensorflow_nn": {"layer1_units": 8, "layer2_units": 4, "batch_size": 64, "learning_rate": 0.03},
}


@pytest.fixture(scope="module")
def rare():
    """240 rows, of which a tenth is "yes"."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(240, 4)), columns=list("abcd"))
    X["d"] = rng.choice(["x", "y"], 240)
    score = X["a"] + (X["d"] == "x") + rng.normal(0, 1.0, 240)
    return X, np.where(score > np.quantile(score, 0.9), "yes", "no").astype(object)


def fitted(name, X, y, sample_weight=None, **params):
    model = TabularModel(name, params={**MODELS[name].baseline, **SMALL.get(name, {}), **params}, seed=0)
    return model.fit(X, y, sample_weight=sample_weight)


@pytest.mark.whole
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_weights_by_class_are_weights_of_rows_and_raise_what_is_said_of_the_rare(name, rare, monkeypatch):
    X, y = rare
    monkeypatch.setattr(KerasNetwork, "n_epochs", 20)
    plain, none = fitted(name, X, y), fitted(name, X, y, class_weight=None)
    np.testing.assert_array_equal(plain.predict_proba(X), none.predict_proba(X))
    half, balanced = (fitted(name, X, y, class_weight=choice) for choice in CHOICES[:0:-1])
    given = fitted(name, X, y, row_weights("balanced", (y == "yes").astype(int)))
    np.testing.assert_array_equal(balanced.predict_proba(X), given.predict_proba(X))
    shares = [model.predict_proba(X)[:, 1].mean() for model in (plain, half, balanced)]
    assert shares == sorted(shares)
    assert shares[2] > 1.3 * shares[0]


def test_weights_have_a_mean_of_one_and_follow_every_class():
    y = np.repeat(np.arange(26), np.arange(1, 27))
    for choice in CHOICES[1:]:
        weights = row_weights(choice, y)
        assert weights.mean() == pytest.approx(1.0)
        assert (np.diff(weights[np.searchsorted(y, np.arange(26))]) < 0).all()
    totals = np.bincount(y, weights=row_weights("balanced", y))
    assert totals == pytest.approx(np.full(26, totals[0]))
    assert is_imbalanced(y)
    assert not is_imbalanced(["a"] * 12 + ["b"] * 10)
    assert is_imbalanced([False] * 999 + [True])


def test_other_values_are_refused_in_a_sentence_or_are_the_library_s_own(rare):
    X, y = rare
    with pytest.raises(ValueError, match="class_weight is 'blanced'; allowed: null, balanced, sqrt_balanced"):
        fitted("xgboost_baseline", X, y, class_weight="blanced")
    with pytest.raises(ValueError, match="there are no classes"):
        TabularModel("sklearn_random_forest", "regression", params={"class_weight": "balanced"}).fit(
            X, X["a"]
        )
    own = fitted("sklearn_random_forest", X, y, class_weight="balanced_subsample")
    assert own.estimator_.class_weight == "balanced_subsample"
    numbers = SimpleNamespace(task=SimpleNamespace(has_classes=False), engine=None)
    with pytest.raises(SettingsError, match="pytorch_nn has no parameter 'class_weight'"):
        require_parameters(numbers, MODELS["pytorch_nn"], {"class_weight": "balanced"})


def test_they_are_in_the_ranges_where_classes_differ_in_their_rows():
    def wide(name, y):
        session = SimpleNamespace(task=SimpleNamespace(has_classes=True), data=SimpleNamespace(y_train=y))
        return _wide(session, MODELS[name])

    rare, even = [0] * 30 + [1] * 10, [0, 1] * 20
    assert all(wide(name, rare)["class_weight"] == CHOICES for name in CLASSIFIERS)
    assert not any("class_weight" in wide(name, even) for name in CLASSIFIERS)
    assert not any("class_weight" in MODELS[name].search_space for name in CLASSIFIERS)
    spec = MODELS["xgboost_baseline"]
    assert spec.completed({"class_weight": None}) == spec.baseline  # phase 1's fit of it is known


GRIDS = {
    "sklearn_random_forest": {"n_estimators": [2, 4], "max_depth": [None, 3], "bootstrap": [True, False]},
    "xgboost_baseline": {"n_estimators": [3, 9]},
    "lightgbm_baseline": {"n_estimators": [3, 9], "num_leaves": [4, 60]},
    "sklearn_logistic_regression": {"max_iter": [3, 400]},
    "pytorch_nn": {"epochs": [1, 2], "layer1_units": [8], "input_form": ["scaled", "both"]},
}


@pytest.mark.whole
@pytest.mark.parametrize("name", GRIDS)
def test_combinations_share_fits_of_their_own_weights_alone(name, tmp_path):
    table = make_table("multiclass")
    table = table[(table["outcome"] != "top") | (np.arange(len(table)) % 4 == 0)]
    data = take_in(read_context(write_project(tmp_path, "multiclass", table)), with_checks=False).data
    path = tmp_path / "rows.pkl"
    path.write_bytes(pickle.dumps(data))
    spec, scores = MODELS[name], set()
    combinations = [spec.completed(p) for p in grid({**GRIDS[name], "class_weight": list(CHOICES)})]
    groups = group_by_shared_fit(enumerate(combinations), spec.shared_parameters, spec.canonical_params)
    assert len(groups) >= len(CHOICES)
    for group in groups:
        members = [params for _, params in group]
        found = try_combinations(name, members, str(path), OPTIONS, lambda told: None, folds=(0,))
        for params, result in zip(members, found, strict=True):
            (alone,) = try_combinations(name, [params], str(path), OPTIONS, lambda told: None, folds=(0,))
            assert result["fold_scores"] == alone["fold_scores"]
            scores.add(str(result["fold_scores"]["log_loss"]))
    assert len(scores) > len(groups) / 2  # the weights matter
