"""scikit-learn's own tools take a TabularModel as it is, with raw tables."""

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, of_models
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from model_development.models.table import MODELS, model_names
from model_development.pipeline import TabularModel

pytestmark = pytest.mark.whole

SHORT = {
    "n_estimators": 10,
    "early_stopping_rounds": None,
    "epochs": 3,
    "max_iter": 200,
}


def raw(kind="binary", n_rows=200):
    table = make_table(kind, n_rows)
    return table.drop(columns="outcome"), table["outcome"].to_numpy()


def short_params(name):
    return {key: SHORT.get(key, value) for key, value in MODELS[name].baseline.items()}


def model(name="lightgbm_baseline", family="classification"):
    return TabularModel(name, family, params=short_params(name))


def test_calibration_takes_a_fitted_model():
    X, y = raw()
    calibrated = CalibratedClassifierCV(FrozenEstimator(model().fit(X, y))).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(X), 2)
    assert set(calibrated.predict(X)) <= {"bad", "good"}


def test_calibration_fits_models_of_its_own():
    X, y = raw()
    assert CalibratedClassifierCV(model(), cv=2).fit(X, y).predict_proba(X).shape == (len(X), 2)


def test_thresholds_are_tuned_and_fixed():
    X, y = raw()
    tuned = TunedThresholdClassifierCV(model(), cv=2, scoring="balanced_accuracy").fit(X, y)
    assert 0 <= tuned.best_threshold_ <= 1
    fixed = FixedThresholdClassifier(model(), threshold=0.9, pos_label="bad").fit(X, y)
    plain = model().fit(X, y)
    expected = np.where(plain.predict_proba(X)[:, 0] >= 0.9, "bad", "good")
    np.testing.assert_array_equal(fixed.predict(X), expected)


@pytest.mark.parametrize("ensemble", [VotingClassifier, StackingClassifier])
def test_ensembles_take_raw_tables(ensemble):
    X, y = raw()
    members = [("trees", model()), ("linear", model("sklearn_logistic_regression"))]
    options = {"voting": "soft"} if ensemble is VotingClassifier else {"cv": 2}
    assert (ensemble(members, **options).fit(X, y).predict(X) == y).mean() > 0.7


def test_inspection_speaks_of_raw_columns():
    X, y = raw()
    fitted = model().fit(X, y)
    importance = permutation_importance(fitted, X, y, n_repeats=2, random_state=0)
    assert importance.importances_mean.shape == (X.shape[1],)
    names = list(fitted.feature_names_in_)
    assert names == list(X.columns)
    assert importance.importances_mean[names.index("amount [CHF]")] > 0.05
    assert importance.importances_mean[names.index("constant")] == 0
    numeric = X.dropna().astype({"age": float})
    average = partial_dependence(fitted, numeric, ["age"], kind="average", grid_resolution=5)
    assert average["average"].shape == (1, 5)


def test_cross_validation_and_displays():
    X, y = raw()
    probabilities = cross_val_predict(model(), X, y, cv=2, method="predict_proba")
    assert probabilities.shape == (len(X), 2)
    assert cross_val_score(model(), X, y, cv=2).mean() > 0.7
    display = RocCurveDisplay.from_estimator(model().fit(X, y), X, y, pos_label="bad")
    assert display.roc_auc > 0.8


@pytest.mark.parametrize(
    ("name", "family"), of_models((n, f) for f in ("classification", "regression") for n in model_names(f))
)
def test_every_model_is_cloned_and_fits_alike(name, family):
    X, y = raw("binary" if family == "classification" else "regression", 120)
    first = model(name, family)
    assert (is_classifier(first), is_regressor(first)) == (family == "classification", family == "regression")
    second = clone(first)
    assert second.get_params() == first.get_params()
    np.testing.assert_array_equal(first.fit(X, y).predict(X), second.fit(X, y).predict(X))
    np.testing.assert_array_equal(first.fit(X, y).predict(X), second.predict(X))  # fitted again, the same
    assert np.isfinite(first.score(X, y))


@pytest.mark.parametrize(
    ("name", "family"), of_models((n, f) for f in ("classification", "regression") for n in model_names(f))
)
def test_rows_of_great_weight_draw_predictions_to_them_or_the_model_says_that_it_cannot(name, family):
    X, y = raw("binary" if family == "classification" else "regression", 120)
    heavy = y == "bad" if family == "classification" else y.astype(float) > np.median(y.astype(float))
    weights = np.where(heavy, 20.0, 1.0)
    if not MODELS[name].takes_weights:
        with pytest.raises(ValueError, match=f"{name} cannot weigh rows"):
            model(name, family).fit(X, y, sample_weight=weights)
        return
    plain, weighed = model(name, family).fit(X, y), model(name, family).fit(X, y, sample_weight=weights)
    means = [np.mean(m.predict_matrix(m.to_matrix(X)).reshape(len(X), -1)[:, 0]) for m in (plain, weighed)]
    assert means[1] > means[0]


@pytest.mark.parametrize("weights", [[1.0], [-1.0] * 120, [np.nan] * 120])
def test_weights_that_are_none_are_refused(weights):
    X, y = raw(n_rows=120)
    with pytest.raises(ValueError, match="sample_weight must be 120 finite numbers"):
        model().fit(X, y, sample_weight=weights)


def test_groups_stay_whole_among_early_stopping_rows():
    X, y = raw(n_rows=200)
    groups = np.repeat(np.arange(20), 10)
    chosen = TabularModel("lightgbm_baseline")
    estimator, seen = chosen.prepare(X).estimator_, []
    fit = estimator.fit
    estimator.fit = lambda matrix, numbers, rows: (seen.append(rows), fit(matrix, numbers, rows))
    chosen.fit(X, y, groups=groups)
    (rows,) = seen
    assert 0 < len(rows) < len(X)
    assert not set(groups[rows]) & set(np.delete(groups, rows))
    assert estimator.history_["early_stopping_loss"]


def test_what_is_no_table_is_refused():
    with pytest.raises(ValueError, match="Expected 2D array"):
        model().fit(np.zeros(5), [0, 1, 0, 1, 0])
    with pytest.raises(ValueError, match="2 rows in X and 5 values in y"):
        model().fit(pd.DataFrame({"a": [1.0, 2.0]}), [0, 1, 0, 1, 0])
    with pytest.raises(ValueError, match="target y is None"):
        model().fit(raw()[0], None)


EXPECTED_TO_FAIL = {
    "check_sample_weight_equivalence_on_dense_data": "preprocessing counts all rows alike",
    "check_classifiers_regression_target": "numbers that are not whole may be labels, where the user says so",
}


@parametrize_with_checks(
    [
        TabularModel("sklearn_logistic_regression"),
        TabularModel("sklearn_linear_regression", "regression"),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
