"""Shapley values in raw columns, for any model, by walking from rows of a background to a row.

The contribution of a column is the change of the output when its value takes the place of a background row's,
averaged over the orders in which columns are replaced and over background rows. Orders are drawn in pairs of
opposite ones.
Source: Štrumbelj and Kononenko (2014), Explaining prediction models and individual predictions with feature
contributions, Knowledge and Information Systems 41; antithetic orders: Mitchell et al. (2022), Sampling
Permutations for Shapley Value Estimation, JMLR 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .hybrids import Hybrids

if TYPE_CHECKING:
    from .model_output import ModelOutput


PASSES = 10  # pairs of opposite orders for each row of a table, each from another background row
PASSES_OF_ONE = 60  # where a single row is explained
BACKGROUND = 100  # rows that stand for "not known"
NEIGHBOURS = 10  # background rows to which each of them is compared, on both sides
HYBRIDS = 200_000  # that the model is asked about for that, which wide tables would go beyond
NUMBERS_AT_ONCE = 6_000_000  # positions of rows that hybrids are made of


@dataclass(frozen=True)
class ShapValues:
    """output = base + the sum of values over the columns, for each row and label.

    values : shape (n_rows, n_columns, n_labels). base : mean output of the background, shape (n_labels,).
    output : shape (n_rows, n_labels).
    """

    columns: list[str]
    labels: tuple[Any, ...]
    base: np.ndarray
    output: np.ndarray
    values: np.ndarray

    @property
    def importance(self) -> np.ndarray:
        """Mean absolute value of each column and label, shape (n_columns, n_labels)."""
        return np.abs(self.values).mean(axis=0)

    @property
    def order(self) -> np.ndarray:
        """Positions of the columns, the one with the largest values first, over all labels."""
        return np.argsort(-self.importance.sum(axis=1), kind="stable")

    @property
    def main_label(self) -> np.ndarray:
        """For each column the position of the label that it moves most, shape (n_columns,)."""
        return self.importance.argmax(axis=1)


class Explainer:
    """Explains rows against a background of raw rows; both need the columns that the model uses."""

    def __init__(self, output: ModelOutput, background: pd.DataFrame, seed: int = 0) -> None:
        self.output, self.seed = output, seed
        self.n_background = len(background)
        self.background = Hybrids.of(output, background)

    def explain(self, X: pd.DataFrame, passes: int = PASSES) -> ShapValues:
        """Return the ShapValues of raw rows.

        The same rows in the same order give the same values. Each pass begins at another background row;
        where that leaves some out, what these would have added is taken from the background's own values.
        """
        rng = np.random.default_rng(self.seed)
        hybrids, n, m = self.background.joined(Hybrids.of(self.output, X)), len(X), len(self.output.columns)
        theirs = _drawn(rng, n, self.n_background, passes)
        ours = np.repeat(np.arange(n) + self.n_background, passes)
        gains = _gains(hybrids, ours, theirs.ravel(), _orders(rng, len(ours), m))
        values = gains.reshape(n, passes, m, -1).mean(axis=1)
        if passes % self.n_background:
            values += self._own[theirs].mean(axis=1)
        output = hybrids.outputs(hybrids.whole(np.arange(n) + self.n_background))
        return ShapValues(self.output.columns, self.output.labels, self._base, output, values)

    @cached_property
    def _base(self):
        return self.background.outputs(self.background.whole(np.arange(self.n_background))).mean(axis=0)

    @cached_property
    def _own(self):
        """Values of the background rows against all of them, shape (n_background, n_columns, n_labels).

        Each row is compared to a few others; least squares of these differences give all, and their sum is
        exactly the row's output less the base.
        """
        rng, n, m = np.random.default_rng(self.seed), self.n_background, len(self.output.columns)
        most = min(NEIGHBOURS, (n - 1) // 2, self.output.affordable(HYBRIDS) // (2 * n * max(1, m)))
        shifts = np.arange(1, max(1, most) + 1) if n > 1 else np.empty(0, dtype=int)
        ours = np.tile(np.arange(n), len(shifts))
        theirs = (ours + np.repeat(shifts, n)) % n
        gains = _gains(self.background, ours, theirs, _orders(rng, len(ours), m))
        difference = np.zeros((len(ours), n))
        difference[np.arange(len(ours)), ours] += 1
        difference[np.arange(len(ours)), theirs] -= 1
        summed = difference.T @ gains.reshape(len(ours), m * len(self.output.labels))
        return (np.linalg.pinv(difference.T @ difference) @ summed).reshape(n, m, -1)


def _drawn(rng, n_rows, n_background, passes):
    """Background rows for each row, all of them before one comes again; shape (n_rows, passes)."""
    rounds = -(-passes // n_background)
    every = np.tile(np.arange(n_background), (n_rows, 1))
    return np.concatenate([rng.permuted(every, axis=1) for _ in range(rounds)], axis=1)[:, :passes]


def _orders(rng, n_walks, n_columns):
    return rng.permuted(np.tile(np.arange(n_columns), (n_walks, 1)), axis=1)


def _gains(hybrids, ours, theirs, orders):
    """What each column adds on the walks from their rows to ours, shape (n_walks, n_columns, n_labels).

    orders : of the columns, shape (n_walks, n_columns); each is also walked the other way round.
    """
    m, n_labels = orders.shape[1], len(hybrids.output.labels)
    gains = np.zeros((len(ours), m, n_labels))
    ends = hybrids.outputs(hybrids.whole(np.arange(hybrids.n_rows)))
    size = max(1, NUMBERS_AT_ONCE // max(1, m * (m + 1)))
    for start in range(0, len(ours), size):
        part = slice(start, start + size)
        for order in (orders[part], orders[part, ::-1]):
            gains[part] += _walked(hybrids, ends, ours[part], theirs[part], order) / 2
    return gains


def _walked(hybrids, ends, ours, theirs, order):
    n, m = order.shape
    place = np.argsort(order, axis=1)
    is_ours = place[:, None, :] < np.arange(1, m)[None, :, None]
    rows = np.where(is_ours, ours[:, None, None], theirs[:, None, None]).reshape(-1, m)
    said = np.empty((n, m + 1, ends.shape[1]))
    said[:, 0], said[:, m] = ends[theirs], ends[ours]  # the same numbers in every walk: sums are exact
    said[:, 1:m] = hybrids.outputs(rows).reshape(n, max(0, m - 1), -1) if m > 1 else said[:, 1:m]
    return np.take_along_axis(np.diff(said, axis=1), place[:, :, None], axis=1)
