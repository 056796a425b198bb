"""How outputs depend on one column: partial dependence with its rows (ICE), and accumulated local effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .explained import explained, sample
from .hybrids import Hybrids
from .raw_values import RawValues, read_values

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput


MOST_COLUMNS = 20  # those with the largest SHAP values
MOST_ROWS = 1000  # out-of-fold rows from which the points of a grid are taken
CURVES = 200  # rows whose curves are averaged
FEWEST_CURVES = 50  # of however many classes
N_POINTS = 20
N_BINS = 12  # of accumulated local effects
BAND = (0.1, 0.9)  # quantiles of the rows' curves


@dataclass(frozen=True)
class Dependence:
    """A column and the outputs.

    points : positions of rows of `values` whose values make the grid, shape (n_points,).
    curves : output of each row with each of these values, shape (n_curves, n_points, n_labels).
    ale : accumulated local effects at the points, shape (n_points, n_labels), mean 0; NaN where the column
    has no order, or is missing.
    """

    name: str
    values: RawValues
    points: np.ndarray
    curves: np.ndarray
    ale: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Partial dependence, shape (n_points, n_labels)."""
        return self.curves.mean(axis=0)

    @property
    def is_ordered(self) -> bool:
        return self.values.numbers is not None

    @property
    def known(self) -> np.ndarray:
        """Which points hold a value, shape (n_points,)."""
        return ~self.values.is_missing[self.points]

    @property
    def numbers(self) -> np.ndarray:
        """Numbers, or days since 1970, of the points; NaN where missing."""
        numbers = self.values.numbers
        return np.full(len(self.points), np.nan) if numbers is None else numbers[self.points]

    @property
    def texts(self) -> list[str]:
        """The points as people write them."""
        return self.values.texts[self.points].tolist()

    @property
    def shares(self) -> np.ndarray:
        """Share of the rows that hold the value of a point; of ordered ones, a value of at most that."""
        if self.values.numbers is None:
            return np.array([np.mean(self.values.texts == text) for text in self.texts])
        known = self.values.numbers[~self.values.is_missing]
        share = np.array([np.mean(known <= number) for number in self.numbers])
        return np.where(self.known, share, np.mean(self.values.is_missing))


def dependences(given: EvaluationInput) -> list[Dependence]:
    """Return the Dependence on the columns with the largest SHAP values, largest first; made once.

    Columns of one value, and of sentences, have none.
    Sources: Friedman (2001), Greedy Function Approximation, Annals of Statistics 29; curves of rows:
    Goldstein et al. (2015), Peeking Inside the Black Box, J. Computational and Graphical Statistics 24;
    accumulated local effects: Apley and Zhu (2020), J. Royal Statistical Society B 82.
    """
    return given.once("dependences", _find)


def _find(given):
    found = explained(given)
    rows = sample(len(given.out_of_fold), found.output.affordable(MOST_ROWS), given.seed)
    X = given.out_of_fold.X.iloc[rows].reset_index(drop=True)
    hybrids, read = Hybrids.of(found.output, X), read_values(given.schema, X)
    n_curves = found.output.affordable(CURVES, FEWEST_CURVES)
    averaged = np.random.default_rng(given.seed).permutation(len(X))[:n_curves]
    moving = [j for j in found.shap.order if found.shap.importance[j].sum() > 0][:MOST_COLUMNS]
    made = [_dependence(hybrids, read[j], j, averaged) for j in moving]
    return [one for one in made if one is not None]


def _dependence(hybrids, values, column, averaged):
    points = values.grid(N_POINTS)
    if len(points) < 2:
        return None
    rows = np.repeat(hybrids.whole(averaged), len(points), axis=0)
    rows[:, column] = np.tile(points, len(averaged))
    curves = hybrids.outputs(rows).reshape(len(averaged), len(points), -1)
    ale = np.full(curves.shape[1:], np.nan)
    if values.numbers is not None:
        known = ~values.is_missing[points]
        ale[known] = _local_effects(hybrids, values, column, points[known])
    return Dependence(values.column.name, values, points, curves, ale)


def _local_effects(hybrids, values, column, points):
    """Each row goes over its own bin only, so that no row is one that could not be."""
    if len(points) < 2:
        return np.zeros((len(points), len(hybrids.output.labels)))
    chosen = np.unique(np.linspace(0, len(points) - 1, N_BINS + 1).round().astype(int))
    edges, known = points[chosen], np.flatnonzero(~values.is_missing)
    numbers = values.numbers[edges]
    bins = np.clip(np.searchsorted(numbers, values.numbers[known], side="left") - 1, 0, len(edges) - 2)
    low, high = hybrids.whole(known), hybrids.whole(known)
    low[:, column], high[:, column] = edges[bins], edges[bins + 1]
    steps = hybrids.outputs(high) - hybrids.outputs(low)
    counts = np.bincount(bins, minlength=len(edges) - 1)
    sums = np.stack([np.bincount(bins, step, len(edges) - 1) for step in steps.T], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    effect = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(means, axis=0)])
    middle = ((effect[1:] + effect[:-1]) / 2 * counts[:, None]).sum(axis=0) / max(1, counts.sum())
    at = values.numbers[points]
    return np.stack([np.interp(at, numbers, line) for line in (effect - middle).T], axis=1)
