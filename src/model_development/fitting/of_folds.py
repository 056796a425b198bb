"""What is said of a candidate's folds as a whole, and with which certainty, in the time that there is."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..metrics.table import METRICS
from ..statistics.resampling import bootstrap_intervals
from .budget import Plan
from .measured import Measured

if TYPE_CHECKING:
    from ..data.development import DevelopmentData
    from ..tasks.predictions import Predictions

SHARE_OF_INTERVALS = 0.1  # of the time left, which those of metrics that do not decide may take
SHARE_OF_ONE = 0.5  # the same for that of the metric that decides
SECONDS_OF_ONE = 1.0  # at least, however late it is
GIVEN_UP = "time budget: "  # begins what is said of what a budget took away


def describe_folds(
    data: DevelopmentData, plan: Plan, left_out: Mapping[int, tuple[np.ndarray, Predictions]]
) -> Measured:
    """Return how many rows the folds have, and what of the plan's folds and rows was given up.

    left_out : of `cross_validate`.
    """
    folds = [plan.folds[number] for number in left_out]
    return {
        "test_share": float(np.mean([len(scored) / len(fitted) for fitted, scored in folds])),
        "n_scored": float(np.mean([len(scored) for _, scored in folds])),
        "share_of_rows": plan.share,
        "note": plan.note(len(left_out)),
        "is_complete": not plan.note(len(left_out)),
    }


def rows_by_fold(
    data: DevelopmentData, plan: Plan, left_out: Mapping[int, tuple[np.ndarray, Predictions]]
) -> list[tuple[np.ndarray, Predictions, np.ndarray | None]]:
    """(truth, Predictions, groups) of the rows that each fold left out, for `bootstrap_intervals`."""
    return [(*said, data.groups_of(plan.folds[number][1])) for number, said in left_out.items()]


def intervals_in_time(
    by_row: Sequence[tuple[np.ndarray, Any, np.ndarray | None]],
    family: str,
    seed: int,
    metric_name: str,
    seconds_left: float,
) -> tuple[Mapping[str, tuple[float, float] | None], str]:
    """({metric: interval}, what is to be said of them): where time is short, of the metric that decides.

    Where that takes too long, too, it has none, and others are not named.
    """
    until = None if seconds_left == math.inf else time.monotonic() + SHARE_OF_INTERVALS * seconds_left
    intervals = bootstrap_intervals(by_row, family, seed, until=until)
    if intervals is not None:
        return intervals, ""
    until = time.monotonic() + max(SECONDS_OF_ONE, SHARE_OF_ONE * seconds_left)
    only = bootstrap_intervals(by_row, family, seed, only=METRICS[metric_name], until=until)
    if only is None:
        return {metric_name: None}, f"{GIVEN_UP}no intervals"
    return only, f"{GIVEN_UP}an interval for {metric_name} alone"
