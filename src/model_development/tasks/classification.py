"""The target is one of a few labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, did_you_mean
from ..late import pandas as pd
from .base import Task
from .predictions import Predictions
from .targets import LabelTarget

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from sklearn.base import BaseEstimator
    from sklearn.tree import DecisionTreeClassifier


MAX_INTEGER_CLASSES = 20  # a whole-number target with more values than this is a quantity
LABEL_TYPES = (str, int, float, bool)  # what a saved model can carry
POSITIVE_WORDS = ("1", "1.0", "true", "yes", "y", "positive", "pos", "bad", "t")
MLFLOW_TYPES = {bool: "boolean", int: "long", float: "double"}  # text: string


def label_text(label: Any) -> str:
    """A label in words: 1 and 1.0 are one, of which a missing value in the column makes the other."""
    is_whole = isinstance(label, float) and label.is_integer()
    return str(int(label)) if is_whole else str(label)


class Classification(Task):
    """What binary and multiclass problems have in common."""

    family = "classification"
    default_metric = "f1_score"
    codec = LabelTarget
    chart = "ranking"

    def encode(self, y: ArrayLike) -> np.ndarray:
        """Return labels as positions in `classes`, shape (n_rows,).

        Raises KeyError for a label that is no class.
        """
        labels = pd.Index(y, dtype=object)  # of objects: pandas would make texts of its own of all of them
        codes = pd.Index(self.classes, dtype=object).get_indexer(labels)
        if (codes < 0).any():
            raise KeyError(labels[codes < 0][0])
        return codes

    def strata(self, y: ArrayLike) -> np.ndarray:
        return self.encode(y)

    def classes_of(self, y: ArrayLike) -> np.ndarray:
        return self.encode(y)

    @property
    def positive_index(self) -> int | None:
        """Position of the positive class in `classes`; None where there is none."""
        return None if self.positive_class is None else self.classes.index(self.positive_class)

    def predictions(self, outputs: np.ndarray, classes: ArrayLike | None = None) -> Predictions:
        probabilities = np.zeros((len(outputs), len(self.classes)))
        probabilities[:, self.encode(self.classes if classes is None else classes)] = outputs
        return Predictions(probabilities.argmax(axis=1), probabilities, self.positive_index)

    def probability_column(self, label: Any) -> str:
        """What files call the probabilities of a class."""
        return f"p_{label}"

    def output_table(self, outcome: Predictions) -> pd.DataFrame:
        columns = [self.probability_column(label) for label in self.classes]
        return pd.DataFrame(outcome.probabilities, columns=columns)

    def read_output_table(self, table: pd.DataFrame) -> Predictions:
        columns = [self.probability_column(label) for label in self.classes]
        return self.predictions(table[columns].to_numpy(dtype=float))

    def as_own_labels(self, y: ArrayLike) -> np.ndarray:
        own = {label_text(label): label for label in self.classes}
        labels = np.empty(len(np.asarray(y)), dtype=object)
        labels[:] = [own[label_text(label)] for label in np.asarray(y, dtype=object)]
        return labels

    def shown_class(self, y: ArrayLike) -> Any:
        """The class that a chart of one class against the rest is about: positive, or most frequent."""
        if self.positive_class is not None:
            return self.positive_class
        return self.classes[np.bincount(self.encode(y)).argmax()]

    def rare_classes(self, y: pd.Series, needed: int) -> dict[Any, int]:
        counts = y.value_counts()
        rare = {label: int(counts[label]) for label in self.classes if counts[label] < needed}
        if len(self.classes) - len(rare) < 2:
            listed = ", ".join(f"{label!r} ({count})" for label, count in list(rare.items())[:10])
            raise DataError(
                f"The target {self.target!r} has classes with too few rows: {listed}. Folds, validation and "
                f"test need {needed} of each. Lower `cv_folds`, or check `target_variable` and "
                "`problem_type`: this may be a quantity, or a text that is no class."
            )
        return rare

    def require_training_rows(self, y_train: np.ndarray, cv_folds: int) -> None:
        counts = pd.Series(y_train, dtype=object).value_counts()
        if len(counts) < 2 or counts.iloc[1] < cv_folds:
            raise DataError(
                f"The training rows hold too few classes for {cv_folds} folds: "
                f"{', '.join(f'{label!r} ({count})' for label, count in counts.head(5).items())}. "
                "Lower `cv_folds`, or split another way."
            )

    def require_fold(self, y_fit: np.ndarray, number: int, cv_folds: int, split: str) -> None:
        if len(np.unique(self.encode(y_fit))) < 2:
            raise DataError(
                f"Fold {number} of {cv_folds} would be fitted on rows of class {y_fit[0]!r} alone. "
                f"With split {split!r} the other classes come later or in few groups: lower "
                "`cv_folds`, use a table that reaches further, or split another way."
            )

    def require_test_target(self, y: pd.Series, location: str) -> None:
        unknown = sorted({label_text(label) for label in y} - {label_text(label) for label in self.classes})
        if unknown:
            raise DataError(
                f"The test table {location} holds classes that the feature table does not: "
                f"{', '.join(map(repr, unknown[:5]))}. Known: {', '.join(map(repr, self.classes[:10]))}."
            )

    def balance(self, y: ArrayLike) -> pd.DataFrame:
        """Rows of each class, and their share."""
        counts = pd.Series(y, name=self.target).value_counts()
        return pd.DataFrame({"rows": counts, "share": (counts / counts.sum()).round(4)})

    def small_tree(self, min_leaf: int) -> DecisionTreeClassifier:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(min_samples_leaf=min_leaf, random_state=0)

    def small_forest(self) -> BaseEstimator:
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(n_estimators=20, max_features=None, min_samples_leaf=2, random_state=0)

    def explained(self, predicted: np.ndarray, target: np.ndarray) -> float:
        most_frequent = np.unique(target, return_counts=True)[1].max()
        constant_error = 1 - most_frequent / len(target)
        return 1 - np.mean(predicted != target) / constant_error if constant_error > 0 else 0.0

    @property
    def output_type(self) -> str:
        return MLFLOW_TYPES.get(type(self.classes[0]), "string")


@dataclass(frozen=True)
class Binary(Classification):
    """One of two labels; one of them is positive."""

    kind = "binary"

    @classmethod
    def suits(cls, y: pd.Series) -> bool:
        return y.nunique() == 2

    @classmethod
    def pose(cls, y: pd.Series, target: str, positive_class: Any = None) -> Binary:
        classes = _sorted_labels(y)
        if len(classes) != 2:
            raise DataError(
                f"`problem_type` is 'binary', but the target {target!r} holds {len(classes)} values. "
                "Set `problem_type` to 'auto' or 'multiclass'."
            )
        return cls(target, classes, _positive_class(y, target, classes, positive_class))

    def facts(self) -> list[tuple[str, str]]:
        return [("Positive class", repr(self.positive_class))]


@dataclass(frozen=True)
class Multiclass(Classification):
    """One of several labels."""

    kind = "multiclass"

    @classmethod
    def suits(cls, y: pd.Series) -> bool:
        if not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y):
            return True
        whole = pd.api.types.is_integer_dtype(y) or bool((y == y.round()).all())
        return whole and y.nunique() <= MAX_INTEGER_CLASSES

    @classmethod
    def pose(cls, y: pd.Series, target: str, positive_class: Any = None) -> Multiclass:
        return cls(target, _sorted_labels(y))


def _sorted_labels(y: pd.Series) -> tuple[Any, ...]:
    labels = pd.unique(y).tolist()
    odd = sorted({type(label).__name__ for label in labels if not isinstance(label, LABEL_TYPES)})
    if odd:
        raise DataError(
            f"The target {y.name!r} holds labels of type {', '.join(odd)}. "
            "Write labels as text, whole numbers or booleans."
        )
    try:
        return tuple(sorted(labels))
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in labels}))
        raise DataError(
            f"The target {y.name!r} mixes labels of several types ({kinds}). Write every label in one type."
        ) from None


def _positive_class(y: pd.Series, target: str, classes: tuple[Any, ...], wanted: Any) -> Any:
    """Take the user's choice; else the label that means yes; else the rarer one."""
    if wanted is not None:
        for label in classes:
            if label == wanted or str(label) == str(wanted):
                return label
        raise DataError(
            f"`positive_class` is {wanted!r}, but the target {target!r} holds "
            f"{classes[0]!r} and {classes[1]!r}.{did_you_mean(wanted, classes)}"
        )
    meaning_yes = [label for label in classes if str(label).strip().lower() in POSITIVE_WORDS]
    if len(meaning_yes) == 1:
        return meaning_yes[0]
    counts = y.value_counts()
    return min(classes, key=lambda label: (counts[label], str(label)))
