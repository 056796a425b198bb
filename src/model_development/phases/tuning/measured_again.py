"""The baseline once more, where phase 1 had no time for all folds and rows of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import TrainingError
from ...search.strategies import Listed
from .final_fits import refit_baseline
from .time_left import end_of_fits, end_of_search
from .trials import NO_VALUE, TIME_WAS_UP

if TYPE_CHECKING:
    from ..clock import Clock
    from .baseline import Baseline
    from .searching import Search


def measured_again(search: Search, baseline: Baseline, clock: Clock) -> Baseline:
    """The baseline on all folds and rows, where phase 1 had no time for them; it is trial 0 of the search.

    Where there is no time for it here either, it is returned as it was.
    """
    session, name, n_folds = search.session, search.metric.name, len(search.session.data.folds)
    print("Phase 1 had no time for all folds and rows of the baseline: it is fitted again.", flush=True)
    request = Listed([baseline.params], n_folds, first_number=0)
    trials = search.run(request, lambda: end_of_search(clock, baseline))
    if not trials or trials[0].reason == TIME_WAS_UP:
        return baseline
    (trial,) = trials
    if trial.status != "ok":
        raise TrainingError(f"The baseline could not be trained on all folds: {trial.reason}")
    mean = trial.cv(name)
    if mean is None:
        why = trial.measured.get("cv_reasons", {}).get(name, NO_VALUE)
        raise TrainingError(f"The baseline cannot be scored by {name} on all folds: {why}")
    if baseline.share_of_rows < 1:
        baseline = _fitted_again(session, search.spec, baseline, end_of_fits(clock))
        if baseline.share_of_rows < 1:
            return baseline
    search.best = mean
    return replace(
        baseline,
        cv_mean=mean,
        cv_std=trial.cv(name, "std"),
        folds=trial.measured["folds"],
        fold_scores=trial.measured["fold_scores"][name],
        is_complete=True,
    )


def _fitted_again(session, spec, baseline, deadline):
    """The baseline as a model of all training rows; as it was where there is no time for that."""
    session.engine.stop_idle()
    folder = str(session.record.new_model_folder("baseline"))
    measured = refit_baseline(session, spec, baseline, folder, deadline)
    if measured is None:
        return baseline
    return replace(
        baseline,
        validation_value=measured["metrics"][session.metric.name],
        metrics=measured["metrics"],
        model_path=folder,
        share_of_rows=1.0,
        stopped_at=measured["stopped_at"],
        learning_rates=measured["history"].get("learning_rate"),
        measuring_s=measured["measuring_s"],
    )
