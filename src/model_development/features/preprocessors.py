"""From the clean table to a matrix of floats, in the way that suits each family of models.

Every preprocessor is plain scikit-learn, but for sentences: fitted within each fold, cheap on a
single row, and saved without pickle. Numbers come first in the matrix, then categories, then what
stands for sentences.
"""

import numpy as np

from ..data.columns.schema import MAX_CODES, MAX_ONE_HOT
from ..saved import saved_name
from .piecewise import PiecewiseLinearEncoder, SinglePrecision, UnitFree

TREES = ("codes", "forest")  # kinds for which the order of numbers counts
SINGLE = ("binned", "forest")  # kinds of models that compute in single precision: their matrix is float32
TEXT_PARTS = 16  # numbers that stand for one column of sentences
SKOPS_TYPES = (  # what the preprocessors hold beside what skops knows; they run no code when they are rebuilt
    "numpy.dtype",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    saved_name("PiecewiseLinearEncoder"),
    saved_name("UnitFree"),
    saved_name("SinglePrecision"),
    "numpy.float32",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
)


def make_preprocessor(kind, schema, family):
    """Return an unfitted transformer from `schema.clean(raw)` to a float matrix.

    kind : "scaled" for linear models (imputed, one-hot, standardised; categories of many levels
            become means of the target, fitted across folds of their own),
        "binned" for networks (like "scaled", but numbers are spread over bins),
        "design" for models with p-values (like "scaled", one level of each category left out),
        "codes" for boosting (numbers in a unit in which float32 tells them apart, missing stays NaN,
            categories are codes, missing or new ones NaN),
        "forest" for forests (like "codes", but categories missing or new are -1),
        "none" for models that ignore the features: no column at all.
    family : "classification" or "regression".
    """
    from sklearn.compose import ColumnTransformer

    few = [c.name for c in schema.columns if c.kind == "category" and not _is_long(kind, c)]
    many = [c.name for c in schema.columns if c.kind == "category" and _is_long(kind, c)]
    parts = [
        ("numbers", lambda: _numbers(kind), schema.numeric_names),
        ("categories", lambda: _categories(kind), few),
        ("long_categories", lambda: _target_means(kind, family), many),
    ]
    if kind == "none":
        return ColumnTransformer([])
    parts += [(f"text {name}", lambda: _sentences(kind), name) for name in schema.names("text")]
    return ColumnTransformer([(n, make(), c) for n, make, c in parts if len(c)], sparse_threshold=0.0)


def feature_types(kind, schema):
    """ "category" or "number" for each column of the matrix; empty where none holds category codes."""
    n_categories = len(schema.names("category"))
    if kind != "codes" or not n_categories:
        return ()
    n_texts = TEXT_PARTS * len(schema.names("text"))
    return ("number",) * len(schema.numeric_names) + ("category",) * n_categories + ("number",) * n_texts


def matrix_width(kind, schema, bins, n_gaps, n_classes):
    """About how many columns the matrix of a kind has.

    bins : bins of each numeric column. n_gaps : numeric columns with missing values. n_classes : 1 for
    regression.
    """
    if kind == "none":
        return 0
    levels = [column for column in schema.columns if column.kind == "category"]
    n_texts = TEXT_PARTS * len(schema.names("text"))
    if kind in TREES:
        return len(schema.numeric_names) + len(levels) + n_texts
    n_numbers = sum(bins) if kind == "binned" else len(bins)
    n_means = n_classes if n_classes > 2 else 1
    n_levels = sum(n_means if _is_long(kind, c) else min(c.n_levels + 1, MAX_ONE_HOT) for c in levels)
    return n_numbers + n_gaps + n_levels + n_texts


def _is_long(kind, column):
    return kind not in TREES and column.n_levels > MAX_ONE_HOT


def _numbers(kind):
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if kind in TREES:
        return UnitFree(single=kind in SINGLE)
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, PiecewiseLinearEncoder() if kind == "binned" else StandardScaler())


def _categories(kind):
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if kind in TREES:
        absent = np.nan if kind == "codes" else -1
        return OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=absent,
            encoded_missing_value=absent,
            max_categories=MAX_CODES,
            dtype=_precision(kind),
        )
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MAX_ONE_HOT,
        drop="first" if kind == "design" else None,
        sparse_output=False,
        dtype=_precision(kind),
    )


def _precision(kind):
    return np.float32 if kind in SINGLE else np.float64


def _target_means(kind, family):
    """Means of the target per level, each row's own target kept out of its mean while fitting."""
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler, TargetEncoder

    regression = family == "regression"
    folds = (KFold if regression else StratifiedKFold)(5, shuffle=True, random_state=0)
    encoder = TargetEncoder(target_type="continuous" if regression else "auto", cv=folds)
    last = [SinglePrecision()] if kind in SINGLE else []
    return make_pipeline(encoder, StandardScaler(), *last)


def _sentences(kind):
    """Character n-grams, weighted and reduced (latent semantic analysis); missing text is zeros."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from skrub import StringEncoder

    encoder = StringEncoder(n_components=TEXT_PARTS, random_state=0)
    return encoder if kind in TREES else make_pipeline(encoder, StandardScaler())
