"""Phase 2: search around the best model of phase 1, record every combination, hand over."""

import shutil
import time

from ..errors import ArtifactsError, SettingsError, TrainingError
from ..handover import artifacts
from ..handover.artifacts import replacing_folder
from ..handover.best_model import read_best_model
from ..handover.context import DEFAULT_CONTEXT, read_context, update_context
from ..handover.settings import MAX_SECONDS
from ..models.table import get_model
from ..scoring.candidate import fit_and_save
from ..scoring.metrics import format_number
from ..search.engines import Call
from ..search.strategies import choose, grid
from .session import open_session
from .trials import best_trial, describe_params, open_journal, run_trials
from .tuning_report import FinalModel, leaderboard_lines, values_on_validation, write_files

DEFAULT_N_TRIALS = 50
SEARCH_TAG = "search_key"
ALL = "all"
THIS_RUN_ONLY = (
    "n_jobs",
    "device",
    "time_budget_s",
    "model_time_limit_s",
    "profile",
    "resume",
)  # settings that may differ between the phases


def tune_best_model(context_path=None, *, n_trials=None, timeout_s=None, n_jobs=None):
    """Tune the best model of phase 1 and hand it over; return what the context file then says.

    n_trials : combinations to try, a seeded random subset of the grid, or "all"; None takes as many
        as there is time for, or 50 where no time is given.
    timeout_s : seconds for the search; the context's `time_budget_s` when None.

    Raises a TemplateError in plain words for bad input; the context file is written last, so a
    search that did not end leaves it as it was.
    """
    _check_budget(n_trials, timeout_s)
    session, info = _open(context_path, n_jobs)
    spec, metric, record = get_model(info.best_model_name), session.metric, session.record
    timeout_s = timeout_s or session.context.settings.time_budget_s
    if n_trials is None:
        n_trials = ALL if timeout_s else DEFAULT_N_TRIALS
    combinations = choose(
        spec.search_space, None if n_trials == ALL else n_trials, session.context.settings.seed
    )
    print(_opening(info, spec, combinations, timeout_s, metric), flush=True)
    started = time.time()
    name = f"{spec.framework}_tuning_parent"
    journal = open_journal(session, spec)
    tags = {"phase": 2, "framework": spec.framework, SEARCH_TAG: journal.key}
    resume = _killed_search(session, name, tags)
    with record.store.run(name, tags=tags, resume=resume) as run_id:
        deadline = time.monotonic() + timeout_s if timeout_s else None
        trials = run_trials(session, spec, journal, combinations, run_id, info.cv_mean, deadline)
        search_time = time.time() - started
        _require_a_trial(trials, combinations, timeout_s)
        final = _settle(session, spec, info, trials)
        write_files(session, spec, info, trials, final, run_id, search_time)
        outputs = _hand_over(session, spec, info, final, run_id)
    update_context(session.context.path, {"epoch_005_complete": True, "epoch_005_outputs": outputs})
    return outputs | {"verdict": final.verdict}


def _killed_search(session, name, tags):
    """The parent run of the same search that was killed; it goes on under it."""
    if not session.context.settings.resume:
        return None
    return session.record.store.find_run(name, tags, status="KILLED")


def _check_budget(n_trials, timeout_s):
    if n_trials not in (None, ALL) and not (isinstance(n_trials, int) and n_trials >= 1):
        raise SettingsError(f"The number of trials must be 1 or more, or 'all', not {n_trials!r}.")
    if timeout_s is not None and not 0 < timeout_s <= MAX_SECONDS:
        raise SettingsError(
            f"The timeout must be a number of seconds above 0, at most 1e8, not {timeout_s:g}."
        )


def _open(context_path, n_jobs):
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    Phase 1's own settings hold, since notebook parameters may have changed the file's.
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    command = _phase_1_command(context.path)
    info = read_best_model(folder, produced_by=command)
    leaderboard_lines(folder)  # the summary at the end needs it: better to stop now than then
    changed = [
        f"setting {name}" for name in _changed_settings(context.settings_in_file, info.settings_in_file)
    ]
    if not changed:
        current = {name: getattr(context.settings, name) for name in THIS_RUN_ONLY}
        session = open_session(context.path, {**info.settings, **current}, n_jobs=n_jobs, with_checks=False)
        changed = info.changes(session.describe())
    if changed:
        raise ArtifactsError(
            f"{folder / artifacts.BEST_MODEL_INFO} belongs to other data or settings: {', '.join(changed)} "
            f"changed since phase 1. Run phase 1 again: {command}"
        )
    return session, info


def _changed_settings(now, then):
    names = sorted((set(now) | set(then)) - set(THIS_RUN_ONLY))
    return [name for name in names if now.get(name) != then.get(name)]


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
    if not metric.is_better(best.cv(metric.name), info.cv_mean):
        return _keep_baseline(
            session, info, f"None of {len(trials)} combinations beat the baseline on the folds."
        )
    folder = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    measured = _refit(session, spec, best.params, folder)
    value = measured["metrics"][metric.name]
    known = info.validation_value is not None
    if known and (value is None or metric.is_better(info.validation_value, value)):
        return _keep_baseline(
            session,
            info,
            f"The best combination ({describe_params(best.params)}) is better on the folds but worse on "
            f"the validation rows ({metric.name} {format_number(value)} against "
            f"{format_number(info.validation_value)}).",
        )
    verdict = (
        f"The tuned model is handed over: better on the folds, and "
        f"{'better' if known and metric.is_better(value, info.validation_value) else 'not worse'} "
        "on the validation rows."
    )
    return FinalModel(best.params, measured["metrics"], best.cv(metric.name), True, verdict)


def _keep_baseline(session, info, why):
    folder = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    with replacing_folder(folder) as temporary:
        shutil.copytree(info.model_path, temporary, dirs_exist_ok=True)
    verdict = f"{why} The baseline is handed over."
    return FinalModel(info.params, info.metrics, info.cv_mean, False, verdict)


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
        **values_on_validation(info, final, session.metric),
        "improved": final.improved,
        "model_path": str(folder),
        "model_uri": model_uri,
        "tracking_uri": record.store.uri,
        "registered_model": record.store.registered_name,
        "registered_model_version": str(version),
    }


def _opening(info, spec, combinations, timeout_s, metric):
    size = len(grid(spec.search_space))
    limit = f", at most {timeout_s:g} s" if timeout_s else ""
    return (
        f"Tuning {spec.name}: {len(combinations)} of {size} combinations{limit}; baseline "
        f"cv {metric.name} {format_number(info.cv_mean)}, on the validation rows "
        f"{format_number(info.validation_value)}"
    )
