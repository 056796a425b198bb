"""How the outputs of several models become one: a weighted mean, of probabilities or of their logarithms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..outputs.calibration import SMALLEST, CalibrationMap
from ..outputs.conformal import numbers_of

MEAN, LOG_MEAN = "mean", "log_mean"
KINDS = (MEAN, LOG_MEAN)
MOST_WEIGHT = 1000.0  # what no weight of a blend of ours comes to


@dataclass(frozen=True)
class Blend:
    """Weights over the outputs of models.

    kind : "mean" of outputs, or "log_mean", of logarithms of probabilities, whose softmax is taken.
    weights : shape (n_models,). slopes : by which the logarithms of each model's probabilities are multiplied
    first, 1 / temperature; shape (n_models,), ones for numbers. offsets : of the classes, shape (n_classes,);
    empty but for "log_mean".
    """

    kind: str
    weights: np.ndarray
    slopes: np.ndarray
    offsets: np.ndarray

    def apply(self, outputs: np.ndarray) -> np.ndarray:
        """Return the blended outputs, shape (n_rows,) or (n_rows, n_classes), of those of the models."""
        used = np.flatnonzero(self.weights)
        tempered = temper(outputs[used], self.slopes[used])
        if self.kind == MEAN:
            return np.tensordot(self.weights[used], tempered, axes=1)
        logs = np.log(np.clip(tempered, SMALLEST, 1))
        return softmax(np.tensordot(self.weights[used], logs, axes=1) + self.offsets)

    def only_used(self) -> tuple[np.ndarray, Blend]:
        """Return (positions of the models with a weight, the Blend of these alone)."""
        used = np.flatnonzero(self.weights)
        return used, Blend(self.kind, self.weights[used], self.slopes[used], self.offsets)

    def to_dict(self) -> dict[str, Any]:
        """What a saved ensemble keeps of it."""
        numbers = {name: getattr(self, name).tolist() for name in ("weights", "slopes", "offsets")}
        return {"kind": self.kind, **numbers}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Blend:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        if content.get("kind") not in KINDS:
            raise ValueError(f"`kind` must be one of {', '.join(KINDS)}")
        weights, slopes, offsets = (numbers_of(content, name) for name in ("weights", "slopes", "offsets"))
        if not len(weights) or len(slopes) != len(weights) or (slopes <= 0).any():
            raise ValueError("`weights` and `slopes` must be equally many, slopes above 0")
        if (np.abs(weights) > MOST_WEIGHT).any() or not weights.any():
            raise ValueError(f"`weights` must lie between -{MOST_WEIGHT:g} and {MOST_WEIGHT:g}, not all 0")
        is_mean = content["kind"] == MEAN
        if is_mean and ((weights < 0).any() or len(offsets)):
            raise ValueError("a mean has no negative `weights` and no `offsets`")
        return cls(content["kind"], weights, slopes, offsets)


def mean_of(weights: np.ndarray) -> Blend:
    """Return the Blend that is a weighted mean."""
    return Blend(MEAN, weights, np.ones(len(weights)), np.empty(0))


def temper(outputs: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return outputs, the logarithms of each model's probabilities multiplied by its slope.

    outputs : shape (n_models, n_rows, ...). A slope of 1 leaves them as they are, to the last bit.
    """
    if (slopes == 1).all():
        return outputs
    changed = np.array(outputs, dtype=float)
    for k in np.flatnonzero(slopes != 1):
        n_classes = outputs.shape[2]
        changed[k] = CalibrationMap("temperature", float(slopes[k]), np.zeros(n_classes)).apply(outputs[k])
    return changed


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities, shape (n_rows, n_classes)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
