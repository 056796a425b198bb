"""What phase 2 hands over: the best combination or the baseline, and how sure the difference is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...errors import TrainingError
from ...execution.protocol import Call
from ...fitting.final_fit import fit_final
from ...fitting.measure import fit_and_save
from ...fitting.measured import Measured
from ...metrics.table import improvement_pct
from ...reports.numbers import format_number
from ...statistics.selection import best_of_many
from ...statistics.uncertainty import FEWEST_FOLDS, SURE, n_folds
from .trials import Trial, best_trial, describe_params, ranked_trials

if TYPE_CHECKING:
    from pathlib import Path

    from ...models.spec import ModelSpec
    from ..session import Session
    from .baseline import Baseline


@dataclass(frozen=True)
class FinalModel:
    """What is handed over: the tuned model, or the baseline when nothing better was found.

    metrics : on the validation rows, of the model as fitted on the training rows alone. improvement_95 : see
        `fit_final`. on_folds : see `difference_on_folds`. verdict : a sentence or two for people.
    """

    params: dict[str, Any]
    metrics: dict[str, float | None]
    cv_mean: float | None
    improved: bool
    verdict: str
    improvement_95: tuple[float, float] | None = None
    on_folds: dict[str, Any] | None = None


def select_final_model(
    session: Session, spec: ModelSpec, baseline: Baseline, trials: Sequence[Trial], folder: Path
) -> FinalModel:
    """Decide what is handed over, and save it to `folder`.

    The folds decide, by a test that is corrected for the choice among many combinations. The validation rows
    take no part in that, so that the improvement there is what can be expected, and may be negative. What is
    handed over is fitted on training and validation rows.
    """
    metric, best = session.metric, best_trial(trials, session.metric)
    on_folds = difference_on_folds(session, trials, baseline) if best else None
    why = _why_not(spec, trials, best, baseline, on_folds, metric)
    if why or best is None:
        return _keep_baseline(
            session, spec, baseline, f"{why} The baseline is handed over.", folder, on_folds
        )
    measured = _fit(session, spec, best.params, baseline, folder)
    verdict = (
        f"The tuned model is handed over: better on the folds ({_of_the_choice(on_folds, trials, metric)}). "
        f"{_on_validation(measured, baseline, metric)}"
    )
    return FinalModel(
        best.params,
        measured["metrics"],
        best.cv(metric.name),
        True,
        verdict,
        measured["improvement_95"],
        on_folds,
    )


def _why_not(spec, trials, best, baseline, on_folds, metric):
    """Why no combination takes the place of the baseline; "" where one does."""
    if not trials:
        return f"{spec.name} has no parameters to tune."
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
    rows = [
        dict(zip(t.measured["folds"], t.measured["fold_scores"][metric.name], strict=True))
        for t in ranked_trials(trials, metric)
    ]
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


def refit_baseline(session: Session, spec: ModelSpec, baseline: Baseline, folder: str) -> Measured:
    """Fit and measure the baseline on all training rows, where phase 1 had fewer, and save it to `folder`."""
    arguments = {
        "model_name": spec.name,
        "params": baseline.params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": folder,
    }
    return _run(
        session,
        Call("baseline", spec.framework, fit_and_save, arguments, reads=("rows_path",), writes=("folder",)),
    )


def _keep_baseline(session, spec, baseline, verdict, folder, on_folds):
    _fit(session, spec, baseline.params, baseline, folder)
    return FinalModel(baseline.params, baseline.metrics, baseline.cv_mean, False, verdict, on_folds=on_folds)


def _fit(session, spec, params, baseline, folder):
    arguments = {
        "model_name": spec.name,
        "params": params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(folder),
        "baseline_folder": baseline.model_path,
        "metric_name": session.metric.name,
    }
    reads, writes = ("rows_path", "baseline_folder"), ("folder",)
    return _run(
        session, Call("final model", spec.framework, fit_final, arguments, reads=reads, writes=writes)
    )


def _run(session, call):
    for kind, _, outcome in session.engine.run([call]):
        if kind == "outcome" and outcome.status == "ok":
            return outcome.result
    raise TrainingError(f"The {call.name} could not be fitted: {outcome.reason}")
