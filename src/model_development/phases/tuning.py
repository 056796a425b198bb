"""Phase 2: search around the best model of phase 1, record every combination, hand over."""

import shutil
import time
from dataclasses import dataclass

from ..errors import ArtifactsError, SettingsError, TrainingError
from ..handover import artifacts
from ..handover.artifacts import read_json, replacing_folder
from ..handover.context import DEFAULT_CONTEXT, read_context, update_context
from ..models.table import get_model
from ..reports.plots import impact_chart, top_chart
from ..scoring.candidate import fit_and_save
from ..scoring.metrics import improvement_pct
from ..search.engines import Call
from ..search.strategies import choose, grid
from .session import open_session
from .trials import best_trial, describe_params, is_better, run_trials, trials_table

N_TOP = 10
DEFAULT_N_TRIALS = 50
THIS_RUN_ONLY = ("n_jobs", "device", "time_budget_s")  # settings that change no result


@dataclass(frozen=True)
class FinalModel:
    """What is handed over: the tuned model, or the baseline when nothing better was found."""

    params: dict
    metrics: dict  # on the validation rows
    cv_mean: float
    improved: bool
    verdict: str  # one sentence for people


def tune_best_model(context_path=None, *, n_trials=DEFAULT_N_TRIALS, timeout_s=None, n_jobs=None):
    """Tune the best model of phase 1 and hand it over; return what the context file then says.

    n_trials : combinations to try, a seeded random subset of the grid; None tries all of it.
    timeout_s : seconds for the search; the context's `time_budget_s` when None.

    Raises a TemplateError in plain words for bad input; the context file is written last, so a
    search that did not end leaves it as it was.
    """
    _check_budget(n_trials, timeout_s)
    session, info = _open(context_path, n_jobs)
    spec, metric, record = get_model(info["best_model_name"]), session.metric, session.record
    timeout_s = timeout_s or session.context.settings.time_budget_s
    combinations = choose(spec.search_space, n_trials, session.context.settings.seed)
    print(_opening(info, spec, combinations, timeout_s, metric), flush=True)
    started = time.time()
    run_id = record.store.start_run(f"{spec.framework}_tuning_parent", tags={"phase": 2, "framework": spec.framework})
    try:
        deadline = time.monotonic() + timeout_s if timeout_s else None
        trials = run_trials(session, spec, combinations, run_id, info["cv_mean"], deadline)
        search_time = time.time() - started
        _require_a_trial(trials, combinations, timeout_s)
        final = _settle(session, spec, info, trials)
        _write_files(session, spec, info, trials, final, run_id, search_time)
        outputs = _hand_over(session, spec, info, final, run_id)
    except BaseException as error:
        killed = isinstance(error, KeyboardInterrupt | SystemExit)
        record.store.end_run(run_id, "KILLED" if killed else "FAILED")
        raise
    record.store.end_run(run_id)
    update_context(session.context.path, {"epoch_005_complete": True, "epoch_005_outputs": outputs})
    return outputs | {"verdict": final.verdict}


def _check_budget(n_trials, timeout_s):
    if n_trials is not None and n_trials < 1:
        raise SettingsError(f"The number of trials must be 1 or more, not {n_trials}.")
    if timeout_s is not None and not timeout_s > 0:
        raise SettingsError(f"The timeout must be a number of seconds above 0, not {timeout_s}.")


def _open(context_path, n_jobs):
    """Open the session as phase 1 had it, and make sure that it is about the same rows."""
    context = read_context(context_path)
    path = context.artifacts_root / artifacts.EPOCH_FOLDER / artifacts.BEST_MODEL_INFO
    info = read_json(path, produced_by=_phase_1_command(context.path))
    try:
        settings = {k: v for k, v in info["settings"].items() if k not in THIS_RUN_ONLY}
        told = {key: info[key] for key in ("project", "target_variable", "data_fingerprint", "split_fingerprint")}
        get_model(info["best_model_name"])
        if not artifacts.Path(info["model_path"]).is_dir():
            raise ArtifactsError(f"{info['model_path']} is missing.")
    except (KeyError, AttributeError, TypeError, ValueError, ArtifactsError) as error:
        raise ArtifactsError(
            f"{path} cannot be used: {error}. Write it anew with: {_phase_1_command(context.path)}"
        ) from error
    if n_jobs is not None:
        settings["n_jobs"] = n_jobs
    session = open_session(context.path, **settings)
    now = session.describe()
    changed = [key for key, value in told.items() if now[key] != value]
    if changed:
        raise ArtifactsError(
            f"{path} belongs to other data ({', '.join(changed)} changed since phase 1). "
            f"Run phase 1 again: {_phase_1_command(context.path)}"
        )
    return session, info


def _phase_1_command(path):
    command = "papermill epoch005-model-development/notebooks/model_training.ipynb OUT.ipynb"
    return command if path == DEFAULT_CONTEXT else f"{command} -p context_path {path}"


def _require_a_trial(trials, combinations, timeout_s):
    if combinations and not trials:
        raise TrainingError(
            f"No combination was finished within {timeout_s:g} s. Give --timeout more seconds."
        )
    if trials and all(trial.status != "ok" for trial in trials):
        reasons = "; ".join(dict.fromkeys(trial.reason for trial in trials[:3]))
        raise TrainingError(f"None of the {len(trials)} combinations could be trained: {reasons}")


def _settle(session, spec, info, trials):
    """Decide what is handed over, and put it in the folder of the tuned model.

    The folds choose the combination. The validation rows, which took no part in that, have a veto:
    a combination that is worse than the baseline there is not handed over.
    """
    metric = session.metric
    best = best_trial(trials, metric)
    if best is None:
        return _keep_baseline(session, info, f"{spec.name} has no parameters to tune.")
    if not is_better(best.cv(metric.name), info["cv_mean"], metric):
        return _keep_baseline(session, info, f"None of {len(trials)} combinations beat the baseline on the folds.")
    folder = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    measured = _refit(session, spec, best.params, folder)
    value = measured["metrics"][metric.name]
    if value is None or is_better(info["validation_value"], value, metric):
        return _keep_baseline(
            session,
            info,
            f"The best combination ({describe_params(best.params)}) is better on the folds but worse "
            f"on the validation rows ({metric.name} {_number(value)} against {_number(info['validation_value'])}).",
        )
    return FinalModel(best.params, measured["metrics"], best.cv(metric.name), True, "The tuned model is handed over.")


def _keep_baseline(session, info, why):
    folder = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    with replacing_folder(folder) as temporary:
        shutil.copytree(info["model_path"], temporary, dirs_exist_ok=True)
    verdict = f"{why} The baseline is handed over."
    return FinalModel(info["params"], info["metrics"], info["cv_mean"], False, verdict)


def _refit(session, spec, params, folder):
    """Fit on all training rows in a worker, measure on the validation rows, save."""
    arguments = {
        "model_name": spec.name,
        "params": params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(folder),
    }
    call = Call("final model", spec.framework, fit_and_save, arguments)
    for kind, _, outcome in session.engine.run([call]):
        if kind == "outcome" and outcome.status == "ok":
            return outcome.result
    raise TrainingError(f"The best combination could not be fitted on all training rows: {outcome.reason}")


def _write_files(session, spec, info, trials, final, run_id, search_time):
    record, metric = session.record, session.metric
    about = session.describe() | {"model_name": spec.name, "tuning_parent_run_id": run_id}
    report = about | _summary(spec, info, trials, final, metric, search_time)
    rows = [trial.to_dict() for trial in sorted(trials, key=lambda t: t.number)]
    record.json(run_id, artifacts.ALL_TUNING_RESULTS, about | {"results": rows})
    record.table(run_id, artifacts.ALL_TUNING_RESULTS_CSV, trials_table(trials))
    record.json(run_id, artifacts.TUNING_SUMMARY, report)
    record.json(run_id, artifacts.TUNED_MODEL_INFO, about | _tuned_info(session, info, final))
    record.chart(run_id, artifacts.PARAMETER_IMPACT_CHART, _impact_figure(spec, trials, metric))
    record.chart(run_id, artifacts.TOP_MODELS_CHART, _top_figure(spec, info, trials, metric))
    record.store.log(
        run_id,
        params={**final.params, "model_name": spec.name, "primary_metric": metric.name},
        metrics={k: v for k, v in report.items() if isinstance(v, int | float) and not isinstance(v, bool)}
        | final.metrics,
        tags={"improved": final.improved, "verdict": final.verdict},
    )


def _summary(spec, info, trials, final, metric, search_time):
    means = [trial.cv(metric.name) for trial in trials if trial.cv(metric.name) is not None]
    best = best_trial(trials, metric)
    counts = {s: sum(t.status == s for t in trials) for s in ("ok", "skipped", "failed")}
    return {
        "n_combinations_in_grid": len(grid(spec.search_space)),
        "n_trials": len(trials),
        **{f"n_trials_{status}": count for status, count in counts.items()},
        "search_time_s": search_time,
        "fit_time_s": sum(sum(t.measured.get("fold_seconds", [])) for t in trials),
        "best_cv_mean": best.cv(metric.name) if best else None,
        "worst_cv_mean": (min if metric.greater_is_better else max)(means, default=None),
        "median_cv_mean": sorted(means)[len(means) // 2] if means else None,
        "baseline_cv_mean": info["cv_mean"],
        "best_params": best.params if best else None,
        "improved": final.improved,
        "verdict": final.verdict,
        **_values(info, final, metric),
    }


def _values(info, final, metric):
    """Baseline and final value: the same metric on the same (validation) rows."""
    value, baseline = final.metrics[metric.name], info["validation_value"]
    return {
        "baseline_metric_value": baseline,
        "final_metric_value": value,
        "improvement_pct": improvement_pct(value, baseline, metric.greater_is_better),
    }


def _tuned_info(session, info, final):
    return {
        "best_params": final.params,
        "baseline_params": info["params"],
        **_values(info, final, session.metric),
        "final_cv_mean": final.cv_mean,
        "baseline_cv_mean": info["cv_mean"],
        "metrics": final.metrics,
        "improved": final.improved,
        "verdict": final.verdict,
        "model_path": str(session.record.path(artifacts.TUNED_MODEL_FOLDER)),
    }


def _hand_over(session, spec, info, final, run_id):
    """Log and register the final model; return what the context file is to say."""
    record = session.record
    folder = record.path(artifacts.TUNED_MODEL_FOLDER)
    model_uri = record.model(run_id, folder, spec.name, session.data)
    version = record.store.register(model_uri, run_id, "challenger")
    return {
        "best_model_name": spec.name,
        "best_model_params": final.params,
        "tuning_parent_run_id": run_id,
        "primary_metric": session.metric.name,
        **_values(info, final, session.metric),
        "improved": final.improved,
        "model_path": str(folder),
        "model_uri": model_uri,
        "registered_model": record.store.registered_name,
        "registered_model_version": str(version),
    }


def _impact_figure(spec, trials, metric):
    scored = [(t.params, t.cv(metric.name)) for t in trials if t.cv(metric.name) is not None]
    best = best_trial(trials, metric)
    return impact_chart(scored, list(spec.search_space), f"cv {metric.label}", best.params if best else {})


def _top_figure(spec, info, trials, metric):
    scored = [t for t in trials if t.cv(metric.name) is not None]
    top = sorted(scored, key=lambda t: t.cv(metric.name), reverse=metric.greater_is_better)[:N_TOP]
    rows = [(t.name, t.cv(metric.name), t.cv(metric.name, "std")) for t in top]
    rows = rows or [("baseline", info["cv_mean"], info["cv_std"])]
    return top_chart(rows, metric.label, info["cv_mean"], f"{spec.name}: the best {len(rows)} of {len(scored)} combinations")


def _opening(info, spec, combinations, timeout_s, metric):
    size = len(grid(spec.search_space))
    limit = f", at most {timeout_s:g} s" if timeout_s else ""
    return (
        f"Tuning {spec.name}: {len(combinations)} of {size} combinations{limit}; baseline "
        f"cv {metric.name} {_number(info['cv_mean'])}, on the validation rows {_number(info['validation_value'])}"
    )


def _number(value):
    return "undefined" if value is None else f"{value:.4g}"
