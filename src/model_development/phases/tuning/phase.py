"""Phase 2: search around a model of phase 1, record every combination, hand over the best."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import ArtifactsError, TrainingError
from ...execution.hardware import available_cores
from ...models.table import get_model
from ...reports.numbers import format_number
from ...search.strategies import NO_END, Listed
from ...settings.context import DEFAULT_CONTEXT, read_context
from ...storage import files as artifacts
from ...storage.context_file import require_writable, update_context
from ...storage.files import replace_folder
from ...tracking.handed_over import ALIAS, keep_outputs
from ..session import import_call, open_session
from .baseline import read_baseline, read_best_model
from .fit_cache import FitCache
from .parent_run import CONTINUED_IN, ParentRuns, show_finished
from .report import leaderboard_lines, log_parent, report_search
from .search_result import SearchResult, values_on_validation
from .searching import Search
from .selection import refit_baseline, select_final_model
from .strategy_choice import SearchOptions, choose_strategy
from .trade_off import measure_trade_off
from .trials import NO_VALUE, require_a_trial

# Settings that may differ between the phases.
THIS_RUN_ONLY = ("n_jobs", "device", "time_budget_s", "model_time_limit_s", "profile", "resume")


def tune_best_model(
    context_path: Path | str | None = None,
    *,
    model: str | None = None,
    strategy: str = "auto",
    n_trials: int | str | None = None,
    timeout_s: float | None = None,
    grid: str | None = None,
    second: str | None = None,
    n_jobs: int | None = None,
    resume: bool | None = None,
) -> dict[str, Any]:
    """Tune a model of phase 1 and hand it over; return what the context file then says.

    model : the best of phase 1 when None. strategy : "grid" (all of the model's grid), "random", "bayesian"
        (Optuna, on wider ranges), "halving" (Hyperband), or "auto": the grid where it fits into the time,
        as its first fits show, else bayesian.
    n_trials : combinations to try, or "all" for the grid; None takes as many as there is time for, or 50
        where no time is given.
    timeout_s : seconds for the search; the context's `time_budget_s` when None.
    grid : YAML or JSON file with values or ranges in place of the model's own.
    second : "latency" or "size", to learn which of the best combinations are worth their cost.
    resume : False fits again what an earlier search has fitted; the setting `resume` when None.

    Raises a TemplateError in plain words for bad input; the context file is written last, so a
    search that did not end leaves it as it was.
    """
    options = SearchOptions(strategy, n_trials, timeout_s, grid, second)
    session, spec = _open(context_path, model, {"n_jobs": n_jobs, "resume": resume})
    if timeout_s is None:
        options = replace(options, timeout_s=session.context.settings.time_budget_s)
    try:
        baseline = read_baseline(session.record.folder, spec.name, session.metric.name)
        return _tune(session, spec, options, baseline)
    finally:
        session.engine.stop()


def _tune(session, spec, options, baseline):
    plan = choose_strategy(session, spec, options, baseline.params)
    known = FitCache(session, spec, baseline.params)
    parents = ParentRuns(session, spec, options, plan, baseline, known.key)
    earlier = parents.earlier
    if earlier and earlier.answers(options):
        outputs = show_finished(session, earlier)
        if outputs:
            parents.end(earlier)
            return outputs
    print(_opening(baseline, plan, options, session.metric), flush=True)
    parent, continued = parents.open(options)
    if continued:
        print("It goes on with a search that had more to try, and takes over its combinations.", flush=True)
    with parent as run_id:
        search = Search(session, spec, known, run_id, baseline.cv_mean, continued)
        outputs = _search(search, plan, options, baseline)
    if continued:
        session.record.store.log(continued, tags={CONTINUED_IN: run_id})
    return outputs


def _search(search, plan, options, baseline):
    session, spec, run_id, started = search.session, search.spec, search.parent, time.time()
    if not baseline.is_complete:
        baseline = _measured_again(search, baseline)
    deadline = time.monotonic() + options.timeout_s if options.timeout_s else None
    trials = search.run(plan, deadline)
    search.settle_runs()
    session.engine.stop_idle()  # the final fit wants the memory and all cores
    search_time = time.time() - started
    require_a_trial(trials, plan.n_planned, options.timeout_s, session.metric.name)
    folder = session.record.new_model_folder(run_id)
    final = select_final_model(session, spec, baseline, trials, folder)
    trade_off = measure_trade_off(session, spec, trials, options.second) if options.second else ()
    result = SearchResult(
        spec,
        plan.space,
        plan.kind,
        baseline,
        trials,
        final,
        search_time,
        options.second,
        trade_off,
        search.was_cut,
    )
    with session.record.handing_over():
        return _hand_over(session, result, folder, run_id)


def _tunable(name):
    spec = get_model(name)
    if spec.is_dummy:
        raise ArtifactsError(
            f"{name} is the dummy baseline that models are compared with: there is nothing to tune."
        )
    return spec


def _measured_again(search, baseline):
    """The baseline on all folds and rows, where phase 1 had no time for them; it is trial 0 of the search."""
    n_folds = len(search.session.data.folds)
    (trial,) = search.run(Listed([baseline.params], n_folds, first_number=0))
    search.session.engine.stop_idle()
    if trial.status != "ok":
        raise TrainingError(f"The baseline could not be trained on all folds: {trial.reason}")
    name, folder = search.metric.name, str(search.session.record.new_model_folder("baseline"))
    if trial.cv(name) is None:
        why = trial.measured.get("cv_reasons", {}).get(name, NO_VALUE)
        raise TrainingError(f"The baseline cannot be scored by {name} on all folds: {why}")
    measured = refit_baseline(search.session, search.spec, baseline, folder)
    search.best = trial.cv(name)
    return replace(
        baseline,
        validation_value=measured["metrics"][name],
        metrics=measured["metrics"],
        cv_mean=trial.cv(name),
        cv_std=trial.cv(name, "std"),
        folds=trial.measured["folds"],
        fold_scores=trial.measured["fold_scores"][name],
        model_path=folder,
    )


def _open(context_path, model, overrides):
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    model : name of the one to tune; None for the best. overrides : settings of this run; None leaves one as
        it is. Returns (Session, row of the table of models).

    Phase 1's own settings hold, since notebook parameters may have changed the file's.
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    command = _phase_1_command(context.path)
    info = read_best_model(folder, produced_by=command)
    spec = _tunable(model or info.best_model_name)
    leaderboard_lines(folder)  # the summary at the end needs it: better to stop now than then
    changed = [
        f"setting {name}" for name in _changed_settings(context.settings_in_file, info.settings_in_file)
    ]
    _require_unchanged(changed, folder, command)
    require_writable(context.path)
    current = {name: getattr(context.settings, name) for name in THIS_RUN_ONLY}
    settings = {**info.settings, **current}
    given = {name: value for name, value in overrides.items() if value is not None}
    soon = [import_call(spec)] * available_cores()
    session = open_session(context.path, settings, with_checks=False, soon=soon, **given)
    with session.engine.stopped_by_errors():
        session.engine.worker_mb = session.memory.worker_mb(spec) + session.memory.cache_mb(spec)
        _require_unchanged(info.changes(session.describe()), folder, command)
    return session, spec


def _require_unchanged(changed, folder, command):
    if changed:
        raise ArtifactsError(
            f"{folder / artifacts.BEST_MODEL_INFO} belongs to other data or settings: {', '.join(changed)} "
            f"changed since phase 1. Run phase 1 again: {command}"
        )


def _changed_settings(now, then):
    names = sorted((set(now) | set(then)) - set(THIS_RUN_ONLY))
    return [name for name in names if now.get(name) != then.get(name)]


def _phase_1_command(path):
    command = "papermill epoch005-model-development/notebooks/model_training.ipynb OUT.ipynb"
    return command if path == DEFAULT_CONTEXT else f"{command} -p context_path {path}"


def _hand_over(session, result, new_folder, run_id):
    """Write, log and register what came of the search; return what the context file then says.

    new_folder : where the final model was saved. It takes its place when all files are written, right before
        the context names it. What is missing once `log_parent` has been called is done by `publish_again`.
    """
    record, final, name = session.record, result.final, result.spec.name
    folder = record.path(artifacts.TUNED_MODEL_FOLDER)
    search = report_search(session, result, run_id)
    model_uri = record.model(run_id, new_folder, name, session.data)
    version = record.store.models.register(model_uri, run_id, ALIAS)
    outputs = {
        "best_model_name": name,
        "best_model_params": final.params,
        "tuning_parent_run_id": run_id,
        "primary_metric": session.metric.name,
        **values_on_validation(result.baseline, final, session.metric),
        "improved": final.improved,
        "model_path": str(folder),
        "model_uri": model_uri,
        "tracking_uri": record.store.shown_uri,
        "registered_model": record.store.models.registered_name,
        "registered_model_version": str(version),
    }
    record.store.models.keep_one(run_id, model_uri, version)
    keep_outputs(record, run_id, outputs)
    log_parent(session, result, search, run_id)
    replace_folder(new_folder, folder)
    update_context(session.context.path, {"epoch_005_complete": True, "epoch_005_outputs": outputs})
    return outputs | {"verdict": final.verdict}


def _opening(baseline, plan, options, metric):
    n = "" if plan.n_planned >= NO_END else f"{plan.n_planned} "
    limit = f", at most {options.timeout_s:g} s" if options.timeout_s else ""
    return (
        f"Tuning {baseline.name} ({options.strategy}): {n}combinations of "
        f"{', '.join(plan.space) or 'no parameters'}{limit}; "
        f"baseline cv {metric.name} {format_number(baseline.cv_mean)}, on the validation rows "
        f"{format_number(baseline.validation_value)}"
    )
