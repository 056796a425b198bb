"""What a row weighs: rows of weight 2 count as two, rows of weight 0 as none."""

import numpy as np
import pytest

from model_development.models.table import get_model

pytestmark = pytest.mark.whole

NETWORKS = ("pytorch_nn", "tensorflow_nn")
FAMILIES = ("classification", "regression")
CLOSED_FORM = [  # or converged: what the draws of a fit are does not matter
    ("dummy_floor", "classification"),
    ("dummy_floor", "regression"),
    ("sklearn_logistic_regression", "classification"),
    ("sklearn_linear_regression", "regression"),
    ("sklearn_lasso", "regression"),
    ("statsmodels_ols", "regression"),
    ("statsmodels_glm", "regression"),
]


def rows(family, n_rows=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 4)).astype("float32")
    score = X[:, 0] - 0.5 * X[:, 1] + rng.normal(0, 0.5, n_rows)
    return X, (score > 0).astype(int) if family == "classification" else 5.0 + score


def built(name, family, **params):
    spec = get_model(name)
    more = {"tol": 1e-8} if name == "sklearn_logistic_regression" else {}
    return spec.build(family, seed=0, n_jobs=1, **{**spec.baseline, **more, **params})


def said(estimator, X):
    return estimator.predict_proba(X) if hasattr(estimator, "classes_") else estimator.predict(X)


@pytest.mark.parametrize(("name", "family"), CLOSED_FORM)
def test_rows_of_weight_two_count_as_two(name, family):
    X, y = rows(family)
    X = X.astype(float)  # in float32 a solver ends before the tolerance below
    twice = np.arange(len(X)) % 3 == 0
    weighed, doubled, plain = (built(name, family) for _ in range(3))
    weighed.fit(X, y, sample_weight=np.where(twice, 2.0, 1.0))
    doubled.fit(np.concatenate([X, X[twice]]), np.concatenate([y, y[twice]]))
    plain.fit(X, y)
    np.testing.assert_allclose(said(weighed, X), said(doubled, X), rtol=1e-4, atol=1e-5)
    assert np.abs(said(weighed, X) - said(plain, X)).max() > 1e-3  # it matters here


def outputs(model, X):
    return np.asarray(model._outputs(X))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NETWORKS)
def test_rows_of_weight_zero_have_no_part_in_a_network(name, family):
    """To the last bit what it is without them, whatever they hold, watched or fitted."""
    X, y = rows(family)
    watched, none = np.arange(0, len(X), 7), np.arange(0, len(X), 5)  # 35 rows are both
    weights = np.ones(len(X))
    weights[none] = 0.0
    kept = np.setdiff1d(np.arange(len(X)), none)
    alone = built(name, family).fit(X[kept], y[kept], np.flatnonzero(np.isin(kept, watched)))
    wild = X.copy()
    wild[none] = 1e30
    with_them = built(name, family).fit(wild, y, watched, sample_weight=weights)
    np.testing.assert_array_equal(outputs(alone, X), outputs(with_them, X))


@pytest.mark.parametrize("name", NETWORKS)
def test_only_what_rows_weigh_beside_each_other_counts(name):
    X, y = rows("regression")
    watched = np.arange(0, len(X), 7)
    plain = built(name, "regression").fit(X, y, watched)
    alike = built(name, "regression").fit(X, y, watched, sample_weight=np.full(len(X), 0.1))
    np.testing.assert_array_equal(outputs(plain, X), outputs(alike, X))
    weights = 1.0 + np.arange(len(X)) % 4
    once, scaled = (
        built(name, "regression").fit(X, y, watched, sample_weight=weights * factor) for factor in (1.0, 4.0)
    )
    np.testing.assert_array_equal(outputs(once, X), outputs(scaled, X))
    assert np.abs(outputs(once, X) - outputs(plain, X)).max() > 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_draws_near_to_what_weighs_more(name):
    """Two answers to the same question: the mean of them that the weights ask for."""
    X = np.zeros((400, 2), dtype="float32")
    y = np.arange(400) % 2 * 1.0
    weights = np.where(y > 0, 3.0, 1.0)
    model = built(name, "regression", dropout=0.0)
    model.fit(X, y, np.arange(0, 400, 7), sample_weight=weights)
    assert outputs(model, X[:1]).item() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_that_leave_nothing_to_fit_are_said(name):
    X, y = rows("classification", 60)
    watched = np.arange(0, 60, 7)
    weights = np.zeros(60)
    weights[watched] = 1.0
    with pytest.raises(ValueError, match="leaves no row to fit"):
        built(name, "classification").fit(X, y, watched, sample_weight=weights)
