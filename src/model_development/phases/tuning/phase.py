"""Phase 2: search around a model of phase 1, record every combination, hand over the best."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...ensembles.table import GREEDY
from ...features.steps.in_params import step_params
from ...reports.numbers import format_number
from ...search.strategies import NO_END
from ...storage import files as artifacts
from ...storage.context_file import update_context
from ...storage.files import replace_folder
from ...storage.progress_log import BEGAN, DONE
from ...tracking.handed_over import ALIAS, keep_outputs
from ..clock import Clock
from ..handing_on import write_handoff
from .baseline import baseline_of
from .criteria import criterion_of
from .ensemble_record import ensemble_outputs
from .ensembling import make_ensemble
from .final_fits import with_validation_rows
from .fit_cache import FitCache
from .measured_again import measured_again
from .members import TimeUsed, tuned_member, use_what_is_left
from .opening import open_tuning
from .parent_run import CONTINUED_IN, ParentRuns, show_finished
from .pool_models import candidates, ensemble_seconds, require_members
from .report import log_parent, report_search
from .search_result import SearchResult, values_on_validation
from .search_summary import TradeOffRow
from .searching import Search
from .second_values import SecondValues
from .selection import rows_left_out, select_final_model
from .strategy_choice import SearchOptions, choose_strategy
from .time_left import end_of_fits, end_of_search
from .trade_off import measure_trade_off
from .trials import best_trial, require_a_trial

STAGE = "tuning"
LEAST_SECONDS = 1.0  # that a strategy is told to have, however little is left


def tune_best_model(
    context_path: Path | str | None = None,
    *,
    model: str | None = None,
    strategy: str = "auto",
    n_trials: int | str | None = None,
    timeout_s: float | None = None,
    timeout: float | None = None,
    grid: str | None = None,
    second: str | None = None,
    n_jobs: int | None = None,
    resume: bool | None = None,
    began: float | None = None,
) -> dict[str, Any]:
    """Tune a model of phase 1 and hand it over; return what the context file then says.

    model : the best of phase 1 when None. strategy : "grid" (all of the model's grid), "random", "bayesian"
        (Optuna, on wider ranges), "halving" (Hyperband), or "auto": within a time the wider ranges,
        without one the grid where it is done in ten minutes.
    n_trials : combinations to try, or "all" for the grid; None takes as many as there is time for, or 50
        where no time is given.
    timeout_s, timeout : seconds for all of it, from `began`, a time.monotonic(), or now, to the last file; if
        None, the context's `time_budget_s`. Where they are too few, what there is is handed over, and said.
    grid : YAML or JSON file with values or ranges in place of the model's own.
    second : "latency", "size" or another metric, to learn which combinations no other beats in both;
        strategies "bayesian" and "auto" search for both.
    resume : False fits again what an earlier search has fitted; the setting `resume` when None.

    Raises a TemplateError in plain words for bad input; the context file is written last, so a
    search that did not end leaves it as it was.
    """
    began = time.monotonic() if began is None else began
    options = SearchOptions(strategy, n_trials, timeout if timeout_s is None else timeout_s, grid, second)
    session, spec, training = open_tuning(context_path, model, {"n_jobs": n_jobs, "resume": resume})
    if options.timeout_s is None:
        options = replace(options, timeout_s=session.context.settings.time_budget_s)
    try:
        return _open_and_tune(session, spec, options, training, Clock(options.timeout_s, began))
    finally:
        session.engine.stop()


def _open_and_tune(session, spec, options, training, clock):
    log = session.record.progress_log
    log.add(STAGE, BEGAN, model=spec.name)
    criterion, baseline = criterion_of(options.second, session), baseline_of(training, spec.name)
    baseline = replace(baseline, ensemble_s=ensemble_seconds(session, training))
    require_members(session, training)
    outputs = _tune(session, spec, options, criterion, baseline, training, clock)
    log.add(STAGE, DONE, model=spec.name, best_model=outputs.get("final_model"))
    return outputs


def _tune(session, spec, options, criterion, baseline, training, clock):
    plan = choose_strategy(session, spec, _for_search(options, clock, baseline), baseline)
    known = FitCache(session, spec, baseline.params)
    pool = candidates(session, training)
    parents = ParentRuns(session, spec, options, plan, baseline, known.key, pool)
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
        second = SecondValues(session, spec, known, criterion) if criterion else None
        in_search, steps = second if plan.has_two_values else None, step_params(baseline.params)
        search = Search(session, spec, known, run_id, baseline.cv_mean, continued, steps, in_search)
        outputs = _search(search, plan, options, second, baseline, training, clock)
    if continued:
        session.record.store.log(continued, tags={CONTINUED_IN: run_id})
    return outputs


def _for_search(options, clock, baseline):
    """What was asked for, with the seconds that the search itself has."""
    end = end_of_search(clock, baseline)
    return replace(options, timeout_s=None if end is None else max(LEAST_SECONDS, end - time.monotonic()))


def _search(search, plan, options, second, baseline, training, clock):
    session, spec, run_id, started = search.session, search.spec, search.parent, time.time()
    if not baseline.is_complete:
        baseline = measured_again(search, baseline, clock)
        plan = choose_strategy(session, spec, _for_search(options, clock, baseline), baseline)

    def until():
        return end_of_search(clock, baseline, best_trial(search.finished, session.metric))

    trials = search.run(plan, until) if baseline.is_complete else []
    search.settle_runs()
    session.engine.stop_idle()  # the final fit wants the memory and all cores
    search_time = time.time() - started
    require_a_trial(trials, session.metric.name)
    folder = session.record.new_model_folder(run_id)
    final = select_final_model(session, spec, baseline, trials, folder, clock, plan.n_planned)
    left, members = _use_what_is_left(search, options, baseline, final, training, clock)
    folder_of_all, end = session.record.new_model_folder(GREEDY), end_of_fits(clock)
    ensemble, said = make_ensemble(session, training, spec.name, final, members, folder_of_all, end)
    rows = ""  # of an ensemble, its own sentence tells them
    if ensemble is None or not ensemble.is_handed_over:  # so that the time kept for one is left
        final = with_validation_rows(session, spec, baseline, final, folder, end)
        rows = rows_left_out(final)
    verdict = [final.verdict, rows, left.said, said]
    final = replace(final, verdict=" ".join(filter(None, verdict)))
    trade_off: list[TradeOffRow] = []
    if second:
        trade_off = measure_trade_off(second, trials, end_of_fits(clock))
    result = SearchResult(
        spec,
        plan.space,
        plan.kind,
        baseline,
        trials,
        final,
        search_time,
        second.criterion.name if second else None,
        tuple(trade_off),
        search.was_cut or not baseline.is_complete,
        ensemble,
        left.next_best,
    )
    with session.record.handing_over():
        return _hand_over(session, result, folder, run_id)


def _use_what_is_left(search, options, baseline, final, training, clock):
    """(TimeUsed, {model: Member}): what comes between the final fit and the ensemble, where one is made."""
    if not baseline.ensemble_s:
        return TimeUsed(), {}
    session, name, end = search.session, search.spec.name, end_of_fits(clock, baseline.ensemble_s)
    tuned = tuned_member(session, name, final, end)
    left = use_what_is_left(session, training, name, final, options, search.parent, end)
    return left, left.members | ({name: tuned} if tuned else {})


def _hand_over(session, result, new_folder, run_id):
    """Write, log and register what came of the search; return what the context file then says.

    new_folder : where the final model was saved. It takes its place when all files are written, right before
        the context names it. What is missing once `log_parent` has been called is done by `publish_again`.
    """
    record, final, name = session.record, result.final, result.spec.name
    ensemble = result.ensemble if result.ensemble and result.ensemble.is_handed_over else None
    new_folder = ensemble.folder if ensemble else new_folder
    folder = record.path(artifacts.TUNED_MODEL_FOLDER)
    search = report_search(session, result, run_id)
    model_uri = record.model(run_id, new_folder, session.data)
    version = record.store.models.register(model_uri, run_id, ALIAS)
    outputs = {
        "best_model_name": name,
        "best_model_params": final.params,
        "tuning_parent_run_id": run_id,
        "primary_metric": session.metric.name,
        **values_on_validation(result.baseline, final, session.metric),
        "improved": final.improved,
        "final_model": GREEDY if ensemble else name,
        "ensemble": ensemble_outputs(session, ensemble),
        "model_path": str(folder),
        "model_uri": model_uri,
        "tracking_uri": record.store.shown_uri,
        "registered_model": record.store.models.registered_name,
        "registered_model_version": str(version),
    }
    record.store.models.keep_one(run_id, model_uri, version, ALIAS)
    keep_outputs(record, run_id, outputs)
    write_handoff(session, outputs, run_id)
    log_parent(session, result, search, run_id)
    replace_folder(new_folder, folder)
    update_context(session.context.path, {"epoch_005_complete": True, "epoch_005_outputs": outputs})
    return outputs | {"verdict": final.verdict}


def _opening(baseline, plan, options, metric):
    n = "" if plan.n_planned >= NO_END else f"{plan.n_planned} "
    limit = f", all within {options.timeout_s:g} s" if options.timeout_s else ""
    return (
        f"Tuning {baseline.name} ({options.strategy}): {n}combinations of "
        f"{', '.join(plan.space) or 'no parameters'}{limit}; "
        f"baseline cv {metric.name} {format_number(baseline.cv_mean)}, on the validation rows "
        f"{format_number(baseline.validation_value)}"
    )
