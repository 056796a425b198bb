"""What phase 2 hands over: the best combination or the baseline, and how sure the difference is."""

from dataclasses import dataclass

from ...errors import TrainingError
from ...execution.protocol import Call
from ...fitting.final_fit import fit_final
from ...fitting.measure import fit_and_save
from ...reports.numbers import format_number
from ...statistics.uncertainty import corrected_t_test
from .trials import best_trial, describe_params


@dataclass(frozen=True)
class FinalModel:
    """What is handed over: the tuned model, or the baseline when nothing better was found.

    metrics : on the validation rows, of the model as fitted on the training rows alone. improvement_95 : see
        `fit_final`. on_folds : see `difference_on_folds`. verdict : a sentence or two for people.
    """

    params: dict
    metrics: dict
    cv_mean: float
    improved: bool
    verdict: str
    improvement_95: tuple | None = None
    on_folds: dict | None = None


def select_final_model(session, spec, baseline, trials, folder):
    """Decide what is handed over, and save it to `folder`.

    The folds choose the combination. The validation rows, which took no part in that, have a veto:
    a combination that is worse than the baseline there is not handed over. What is handed over is fitted on
    training and validation rows.
    """
    metric, best = session.metric, best_trial(trials, session.metric)
    if best is None:
        why = f"{spec.name} has no parameters to tune."
        if trials:
            why = f"None of {len(trials)} combinations has a value of {metric.name}."
        return _keep_baseline(session, spec, baseline, why, folder)
    if not metric.is_better(best.cv(metric.name), baseline.cv_mean):
        why = f"None of {len(trials)} combinations beat the baseline on the folds."
        return _keep_baseline(session, spec, baseline, why, folder)
    measured = _fit(session, spec, best.params, baseline, folder)
    value, known = measured["metrics"][metric.name], baseline.validation_value is not None
    if known and (value is None or metric.is_better(baseline.validation_value, value)):
        why = (
            f"The best combination ({describe_params(best.chosen)}) is better on the folds but worse on "
            f"the validation rows ({metric.name} {format_number(value)} against "
            f"{format_number(baseline.validation_value)})."
        )
        return _keep_baseline(session, spec, baseline, why, folder)
    on_folds = difference_on_folds(session, best, baseline)
    there = "not worse"
    if not known:
        there = "undefined"
    elif metric.is_better(value, baseline.validation_value):
        there = "better"
    verdict = (
        f"The tuned model is handed over: better on the folds, and {there} on the validation rows. "
        f"{_how_sure(measured['improvement_95'])}"
    )
    return FinalModel(
        best.params,
        measured["metrics"],
        best.cv(metric.name),
        True,
        verdict.strip(),
        measured["improvement_95"],
        on_folds,
    )


def difference_on_folds(session, trial, baseline):
    """The mean difference to the baseline over the folds: {"mean", "low", "high", "p"}.

    Of the best of many combinations this is too kind, since its luck was part of why it was chosen.
    """
    scores = dict(
        zip(trial.measured["folds"], trial.measured["fold_scores"][session.metric.name], strict=True)
    )
    others = dict(zip(baseline.folds, baseline.fold_scores, strict=True))
    common = sorted(set(scores) & set(others))
    if len(common) < 2:
        return None
    shares = [len(session.data.folds[k][1]) / len(session.data.folds[k][0]) for k in common]
    mean, (low, high), p = corrected_t_test(
        [scores[k] for k in common], [others[k] for k in common], sum(shares) / len(shares)
    )
    return {"mean": mean, "low": low, "high": high, "p": p}


def _how_sure(interval):
    if interval is None:
        return ""
    low, high = interval
    text = f"95 % interval of the improvement there: {low:+.2f} % to {high:+.2f} %"
    return f"{text}." if low > 0 else f"{text}, so that it may be chance."


def refit_baseline(session, spec, baseline, folder):
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


def _keep_baseline(session, spec, baseline, why, folder):
    _fit(session, spec, baseline.params, baseline, folder)
    verdict = f"{why} The baseline is handed over."
    return FinalModel(baseline.params, baseline.metrics, baseline.cv_mean, False, verdict)


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
