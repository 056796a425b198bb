"""Weighted voting: each model counts by how small its own loss is, whatever the others say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .blend import Blend, mean_of

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from .pool import Pool

TINY = np.finfo(float).tiny


def vote(pool: Pool, metric: Metric) -> Blend:
    """Return the mean with weights inverse to each model's log loss, of numbers its mean square.

    Source: Bates and Granger (1969), The Combination of Forecasts, for errors that are independent.
    """
    if pool.outputs.ndim == 3:
        right = pool.outputs[:, np.arange(len(pool)), pool.truth]
        losses = -np.log(np.maximum(right, TINY)).mean(axis=1)
    else:
        losses = ((pool.outputs - pool.truth) ** 2).mean(axis=1)
    weights = losses.max() / losses if losses.min() > 0 else (losses == 0).astype(float)
    return mean_of(weights / weights.sum())
