"""From the clean table to a matrix of floats, in the way that suits each family of models.

Every preprocessor is plain scikit-learn: fitted within each fold, cheap on a single row, and saved
without pickle. Numbers come first in the matrix, categories after them.
"""

import numpy as np

MAX_ONE_HOT = 40  # levels of one category that get a column each; the rarer ones share one
MAX_CODES = 250  # levels of one category that keep a code of their own (boosting bins hold 255)


def make_preprocessor(kind, schema):
    """Return an unfitted transformer from `schema.clean(raw)` to a float matrix.

    kind : "scaled" for linear models and networks (imputed, one-hot, standardised),
        "design" for models with p-values (like "scaled", one level of each category left out),
        "codes" for boosting (missing stays NaN, categories are codes, missing or new ones NaN),
        "forest" for forests (like "codes", but categories missing or new are -1).
    """
    from sklearn.compose import ColumnTransformer

    parts = []
    if schema.numeric_names:
        parts.append(("numbers", _numbers(kind), schema.numeric_names))
    if schema.names("category"):
        parts.append(("categories", _categories(kind), schema.names("category")))
    return ColumnTransformer(parts, sparse_threshold=0.0)


def categorical_positions(kind, schema):
    """Positions in the matrix of the columns that hold category codes; empty unless "codes"."""
    if kind != "codes":
        return []
    start = len(schema.numeric_names)
    return list(range(start, start + len(schema.names("category"))))


def _numbers(kind):
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if kind in ("codes", "forest"):
        return "passthrough"
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler())


def _categories(kind):
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if kind in ("codes", "forest"):
        absent = np.nan if kind == "codes" else -1
        return OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=absent,
            encoded_missing_value=absent,
            max_categories=MAX_CODES,
        )
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MAX_ONE_HOT,
        drop="first" if kind == "design" else None,
        sparse_output=False,
    )
