"""Is the ensemble better than the single model that it would replace? By nested scores, on the same folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from ..metrics.table import Metric
from ..statistics.uncertainty import FEWEST_FOLDS, SURE, corrected_t_test, n_folds, one_sided


@dataclass(frozen=True)
class Difference:
    """Mean of the ensemble's scores minus the single model's; None where a fold has no value.

    low, high : its 95 % interval. p : one-sided, of "better". All three None where nothing was tested, and
    reason says why.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    reason: str = ""

    @property
    def is_better(self) -> bool:
        return self.p is not None and self.p < SURE


def compare(
    scores: Sequence[float], single: Sequence[float], sizes: Mapping[int, tuple[int, int]], metric: Metric
) -> Difference:
    """Test whether an ensemble is better, one-sided.

    scores, single : on each fold, those of the ensemble nested. sizes : {fold: (rows fitted, rows scored)}.
    """
    if not np.isfinite([*scores, *single]).all():
        return Difference(None, reason=f"not tested ({metric.name} has no value on one of the folds)")
    if len(scores) < FEWEST_FOLDS:
        return Difference(fmean(scores) - fmean(single), reason=f"not tested ({n_folds(len(scores))})")
    share = fmean(scored / fitted for fitted, scored in sizes.values())
    resolution = metric.resolution([*scores, *single], fmean(scored for _, scored in sizes.values()))
    mean, (low, high), p = corrected_t_test(scores, single, share, resolution)
    return Difference(mean, low, high, one_sided(mean, p, metric.greater_is_better))
