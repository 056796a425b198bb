"""What a model may carry beside its outputs: prediction intervals, or prediction sets and a calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .calibration import CalibrationMap, fit_calibration
from .intervals import PredictionIntervals, fit_intervals
from .sets import PredictionSets, fit_sets

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from ..tasks.predictions import Predictions


@dataclass(frozen=True)
class Uncertainty:
    """Made of out-of-fold rows by `fit_uncertainty`.

    intervals : of models of numbers. sets, calibration : of models of classes; no calibration where it would
    not better the log loss.
    """

    intervals: PredictionIntervals | None = None
    sets: PredictionSets | None = None
    calibration: CalibrationMap | None = None

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: None if part is None else part.to_dict() for name, part in parts.items()}

    def require_classes(self, classes: Sequence[Any]) -> None:
        """Raise ValueError unless it is of a model of so many classes, of none for numbers."""
        if (self.sets is None) != (not len(classes)):
            raise ValueError("it is of another kind of model")

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Uncertainty:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        made: dict[str, Any] = {}
        for name, part in PARTS.items():
            if not isinstance(content.get(name, ""), dict | None):
                raise ValueError(f"`{name}` must be an object or null")
            made[name] = None if content[name] is None else part.from_dict(content[name])
        if (made["intervals"] is None) == (made["sets"] is None):
            raise ValueError("there must be either `intervals` or `sets`")
        return cls(**made)


PARTS: dict[str, Any] = {
    "intervals": PredictionIntervals,
    "sets": PredictionSets,
    "calibration": CalibrationMap,
}


def fit_uncertainty(
    truth: np.ndarray, said: Predictions, groups: np.ndarray | None = None, seed: int = 0
) -> Uncertainty:
    """Make what a model carries beside its outputs, of rows that it, or its like, was not fitted on.

    truth : encoded target, shape (n_rows,). said : Predictions for these rows, with the classes of the model.
    groups : whole numbers, shape (n_rows,); rows of one depend on each other.
    """
    if said.probabilities is None:
        return Uncertainty(fit_intervals(truth, said.labels, groups, seed))
    arguments = (truth, said.probabilities, groups, seed)
    return Uncertainty(sets=fit_sets(*arguments), calibration=fit_calibration(*arguments))


class _Predictor(Protocol):
    """What the answers below need of a model."""

    uncertainty_: Uncertainty | None

    def to_matrix(self, X: pd.DataFrame | ArrayLike) -> np.ndarray: ...

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray: ...


class WithUncertainty:
    """What TabularModel answers by its `uncertainty_`: an Uncertainty, or None where there is none."""

    uncertainty_: Uncertainty | None = None

    @property
    def intervals_(self) -> PredictionIntervals:
        """Raises AttributeError where the model has none."""
        if self.uncertainty_ is None or self.uncertainty_.intervals is None:
            raise AttributeError("this model has no prediction intervals")
        return self.uncertainty_.intervals

    @property
    def sets_(self) -> PredictionSets:
        """Raises AttributeError where the model has none."""
        if self.uncertainty_ is None or self.uncertainty_.sets is None:
            raise AttributeError("this model has no prediction sets")
        return self.uncertainty_.sets

    def predict_interval(self: _Predictor, X: pd.DataFrame | ArrayLike, level: float = 0.9) -> np.ndarray:
        """Lower and upper end of what holds the truth with that probability, shape (n_rows, 2).

        Raises ValueError where the model has no prediction intervals, or cannot promise the level.
        """
        intervals = _required(self, "intervals_", "prediction intervals")
        return np.column_stack(intervals.interval(self.predict_matrix(self.to_matrix(X)), level))

    def predict_set(self: _Predictor, X: pd.DataFrame | ArrayLike, level: float = 0.9) -> np.ndarray:
        """Which classes are in a set that holds the right one with that probability.

        Booleans in the order of `classes_`, shape (n_rows, n_classes).
        Raises ValueError where the model has no prediction sets, or cannot promise the level.
        """
        sets = _required(self, "sets_", "prediction sets")
        return sets.members(self.predict_matrix(self.to_matrix(X)), level)

    def calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities of the model as its calibration maps them, shape (n_rows, n_classes).

        They stay as they are where no map was better. Raises ValueError where none was looked for.
        """
        _required(self, "sets_", "calibration")
        found = self.uncertainty_.calibration if self.uncertainty_ else None
        return probabilities if found is None else found.apply(probabilities)


def _required(model: WithUncertainty | _Predictor, name: str, what: str) -> Any:
    part = getattr(model, name, None)
    if part is None:
        raise ValueError(
            f"This model has no {what}. Evaluate it (phase 3), which makes them of its out-of-fold rows, or "
            "set `uncertainty_` to what `outputs.uncertainty.fit_uncertainty` gives."
        )
    return part
