"""The whole model: raw table in, predictions out. Preprocessing and estimator are fitted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .data.columns.recognition import infer_schema
from .data.columns.schema import TableSchema
from .data.columns.unread import clean_rows
from .data.raw_rows import as_table, as_target, as_weights
from .data.splitting.early_stopping import draw_early_stopping_rows
from .features.preprocessors import feature_types, make_preprocessor
from .features.steps.feature_steps import FeatureSteps, cleaned_rows
from .models.class_weights import both_weights, row_weights
from .models.table import get_model
from .predictor import Predictor
from .tasks.table import codecs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .features.steps.step import FeatureRow
    from .models.spec import ModelSpec
    from .tasks.targets import TargetCodec


class TabularModel(Predictor):
    """One row of the table of models with its preprocessing, as a scikit-learn estimator of raw tables.

    model_name : row of the table of models. family : "classification" or "regression".
    schema : what each raw column is; None finds it out from the rows that are fitted.
    params : what the row's builder takes; None stands for its baseline.
    strict : rows with a column that mostly cannot be read, or holds unknown categories, raise DataError;
        else they warn by an UnreadableColumnWarning.
    steps : names of rows of the table of steps, which make or leave out columns before the preprocessing,
        in the order of that table. time_column, group_column : columns of X that lags need.

    Fitted, it has `schema_`, `steps_`, `preprocessor_`, `estimator_`, `n_features_in_`, `feature_names_in_`
    where the columns have names, and for classification `classes_`.

    >>> table = pd.DataFrame({"age": [31, 44, 52, 23], "city": ["Bern", "Genf", "Bern", None]})
    >>> model = TabularModel("sklearn_logistic_regression").fit(table, ["no", "yes", "yes", "no"])
    >>> model.predict(table.head(2)).tolist()
    ['no', 'yes']
    """

    steps_: FeatureSteps | None = None

    def __init__(
        self,
        model_name: str,
        family: str = "classification",
        schema: TableSchema | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        seed: int = 42,
        device: str = "cpu",
        n_jobs: int = 1,
        strict: bool = False,
        steps: Sequence[str] = (),
        time_column: str | None = None,
        group_column: str | None = None,
    ) -> None:
        self.model_name = model_name
        self.family = family
        self.schema = schema
        self.params = params
        self.seed = seed
        self.device = device
        self.n_jobs = n_jobs
        self.strict = strict
        self.steps = steps
        self.time_column = time_column
        self.group_column = group_column

    @property
    def spec(self) -> ModelSpec:
        """The row of the table of models."""
        return get_model(self.model_name)

    def prepare(self, X: pd.DataFrame | None = None) -> TabularModel:
        """Build the unfitted parts; imports the framework, so that no clock counts the import.

        X : raw rows; None where `schema` is given.
        Raises ImportError where the framework is missing, ValueError or TypeError for refused parameters,
        SettingsError for a step that is unknown, or that the table cannot have.
        """
        self.decision_policy_ = None
        self.schema_ = infer_schema(X) if self.schema is None else self.schema
        self.target_ = codecs()[self.family]()
        self.steps_ = FeatureSteps.of(self.get_params(deep=False), self.family)
        if self.steps_ is not None:
            self.steps_.require(self.schema_)
        self.suit(self.schema_)
        self._is_prepared, self.uncertainty_ = True, None
        return self

    def suit(self, schema: TableSchema) -> None:
        """Build preprocessor and estimator, unfitted, for the columns of a clean table: those of the raw one,
        or those that the steps have made of it."""
        spec, features = self.spec, self.spec.features_of(self.own_params)
        self._class_weight, params = spec.split_class_weight(self.own_params, self.target_.has_classes)
        self.preprocessor_ = make_preprocessor(features, schema, self.family)
        self.estimator_ = spec.build(
            self.family,
            seed=self.seed,
            device=self.device,
            n_jobs=self.n_jobs,
            feature_types=feature_types(features, schema),
            **params,
        )

    def fit(
        self,
        X: pd.DataFrame | ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        early_stopping_rows: np.ndarray | None = None,
    ) -> TabularModel:
        """Fit on raw rows X and labels or numbers y, shape (n_rows,).

        sample_weight : how much each row counts, shape (n_rows,).
        groups : shape (n_rows,); early-stopping rows are then whole groups.
        early_stopping_rows : positions of the rows that tell a model when to stop, see
            data/splitting/early_stopping.py; None draws a sample.
        Raises ValueError for rows that are none, and where the model cannot weigh rows.
        """
        table = as_table(X)
        y = as_target(y, len(table))
        if not getattr(self, "_is_prepared", False):
            self.prepare(table)
        matrix = self.fit_preprocessor(table, y)
        self.n_features_in_ = table.shape[1]
        if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self.fit_estimator(matrix, y, early_stopping_rows, sample_weight, groups)

    def fit_preprocessor(self, X: pd.DataFrame, y: ArrayLike) -> np.ndarray:
        """Fit steps and preprocessor alone; return the matrix that `fit_estimator` takes."""
        target, clean = self.target_.for_preprocessor(y), self.schema_.clean(X)
        if self.steps_ is not None:
            clean = self.steps_.fit_transform(clean, self.schema_, y=target)
            on_step = getattr(self.estimator_, "on_step", None)  # who listens to the fit
            self.suit(self.steps_.extended(self.schema_))
            if on_step is not None:
                self.estimator_.on_step = on_step
        return self.preprocessor_.fit_transform(clean, target)

    def clean_matrix(self, clean: pd.DataFrame) -> np.ndarray:
        """The matrix of rows that `schema_` has cleaned, one of them at least."""
        return self.preprocessor_.transform(clean if self.steps_ is None else self.steps_.transform(clean))

    def feature_metadata(self) -> list[FeatureRow]:
        """What each column of the table that the preprocessor takes is made from, as FeatureRows."""
        check_is_fitted(self)
        return cleaned_rows(self.schema_) if self.steps_ is None else self.steps_.feature_rows()

    def fit_estimator(
        self,
        matrix: np.ndarray,
        y: ArrayLike,
        early_stopping_rows: np.ndarray | None = None,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> TabularModel:
        """Fit the estimator alone, on what the preprocessor made of the rows."""
        numbers = self.encode_target(y)
        if self.spec.stops_early and early_stopping_rows is None:
            classes = numbers if self.target_.has_classes else None
            units = None if groups is None else np.asarray(groups)
            early_stopping_rows = draw_early_stopping_rows(numbers, self.seed, classes, groups=units)
        arguments = [early_stopping_rows] if self.spec.stops_early else []
        weights = self._weights(numbers, sample_weight)
        self.estimator_.fit(matrix, numbers, *arguments, **weights)
        self._is_prepared = False  # a further `fit` begins anew
        if getattr(self.estimator_, "n_jobs", None):
            self.estimator_.n_jobs = 1  # threads add up trees in any order, which changes the last bits
        return self

    def refit(self, X: pd.DataFrame, y: ArrayLike, pace: Any) -> TabularModel:
        """Fit all of these rows as long as a model of a part of them: pace is its estimator, or a Pace."""
        if not self.spec.stops_early:
            return self.fit(X, y)
        matrix, numbers = self.fit_preprocessor(X, y), self.encode_target(y)
        self.estimator_.refit(matrix, numbers, pace, **self._weights(numbers))
        self._is_prepared = False
        return self

    def encode_target(self, y: ArrayLike) -> np.ndarray:
        """The target as the estimator takes it; remembers the classes, or the unit."""
        return self.target_.encode(y, self.spec.target(self.own_params))

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, for regression numbers, of rows that `to_matrix` has made a matrix of."""
        return self.target_.outputs(self.estimator_, matrix)

    def labels_of(self, matrix: np.ndarray) -> np.ndarray:
        """Labels as the estimator itself has them, or numbers; shape (n_rows,)."""
        return self.target_.predict(self.estimator_, matrix)

    def parts(self) -> list[TabularModel]:
        """Itself: it is no ensemble."""
        return [self]

    def combined(self, said: Sequence[np.ndarray]) -> np.ndarray:
        """What it says, being alone."""
        return said[0]

    def to_matrix(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """The matrix of floats that the estimator sees, shape (n_rows, n_matrix_columns)."""
        check_is_fitted(self)
        clean = clean_rows(self.schema_, X, self.n_features_in_, strict=self.strict)
        return self.clean_matrix(clean) if len(clean) else np.empty((0, clean.shape[1]))

    def restored(self, target: TargetCodec) -> TabularModel:
        """Become fitted, after `steps_`, `preprocessor_` and `estimator_` were read from files."""
        self.schema_, self.target_, self._is_prepared = self.schema or TableSchema(()), target, False
        self.n_features_in_ = len(self.schema_.columns)
        self.feature_names_in_ = np.array([column.name for column in self.schema_.columns], dtype=object)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return "estimator_" in vars(self) and not self._is_prepared

    @property
    def own_params(self) -> dict[str, Any]:
        """`params`, or the baseline's."""
        return dict(self.spec.baseline_of(self.family) if self.params is None else self.params)

    def _weights(self, numbers: np.ndarray, sample_weight: ArrayLike | None = None) -> dict[str, np.ndarray]:
        """What `fit` is told of how much rows count: by what was given, and by their class."""
        if sample_weight is not None and not self.spec.takes_weights:
            raise ValueError(f"{self.model_name} cannot weigh rows: fit it without sample_weight.")
        given = None if sample_weight is None else as_weights(sample_weight, len(numbers))
        weights = both_weights(given, self.class_weights(numbers))
        return {} if weights is None else {"sample_weight": weights}

    def class_weights(self, numbers: np.ndarray) -> np.ndarray | None:
        """How much rows count by their class, shape (n_rows,); None where all count alike.

        numbers : what `encode_target` has made of the target.
        """
        return row_weights(self._class_weight, numbers)
