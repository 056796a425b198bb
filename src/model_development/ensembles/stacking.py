"""Stacking: the weights are a small model of their own, fitted to what the models said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..outputs.calibration import SMALLEST
from .blend import LOG_MEAN, MOST_WEIGHT, Blend, mean_of, softmax

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from .pool import Pool

RIDGE = 1e-3  # on weights, towards equal ones, and on offsets; beside a mean over the rows
MOST_ROWS = 20_000
MOST_CELLS = 400_000  # rows x classes
MOST_STEPS = 50  # of the minimisation: from equal weights the rest is of no use


def stack(pool: Pool, metric: Metric) -> Blend:
    """Return non-negative least squares of numbers, or ridge logistic regression on log-probabilities.

    Source: Breiman (1996), Stacked Regressions, Machine Learning 24; for classes LeBlanc and Tibshirani
    (1996), Combining Estimates in Regression and Classification.
    """
    n_classes = pool.outputs.shape[2] if pool.outputs.ndim == 3 else 1
    most = min(MOST_ROWS, MOST_CELLS // n_classes)
    rows = np.sort(np.random.default_rng(0).permutation(len(pool))[:most])
    sample = pool.take(rows)
    return _log_linear(sample) if pool.outputs.ndim == 3 else _least_squares(sample)


def _least_squares(pool):
    from scipy.optimize import nnls

    weights = nnls(pool.outputs.T, pool.truth)[0]
    if not weights.any() or (weights > MOST_WEIGHT).any():
        weights = np.full(len(weights), 1 / len(weights))
    return mean_of(weights)


def _log_linear(pool):
    from scipy.optimize import minimize

    logs = np.log(np.clip(pool.outputs, SMALLEST, 1))
    n_models, n_rows, n_classes = logs.shape
    right, rows = np.eye(n_classes)[pool.truth], np.arange(n_rows)
    equal = np.r_[np.full(n_models, 1 / n_models), np.zeros(n_classes)]

    def loss(parameters):
        said = softmax(np.tensordot(parameters[:n_models], logs, axes=1) + parameters[n_models:])
        wrong, away = (said - right) / n_rows, parameters - equal
        value = -np.mean(np.log(np.clip(said[rows, pool.truth], SMALLEST, 1)))
        gradient = np.r_[np.tensordot(logs, wrong, axes=2), wrong.sum(axis=0)]
        return value + RIDGE * (away**2).sum(), gradient + 2 * RIDGE * away

    how = {"method": "L-BFGS-B", "bounds": [(-10, 10)] * len(equal), "options": {"maxiter": MOST_STEPS}}
    found = minimize(loss, equal, jac=True, **how).x
    weights = np.round(found[:n_models], 8)
    return Blend(LOG_MEAN, weights, np.ones(n_models), np.round(found[n_models:], 8))
