"""Greedy selection with replacement: the model is added, again and again, with which the mean is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..outputs.conformal import rounded
from .blend import Blend, mean_of

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from .pool import Pool

MOST_ROUNDS = 50
MOST_ROUNDS_SLOW = 20  # by a metric that is calculated anew for each mean
MOST_ROWS = 10_000  # on which that is done
MOST_ROWS_SLOW = 2000  # the same, of a metric of the user's
TINY = np.finfo(float).tiny
BY_LOSS = ("log_loss", "mse", "rmse", "r2_score")  # metrics that order means as the loss does


def select_greedily(pool: Pool, metric: Metric) -> Blend:
    """Return the weighted mean that greedy selection finds, by a metric, and by the loss where that is equal.

    The loss is log loss, of numbers the mean square. Up to 50 models (20 by another metric) are added, with
    replacement, begun with the best; the weights are those of the best mean on the way. A model alone is a
    mean, too.

    Source: Caruana, Niculescu-Mizil, Crew and Ksikes (2004), Ensemble Selection from Libraries of Models.
    """
    candidates = _Candidates(pool, metric)
    counts = np.zeros(len(pool.names))
    best, best_counts = None, counts
    for n in range(1, candidates.n_rounds + 1):
        keys = candidates.keys(n)
        chosen = min(range(len(keys)), key=keys.__getitem__)
        candidates.add(chosen)
        counts[chosen] += 1
        if best is None or keys[chosen] < best:
            best, best_counts = keys[chosen], counts.copy()
    return mean_of(best_counts / best_counts.sum())


class _Candidates:
    """The means that one more model would make of those that were added so far."""

    def __init__(self, pool, metric):
        self.metric, self.losses = metric, _losses(pool)
        self.pool, self.n_rounds = None, MOST_ROUNDS
        if metric.name not in BY_LOSS:
            self.n_rounds = MOST_ROUNDS_SLOW
            most = MOST_ROWS_SLOW if metric.vectorised is None else MOST_ROWS
            drawn = np.random.default_rng(0).permutation(len(pool))[:most]
            self.pool = pool.take(np.sort(drawn))
            self.total = np.zeros(self.pool.outputs.shape[1:])
            self.once = np.ones((1, len(self.pool)))

    def keys(self, n):
        """One for each model, the least for the best mean; n : how many models are in it then."""
        losses = rounded(self.losses.with_each(n)).tolist()
        if self.pool is None:
            return [((False, 0.0), loss) for loss in losses]
        values = [self._value(self.pool, (self.total + said) / n) for said in self.pool.outputs]
        return [(self.metric.sort_key(value), loss) for value, loss in zip(values, losses, strict=True)]

    def _value(self, pool, outputs):
        value = float(self.metric.resampled(pool.truth, pool.predictions(outputs), self.once)[0])
        return value if np.isfinite(value) else None

    def add(self, k):
        self.losses.add(k)
        if self.pool is not None:
            self.total += self.pool.outputs[k]


class _LogLosses:
    """Only the probability of the right class counts."""

    def __init__(self, pool):
        self.right = pool.outputs[:, np.arange(len(pool)), pool.truth]
        self.total = np.zeros(len(pool))

    def with_each(self, n):
        return -np.log(np.maximum((self.total + self.right) / n, TINY)).mean(axis=1)

    def add(self, k):
        self.total += self.right[k]


class _SquaredLosses:
    """Products of the models' errors are all that the square of a mean's error takes."""

    def __init__(self, pool):
        errors = pool.outputs - pool.truth
        self.products = errors @ errors.T / max(1, len(pool))
        self.counts = np.zeros(len(errors))

    def with_each(self, n):
        of_total = self.products @ self.counts
        return (self.counts @ of_total + 2 * of_total + np.diag(self.products)) / n**2

    def add(self, k):
        self.counts[k] += 1


def _losses(pool):
    return _LogLosses(pool) if pool.outputs.ndim == 3 else _SquaredLosses(pool)
