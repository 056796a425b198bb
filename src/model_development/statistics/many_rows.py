"""Resamples of very many rows, from draws of a part of them.

Draws of a part of m of n rows lie as far about the value of the part as those of all rows about theirs, but
for the root of m / n. Source: the m out of n bootstrap for what is asymptotically normal, Bickel, Götze and
van Zwet (1997), Resampling fewer than n observations, Statistica Sinica 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from ..tasks.predictions import Predictions

MOST_DRAWN = 20_000  # rows of a fold that are drawn from
FEWEST_OF_A_CLASS = 500  # of them, on which a metric of a rare class turns


def part_of_many(truth: np.ndarray, groups: np.ndarray | None, has_classes: bool) -> np.ndarray | None:
    """Positions of the rows to draw from, in order; None for all: they are few, a class is rare, or groups.

    truth : shape (n_rows,); of classes their numbers. The same rows for whoever predicts them.
    """
    n_drawn = MOST_DRAWN
    if has_classes:
        rarest = np.unique(truth, return_counts=True)[1].min()
        n_drawn = max(n_drawn, round(FEWEST_OF_A_CLASS * len(truth) / rarest))
    if groups is not None or 2 * n_drawn > len(truth):
        return None
    return np.sort(np.random.default_rng(len(truth)).choice(len(truth), n_drawn, replace=False))


def as_of_all(
    drawn: np.ndarray, metric: Metric, truth: np.ndarray, said: Predictions, part: np.ndarray
) -> np.ndarray:
    """Return draws of a part, shape (n_resamples,), as draws of all rows. truth, said : of all rows."""
    whole, piece = (
        metric.resampled(true, outcome, np.ones((1, len(true))))
        for true, outcome in ((truth, said), (truth[part], said.take(part)))
    )
    return np.clip(whole + (drawn - piece) * np.sqrt(len(part) / len(truth)), metric.lowest, metric.highest)
