"""Binned rows serve a second fit only where all that they were made of is the same, value by value."""

import numpy as np
import pytest

from model_development.models.binned import BinnedOnce

pytestmark = pytest.mark.whole

N_ROWS = 2000  # numpy writes arrays of so many values as the first and last three alone
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, 3))
Y = (X[:, 0] + RNG.normal(size=N_ROWS) > 0).astype(int)


def in_the_middle(value, others):
    """An array of N_ROWS, the same at both ends whatever `value` is."""
    values = np.full(N_ROWS, others)
    values[100:-100:2] = value
    return values


@pytest.mark.parametrize("argument", ["sample_weight", "base_margin"])
def test_xgboost_tells_long_arrays_apart_that_differ_in_the_middle_alone(argument):
    from model_development.models.xgboost_models import build

    def fitted(rows, value):
        estimator = build("classification", seed=0, n_estimators=3).estimator
        return estimator.fit(rows, Y, **{argument: in_the_middle(value, 1.0)}).predict_proba(X)

    fitted(X, 9.0)
    second = fitted(X, 0.1)
    np.testing.assert_array_equal(second, fitted(X.copy(), 0.1))


def test_lightgbm_tells_long_parameters_apart_that_differ_in_the_middle_alone():
    from model_development.models.lightgbm_models import build

    wide = RNG.normal(size=(60, N_ROWS))
    y = (wide[:, 500] + wide[:, 501] > 0).astype(int)

    def fitted(rows, n_bins):
        model = build(
            "classification",
            seed=0,
            n_estimators=3,
            min_child_samples=5,
            max_bin_by_feature=in_the_middle(n_bins, 50),
        )
        return model.fit(rows, y, []).predict_proba(wide)

    fitted(wide, 50)
    second = fitted(wide, 2)
    np.testing.assert_array_equal(second, fitted(wide.copy(), 2))


def test_content_counts_and_the_order_of_a_dict_does_not():
    once, rows = BinnedOnce(), np.zeros(3)
    first = once.get(rows, [{0: 1.0, 1: 5.0}, np.arange(3)], object)
    assert once.get(rows, [{1: 5.0, 0: 1.0}, np.arange(3)], object) is first
    for other in ([{0: 1.0, 1: 4.0}, np.arange(3)], [{0: 1.0, 1: 5.0}, np.arange(3.0)], [{}, [0, 1, 2]]):
        assert once.get(rows, other, object) is not first


def test_what_was_made_of_a_matrix_goes_with_it():
    once = BinnedOnce()
    for _ in range(20):  # of the same size, so that one gets the memory, and the id, of one before it
        rows = np.zeros(1000)
        made = object()
        assert once.get(rows, "same", lambda kept=made: kept) is made
        del rows
    assert not once._kept
