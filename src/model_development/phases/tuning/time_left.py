"""How the time of phase 2 is shared out: the search, then the final fit, then what is written of both."""

import time
from statistics import fmean

from ..clock import Clock
from .baseline import Baseline
from .trials import Trial

SECONDS_TO_HAND_OVER = 5.0  # for charts, files, MLflow, the registry
LARGEST_RESERVE = 0.3  # share of the time that is kept for these
LARGEST_SHARE = 0.5  # of the time, which is kept for the final fit


def end_of_fits(clock: Clock) -> float | None:
    """time.monotonic() at which every fit must be done; None without a limit."""
    return clock.deadline(SECONDS_TO_HAND_OVER, LARGEST_RESERVE)


def end_of_search(clock: Clock, baseline: Baseline, best: Trial | None = None) -> float | None:
    """time.monotonic() at which the final fit must begin; None without a limit.

    best : the combination that would be fitted, whose folds say how much longer than the baseline it takes.
    """
    end = end_of_fits(clock)
    if clock.budget_s is None or end is None:
        return None
    longer = max(1.0, fmean(best.measured["fold_seconds"]) / baseline.fold_fit_s) if best else 1.0
    return end - min(longer * baseline.final_fit_s, LARGEST_SHARE * clock.budget_s)


def has_time_for(seconds: float, deadline: float | None) -> bool:
    """Is work of so many seconds done by a deadline?"""
    return deadline is None or time.monotonic() + seconds < deadline
