"""No result depends on the unit of the target or of a feature, nor on where its zero is.

Differences are in standard deviations of the target. The numbers are multiples of 2^-25, so that adding
1e8 loses no digit of them: what a table has lost no model can find again.
"""

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.features.piecewise import UnitFree
from model_development.fitting.coefficients import read_coefficients
from model_development.models.table import MODELS, get_model, model_names
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import load_folder, save_model
from model_development.tasks.target_unit import Freedom, TargetUnit, in_own_unit

pytestmark = pytest.mark.whole

QUICK = {
    "tensorflow_nn": {"batch_size": 64, "layer1_units": 8, "layer2_units": 8},
    "pytorch_nn": {"epochs": 5},
    "sklearn_random_forest": {"n_estimators": 30},
    "xgboost_baseline": {"n_estimators": 80},
    "lightgbm_baseline": {"n_estimators": 80},
    "catboost_baseline": {"n_estimators": 80},
}
CHANGES = {
    "1e-9": lambda v: v * 1e-9,
    "1e9": lambda v: v * 1e9,
    "1e-30": lambda v: v * 1e-30,
    "shifted": lambda v: v + 1e8,
    "shifted and small": lambda v: (v + 1e4) * 1e-9,
}
BACK = {
    "1e-9": lambda v: v / 1e-9,
    "1e9": lambda v: v / 1e9,
    "1e-30": lambda v: v / 1e-30,
    "shifted": lambda v: v - 1e8,
    "shifted and small": lambda v: v / 1e-9 - 1e4,
}
REGRESSORS = [(name, {}) for name in model_names("regression")] + [
    ("sklearn_linear_regression", {"regularization": "lasso", "alpha": 0.1}),
    ("sklearn_linear_regression", {"regularization": "ridge", "alpha": 10}),
    ("statsmodels_glm", {"family": "gaussian"}),
]
every_regressor = pytest.mark.parametrize(("name", "params"), REGRESSORS, ids=str)


def on_grid(values):
    return np.round(np.asarray(values) * 2**25) / 2**25


def table(n_rows=240):
    rng = np.random.default_rng(3)
    X = pd.DataFrame(on_grid(rng.normal(size=(n_rows, 3))), columns=list("abc"))
    X["town"] = rng.choice(["x", "y", "z"], n_rows)
    y = 3 * X["a"] + (X["b"] > 0) + (X["town"] == "x") + rng.normal(0, 0.3, n_rows)
    return X, on_grid(y + 40)


def fitted(name, params, X, y):
    params = {**MODELS[name].baseline, **QUICK.get(name, {}), **params}
    return TabularModel(name, "regression", infer_schema(X), params, seed=0).fit(X, y)


def r2(y, predicted):
    y = y - y.mean()
    return 1 - np.mean((y - (predicted - predicted.mean())) ** 2) / np.mean(y**2)


def keeps_zero(name, params):
    """A GLM of positive numbers is another model where zero lies elsewhere."""
    return name == "statsmodels_glm" and params.get("family") != "gaussian"


@every_regressor
def test_predictions_do_not_depend_on_the_unit_of_the_target(name, params):
    X, y = table()
    expected = fitted(name, params, X, y).predict(X)
    for change in ("1e-9", "shifted") if name == "tensorflow_nn" else CHANGES:
        if "shifted" in change and keeps_zero(name, params):
            continue
        found = BACK[change](fitted(name, params, X, CHANGES[change](y)).predict(X))
        difference = np.abs(found - expected).max() / y.std()
        assert difference < (1e-6 if "shifted" in change else 1e-7), change
        assert r2(y, found) == pytest.approx(r2(y, expected), abs=1e-6), change


@every_regressor
def test_predictions_do_not_depend_on_the_unit_of_a_feature(name, params):
    X, y = table()
    expected = fitted(name, params, X, y).predict(X)
    network = MODELS[name].features == "both"
    for change in ("1e-9", "shifted") if network else ("1e-9", "1e9", "1e-30", "shifted"):
        changed = X.assign(**{column: CHANGES[change](X[column]) for column in "abc"})
        found = fitted(name, params, changed, y).predict(changed)
        difference = np.abs(found - expected).max() / y.std()
        # Rounding of what goes into a network grows with each of its steps.
        assert difference < (2e-2 if network else 1e-6), change
        assert r2(y, found) == pytest.approx(r2(y, expected), abs=1e-3 if network else 1e-6), change


@pytest.mark.parametrize("name", [n for n in model_names("classification") if not MODELS[n].is_dummy])
def test_classes_do_not_depend_on_the_unit_of_a_feature(name):
    X, y = table()
    labels = np.where(y > np.median(y), "high", "low")
    params = {**MODELS[name].baseline, **QUICK.get(name, {})}

    def probabilities(changed):
        model = TabularModel(name, "classification", infer_schema(changed), params, seed=0)
        return model.fit(changed, labels).predict_proba(changed)

    expected = probabilities(X)
    for change in ("1e-9", "shifted"):
        found = probabilities(X.assign(**{column: CHANGES[change](X[column]) for column in "abc"}))
        assert np.abs(found - expected).max() < (2e-2 if MODELS[name].features == "both" else 1e-5), change


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("xgboost_baseline", {"objective": "count:poisson"}),
        ("xgboost_baseline", {"objective": "reg:gamma"}),
        ("xgboost_baseline", {"objective": "reg:tweedie"}),
        ("xgboost_baseline", {"eval_metric": "rmsle"}),
        ("xgboost_baseline", {"base_score": 40.0}),
        ("lightgbm_baseline", {"objective": "poisson"}),
        ("lightgbm_baseline", {"objective": "gamma"}),
        ("lightgbm_baseline", {"objective": "tweedie"}),
        ("lightgbm_baseline", {"objective": "mape"}),
        ("sklearn_random_forest", {"criterion": "poisson"}),
        *[
            ("statsmodels_glm", {"family": f, "link": "log"})
            for f in ("gamma", "poisson", "inverse_gaussian")
        ],
        ("statsmodels_glm", {"family": "gaussian", "link": "log"}),
        ("statsmodels_glm", {"family": "poisson", "link": "sqrt"}),
        ("statsmodels_glm", {"family": "gamma", "link": "identity"}),
    ],
    ids=str,
)
def test_objectives_of_positive_numbers_get_positive_numbers(name, params):
    X, y = table()
    model = fitted(name, params, X, y)
    assert model.target_.unit.center == 0
    assert r2(y, model.predict(X)) > 0.5
    assert (model.predict(X) > 0).all()
    if get_model(name).target(model.params) == Freedom.SCALED or name == "statsmodels_glm":
        small = fitted(name, params, X, y * 1e-9).predict(X) * 1e9
        assert r2(y, small) == pytest.approx(r2(y, model.predict(X)), abs=0.02)


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        ("xgboost_baseline", "reg:squaredlogerror"),
        ("xgboost_baseline", "reg:logistic"),
        ("lightgbm_baseline", "cross_entropy"),
    ],
)
def test_an_objective_that_means_the_target_as_it_is_gets_it_as_it_is(name, objective):
    X, y = table()
    y = np.clip(y / 80, 0, 1)
    model = fitted(name, {"objective": objective}, X, y)
    assert model.target_.unit == TargetUnit()
    assert np.abs(model.predict(X) - y).mean() < 0.1


@pytest.mark.parametrize(
    ("family", "link"),
    [
        ("poisson", "log"),
        ("poisson", "sqrt"),
        ("poisson", "identity"),
        ("gamma", "log"),
        ("gamma", "identity"),
    ],
)
def test_the_table_of_a_glm_is_that_of_statsmodels_on_the_target_as_it_is(family, link):
    import statsmodels.api as sm

    X, y = table()
    model = fitted("statsmodels_glm", {"family": family, "link": link}, X, y)
    link_class = {"log": "Log", "sqrt": "Sqrt", "identity": "Identity"}[link]
    theirs = sm.GLM(
        y,
        sm.add_constant(model.to_matrix(X)),
        family=getattr(sm.families, family.capitalize())(getattr(sm.families.links, link_class)()),
    ).fit(tol=1e-12)
    ours = model.estimator_.table_
    np.testing.assert_allclose(ours["coefficient"], theirs.params, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours["std_error"], theirs.bse, rtol=1e-3)
    np.testing.assert_allclose(ours["p_value"], theirs.pvalues, atol=1e-3)
    np.testing.assert_allclose(ours["ci_low"], theirs.conf_int()[:, 0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("params", [{}, {"regularization": "ridge", "alpha": 1.0}], ids=str)
def test_coefficients_are_in_the_unit_of_the_target(params):
    X, y = table()
    for change in (1.0, 1e-9, 1e9):
        model = fitted("sklearn_linear_regression", params, X, y * change)
        said = read_coefficients(model)["coefficient"]
        by_hand = said[0] + model.to_matrix(X) @ np.array(said[1:])
        np.testing.assert_allclose(by_hand / change, model.predict(X) / change, atol=1e-7)


@pytest.mark.parametrize("name", model_names("regression"))
def test_a_saved_model_keeps_the_unit_of_its_target(name, tmp_path):
    X, y = table()
    model = fitted(name, {}, X, y * 1e-9)
    loaded = load_folder(save_model(model, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.target_.unit == model.target_.unit


def test_a_target_is_the_same_for_an_estimator_in_any_unit():
    y = on_grid(np.random.default_rng(0).lognormal(size=500))
    expected, _ = in_own_unit(y, Freedom.STANDARDISED)
    assert (abs(expected.mean()) < 1e-8, round(expected.std(), 8)) == (True, 1.0)
    for change in (1e-300, 1e-9, 1e9, 1e300):
        np.testing.assert_array_equal(in_own_unit(y * change, Freedom.STANDARDISED)[0], expected)
    np.testing.assert_array_equal(in_own_unit(y + 1e8, Freedom.STANDARDISED)[0], expected)
    assert in_own_unit(np.full(3, 7.0), Freedom.STANDARDISED)[1] == TargetUnit(7.0, 1.0)
    assert in_own_unit(np.zeros(3), Freedom.SCALED)[1] == TargetUnit()


def test_numbers_stay_apart_as_float32_wherever_their_zero_is_and_however_far_they_reach():
    rng = np.random.default_rng(0)
    columns = {
        "shifted": 1e8 + rng.normal(size=400),
        "tiny": 1e-30 * rng.normal(size=400),
        "one far away": np.r_[rng.normal(size=399), 1e15],
        "many decades": 10.0 ** rng.uniform(-12, 12, 400),
        "mostly zero": np.where(rng.random(400) < 0.9, 0.0, rng.normal(1e6, 1.0, 400)),
        "beyond float32": np.r_[rng.normal(size=399), 1e300],
        "constant": np.full(400, 3.0),
        "empty": np.full(400, np.nan),
        "partly missing": np.where(rng.random(400) < 0.5, np.nan, 1e8 + rng.normal(size=400)),
    }
    X = np.column_stack(list(columns.values()))
    seen = UnitFree().fit(X).transform(X).astype(np.float32)
    assert not np.isinf(seen).any()
    np.testing.assert_array_equal(np.isnan(seen), np.isnan(X))
    for position, (name, values) in enumerate(columns.items()):
        known = np.isfinite(values)
        n_different = len(np.unique(values[known]))
        assert len(np.unique(seen[known, position])) >= 0.99 * n_different, name
        assert (np.diff(seen[known, position][np.argsort(values[known])]) >= 0).all(), name
