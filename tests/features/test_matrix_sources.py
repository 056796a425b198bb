import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.recognition import infer_schema
from model_development.features.matrix_sources import matrix_sources
from model_development.features.preprocessors import PREPROCESSORS, make_preprocessor

N = 400


def every_kind_of_column():
    """Numbers and dates with and without gaps, categories of few and of many levels, flags, sentences."""
    rng = np.random.default_rng(0)
    words = np.array(["late", "payment", "of", "an", "invoice", "was", "disputed", "by", "the", "customer"])
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900 * 24, N), "h")
    return pd.DataFrame(
        {
            "a": rng.normal(size=N),
            "a@days": np.where(rng.random(N) < 0.2, np.nan, rng.integers(0, 50, N)),
            "b_c": rng.choice(["x", "y_z", None], N),
            "b": rng.choice(["c_x", "y", "z"], N),
            "many": [f"level {i}" for i in rng.integers(0, 90, N)],
            "many more": [f"code {i}" if i % 7 else None for i in rng.integers(0, 300, N)],
            "since": days.strftime("%Y-%m-%d %H:%M"),
            "until": [
                d if keep else None for d, keep in zip(days.astype(str), rng.random(N) < 0.8, strict=True)
            ],
            "flag": rng.choice(["yes", "no"], N),
            "comment": [" ".join(rng.choice(words, 6)) + f" {i}" for i in range(N)],
        }
    )


@pytest.mark.whole
@pytest.mark.parametrize("classes", [None, 2, 3])
@pytest.mark.parametrize("kind", PREPROCESSORS)
def test_a_matrix_column_changes_with_its_raw_column_alone(kind, classes):
    table = every_kind_of_column()
    schema = infer_schema(table)
    assert {c.kind for c in schema.columns} >= {"number", "date", "category", "text"}
    y = np.linspace(0, 1, N) if classes is None else np.arange(N) % classes
    family = "regression" if classes is None else "classification"
    preprocessor = make_preprocessor(kind, schema, family)
    preprocessor.fit(schema.clean(table), y)
    matrix = np.nan_to_num(preprocessor.transform(schema.clean(table)), nan=-99.0)
    sources = matrix_sources(preprocessor, schema)
    assert sources.shape == (matrix.shape[1],)
    shuffled = np.random.default_rng(1).permutation(N)
    for position, name in enumerate(schema.names()):
        other = table.assign(**{name: table[name].to_numpy()[shuffled]})
        changed = np.nan_to_num(preprocessor.transform(schema.clean(other)), nan=-99.0) != matrix
        varies = (matrix != matrix[:1]).any(axis=0)
        assert set(np.flatnonzero(changed.any(axis=0))) == set(
            np.flatnonzero(varies & (sources == position))
        ), name


def test_of_a_preprocessor_of_others_nobody_can_say():
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import PCA

    table = every_kind_of_column()[["a"]].assign(b=np.arange(N) ** 2.0)
    schema = infer_schema(table)
    mixing = ColumnTransformer([("mix", PCA(2), ["a", "b"])]).fit(table)
    assert matrix_sources(mixing, schema) is None
    assert matrix_sources(PCA(2).fit(table), schema) is None
