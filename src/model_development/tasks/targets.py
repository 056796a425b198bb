"""How an estimator sees the target of a family of tasks, and how its outputs are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .target_unit import Freedom, TargetUnit, in_own_unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class TargetCodec(ABC):
    """The target of a family of tasks: encoded for estimators, and their outputs decoded.

    unit : in which estimators see it; None where it has none.
    """

    estimator_type: ClassVar[str]
    mean_type: ClassVar[str]  # as scikit-learn's TargetEncoder calls it
    has_classes: ClassVar[bool]
    unit: TargetUnit | None

    @abstractmethod
    def encode(self, y: ArrayLike, freedom: Freedom) -> np.ndarray:
        """Remember what is to be known of y; return it as estimators take it, shape (n_rows,)."""

    @abstractmethod
    def for_preprocessor(self, y: ArrayLike) -> np.ndarray:
        """The target as means of categories are taken of it, shape (n_rows,)."""

    @abstractmethod
    def outputs(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Probabilities, or numbers in the unit of the table, one row each."""

    @abstractmethod
    def predict(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        """Labels or numbers as they stand in the table, shape (n_rows,)."""

    @classmethod
    @abstractmethod
    def of_several(cls, targets: Sequence[Any]) -> TargetCodec:
        """Return the target of several fitted models as one."""

    @abstractmethod
    def aligned(self, outputs: np.ndarray, target: Any) -> np.ndarray:
        """Return the outputs of one of these models, with its target, as those of all of them are."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""

    @classmethod
    @abstractmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TargetCodec:
        """Read back what `to_dict` gave."""


class LabelTarget(TargetCodec):
    """Labels: an estimator sees their positions among the classes of the rows that it is fitted on.

    classes : shape (n_classes,), sorted; there are none before the first `encode`.
    """

    classes: np.ndarray

    estimator_type = "classifier"
    mean_type = "auto"
    has_classes = True
    unit = None

    def __init__(self, classes: np.ndarray | None = None) -> None:
        if classes is not None:
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

    @classmethod
    def of_several(cls, targets: Sequence[LabelTarget]) -> LabelTarget:
        """All classes that one of them knows."""
        return cls(np.unique(np.concatenate([target.classes for target in targets])))

    def aligned(self, outputs: np.ndarray, target: LabelTarget) -> np.ndarray:
        """A class that the model does not know has probability 0."""
        aligned = np.zeros((len(outputs), len(self.classes)))
        aligned[:, np.searchsorted(self.classes, target.classes)] = outputs
        return aligned

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        return {"classes": self.classes.tolist(), "target_unit": None}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> LabelTarget:
        classes = content["classes"]
        return cls(np.array(classes, dtype=object if isinstance(classes[0], str) else None))


class NumberTarget(TargetCodec):
    """Numbers: an estimator sees them in a unit of their own, see target_unit.py."""

    unit: TargetUnit

    estimator_type = "regressor"
    mean_type = "continuous"
    has_classes = False

    def __init__(self, unit: TargetUnit | None = None) -> None:
        if unit is not None:
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

    def predict(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        return self.outputs(estimator, matrix)

    @classmethod
    def of_several(cls, targets: Sequence[NumberTarget]) -> NumberTarget:
        """Their outputs are in the unit of the table, which is 1 in itself."""
        return cls(TargetUnit(0.0, 1.0))

    def aligned(self, outputs: np.ndarray, target: NumberTarget) -> np.ndarray:
        return outputs

    def to_dict(self) -> dict[str, Any]:
        return {"classes": None, "target_unit": vars(self.unit)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> NumberTarget:
        return cls(TargetUnit(**content["target_unit"]))
