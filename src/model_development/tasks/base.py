"""What a kind of problem must answer: one subclass, and one row in tasks/table.py, is one kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..late import pandas as pd
from .predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .targets import TargetCodec


@dataclass(frozen=True)
class Task(ABC):
    """One prediction problem: a kind of problem, posed by a column of a table.

    classes : the labels as they stand in the table, sorted; empty where the target has no classes.
    positive_class : the label that precision, recall and F1 are about; binary only.

    kind : what `problem_type` calls it. family : what models and metrics are made for.
    default_metric : of the family, where the user names none. codec : how an estimator sees the target.
    chart : what phase 1 draws of the out-of-fold predictions, see phases/training/charts.py.
    has_target : is there a column to learn from? Where not (clustering), zeros stand for it everywhere: the
        codec and the metrics of the family pay no heed to them.
    """

    target: str
    classes: tuple[Any, ...] = ()
    positive_class: Any = None

    kind: ClassVar[str]
    family: ClassVar[str]
    default_metric: ClassVar[str]
    codec: ClassVar[type[TargetCodec]]
    chart: ClassVar[str]
    has_target: ClassVar[bool] = True

    @property
    def has_classes(self) -> bool:
        """Is it predicted by label?"""
        return self.codec.has_classes

    @classmethod
    @abstractmethod
    def suits(cls, y: pd.Series) -> bool:
        """Is this the kind of problem that a target without missing values poses, where nobody says so?"""

    @classmethod
    @abstractmethod
    def pose(cls, y: pd.Series, target: str, positive_class: Any = None) -> Task:
        """Return the task of a target. Raises DataError where its values do not fit the kind."""

    @abstractmethod
    def encode(self, y: ArrayLike) -> np.ndarray:
        """Return the target as estimators take it: positions in `classes`, or floats; shape (n_rows,)."""

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Return what `encode` was given: labels, or numbers; shape (n_rows,)."""
        return np.asarray(self.classes, dtype=object)[encoded] if self.classes else encoded

    @abstractmethod
    def strata(self, y: ArrayLike) -> np.ndarray:
        """Return the stratum of each row, of which every part and fold gets its share; shape (n_rows,)."""

    @abstractmethod
    def classes_of(self, y: ArrayLike) -> np.ndarray | None:
        """Return positions in `classes`, of which a sample must lose none; None where there are none."""

    @abstractmethod
    def predictions(self, outputs: np.ndarray, classes: ArrayLike | None = None) -> Predictions:
        """Return what a model's outputs say.

        outputs : probabilities, or numbers, one row each. classes : labels of the columns of outputs, since a
            model that was fitted on a part of the rows may lack one.
        """

    @abstractmethod
    def output_table(self, outcome: Predictions) -> pd.DataFrame:
        """Return Predictions as columns of a file: `prediction`, or `p_` and the label of each class."""

    @abstractmethod
    def read_output_table(self, table: pd.DataFrame) -> Predictions:
        """Return the Predictions that `output_table` has made columns of."""

    def as_own_labels(self, y: ArrayLike) -> np.ndarray:
        """Return the target of another table as it stands in this one: its labels may be of another type."""
        return np.asarray(y)

    def rare_classes(self, y: pd.Series, needed: int) -> dict[Any, int]:
        """Return {label: rows} of the classes with fewer rows than `needed`.

        Raises DataError when fewer than two classes have enough.
        """
        return {}

    def require_training_rows(self, y_train: np.ndarray, cv_folds: int) -> None:  # noqa: B027  (most ask for nothing)
        """Raise DataError when folds of these rows would lack what there is to learn."""

    def require_fold(self, y_fit: np.ndarray, number: int, cv_folds: int, split: str) -> None:  # noqa: B027
        """Raise DataError when the fold of this number, from 1, would be fitted on one class alone."""

    @abstractmethod
    def require_test_target(self, y: pd.Series, location: str) -> None:
        """Raise DataError when the user's own test rows hold what training rows cannot teach."""

    @abstractmethod
    def balance(self, y: ArrayLike) -> pd.DataFrame:
        """Return the target of some rows as a table for people."""

    def facts(self) -> list[tuple[str, str]]:
        """Return what is to be known of the task beside target and kind: (name, text)."""
        return []

    @abstractmethod
    def small_tree(self, min_leaf: int) -> Any:
        """Return an unfitted decision tree with at least so many rows in a leaf, for the checks."""

    @abstractmethod
    def small_forest(self) -> Any:
        """Return an unfitted forest of a few trees, for the checks."""

    @abstractmethod
    def explained(self, predicted: np.ndarray, target: np.ndarray) -> float:
        """Return the share of the best constant's error that predictions take away; both encoded.

        1 - error / error of the most frequent class; for numbers R squared.
        """

    @property
    @abstractmethod
    def output_type(self) -> str:
        """What MLflow calls the type of a predicted label or number."""
