"""Every row of the table of models, in every task it is made for: one behaviour per test."""

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.errors import UnknownModelError
from model_development.models.table import MODELS, get_model, model_names
from model_development.pipeline import TabularModel
from model_development.search.space import read_space
from model_development.search.strategies import draw
from model_development.storage.model_folder import load_folder, save_model

pytestmark = pytest.mark.whole

ROWS = [(spec.name, family) for spec in MODELS.values() for family in spec.tasks]
QUICK = {
    "tensorflow_nn": {"batch_size": 64},
    "pytorch_nn": {"epochs": 5},
    "catboost_baseline": {"n_estimators": 150},
}
every_row = pytest.mark.parametrize(("name", "family"), ROWS)


def fitted(name, family, X, y, seed=0):
    params = {**MODELS[name].baseline, **QUICK.get(name, {})}
    return TabularModel(name, family, infer_schema(X), params, seed=seed).fit(X, y)


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@every_row
def test_same_seed_gives_same_predictions(name, family, tiny):
    X, y = tiny(family)
    first, second = (outputs(fitted(name, family, X, y), X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_forest_fitted_by_several_threads_predicts_the_same_every_time(tiny):
    X, y = tiny("classification")
    params = MODELS["sklearn_random_forest"].baseline
    models = [
        TabularModel("sklearn_random_forest", "classification", infer_schema(X), params, n_jobs=n).fit(X, y)
        for n in (1, 4)
    ]
    expected = models[0].predict_proba(X)
    for _ in range(30):
        np.testing.assert_array_equal(models[1].predict_proba(X), expected)


@every_row
def test_saved_and_loaded_predict_alike_and_on_a_single_row(name, family, tiny, tmp_path):
    X, y = tiny(family)
    model = fitted(name, family, X, y)
    loaded = load_folder(save_model(model, tmp_path / "model"))
    np.testing.assert_array_equal(outputs(model, X), outputs(loaded, X))
    assert loaded.predict(X.head(1)).shape == (1,)


@pytest.mark.parametrize("name", model_names("classification"))
def test_probabilities_sum_to_one_and_follow_the_classes(name, tiny):
    X, y = tiny("classification")
    model = fitted(name, "classification", X, y)
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert list(model.classes_) == ["no", "yes"]
    if not MODELS[name].is_dummy:
        np.testing.assert_array_equal(model.predict(X), model.classes_[probabilities.argmax(axis=1)])
        assert (model.predict(X) == y).mean() > 0.75  # labels are not swapped


@pytest.mark.parametrize("name", model_names("regression"))
def test_regressors_learn_the_scale_of_the_target(name, tiny):
    X, y = tiny("regression")
    model = fitted(name, "regression", X, y)
    assert not hasattr(model, "predict_proba")
    assert abs(model.predict(X).mean() - y.mean()) < 0.1 * y.mean()


@every_row
def test_new_categories_and_missing_values_at_prediction_time_are_no_error(name, family, tiny):
    X, y = tiny(family)
    model = fitted(name, family, X, y)
    strange = X.head(3).copy()
    strange["e"] = ["never seen", None, "?"]
    strange["b"] = [np.nan, np.inf, 0.0]
    assert np.isfinite(np.asarray(outputs(model, strange), dtype=float)).all()


@every_row
def test_the_baseline_and_the_grid_name_parameters_that_the_builder_takes(name, family):
    spec = MODELS[name]
    first = {parameter: values[0] for parameter, values in spec.search_space.items()}
    drawn = draw(read_space(spec.ranges, name), 1, seed=0)[0] if spec.ranges else {}
    for params in (spec.baseline, {**spec.baseline, **first}, {**spec.baseline, **drawn}):
        TabularModel(name, family, infer_schema(pd.DataFrame({"a": [1, 2]})), params).prepare()


GRIDS = {
    "sklearn_logistic_regression": 54,
    "sklearn_random_forest": 144,
    "xgboost_baseline": 576,
    "lightgbm_baseline": 768,
    "tensorflow_nn": 243,
    "pytorch_nn": 243,
}


def test_the_grids_are_those_of_the_contract_and_others_are_small():
    sizes = {
        name: np.prod([len(values) for values in spec.search_space.values()])
        for name, spec in MODELS.items()
        if spec.search_space
    }
    assert {name: sizes[name] for name in GRIDS} == GRIDS
    assert max(size for name, size in sizes.items() if name not in GRIDS) <= 30


def test_unknown_model_suggests_the_nearest_name():
    with pytest.raises(UnknownModelError, match="Did you mean 'lightgbm_baseline'"):
        get_model("lightgbm_basline")


def test_a_network_that_diverges_says_so(tiny):
    X, y = tiny("regression")
    params = {**MODELS["pytorch_nn"].baseline, "learning_rate": 1e12, "epochs": 5}
    with pytest.raises(ValueError, match="lower learning_rate"):
        TabularModel("pytorch_nn", "regression", infer_schema(X), params).fit(X, y)


def test_gamma_family_refuses_a_target_with_zeros(tiny):
    X, y = tiny("regression")
    params = {"family": "gamma", "link": "log"}
    with pytest.raises(ValueError, match="above zero"):
        TabularModel("statsmodels_glm", "regression", infer_schema(X), params).fit(X, y - y.min())


def test_a_generalised_linear_model_that_diverges_says_what_to_change():
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"x": rng.normal(size=200), "z": rng.normal(size=200)})
    y = np.exp(6 * X["x"].to_numpy())
    params = {"family": "inverse_gaussian", "link": "log"}
    with pytest.raises(ValueError, match="'inverse_gaussian' with link 'log' diverges.*give another"):
        TabularModel("statsmodels_glm", "regression", infer_schema(X), params).fit(X, y)


@pytest.mark.parametrize("name", ["sklearn_random_forest", "sklearn_extra_trees"])
@pytest.mark.parametrize("family", ["classification", "regression"])
def test_forests_predict_what_scikit_learn_predicts_to_the_last_bit(family, name, tiny):
    X, y = tiny(family)
    model = fitted(name, family, X, y)
    matrix, forest = model.to_matrix(X), model.estimator_
    (theirs,) = [base for base in type(forest).__bases__ if base.__module__.startswith("sklearn")]
    answer = "predict" if family == "regression" else "predict_proba"
    np.testing.assert_array_equal(getattr(forest, answer)(matrix), getattr(theirs, answer)(forest, matrix))


EARLY = [(spec.name, family) for spec in MODELS.values() if spec.stops_early for family in spec.tasks]


@pytest.mark.parametrize(("name", "family"), EARLY)
def test_a_refit_takes_as_many_rounds_as_the_first_fit_and_needs_no_row_to_watch(name, family, tiny):
    X, y = tiny(family)
    first = fitted(name, family, X, y)
    again = TabularModel(name, family, first.schema_, first.params, seed=0).prepare()
    matrix = again.fit_preprocessor(X, y)
    again.estimator_.refit(matrix, again.encode_target(y), first.estimator_)
    assert again.estimator_.stopped_at_ == first.estimator_.stopped_at_
    output = again.predict_matrix(matrix)
    assert np.isfinite(output).all()
    agreement = np.corrcoef(np.ravel(output), np.ravel(first.predict_matrix(matrix)))[0, 1]
    assert agreement > 0.8


def test_xgboost_takes_the_bins_of_an_earlier_fit_only_where_they_are_the_same():
    from model_development.models.xgboost_models import build

    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] > 0).astype(int)
    other = 1 - y
    scores = [
        build("classification", seed=0, n_estimators=5).fit(X, y, []).predict_proba(X) for _ in range(2)
    ]
    np.testing.assert_array_equal(*scores)
    changed = build("classification", seed=0, n_estimators=5).fit(X, other, []).predict_proba(X)
    np.testing.assert_allclose(changed, scores[0][:, ::-1], atol=1e-5)
    coarse = build("classification", seed=0, n_estimators=5, max_bin=2).fit(X, y, []).predict_proba(X)
    assert not np.allclose(coarse, scores[0])
