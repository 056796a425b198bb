"""Phase 1 goes on in the time of phase 2 where that is of more use there than a search would be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...fitting.final_fit import SLOWER, seconds_of_refit
from ...models.table import get_model
from ...statistics.uncertainty import FEWEST_FOLDS
from ..fold_plan import seconds_of_fits
from ..reserves import SECONDS_FOR_ENSEMBLE, SECONDS_TO_FINISH, SECONDS_TO_HAND_OVER, WORTHWHILE
from .order import is_leading
from .results import can_be_chosen, ranked
from .time_left import unfinished

if TYPE_CHECKING:
    from ..clock import Clock
    from .at_work import Taken
    from .phase import TrainingPhase
    from .results import ModelResult

FEWEST_COMBINATIONS = 5  # on all folds, for which a search is begun at all
SHARE_OF_LATE = 0.5  # of a search's time, for models that promise more than what it would be around


def end_of_more_time(phase: TrainingPhase, taken: Taken) -> float | None:
    """time.monotonic() until which phase 1 may go on; None where phase 2 has better use for its time.

    All of it where no search fits, but for what phase 2 needs in any case: the best model fitted on all
    rows, an ensemble, the hand-over. A part where leading models had no turn, or too few folds.
    """
    end, now = end_of_fits(phase.clock), time.monotonic()
    if end is None or not (taken.cut or taken.late):
        return None
    later = end_without_search(phase)
    if later is None and any(is_leading(get_model(name)) for name in [*taken.late, *_without_folds(taken)]):
        later = now + SHARE_OF_LATE * (end - now)
    return later if later is not None and later - now > WORTHWHILE else None


def end_without_search(phase: TrainingPhase) -> float | None:
    """time.monotonic() until which phase 1 may fit where no search has time; None where one has, or no
    model is there, or no phase shares the budget.

    What is left then is for the best model and likely members of an ensemble, fitted on all rows.
    """
    end, metric = end_of_fits(phase.clock), phase.session.metric
    chosen = [result for result in phase.all_results if can_be_chosen(result, metric)]
    if end is None or not chosen:
        return None
    best, n_lanes = ranked(chosen, metric)[0], phase.session.engine.n_workers
    if end - time.monotonic() >= seconds_of_search(best, len(phase.session.data.folds), n_lanes):
        return None
    return end - seconds_of_refits(chosen, best, n_lanes)


def seconds_of_refits(chosen: list[ModelResult], best: ModelResult, n_lanes: int) -> float:
    """Seconds until the best model, and those that an ensemble is likely made of, are fitted on all rows."""
    likely = [r for r in chosen if is_leading(get_model(r.name)) and not _lacks_folds(r)]
    return seconds_of_fits({r.name: refit_s(r) for r in [*likely, best]}, n_lanes)


def end_of_fits(clock: Clock) -> float | None:
    """time.monotonic() until which phases that share a budget may fit; None where none do."""
    if clock.end_of_both is None:
        return None
    return clock.end_of_both - SECONDS_TO_FINISH - SECONDS_TO_HAND_OVER - SECONDS_FOR_ENSEMBLE


def _without_folds(taken):
    """Names of models that lack the folds of all rows without which no ensemble can use them."""
    return [result.name for _, result, _ in taken.cut.values() if _lacks_folds(result)]


def _lacks_folds(result):
    return result.measured["share_of_rows"] < 1 or len(result.measured["folds"]) < FEWEST_FOLDS


def refit_s(result: ModelResult) -> float:
    """About how long a model takes to be fitted on training and validation rows, as long as it was."""
    return seconds_of_refit(result.params, result.metric("training_time")) / result.measured["share_of_rows"]


def seconds_of_search(result: ModelResult, n_folds: int, n_lanes: int) -> float:
    """Seconds of the shortest search around a model that is worth it.

    Its folds that are missing, a few combinations, fits of all rows, and once more the folds of what it
    finds, for the ensemble.
    """
    model = unfinished(result, n_folds, 0.0)
    fold_s, fit_s = model.fold_s / n_lanes, SLOWER * (result.metric("training_time") or 0.0)
    n_fits = n_folds - model.n_done + (FEWEST_COMBINATIONS + 1) * n_folds
    final_s = fit_s / result.measured["share_of_rows"] + refit_s(result)
    return n_fits * fold_s + final_s + result.measured["measuring_s"]
