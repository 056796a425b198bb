"""How an estimator sees the target of a family of tasks, and how its outputs are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from .target_unit import Freedom, TargetUnit, in_own_unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class TargetCodec(Protocol):
    """What the target of a family of tasks must be able to do."""

    estimator_type: ClassVar[str]
    mean_type: ClassVar[str]
    has_classes: ClassVar[bool]
    unit: TargetUnit | None

    def encode(self, y: ArrayLike, freedom: Freedom) -> np.ndarray:
        """Remember what is to be known of y; return it as estimators take it, shape (n_rows,)."""

    def for_preprocessor(self, y: ArrayLike) -> np.ndarray:
        """The target as means of categories are taken of it, shape (n_rows,)."""

    def outputs(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, or numbers, one row each."""

    def predict(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Labels or numbers as they stand in the table, shape (n_rows,)."""

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TargetCodec:
        """Read back what `to_dict` gave."""


class LabelTarget:
    """Labels: an estimator sees their positions among the classes of the rows that it is fitted on.

    classes : shape (n_classes,), sorted.
    """

    estimator_type = "classifier"
    mean_type = "auto"  # as scikit-learn's TargetEncoder calls it
    has_classes = True
    unit = None

    def __init__(self, classes: np.ndarray | None = None) -> None:
        self.classes = classes

    def encode(self, y: ArrayLike, freedom: Freedom) -> np.ndarray:
        """Remember the classes of y; return their positions, shape (n_rows,)."""
        self.classes, codes = np.unique(np.asarray(y), return_inverse=True)
        return codes

    def for_preprocessor(self, y: ArrayLike) -> np.ndarray:
        """The target as means of categories are taken of it."""
        return np.unique(np.asarray(y), return_inverse=True)[1]

    def outputs(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, shape (n_rows, n_classes)."""
        if not len(matrix):
            return np.empty((0, len(self.classes)))
        return np.asarray(estimator.predict_proba(matrix), dtype=float)

    def predict(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Labels, shape (n_rows,)."""
        codes = estimator.predict(matrix) if len(matrix) else []
        return self.classes[np.asarray(codes, dtype=int)]

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        return {"classes": self.classes.tolist(), "target_unit": None}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> LabelTarget:
        classes = content["classes"]
        return cls(np.array(classes, dtype=object if isinstance(classes[0], str) else None))


class NumberTarget:
    """Numbers: an estimator sees them in a unit of their own, see target_unit.py."""

    estimator_type = "regressor"
    mean_type = "continuous"
    has_classes = False

    def __init__(self, unit: TargetUnit | None = None) -> None:
        self.unit = unit

    def encode(self, y: ArrayLike, freedom: Freedom) -> np.ndarray:
        """Remember the unit of y; return its numbers in it, shape (n_rows,)."""
        numbers, self.unit = in_own_unit(np.asarray(y, dtype=float), freedom)
        return numbers

    def for_preprocessor(self, y: ArrayLike) -> np.ndarray:
        return np.asarray(y, dtype=float)

    def outputs(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Numbers in the unit of the table, shape (n_rows,)."""
        if not len(matrix):
            return np.empty(0)
        return self.unit.to_target(np.asarray(estimator.predict(matrix), dtype=float))

    predict = outputs

    def to_dict(self) -> dict[str, Any]:
        return {"classes": None, "target_unit": vars(self.unit)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> NumberTarget:
        return cls(TargetUnit(**content["target_unit"]))
