"""How the time of phase 2 is shared out: the search, the final fit, the ensemble, what is written of them."""

import time
from statistics import fmean

from ..clock import Clock
from ..reserves import SECONDS_TO_HAND_OVER
from .baseline import Baseline
from .trials import Trial

LARGEST_RESERVE = 0.3  # share of the time that is kept for these
LARGEST_SHARE = 0.5  # of the time, which is kept for the final fit


def end_of_fits(clock: Clock, afterwards_s: float = 0.0) -> float | None:
    """time.monotonic() at which every fit must be done; None without a limit.

    afterwards_s : seconds of what is still to be done between the fits and handing over.
    """
    return clock.deadline(SECONDS_TO_HAND_OVER + afterwards_s, LARGEST_RESERVE)


def end_of_search(clock: Clock, baseline: Baseline, best: Trial | None = None) -> float | None:
    """time.monotonic() at which the final fit must begin; None without a limit.

    best : the combination that would be fitted, whose folds say how much longer than the baseline it takes;
        for the ensemble they are fitted once more.
    """
    end = end_of_fits(clock)
    if clock.budget_s is None or end is None:
        return None
    longer, ensemble_s = times_longer(baseline, best), baseline.ensemble_s
    if best:
        ensemble_s += sum(best.measured["fold_seconds"]) if ensemble_s else 0.0
    return end - min(longer * baseline.final_fit_s + ensemble_s, LARGEST_SHARE * clock.budget_s)


def times_longer(baseline: Baseline, best: Trial | None) -> float:
    """How many times as long as the baseline a combination is fitted, as its folds say; at least once."""
    return max(1.0, fmean(best.measured["fold_seconds"]) / baseline.fold_fit_s) if best else 1.0


def has_time_for(seconds: float, deadline: float | None) -> bool:
    """Is work of so many seconds done by a deadline?"""
    return deadline is None or time.monotonic() + seconds < deadline
