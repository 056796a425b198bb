"""Resamples of very many rows, from draws of a part of them.

Draws of a part of m of n rows lie as far about the value of the part as those of all rows about theirs, but
for the root of m / n. Source: the m out of n bootstrap for what is asymptotically normal, Bickel, Götze and
van Zwet (1997), Resampling fewer than n observations, Statistica Sinica 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .units import n_units, sample_units

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from ..tasks.predictions import Predictions

MOST_DRAWN = 20_000  # rows of a fold that are drawn from
FEWEST_OF_A_CLASS = 500  # of them, on which a metric of a rare class turns
FEWEST_UNITS = 1_000  # groups among them: of a few large ones a part says too little


def part_of_many(truth: np.ndarray, groups: np.ndarray | None, has_classes: bool) -> np.ndarray | None:
    """Positions of the rows to draw from, in order; None for all: few rows, a rare class, or few groups.

    truth : shape (n_rows,); of classes their numbers. groups : whole numbers, of which whole ones are taken;
    or None. The same rows for whoever predicts them.
    """
    n_drawn = MOST_DRAWN
    if has_classes:
        rarest = np.unique(truth, return_counts=True)[1].min()
        n_drawn = max(n_drawn, round(FEWEST_OF_A_CLASS * len(truth) / rarest))
    if 2 * n_drawn > len(truth):
        return None
    part = sample_units(len(truth), n_drawn, len(truth), groups)
    return None if groups is not None and n_units(len(part), groups[part]) < FEWEST_UNITS else part


def as_of_all(
    drawn: np.ndarray,
    metric: Metric,
    truth: np.ndarray,
    said: Predictions,
    part: np.ndarray,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Return draws of a part, shape (n_resamples,), as draws of all rows, of which the others are."""
    whole, piece = (
        metric.resampled(true, outcome, np.ones((1, len(true))))
        for true, outcome in ((truth, said), (truth[part], said.take(part)))
    )
    n_drawn = n_units(len(part), None if groups is None else groups[part])
    share = n_drawn / n_units(len(truth), groups)
    return np.clip(whole + (drawn - piece) * np.sqrt(share), metric.lowest, metric.highest)
