"""What a fitted model of raw tables answers, be it one model or several as one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from operator import is_not
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import ClassifierTags, RegressorTags
from sklearn.utils.metaestimators import available_if

from .data.raw_rows import as_table
from .outputs.policy import require_policy
from .outputs.uncertainty import WithUncertainty
from .tasks.table import codecs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike
    from sklearn.utils import Tags

    from .data.columns.schema import TableSchema
    from .outputs.policy import DecisionPolicy
    from .row_plan.answering import RowAnswers
    from .row_plan.compiling import Part
    from .tasks.targets import TargetCodec

ROW_ANSWERS = "_row_answers"  # kept with a model in memory, and never saved
SCORES = {"classifier": accuracy_score, "regressor": r2_score}
TAGS = {"classifier": ClassifierTags, "regressor": RegressorTags}


class Predictor(WithUncertainty, BaseEstimator):
    """What `load_model` gives: `predict`, `predict_proba`, `classes_` of raw tables.

    model_name : what files call it. family : "classification" or "regression". strict : see TabularModel.
    """

    model_name: str
    family: str
    strict: bool
    schema_: TableSchema
    target_: TargetCodec
    decision_policy_: DecisionPolicy | None = None

    @abstractmethod
    def to_matrix(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """The matrix of floats that `predict_matrix` takes, shape (n_rows, n_matrix_columns)."""

    @abstractmethod
    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, for regression numbers, of rows that `to_matrix` has made a matrix of."""

    @abstractmethod
    def labels_of(self, matrix: np.ndarray) -> np.ndarray:
        """Labels as they stood in the target column, or numbers, of such rows; shape (n_rows,)."""

    @abstractmethod
    def parts(self) -> Sequence[Part]:
        """The fitted models that it is made of; itself alone, where it is no ensemble."""

    @abstractmethod
    def combined(self, said: Sequence[np.ndarray]) -> np.ndarray:
        """The outputs of the whole from those of its `parts`, each as `predict_matrix` gives them."""

    def predict_one(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one raw row of {column: value}, many times as quickly as a table of one row.

        Returns {"prediction", "probabilities" or "interval", "decision", "warnings"} of plain Python values;
        what the model does not have is left out. Columns that the row lacks count as missing values.
        Raises DataError for what is no row, and where the decision policy lacks an amount to weigh it by.
        """
        return self.row_answers().answer(row).to_dict()

    def row_answers(self) -> RowAnswers:
        """What answers single rows; made on the first call, and anew for a model that was fitted again."""
        from .row_plan.answering import RowAnswers

        made_of = [self.decision_policy_, self.uncertainty_, *(part.estimator_ for part in self.parts())]
        known = vars(self).get(ROW_ANSWERS)
        if known is None or len(known[0]) != len(made_of) or any(map(is_not, known[0], made_of)):
            known = made_of, RowAnswers.of_fitted(self)
            setattr(self, ROW_ANSWERS, known)
        return known[1]

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()  # of scikit-learn
        return {name: value for name, value in state.items() if name != ROW_ANSWERS}

    def predict(self, X: pd.DataFrame | ArrayLike, *, policy: bool = False) -> np.ndarray:
        """Labels as they stood in the target column, or numbers; shape (n_rows,).

        policy : as `decision_policy_` decides; ValueError where the model has none.
        """
        if policy:
            decision_policy, table = require_policy(self.decision_policy_), as_table(X)
            return self.classes_[decision_policy.decide(self.predict_proba(X), table)]
        return self.labels_of(self.to_matrix(X))

    @available_if(lambda self: codecs()[self.family].has_classes)
    def predict_proba(self, X: pd.DataFrame | ArrayLike, *, calibrated: bool = False) -> np.ndarray:
        """Probabilities, `calibrated` if asked, in the order of `classes_`, shape (n_rows, n_classes)."""
        outputs = self.predict_matrix(self.to_matrix(X))
        return self.calibrated(outputs) if calibrated else outputs

    def score(
        self, X: pd.DataFrame | ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Accuracy, or R squared, on raw rows."""
        return float(SCORES[self.target_.estimator_type](y, self.predict(X), sample_weight=sample_weight))

    @property
    def classes_(self) -> np.ndarray:
        """Labels in the order of the probabilities, shape (n_classes,)."""
        classes = getattr(vars(self).get("target_"), "classes", None)
        if classes is None:
            raise AttributeError("a model that is not fitted, or of numbers, has no classes_")
        return classes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.estimator_type = codecs()[self.family].estimator_type
        setattr(tags, f"{tags.estimator_type}_tags", TAGS[tags.estimator_type]())
        tags.target_tags.required = True
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags
