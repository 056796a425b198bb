"""Prediction sets: classes that hold the right one with a promised probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

FEWEST_UNITS = 20  # of a class, for a threshold of its own
MOST_KEPT = 2000  # rows of a class in the file
TRIED_AT = 0.9  # level at which the coverage of each class is looked at


@dataclass(frozen=True)
class PredictionSets:
    """A class is in the set of a row where its probability is above a threshold.

    scores : of each class in the model's order, 1 minus the probability of the right class of its
        out-of-fold rows, sorted. weights : what each of these counts, see `unit_weights`.
    by_class : has each class a threshold of its own? Then the level is kept for the rows of each class, but
        for classes with too few rows, which share one; else on average over all rows.

    The level is kept over new rows that are drawn as these were; rows of another time or population may be
    covered less. Where rows come in groups, it is kept for a row of a new group.
    Source: Sadinle, Lei and Wasserman (2019), Least Ambiguous Set-Valued Classifiers, JASA 114(525).
    """

    scores: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    by_class: bool

    @property
    def n_units(self) -> float:
        """Independent rows, or groups of them."""
        return float(sum(weights.sum() for weights in self.weights))

    @property
    def highest_level(self) -> float:
        """The highest level that so many rows can carry."""
        return 1 - 1 / (self.n_units + 1)

    def members(self, probabilities: ArrayLike, level: float = 0.9) -> np.ndarray:
        """Return which classes are in each row's set, shape (n_rows, n_classes); the likeliest always is.

        probabilities : shape (n_rows, n_classes), in the model's order. Raises ValueError for a level that is
        no share from 0.5, or too high, and for another number of classes.
        """
        said = np.asarray(probabilities, dtype=float)
        if said.shape[1:] != (len(self.scores),):
            raise ValueError(
                f"The prediction sets are for {len(self.scores)} classes; the outputs given have the shape "
                f"{said.shape}."
            )
        chosen = 1 - said <= self.thresholds(level) + ROUNDING
        if len(said):
            chosen[np.arange(len(said)), said.argmax(axis=1)] = True
        return chosen

    def thresholds(self, level: float) -> np.ndarray:
        """Return 1 minus the probability from which each class is in a set, shape (n_classes,)."""
        require_level(level, self.highest_level, self.n_units)
        shared = self._threshold(range(len(self.scores)), level)
        if not self.by_class:
            return np.full(len(self.scores), shared)
        own = np.array([self._threshold([k], level) for k in range(len(self.scores))])
        rare = [k for k, weights in enumerate(self.weights) if weights.sum() < FEWEST_UNITS]
        rare += [k for k in np.flatnonzero(np.isinf(own)).tolist() if k not in rare]
        together = self._threshold(rare, level)
        own[rare] = together if np.isfinite(together) else shared
        return own

    def _threshold(self, classes, level):
        scores = np.concatenate([self.scores[k] for k in classes] or [np.empty(0)])
        weights = np.concatenate([self.weights[k] for k in classes] or [np.empty(0)])
        return conformal_quantile(scores, weights, level)

    def to_dict(self) -> dict[str, Any]:
        """What a saved model keeps of it."""
        kept = [
            {"scores": scores.tolist(), "weights": weights.tolist()}
            for scores, weights in zip(self.scores, self.weights, strict=True)
        ]
        return {"classes": kept, "by_class": self.by_class}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> PredictionSets:
        """Read back what `to_dict` gave. Raises ValueError for anything else."""
        kept = content.get("classes")
        if not isinstance(kept, list) or len(kept) < 2 or not all(isinstance(row, dict) for row in kept):
            raise ValueError("`classes` must be a list of two or more")
        if type(content.get("by_class")) is not bool:
            raise ValueError("`by_class` must be true or false")
        scores = tuple(numbers_of(row, "scores") for row in kept)
        weights = tuple(numbers_of(row, "weights") for row in kept)
        for ours, theirs in zip(scores, weights, strict=True):
            if len(ours) != len(theirs) or (theirs <= 0).any():
                raise ValueError("`scores` and `weights` must be of one length, and weights above 0")
            if (ours < -ROUNDING).any() or (ours > 1 + ROUNDING).any():
                raise ValueError("`scores` must be shares")
        return cls(scores, weights, content["by_class"])


def fit_sets(
    truth: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None, seed: int = 0
) -> PredictionSets:
    """Make prediction sets of out-of-fold rows; no model is fitted.

    truth : positions of the classes, shape (n_rows,). probabilities : shape (n_rows, n_classes). groups :
    whole numbers, shape (n_rows,); rows of one depend on each other.
    One threshold serves all classes, unless, cross-fitted on these rows, it covers a class less than promised
    (exact binomial test, Holm's correction for the number of classes).
    """
    made = _sets(truth, probabilities, groups)
    if made.highest_level < TRIED_AT:
        return made
    return replace(made, by_class=_some_class_is_missed(truth, probabilities, groups, seed))


def _sets(truth, probabilities, groups):
    scores = np.clip(1 - probabilities[np.arange(len(truth)), truth], 0, 1)
    weights = unit_weights(len(truth), groups)
    kept = [_kept(scores[truth == k], weights[truth == k]) for k in range(probabilities.shape[1])]
    return PredictionSets(tuple(pair[0] for pair in kept), tuple(pair[1] for pair in kept), False)


def _kept(scores, weights):
    """Sorted; of very many rows evenly spaced ones, which count as much together."""
    order = np.argsort(scores, kind="stable")
    if len(order) > MOST_KEPT:
        order = order[np.linspace(0, len(order) - 1, MOST_KEPT).round().astype(int)]
    kept = weights[order]
    return rounded(scores[order]), kept * (weights.sum() / kept.sum()) if len(kept) else kept


def _some_class_is_missed(truth, probabilities, groups, seed):
    from scipy.stats import binom

    from ..statistics.uncertainty import SURE, holm  # not at the top: models are loaded without metrics

    covered = np.zeros(len(truth), dtype=bool)
    for known, tried in folds(len(truth), groups, seed):
        made = _sets(truth[known], probabilities[known], None if groups is None else groups[known])
        if made.highest_level < TRIED_AT:
            return False
        members = made.members(probabilities[tried], TRIED_AT)
        covered[tried] = members[np.arange(len(tried)), truth[tried]]
    weights, tests = unit_weights(len(truth), groups), []
    for k in np.unique(truth):
        rows = truth == k
        n_units = int(round(weights[rows].sum()))
        tests.append(float(binom.cdf(round(float(weights[rows] @ covered[rows])), n_units, TRIED_AT)))
    return bool(min(holm(tests)) < SURE)
