"""What phase 2 hands over: the best combination or the baseline, and how sure the difference is."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...errors import TrainingError
from ...metrics.table import improvement_pct
from ...reports.numbers import format_number
from ...statistics.selection import best_of_many
from ...statistics.uncertainty import FEWEST_FOLDS, SURE, n_folds
from .final_fits import ALL_ROWS, TRAINING_ROWS, fit_best, with_validation_rows
from .time_left import end_of_fits
from .trials import TIME_WAS_UP, Trial, best_trial, describe_params, ranked_trials

if TYPE_CHECKING:
    from pathlib import Path

    from ...models.spec import ModelSpec
    from ..clock import Clock
    from ..session import Session
    from .baseline import Baseline


@dataclass(frozen=True)
class FinalModel:
    """What is handed over: the tuned model, or the baseline when nothing better was found.

    metrics : on the validation rows, of the model as fitted on the training rows alone. improvement_95 : see
        `fit_final`. on_folds : see `difference_on_folds`. verdict : a sentence or two for people.
    fitted_on : the rows that the model that is handed over was fitted on.
    stopped_at, learning_rates : how long it was fitted, None where it does not stop early.
    fold_scores : {number of a fold: the primary metric}, of the tuned model. training_folder : where it is as
    it was fitted on the training rows alone; None where no ensemble wants it. why_not_all : why it could not
    be fitted on all rows, where that failed. was_cut : was there no time to fit the best combination?
    """

    params: dict[str, Any]
    metrics: dict[str, float | None]
    cv_mean: float | None
    improved: bool
    verdict: str
    improvement_95: tuple | None = None
    on_folds: dict | None = None
    fitted_on: str = ALL_ROWS
    stopped_at: int | None = None
    learning_rates: list[float] | None = None
    fold_scores: dict[int, float] = field(default_factory=dict)
    training_folder: str | None = None
    why_not_all: str = ""
    was_cut: bool = False


def select_final_model(
    session: Session,
    spec: ModelSpec,
    baseline: Baseline,
    trials: Sequence[Trial],
    folder: Path,
    clock: Clock,
    n_planned: int,
) -> FinalModel:
    """Decide what is handed over, and save it to `folder`.

    The folds decide, by a test that is corrected for the choice among many combinations. The validation rows
    take no part in that, so that the improvement there is what can be expected, and may be negative. What is
    handed over is fitted on training and validation rows, as far as the time of `clock` allows it.

    n_planned : how many combinations there were to try.
    """
    metric, best = session.metric, best_trial(trials, session.metric)
    deadline = end_of_fits(clock, baseline.ensemble_s)
    on_folds = difference_on_folds(session, trials, baseline) if best else None
    why = _why_not(spec, trials, best, baseline, on_folds, metric, n_planned)
    measured, was_cut = None, False
    if best is not None and not why:
        why = f"There was no time left to fit the best combination ({describe_params(best.chosen)})."
        try:
            measured = fit_best(session, spec, best.params, baseline, folder, deadline)
            was_cut = measured is None
        except TrainingError as error:
            shutil.rmtree(folder, ignore_errors=True)
            why = f"The best combination ({describe_params(best.chosen)}) could not be fitted again: {error}"
    if best is None or measured is None:
        if baseline.share_of_rows < 1:  # more of the rows come before an ensemble, which cannot use it
            deadline = end_of_fits(clock)
        final = _keep_baseline(session, spec, baseline, why, folder, on_folds, deadline)
        return replace(final, was_cut=was_cut)
    member = None
    if baseline.ensemble_s:
        member = str(session.record.new_model_folder("tuned_member"))
        shutil.copytree(folder, member, dirs_exist_ok=True)
    verdict = (
        f"The tuned model is handed over: better on the folds ({_of_the_choice(on_folds, trials, metric)}). "
        f"{_on_validation(measured, baseline, metric)}"
    )
    final = _tuned_model(best, metric, verdict, measured, on_folds, member)
    return with_validation_rows(session, spec, baseline, final, folder, deadline)


def _tuned_model(best, metric, verdict, measured, on_folds, member):
    return FinalModel(
        best.params,
        measured["metrics"],
        best.cv(metric.name),
        True,
        verdict,
        measured["improvement_95"],
        on_folds,
        TRAINING_ROWS,
        measured.get("stopped_at"),
        measured.get("history", {}).get("learning_rate"),
        best.by_fold(metric.name),
        member,
    )


def _why_not(spec, trials, best, baseline, on_folds, metric, n_planned):
    """Why no combination takes the place of the baseline; "" where one does."""
    if not n_planned:
        return f"{spec.name} has no parameters to tune."
    if not baseline.is_complete:
        return "There was no time to measure the baseline on all folds and rows, to compare others with it."
    if best is None and (not trials or any(trial.reason == TIME_WAS_UP for trial in trials)):
        return "There was no time to measure any combination on all folds and rows."
    if best is None:
        return f"None of {len(trials)} combinations has a value of {metric.name}."
    if not metric.is_better(best.cv(metric.name), baseline.cv_mean):
        return f"None of {len(trials)} combinations beat the baseline on the folds."
    found = f"The best combination ({describe_params(best.chosen)}) is better on the folds, but "
    if on_folds["p"] is None:
        return f"{found}whether by more than chance was {on_folds['reason']}."
    if on_folds["p"] >= SURE:
        return f"{found}not significantly ({_of_the_choice(on_folds, trials, metric)})."
    return ""


def _of_the_choice(on_folds, trials, metric):
    return (
        f"{metric.name} {on_folds['mean']:+.3g}, {on_folds['corrected']:+.3g} without the luck of the choice "
        f"among {len(ranked_trials(trials, metric))}, p = {on_folds['p']:.2g}"
    )


def difference_on_folds(session: Session, trials: Sequence[Trial], baseline: Baseline) -> dict[str, Any]:
    """The difference of the best combination to the baseline over the folds, as a dict.

    `mean` as observed; `corrected` for the choice among all, with `low`, `high` and `p` of the same: see
    `best_of_many`. None of these where there are less than three folds; `reason` says so.
    """
    metric, folds = session.metric, session.data.folds
    rows = [trial.by_fold(metric.name) for trial in ranked_trials(trials, metric)]
    others: Any = dict(zip(baseline.folds, baseline.fold_scores, strict=True))
    common = sorted(set(others).intersection(*rows))
    scores, others = [[row[k] for k in common] for row in rows], [others[k] for k in common]
    if len(common) < FEWEST_FOLDS:
        mean = sum(a - b for a, b in zip(scores[0], others, strict=True)) / len(common) if common else None
        nothing = dict.fromkeys(("corrected", "low", "high", "p"))
        return {"mean": mean, **nothing, "reason": f"not tested ({n_folds(len(common))})"}
    share = fmean(len(folds[k][1]) / len(folds[k][0]) for k in common)
    resolution = metric.resolution([*scores[0], *others], fmean(len(folds[k][1]) for k in common))
    found = best_of_many(scores, others, share, resolution, metric.greater_is_better)
    numbers = {"corrected": found.corrected, "low": found.low, "high": found.high, "p": found.p}
    return {"mean": found.observed, **numbers, "reason": ""}


def _on_validation(measured, baseline, metric):
    """What the validation rows say, which had no part in the choice; worse is said as well."""
    value, before = measured["metrics"][metric.name], baseline.validation_value
    gain = improvement_pct(value, before, metric.greater_is_better)
    if gain is None:
        return f"On the validation rows {metric.name} {format_number(before)} -> {format_number(value)}."
    text = f"On the validation rows the improvement is {gain:+.2f} %"
    if measured["improvement_95"] is None:
        return f"{text}."
    low, high = measured["improvement_95"]
    chance = ", so that it may be chance" if low <= 0 <= high else ""
    return f"{text}, 95 % interval {low:+.2f} % to {high:+.2f} %{chance}."


def rows_left_out(final: FinalModel) -> str:
    """The sentence about a model that was not fitted on all rows; "" where it was."""
    if final.fitted_on == ALL_ROWS:
        return ""
    return f"It is fitted on {final.fitted_on} alone: {final.why_not_all or 'there was no time for more'}."


def _keep_baseline(session, spec, baseline, why, folder, on_folds, deadline):
    """Hand over the baseline: fitted on all rows where there is time, else as phase 1 has saved it.

    Where an ensemble is to be made within a budget, that is seen afterwards.
    """
    fitted_on = TRAINING_ROWS
    if baseline.share_of_rows < 1:
        fitted_on = f"{baseline.share_of_rows:.0%} of the {TRAINING_ROWS}"
    shutil.copytree(baseline.model_path, folder)
    final = FinalModel(
        baseline.params,
        baseline.metrics,
        baseline.cv_mean,
        False,
        f"{why} The baseline is handed over.",
        on_folds=on_folds,
        fitted_on=fitted_on,
        stopped_at=baseline.stopped_at,
        learning_rates=baseline.learning_rates,
    )
    if deadline is not None and baseline.ensemble_s and baseline.share_of_rows == 1:
        return final  # an ensemble may take its place: then the time is for all members
    return with_validation_rows(session, spec, baseline, final, folder, deadline)
