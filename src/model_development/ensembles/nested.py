"""The honest score of an ensemble: each fold by weights of the other folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NoTime
from ..statistics.differences import value_of
from .blend import Blend, temper
from .temperature import Slopes, fit_slopes

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from .pool import Pool

Fit = Callable[["Pool", "Metric"], Blend]


def fit_ensemble(pool: Pool, metric: Metric, fit: Fit, slopes: Slopes | None = None) -> Blend:
    """Return the Blend of all rows. fit : of a row of ENSEMBLES. slopes : of `fit_slopes`, where known."""
    found = (slopes or fit_slopes(pool)).all_rows
    return replace(fit(replace(pool, outputs=temper(pool.outputs, found)), metric), slopes=found)


def nested_outputs(
    pool: Pool, metric: Metric, fit: Fit, slopes: Slopes | None = None, until: float | None = None
) -> np.ndarray:
    """Return what the ensemble says of each row, with weights and temperatures of the other folds.

    Whether a model has a temperature at all is judged once, cross-fitted on all folds.
    until : time.monotonic() after which no fold is begun; None for no limit.

    Returns shape (n_rows,), or (n_rows, n_classes). Raises ValueError where there is one fold alone, NoTime
    where time ran out.
    """
    numbers = pool.fold_numbers
    if len(numbers) < 2:
        raise ValueError("weights of the other folds need at least two folds")
    slopes = slopes or fit_slopes(pool)
    said = np.empty(pool.outputs.shape[1:])
    for fold in numbers:
        if until is not None and time.monotonic() > until:
            raise NoTime("the time budget was used up")
        left_out = pool.folds == fold
        tempered = replace(pool, outputs=temper(pool.outputs, slopes.without[fold]))
        blend = fit(tempered.take(~left_out), metric)
        said[left_out] = blend.apply(tempered.outputs[:, left_out])
    return said


def nested_scores(pool: Pool, metric: Metric, fit: Fit, slopes: Slopes | None = None) -> list[float]:
    """Return the metric on each fold, in the order of `fold_numbers`, of what `nested_outputs` gives."""
    return fold_scores(pool, metric, nested_outputs(pool, metric, fit, slopes))


def fold_scores(pool: Pool, metric: Metric, outputs: np.ndarray) -> list[float]:
    """Return the metric on each fold of one model's outputs; nan where undefined."""
    masks = (pool.folds == fold for fold in pool.fold_numbers)
    return [value_of(metric, pool.truth[rows], pool.predictions(outputs[rows])) for rows in masks]
