"""Probabilities mapped so that of rows with 0.3 three in ten happen; chosen on out-of-fold rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .conformal import folds, numbers_of, rounded

SMALLEST = 1e-6  # probability that a map takes or gives
LEAST_GAIN = 0.002  # share of the cross-fitted log loss that a map must take away
MOST_ROWS = 50_000  # that a map is fitted on
RIDGE = 1e-4  # on offsets, whose sum is free


@dataclass(frozen=True)
class CalibrationMap:
    """A map of probabilities, linear in their logarithms, or a step-wise function of each.

    kind : row of MAPS. slope, offsets : of the logarithms, offsets shape (n_classes,). knots : of each class
    (probability, its map), both increasing; empty where the map is linear.
    gain : share of the log loss that it took away, cross-fitted on the rows it was chosen on.
    """

    kind: str
    slope: float
    offsets: np.ndarray
    knots: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
    gain: float = 0.0

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, shape (n_rows, n_classes); rows sum to 1."""
        clipped = np.clip(np.asarray(probabilities, dtype=float), SMALLEST, 1)
        if not self.knots:
            return _softmax(self.slope * np.log(clipped) + self.offsets)
        mapped = np.column_stack([np.interp(clipped[:, k], *knots) for k, knots in enumerate(self.knots)])
        return mapped / mapped.sum(axis=1, keepdims=True)

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        knots = [{"x": x.tolist(), "y": y.tolist()} for x, y in self.knots]
        kept = {"kind": self.kind, "slope": self.slope, "offsets": self.offsets.tolist()}
        return {**kept, "knots": knots, "gain": self.gain}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CalibrationMap:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        if content.get("kind") not in MAPS:
            raise ValueError(f"`kind` must be one of {', '.join(MAPS)}")
        for key in ("slope", "gain"):
            if type(content.get(key)) not in (int, float) or not np.isfinite(content[key]):
                raise ValueError(f"`{key}` must be a number")
        offsets, rows = numbers_of(content, "offsets"), content.get("knots")
        if not isinstance(rows, list) or len(rows) not in (0, len(offsets)):
            raise ValueError("`knots` must be a list, of as many as `offsets`")
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("`knots` must hold `x` and `y`")
        knots = tuple((numbers_of(row, "x"), numbers_of(row, "y")) for row in rows)
        for x, y in knots:
            shares = len(x) and (y > 0).all() and (y <= 1).all()
            if len(x) != len(y) or not shares or (np.diff(x) < 0).any() or (np.diff(y) < 0).any():
                raise ValueError("`x` and `y` of `knots` must be increasing shares, equally many")
        return cls(content["kind"], content["slope"], offsets, knots, content["gain"])


def fit_calibration(
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None, seed: int = 0
) -> CalibrationMap | None:
    """Return the map with the lowest cross-fitted log loss; None where none takes away more than 0.2 %.

    truth : positions of the classes, shape (n_rows,). probabilities : of out-of-fold rows, shape (n_rows,
    n_classes). groups : whole numbers, shape (n_rows,); rows of one are in one fold.
    Of more than 50,000 rows a sample is taken.
    """
    rows = np.random.default_rng(seed).permutation(len(truth))[:MOST_ROWS]
    truth, probabilities = truth[rows], probabilities[rows]
    kept = None if groups is None else np.asarray(groups)[rows]
    if len(np.unique(truth)) < 2 or (kept is not None and len(np.unique(kept)) < 2):
        return None
    before = _log_loss(truth, probabilities)
    losses = {}
    for kind, fit in MAPS.items():
        mapped = np.zeros_like(probabilities, dtype=float)
        for known, tried in folds(len(truth), kept, seed):
            mapped[tried] = fit(kind, truth[known], probabilities[known]).apply(probabilities[tried])
        losses[kind] = _log_loss(truth, mapped)
    best = min(losses, key=losses.__getitem__)
    gain = 1 - losses[best] / before if before > 0 else 0.0
    if gain <= LEAST_GAIN:
        return None
    made = MAPS[best](best, truth, probabilities)
    return CalibrationMap(best, made.slope, made.offsets, made.knots, float(gain))


def _temperature(kind, truth, probabilities):
    """Source: Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, ICML."""
    return _linear(kind, truth, probabilities, with_offsets=False)


def _platt(kind, truth, probabilities):
    """Source: Platt (1999), Probabilistic Outputs for Support Vector Machines; an offset for each class."""
    return _linear(kind, truth, probabilities, with_offsets=True)


def _linear(kind, truth, probabilities, with_offsets):
    from scipy.optimize import minimize

    logs = np.log(np.clip(probabilities, SMALLEST, 1))
    n_rows, n_classes = logs.shape
    right = np.eye(n_classes)[truth]

    def loss(parameters):
        slope = np.exp(parameters[0])
        offsets = parameters[1:] if with_offsets else np.zeros(n_classes)
        said = _softmax(slope * logs + offsets)
        wrong = (said - right) / n_rows
        value = -np.mean(np.log(np.clip(said[np.arange(n_rows), truth], SMALLEST, 1)))
        gradient = np.r_[slope * (wrong * logs).sum(), wrong.sum(axis=0) + 2 * RIDGE * offsets]
        return value + RIDGE * (offsets**2).sum(), gradient if with_offsets else gradient[:1]

    start = np.zeros(1 + n_classes * with_offsets)
    bounds = [(-4, 4), *[(-10, 10)] * (len(start) - 1)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    offsets = rounded(found[1:]) if with_offsets else np.zeros(n_classes)
    return CalibrationMap(kind, float(f"{np.exp(found[0]):.8g}"), offsets)


def _isotonic(kind, truth, probabilities):
    """Source: Zadrozny and Elkan (2002), Transforming Classifier Scores into Accurate Probabilities, KDD."""
    from sklearn.isotonic import IsotonicRegression

    n_rows, n_classes = probabilities.shape
    least, knots = 1 / (n_rows + 2), []  # a share of 0 or 1 would be sure of what few rows show
    for k in range(n_classes):
        curve = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
        curve.fit(np.clip(probabilities[:, k], SMALLEST, 1), truth == k)
        knots.append((rounded(curve.X_thresholds_), rounded(curve.y_thresholds_)))
    return CalibrationMap(kind, 1.0, np.zeros(n_classes), tuple(knots))


MAPS: dict[str, Callable[[str, np.ndarray, np.ndarray], CalibrationMap]] = {
    "temperature": _temperature,
    "platt": _platt,
    "isotonic": _isotonic,
}


def _softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def _log_loss(truth, probabilities):
    right = probabilities[np.arange(len(truth)), truth] / probabilities.sum(axis=1)
    return float(-np.mean(np.log(np.clip(right, SMALLEST, 1))))
