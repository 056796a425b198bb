"""Is the ensemble better than the single model that it would replace? By nested outputs, on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from ..metrics.table import Metric
from ..statistics.resampling import FEWEST_GROUPS, percentile_interval, resampled_means
from ..statistics.uncertainty import FEWEST_FOLDS, SURE, corrected_t_test, n_folds, one_sided
from ..statistics.units import n_units
from .pool import Pool


@dataclass(frozen=True)
class Difference:
    """Mean over the folds of the ensemble's scores minus the single model's; None where one has no value.

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
    """Test whether a model is better, one-sided, where only its scores are known.

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


def compare_rows(
    pool: Pool,
    outputs: np.ndarray,
    single: np.ndarray,
    metric: Metric,
    groups: np.ndarray | None = None,
    seed: int = 0,
    until: float | None = None,
) -> Difference:
    """Test whether an ensemble is better than a single model on other rows like those of the pool, one-sided.

    outputs, single : what both say of the pool's rows, the ensemble by weights of the other folds. groups :
    whole numbers, rows of one depend on each other, shape (n_rows,); None where none do. until :
    time.monotonic() by which it must be done; where the first draws show that it will not be, it is left.

    Rows, or whole groups, are drawn again within each fold, the same ones for both. This is about what these
    models are worth on new rows: of how they would fare with other training rows it says nothing, and need
    not, since they are what is handed over.
    Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    sets = [pool.by_fold(said, groups) for said in (outputs, single)]
    fewest = min(n_units(len(truth), of_fold) for truth, _, of_fold in sets[0])
    if groups is not None and fewest < FEWEST_GROUPS:
        return Difference(None, reason="not tested (a fold has too few groups)")
    drawn = []
    for folds in sets:
        found = resampled_means(folds, metric.family, seed, only=metric, until=until)
        if found is None:
            return Difference(None, reason="not tested (there was no time left for it)")
        drawn.append(found[metric.name])
    difference = drawn[0] - drawn[1]
    interval = percentile_interval(difference, fewest)
    if interval is None:
        return Difference(None, reason=f"not tested ({metric.name} has no value on one of the folds)")
    worse = difference <= 0 if metric.greater_is_better else difference >= 0
    p = (1 + int(worse.sum())) / (1 + len(difference))
    return Difference(float(np.mean(difference)), *interval, p)
