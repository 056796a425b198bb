import tracemalloc

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.features.piecewise import PiecewiseLinearEncoder
from model_development.features.preprocessors import MAX_CODES, MAX_ONE_HOT, feature_types, make_preprocessor

KINDS = ("scaled", "binned", "both", "design", "codes", "forest")
N = 600


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    words = np.array(["late", "payment", "of", "an", "invoice", "was", "disputed", "by", "the", "customer"])
    return pd.DataFrame(
        {
            "x": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N) * 1e9),
            "few": rng.choice(["a", "b", None], N),
            "many": [f"level {i % 300}" for i in range(N)],
            "comment": [" ".join(rng.choice(words, 6)) + f" {i}" for i in range(N)],
            "since": rng.choice(["2026-01-31", "2025-06-01"], N),
        }
    )


def fitted(kind, table, family="classification"):
    schema = infer_schema(table)
    y = np.arange(len(table)) % 3 if family == "classification" else np.linspace(0, 1, len(table))
    preprocessor = make_preprocessor(kind, schema, family)
    return schema, preprocessor, preprocessor.fit_transform(schema.clean(table), y)


@pytest.mark.whole
@pytest.mark.parametrize("family", ["classification", "regression"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_column_becomes_numbers(kind, family, table):
    schema, preprocessor, matrix = fitted(kind, table, family)
    assert schema.names("text") == ["comment"]
    single = kind in ("binned", "both", "forest")  # for models that compute in single precision
    assert matrix.dtype == preprocessor.transform(schema.clean(table)).dtype == ("f4" if single else "f8")
    assert np.isfinite(matrix).all() or kind in ("codes", "forest")
    types = feature_types(kind, schema)
    assert len(types) in (0, matrix.shape[1])
    assert preprocessor.transform(schema.clean(table)).shape == matrix.shape


@pytest.mark.whole
@pytest.mark.parametrize("kind", KINDS)
def test_new_levels_and_missing_values_are_taken(kind, table):
    schema, preprocessor, matrix = fitted(kind, table)
    odd = table.head(2).assign(few="new", many=["never seen", None], comment=["", None], x=np.nan, since="?")
    assert preprocessor.transform(schema.clean(odd)).shape == (2, matrix.shape[1])


def test_plain_numbers_follow_the_bins_standardised_and_bounded():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(50, 9, 2000), rng.integers(0, 2, 2000), rng.lognormal(0, 9, 2000)])
    X[0, 0] = 1e300  # whose square is none
    bins, both = PiecewiseLinearEncoder().fit(X), PiecewiseLinearEncoder(plain=True).fit(X)
    n_bins, result = len(bins.columns_), both.transform(X)
    np.testing.assert_array_equal(result[:, :n_bins], bins.transform(X))
    assert both.columns_[n_bins:].tolist() == [0, 2]  # one bin of a 0 or 1 is the number itself
    assert np.abs(result[:, n_bins:]).max() == 5
    usual = PiecewiseLinearEncoder(plain=True).fit(X[1:])
    plain = usual.transform(X[1:])[:, -2]
    expected = (X[1:, 0] - X[1:, 0].mean()) / X[1:, 0].std()
    np.testing.assert_allclose(plain, expected, rtol=1e-5, atol=1e-6)


def test_a_wide_table_has_fewer_bins_and_keeps_its_plain_numbers():
    """Of 2,500 columns of 48 bins, an epoch of 400 rows took four seconds."""
    X = np.random.default_rng(0).normal(size=(100, 3_000))
    encoder = PiecewiseLinearEncoder(plain=True).fit(X)
    assert len(encoder.columns_) <= 15_000
    assert np.bincount(encoder.columns_).tolist() == [4] * 3_000


def test_an_encoder_that_was_saved_before_there_were_plain_numbers_says_the_same():
    X = np.random.default_rng(0).normal(size=(500, 2))
    encoder = PiecewiseLinearEncoder().fit(X)
    expected = encoder.transform(X)
    for name in ("plain", "lows_", "highs_"):
        vars(encoder).pop(name)
    np.testing.assert_array_equal(encoder.transform(X), expected)


@pytest.mark.whole
def test_a_category_of_many_levels_stays_narrow(table):
    schema, _, scaled = fitted("scaled", table)
    assert {column.name: column.n_levels for column in schema.columns}["many"] == 300 > MAX_ONE_HOT
    assert scaled.shape[1] < MAX_ONE_HOT
    _, _, codes = fitted("codes", table)
    position = feature_types("codes", schema).index("category") + 1
    assert len(np.unique(codes[:, position])) <= MAX_CODES


def test_a_rows_own_target_has_no_part_in_its_category_mean():
    """Levels of two rows say nothing of a random target; a mean that holds the row's own would."""
    table = pd.DataFrame({"many": [f"level {i // 2}" for i in range(N)]})
    schema, y = infer_schema(table), np.random.default_rng(0).integers(0, 2, N)
    matrix = make_preprocessor("scaled", schema, "classification").fit_transform(schema.clean(table), y)
    assert abs(np.corrcoef(matrix[:, -1], y)[0, 1]) < 0.5


@pytest.mark.parametrize("n_each", [1, 4])
def test_means_of_many_levels_are_learned_of_classes_of_few_rows(n_each):
    """No class has as many rows as there are folds within which means are learned."""
    n_rows = 200 * n_each
    table = pd.DataFrame({"many": [f"level {i % 90}" for i in range(n_rows)], "x": np.arange(n_rows) % 7})
    schema, y = infer_schema(table), np.repeat(np.arange(200), n_each)
    made = make_preprocessor("scaled", schema, "classification")
    assert np.isfinite(made.fit_transform(schema.clean(table), y)).all()


def test_a_constant_of_many_digits_is_no_nan():
    """One more than 12345678901234567 is the same number: a bin of that width has none."""
    encoder = PiecewiseLinearEncoder().fit(np.full((50, 1), 12345678901234567.0))
    assert np.isfinite(encoder.transform(np.array([[12345678901234567.0], [0.0], [1e20]]))).all()


@pytest.mark.whole
def test_bins_are_the_same_numbers_as_in_double_precision_and_take_no_more_than_the_result():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(0, 20, 20_000), rng.integers(0, 3, 20_000), rng.normal(size=20_000)])
    X = np.hstack([X, rng.normal(size=(20_000, 20))])
    encoder = PiecewiseLinearEncoder().fit(X)
    tracemalloc.start()
    result = encoder.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = np.clip((X[:, encoder.columns_] - encoder.starts_) / encoder.widths_, 0.0, 1.0)
    np.testing.assert_array_equal(result, whole.astype(np.float32))
    np.testing.assert_array_equal(encoder.transform(X[:1]), result[:1])
    assert peak < 1.2 * result.nbytes
    assert encoder.transform(X[:0]).shape == (0, result.shape[1])
