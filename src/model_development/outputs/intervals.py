"""Prediction intervals from what a model missed rows by that it was not fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from .conformal import (
    ROUNDING,
    conformal_quantile,
    folds,
    numbers_of,
    require_level,
    rounded,
    unit_weights,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_BINS = 10
FEWEST_UNITS = 30  # rows, or groups of them, of a bin: its coverage then has a spread of five points
MOST_KEPT = 5000  # rows in the file: 500 a bin
TRIED_AT = 0.9  # level at which symmetric and asymmetric ends are compared


@dataclass(frozen=True)
class IntervalEnds:
    """Ends of prediction intervals of one level: middle of each bin, and how far they are from it there.

    middles, low, high : shape (n_bins,). lowest : see PredictionIntervals.
    """

    middles: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lowest: float | None

    def around(self, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (low, high) of predictions, each of their shape."""
        low = said + np.interp(said, self.middles, self.low)
        high = said + np.interp(said, self.middles, self.high)
        if self.lowest is None:
            return low, high
        return np.maximum(low, self.lowest), np.maximum(high, self.lowest)


@dataclass(frozen=True)
class PredictionIntervals:
    """Out-of-fold residuals in the order of the prediction; those of its neighbours tell an interval's ends.

    predictions : sorted. residuals : truth minus prediction. weights : what each row counts, see
        `unit_weights`. All of shape (n_kept,), in the unit of the target.
    symmetric : are both ends equally far from the prediction?
    lowest : what no end lies below; None where the target has negative values.

    The level is kept on average over new rows that are drawn as these were, and about within each of ten
    bins of the prediction. Rows of another time or population may be covered less. Where rows come in groups,
    it is kept for a row of a new group.
    """

    predictions: np.ndarray
    residuals: np.ndarray
    weights: np.ndarray
    symmetric: bool
    lowest: float | None = None

    @property
    def n_units(self) -> float:
        """Independent rows, or groups of them."""
        return float(self.weights.sum())

    @property
    def highest_level(self) -> float:
        """The highest level that so many rows can carry."""
        return 1 - 2 / (self.n_units + 1)

    def interval(self, predictions: ArrayLike, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Return (low, high), each shape (n_rows,), in the unit of the target.

        The ends are those of bins of the prediction, with straight lines between the middles of the bins, so
        that they do not jump. Raises ValueError for a level that is no share from 0.5, or too high.
        """
        said = np.asarray(predictions, dtype=float)
        if said.ndim != 1:
            raise ValueError("The prediction intervals are for a model of numbers, which this is not.")
        return self.ends(level).around(said)

    def ends(self, level: float) -> IntervalEnds:
        """How far the ends of a level are from the prediction, found once for many calls.

        Raises ValueError for a level that is no share from 0.5, or too high.
        """
        require_level(level, self.highest_level, self.n_units)
        middles, low, high = [], [], []
        for rows in self._bins(max(FEWEST_UNITS, ceil(2 / (1 - level) - 1 - ROUNDING))):
            residuals, weights = self.residuals[rows], self.weights[rows]
            if self.symmetric:
                high.append(conformal_quantile(np.abs(residuals), weights, level))
                low.append(-high[-1])
            else:
                high.append(conformal_quantile(residuals, weights, (1 + level) / 2))
                low.append(-conformal_quantile(-residuals, weights, (1 + level) / 2))
            middles.append(float(np.median(self.predictions[rows])))
        return IntervalEnds(np.array(middles), np.array(low), np.array(high), self.lowest)

    def _bins(self, fewest: int) -> list[slice]:
        """At most ten bins of as many units each; equal predictions are in one bin."""
        n_bins = max(1, min(MOST_BINS, int(self.n_units // fewest)))
        run_ends, reached = self._runs
        starts, begun = [0], 0.0
        for k in range(1, n_bins):
            run = int(np.searchsorted(reached, k * self.n_units / n_bins - ROUNDING))
            enough = min(reached[run] - begun, self.n_units - reached[run]) >= fewest - ROUNDING
            if enough:
                starts.append(int(run_ends[run]))
                begun = reached[run]
        return [slice(*pair) for pair in zip(starts, [*starts[1:], len(self.predictions)], strict=True)]

    @cached_property
    def _runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each run of equal predictions ends, and the weight up to there."""
        ends = np.flatnonzero(np.r_[self.predictions[1:] != self.predictions[:-1], True]) + 1
        return ends, np.cumsum(self.weights)[ends - 1]

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        kept = {name: getattr(self, name).tolist() for name in ("predictions", "residuals")}
        weights = None if (self.weights == 1).all() else self.weights.tolist()
        return {**kept, "weights": weights, "symmetric": self.symmetric, "lowest": self.lowest}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> PredictionIntervals:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        predictions, residuals = numbers_of(content, "predictions"), numbers_of(content, "residuals")
        given = content.get("weights")
        weights = np.ones(len(predictions)) if given is None else numbers_of(content, "weights")
        if not 0 < len(predictions) == len(residuals) == len(weights):
            raise ValueError("`predictions`, `residuals` and `weights` must be of one length")
        if (np.diff(predictions) < 0).any():
            raise ValueError("`predictions` must be sorted")
        if (weights <= 0).any() or (weights > 1).any():
            raise ValueError("`weights` must be above 0 and at most 1")
        if type(content.get("symmetric")) is not bool:
            raise ValueError("`symmetric` must be true or false")
        if type(content.get("lowest")) not in (int, float, type(None)):
            raise ValueError("`lowest` must be a number or null")
        return cls(predictions, residuals, weights, content["symmetric"], content["lowest"])


def fit_intervals(
    truth: ArrayLike, predictions: ArrayLike, groups: np.ndarray | None = None, seed: int = 0
) -> PredictionIntervals:
    """Make prediction intervals of out-of-fold rows; no model is fitted.

    truth, predictions : shape (n_rows,), in the unit of the target. groups : whole numbers, shape (n_rows,);
    rows of one depend on each other. The ends are asymmetric where that has, cross-fitted on these rows, an
    interval score that is better by more than its standard error.
    Source of the score: Gneiting and Raftery (2007), JASA 102(477), section 6.2.
    """
    truth, predictions = np.asarray(truth, dtype=float), np.asarray(predictions, dtype=float)
    known = np.flatnonzero(np.isfinite(truth) & np.isfinite(predictions))
    mixed = np.random.default_rng(seed).permutation(known)  # rows of equal predictions in any order
    rows = mixed[np.argsort(predictions[mixed], kind="stable")]
    if len(rows) > MOST_KEPT:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_KEPT).round().astype(int)]
    kept = None if groups is None else np.asarray(groups)[rows]
    lowest = 0.0 if len(rows) and truth[known].min() >= 0 else None
    made = _intervals(truth[rows], predictions[rows], kept, lowest)
    if made.highest_level < TRIED_AT:
        return made
    return replace(made, symmetric=not _asymmetric_is_better(truth[rows], predictions[rows], kept, seed))


def _intervals(truth, predictions, groups, lowest=None):
    """Rows in the order of the prediction, as intervals with symmetric ends."""
    weights = unit_weights(len(truth), groups)
    residuals = truth - predictions
    return PredictionIntervals(rounded(predictions), rounded(residuals), weights, True, lowest)


def _asymmetric_is_better(truth, predictions, groups, seed):
    differences = np.zeros(len(truth))
    for known, tried in folds(len(truth), groups, seed):
        kept = None if groups is None else groups[known]
        symmetric = _intervals(truth[known], predictions[known], kept)
        if symmetric.highest_level < TRIED_AT:
            return False
        scores = [
            interval_score(truth[tried], made.interval(predictions[tried], TRIED_AT), TRIED_AT)
            for made in (symmetric, replace(symmetric, symmetric=False))
        ]
        differences[tried] = scores[1] - scores[0]
    if groups is not None:
        codes = np.unique(groups, return_inverse=True)[1]
        differences = np.bincount(codes, differences) / np.bincount(codes)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return bool(differences.mean() < -error)


def interval_score(truth: np.ndarray, ends: tuple[np.ndarray, np.ndarray], level: float) -> np.ndarray:
    """Return width plus what a row lies beyond the interval times 2 / (1 - level), shape (n_rows,).

    >>> interval_score(np.array([0.0, 3.0]), (np.array([-1, -1]), np.array([1, 1])), 0.9).round().tolist()
    [2.0, 42.0]
    """
    low, high = ends
    beyond = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return high - low + 2 / (1 - level) * beyond
