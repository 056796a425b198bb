"""A temperature for each model, kept only where rows that it was not fitted on gain by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..outputs.calibration import LEAST_GAIN, SMALLEST
from ..outputs.conformal import rounded
from .blend import softmax
from .pool import Pool

MOST_ROWS = 4000  # of a fit: there is one number to find
N_STEPS = 20
LOWEST, HIGHEST = 1 / 16, 16.0


@dataclass(frozen=True)
class Slopes:
    """1 / temperature of each model; 1 where none was kept.

    all_rows : shape (n_models,). without : {fold: the same of the rows of all other folds}.
    """

    all_rows: np.ndarray
    without: dict[int, np.ndarray]


def fit_slopes(pool: Pool) -> Slopes:
    """Return a slope for each model of a Pool, where it takes away more than 0.2 % of the log loss.

    That is judged cross-fitted: each fold by the slope of the others. Numbers have none.
    """
    n_models, numbers = len(pool.names), pool.fold_numbers
    slopes, without = np.ones(n_models), {fold: np.ones(n_models) for fold in numbers}
    if pool.outputs.ndim < 3 or len(numbers) < 2:
        return Slopes(slopes, without)
    sample = pool.take(_sample(len(pool)))
    for k in range(n_models):
        logs = np.log(np.clip(sample.outputs[k], SMALLEST, 1))
        found = {fold: fit_slope(logs, sample.truth, sample.folds != fold) for fold in numbers}
        of_row = np.array([found[fold] for fold in sample.folds.tolist()])
        before, after = _loss(logs, sample.truth, 1.0), _loss(logs, sample.truth, of_row[:, None])
        if before > 0 and 1 - after / before > LEAST_GAIN:
            slopes[k] = fit_slope(logs, sample.truth, np.ones(len(sample), dtype=bool))
            for fold in numbers:
                without[fold][k] = found[fold]
    return Slopes(slopes, without)


def _sample(n_rows):
    return np.sort(np.random.default_rng(0).permutation(n_rows)[:MOST_ROWS])


def fit_slope(logs: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> float:
    """Return the slope of logarithms with the lowest log loss on some rows, by Newton's steps: it is convex.

    logs : shape (n_rows, n_classes). truth : shape (n_rows,). rows : mask.
    Source: Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, ICML.
    """
    logs, truth = logs[rows], truth[rows]
    right, slope = logs[np.arange(len(truth)), truth].mean(), 1.0
    for _ in range(N_STEPS):
        said = softmax(slope * logs)
        means = (said * logs).sum(axis=1)
        curvature = ((said * logs**2).sum(axis=1) - means**2).mean()
        if curvature <= 0:
            break
        step = (means.mean() - right) / curvature
        before, slope = slope, float(np.clip(slope - step, max(LOWEST, slope / 2), min(HIGHEST, slope * 2)))
        if abs(slope - before) < 1e-6 * slope:
            break
    return float(rounded(np.array([slope]))[0])


def _loss(logs, truth, slope):
    said = softmax(slope * logs)[np.arange(len(truth)), truth]
    return float(-np.mean(np.log(np.clip(said, SMALLEST, 1))))
