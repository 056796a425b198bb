"""From the clean table to a matrix of floats, in the way that suits each family of models.

Every preprocessor is plain scikit-learn, but for sentences: fitted within each fold, cheap on a
single row, and saved without pickle. Numbers come first in the matrix, then categories, then what
stands for sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns.schema import MAX_CODES, MAX_ONE_HOT, Column, TableSchema
from ..saved import saved_name
from ..tasks.table import codecs
from .piecewise import PiecewiseLinearEncoder, SinglePrecision, UnitFree
from .sentences import SentenceEncoder
from .target_folds import TargetFolds

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer


BEFORE_ALL = -1e30  # in units of a column's spread
TEXT_PARTS = 16  # numbers that stand for one column of sentences
SKOPS_TYPES = (  # what the preprocessors hold beside what skops knows; they run no code when they are rebuilt
    "numpy.dtype",
    "sklearn.model_selection._split.KFold",  # of models that were saved before TargetFolds was
    "sklearn.model_selection._split.StratifiedKFold",
    saved_name("PiecewiseLinearEncoder"),
    saved_name("UnitFree"),
    saved_name("SentenceEncoder"),
    saved_name("SinglePrecision"),
    saved_name("TargetFolds"),
    "numpy.float32",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
)


@dataclass(frozen=True, kw_only=True)
class Preprocessor:
    """One row: what numbers, categories and sentences become for a family of models.

    is_empty : no column at all. is_ordered : numbers keep their order, and missing ones stay missing; else
        they are imputed, with a column that says so. is_filled : missing ones come before all others, for
        models that take none. is_binned : numbers are spread over quantile bins. is_plain : beside them stand
        the numbers themselves, standardised.
    absent : code of a category that is missing or new, where categories are codes; else they are one-hot.
    is_native : the library is told which columns hold such codes.
    drop : level of a one-hot category that is left out, as OneHotEncoder has it.
    is_single : the matrix is float32, for models that compute in it.
    """

    name: str
    is_empty: bool = False
    is_ordered: bool = False
    is_filled: bool = False
    is_binned: bool = False
    is_plain: bool = False
    absent: float | None = None
    is_native: bool = False
    drop: str | None = None
    is_single: bool = False

    @property
    def has_codes(self) -> bool:
        return self.absent is not None

    @property
    def model_family(self) -> str | None:
        """The family of models that it suits; None where the features are ignored."""
        if self.is_empty:
            return None
        return "trees" if self.is_ordered else "networks" if self.is_binned else "linear"

    @property
    def precision(self) -> type:
        return np.float32 if self.is_single else np.float64

    def is_long(self, column: Column) -> bool:
        """Has a category so many levels that means of the target stand for them?"""
        return not self.has_codes and column.n_levels > MAX_ONE_HOT


PREPROCESSORS = {
    row.name: row
    for row in (
        Preprocessor(name="none", is_empty=True),  # for models that ignore the features
        Preprocessor(name="scaled"),  # for linear models
        Preprocessor(name="design", drop="first"),  # for models with p-values
        Preprocessor(name="binned", is_binned=True, is_single=True),
        Preprocessor(name="both", is_binned=True, is_plain=True, is_single=True),  # for networks
        Preprocessor(name="codes", is_ordered=True, absent=np.nan, is_native=True),  # for boosting
        Preprocessor(name="forest", is_ordered=True, absent=-1, is_single=True),
        Preprocessor(name="filled", is_ordered=True, is_filled=True, absent=-1, is_single=True),
    )
}


def make_preprocessor(kind: str, schema: TableSchema, family: str) -> ColumnTransformer:
    """Return an unfitted transformer from `schema.clean(raw)` to a float matrix.

    kind : row of the table of preprocessors. family : of the task, "classification" or "regression".
    """
    from sklearn.compose import ColumnTransformer

    row = PREPROCESSORS[kind]
    if row.is_empty:
        return ColumnTransformer([])
    categories = [column for column in schema.columns if column.kind == "category"]
    few = [column.name for column in categories if not row.is_long(column)]
    many = [column.name for column in categories if row.is_long(column)]
    parts = [
        ("numbers", lambda: _numbers(row), schema.numeric_names),
        ("categories", lambda: _categories(row), few),
        ("long_categories", lambda: _target_means(row, family), many),
    ]
    steps = [(name, make(), columns) for name, make, columns in parts if columns]
    # Numbered: libraries put rules on the names of steps, and users none on the names of columns.
    steps += [(f"text {n}", _sentences(row), [name]) for n, name in enumerate(schema.names("text"))]
    return ColumnTransformer(steps, sparse_threshold=0.0)


def feature_types(kind: str, schema: TableSchema) -> tuple[str, ...]:
    """ "category" or "number" for each column of the matrix; empty where a model takes all for numbers."""
    n_categories = len(schema.names("category"))
    if not PREPROCESSORS[kind].is_native or not n_categories:
        return ()
    n_texts = TEXT_PARTS * len(schema.names("text"))
    return ("number",) * len(schema.numeric_names) + ("category",) * n_categories + ("number",) * n_texts


def matrix_width(kind: str, schema: TableSchema, bins: list[int], n_gaps: int, n_classes: int) -> int:
    """About how many columns the matrix of a kind has.

    bins : bins of each numeric column. n_gaps : numeric columns with missing values. n_classes : 1 for
    regression.
    """
    row = PREPROCESSORS[kind]
    if row.is_empty:
        return 0
    levels = [column for column in schema.columns if column.kind == "category"]
    n_texts = TEXT_PARTS * len(schema.names("text"))
    if row.has_codes:
        return len(schema.numeric_names) + len(levels) + n_texts
    n_numbers = sum(bins) if row.is_binned else len(bins)
    n_numbers += sum(n > 1 for n in bins) if row.is_plain else 0
    n_means = n_classes if n_classes > 2 else 1
    n_levels = sum(n_means if row.is_long(c) else min(c.n_levels + 1, MAX_ONE_HOT) for c in levels)
    return n_numbers + n_gaps + n_levels + n_texts


def _numbers(row: Preprocessor) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if row.is_ordered:
        numbers = UnitFree(single=row.is_single)
        first = SimpleImputer(strategy="constant", fill_value=BEFORE_ALL, keep_empty_features=True)
        return make_pipeline(numbers, first) if row.is_filled else numbers
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(
        imputer, PiecewiseLinearEncoder(plain=row.is_plain) if row.is_binned else StandardScaler()
    )


def _categories(row: Preprocessor) -> Any:
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if row.has_codes:
        return OrdinalEncoder(
            handle_unknown="use_encoded_value",
            unknown_value=row.absent,
            encoded_missing_value=row.absent,
            max_categories=MAX_CODES,
            dtype=row.precision,
        )
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MAX_ONE_HOT,
        drop=row.drop,
        sparse_output=False,
        dtype=row.precision,
    )


def _target_means(row: Preprocessor, family: str) -> Any:
    """Means of the target per level, each row's own target kept out of its mean while fitting."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler, TargetEncoder

    codec = codecs()[family]
    encoder = TargetEncoder(target_type=codec.mean_type, cv=TargetFolds(codec.has_classes, seed=0))
    return make_pipeline(encoder, StandardScaler(), *([SinglePrecision()] if row.is_single else []))


def _sentences(row: Preprocessor) -> Any:
    """What stands for one column of sentences."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    encoder = SentenceEncoder(n_parts=TEXT_PARTS)
    return encoder if row.has_codes else make_pipeline(encoder, StandardScaler())
