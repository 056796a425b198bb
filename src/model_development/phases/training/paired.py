"""Two models on the folds that both were scored on: the paired test, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...statistics.uncertainty import FEWEST_FOLDS, corrected_t_test, n_folds

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from .results import ModelResult


@dataclass(frozen=True)
class PairedTest:
    """A difference over the folds.

    difference : mean of the first model's scores minus the second's; None without a fold in common. low,
        high : its 95 % interval. p : two-sided. All three are None where nothing was tested; reason says why.
    """

    difference: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    reason: str = ""


def paired_test(ours: ModelResult, theirs: ModelResult, metric: Metric) -> PairedTest:
    """Compare two ModelResults on the folds that both have; below three of them nothing is tested."""
    ours_by_fold, theirs_by_fold = ours.fold_scores(metric.name), theirs.fold_scores(metric.name)
    common = sorted(set(ours_by_fold) & set(theirs_by_fold))
    scores, others = [ours_by_fold[k] for k in common], [theirs_by_fold[k] for k in common]
    if len(common) < FEWEST_FOLDS:
        difference = (sum(scores) - sum(others)) / len(common) if common else None
        return PairedTest(difference, reason=f"not tested ({n_folds(len(common))})")
    measured = theirs.measured
    resolution = metric.resolution(scores + others, measured["n_scored"])
    mean, (low, high), p = corrected_t_test(scores, others, measured["test_share"], resolution)
    return PairedTest(mean, low, high, p)


def intervals_apart(ours: ModelResult, theirs: ModelResult, metric: Metric) -> bool | None:
    """Does the first one's 95 % interval lie on the better side of the second's? None without both."""
    low, high = (ours.cv(metric.name, end) for end in ("low", "high"))
    other_low, other_high = (theirs.cv(metric.name, end) for end in ("low", "high"))
    if low is None or high is None or other_low is None or other_high is None:
        return None
    return low > other_high if metric.greater_is_better else high < other_low
