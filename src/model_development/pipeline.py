"""The whole model: raw table in, predictions out. Preprocessing and estimator are fitted together."""

import numpy as np
from sklearn.utils.metaestimators import available_if

from .data.splitting.early_stopping import draw_early_stopping_rows
from .features.preprocessors import feature_types, make_preprocessor
from .models.table import get_model
from .models.target_unit import in_own_unit


class Predictor:
    """One row of the table of models with its preprocessing, following scikit-learn's habits.

    model_name : row of the table of models. family : "classification" or "regression".
    schema : TableSchema of the raw columns. params : what the row's builder takes.
    """

    def __init__(self, model_name, family, schema, params, *, seed=42, device="cpu", n_jobs=1):
        self.model_name = model_name
        self.family = family
        self.schema = schema
        self.params = dict(params)
        self.seed, self.device, self.n_jobs = seed, device, n_jobs

    def prepare(self):
        """Build the unfitted parts; imports the framework, so that no clock counts the import.

        Raises ImportError where the framework is missing, and ValueError or TypeError for
        parameters that it refuses.
        """
        spec = get_model(self.model_name)
        self.preprocessor_ = make_preprocessor(spec.features, self.schema, self.family)
        self.estimator_ = spec.build(
            self.family,
            seed=self.seed,
            device=self.device,
            n_jobs=self.n_jobs,
            feature_types=feature_types(spec.features, self.schema),
            **self.params,
        )
        return self

    def fit(self, X, y, early_stopping_rows=None):
        """Fit on raw rows X and labels or numbers y, shape (n_rows,).

        early_stopping_rows : positions of the rows that tell a model when to stop, see
        `data.early_stopping_rows`; None draws a sample.
        """
        if not hasattr(self, "estimator_"):
            self.prepare()
        return self.fit_matrix(self.fit_transform(X, y), y, early_stopping_rows)

    def fit_transform(self, X, y):
        """Fit the preprocessor alone; return the matrix that `fit_matrix` takes."""
        target = np.asarray(y, dtype=float) if self.family == "regression" else self.numbers(y)
        return self.preprocessor_.fit_transform(self.schema.clean(X), target)

    def fit_matrix(self, matrix, y, early_stopping_rows=None):
        """Fit the estimator alone, on what the preprocessor made of the rows."""
        numbers = self.numbers(y)
        if get_model(self.model_name).stops_early:
            classes = numbers if self.family == "classification" else None
            early_stopping_rows = (
                draw_early_stopping_rows(numbers, self.seed, classes)
                if early_stopping_rows is None
                else early_stopping_rows
            )
            self.estimator_.fit(matrix, numbers, early_stopping_rows)
        else:
            self.estimator_.fit(matrix, numbers)
        if getattr(self.estimator_, "n_jobs", None):
            # A forest's threads add up their trees in any order, which changes the last bits.
            self.estimator_.n_jobs = 1
        return self

    def predict(self, X):
        """Labels as they stood in the target column, or numbers; shape (n_rows,)."""
        matrix = self.transform(X)
        if self.family == "regression":
            return self.predict_matrix(matrix) if len(matrix) else np.empty(0)
        codes = self.estimator_.predict(matrix) if len(matrix) else []
        return self.classes_[np.asarray(codes, dtype=int)]

    @available_if(lambda self: self.family == "classification")
    def predict_proba(self, X):
        """Probabilities in the order of `classes_`, shape (n_rows, n_classes); rows sum to 1."""
        matrix = self.transform(X)
        return self.predict_matrix(matrix) if len(matrix) else np.empty((0, len(self.classes_)))

    def predict_matrix(self, matrix):
        """Probabilities, for regression numbers, of rows that `transform` has made a matrix of."""
        if self.family == "regression":
            return self.target_unit_.to_target(np.asarray(self.estimator_.predict(matrix), dtype=float))
        return np.asarray(self.estimator_.predict_proba(matrix), dtype=float)

    def transform(self, X):
        """The matrix of floats that the estimator sees, shape (n_rows, n_matrix_columns)."""
        clean = self.schema.clean(X)
        return self.preprocessor_.transform(clean) if len(clean) else np.empty((0, clean.shape[1]))

    def __repr__(self):
        return f"Predictor({self.model_name!r}, {self.family}, {len(self.schema.names())} columns)"

    def numbers(self, y):
        """The target as the estimator takes it; remembers the classes, or the unit."""
        if self.family == "regression":
            freedom = get_model(self.model_name).target(self.params)
            numbers, self.target_unit_ = in_own_unit(np.asarray(y, dtype=float), freedom)
            return numbers
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        return codes
