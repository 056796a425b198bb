"""Phase 1 at work: calls to workers, each result kept as soon as it is there, in the time that there is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Call, Cause, Outcome
from ...fitting.train_candidate import train_candidate
from ...models.table import get_model
from ...reports.notebook import listen
from ...reports.numbers import format_mean
from ...reports.progress import Progress
from .order import most_promising_first
from .recording import keep_result, record_result, result_key
from .results import ModelResult, ranked

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session
    from .phase import TrainingPhase

SECONDS_TO_FINISH = 9.0  # for charts, files, the summary, and the end of the notebook
LARGEST_RESERVE = 0.2  # share of `time_budget_s` that is kept for these
LARGEST_SHARE = 0.5  # of the time left, for one model: the most promising keep their folds and rows
LEAST_SECONDS = 5.0  # for the quickest model, where there was no time for any
WORTHWHILE = 2.0  # seconds from which on models that gave something up get what others have left


def training_call(
    session: Session, spec: ModelSpec, params: Mapping[str, Any], *, fresh: bool | None = None
) -> Call:
    """The Call that trains one model, for `train_calls`.

    fresh : are folds that are finished to be fitted again? None: unless the setting `resume` keeps them.
    """
    params = {**spec.baseline, **params}
    fresh = not session.context.settings.resume if fresh is None else fresh
    folds_folder = session.record.begin_folds(spec.name, result_key(session, spec, params), fresh=fresh)
    arguments = {
        "model_name": spec.name,
        "params": params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(session.record.new_model_folder(spec.name)),
        "oof_path": str(session.record.new_oof_path(spec.name)),
        "metric_name": session.metric.name,
        "seconds_left": None,
        "folds_folder": str(folds_folder),
    }
    needs_mb = session.memory.worker_mb(spec, params)
    return Call(
        spec.name,
        spec.framework,
        train_candidate,
        arguments,
        needs_mb,
        reads=("rows_path", "folds_folder"),
        writes=("folder", "oof_path", "folds_folder"),
    )


def train_calls(
    phase: TrainingPhase, calls: list[Call], progress: Progress, *, says_reuse: bool = True
) -> dict[str, ModelResult]:
    """Run the calls, given longest first; return {model: ModelResult}, each recorded as soon as it is done.

    Where there is a deadline, the most promising are run first, each within `LARGEST_SHARE` of what is left,
    and models that gave up folds or rows get the time that is left in the end.
    says_reuse : name the folds that were there already as those of an earlier run.
    """
    if any(not get_model(call.name).is_dummy for call in calls):
        listen().get_ready()
    deadline = phase.clock.deadline(SECONDS_TO_FINISH, LARGEST_RESERVE)
    done, cut, late = {}, {}, {}
    if deadline is not None:
        calls = _in_order_of_promise(calls, len(phase.session.data.X_train))

    def take(call, outcome, began):
        note, spec = _reuse_note(phase.session, outcome, says_reuse), get_model(call.name)
        result = keep_result(phase.session, spec, call.arguments["params"], outcome)
        if result.status == "ok" and not result.is_complete:
            cut[call.name] = (call, result, began)
        else:
            record_result(phase.session, result, began)
        done[call.name] = finished(phase, result, note, progress)

    for call, outcome, began in outcomes(phase, calls, deadline, progress):
        if outcome.cause == Cause.OUT_OF_TIME:
            late[call.name] = (call, outcome, began)
        else:
            take(call, outcome, began)
    for call, outcome, began in _in_any_case(phase, calls, late, progress):
        late.pop(call.name)
        take(call, outcome, began)
    for call, outcome, began in late.values():
        take(call, outcome, began)
    done |= _use_what_is_left(phase, cut, deadline)
    for name, (_, _, began) in cut.items():
        record_result(phase.session, done[name], began)
    return done


def _in_order_of_promise(calls, n_rows):
    named = {call.name: call for call in calls}
    return [
        replace(named[spec.name], largest_share=LARGEST_SHARE, least_s=spec.start_s)
        for spec in most_promising_first(map(get_model, named), n_rows)
    ]


def _in_any_case(phase, calls, late, progress):
    """Yield what comes of the dummy, and of the quickest model where there was no time for any."""
    wanted = [call for call in calls if call.name in late]
    dummies = [call for call in wanted if get_model(call.name).is_dummy]
    others = [call for call in wanted if call not in dummies]
    models = sorted(others, key=lambda call: get_model(call.name).relative_cost)
    if any(result.status == "ok" and not result.is_dummy for result in phase.all_results):
        models = []
    for call in dummies + models[:1]:
        progress.say(f"There was no time left: {call.name} is trained all the same")
        call = replace(call, arguments=call.arguments | {"seconds_left": LEAST_SECONDS})  # and no deadline
        yield from outcomes(phase, [call], None, progress)


def _use_what_is_left(phase, cut, deadline):
    """Train models that gave up folds or rows again, as far as the time goes; return {model: ModelResult}.

    cut : {model: (call, result, when it began)}, updated.
    """
    done, has_more = {}, bool(cut)
    while has_more and deadline - time.monotonic() > WORTHWHILE:
        calls = [_call_for_more(call, result) for call, result, _ in cut.values() if not result.is_complete]
        progress, has_more = phase.progress(len(calls)), False
        for call, outcome, _ in outcomes(phase, calls, deadline, progress, quietly=True):
            if outcome.status != "ok":  # there was no time for more: what there is stays
                continue
            outcome.result.pop("n_reused")
            params, began = call.arguments["params"], cut[call.name][-1]
            result = keep_result(phase.session, get_model(call.name), params, outcome)
            cut[call.name] = (call, result, began)
            done[call.name] = finished(phase, result, " (with the time that was left)", progress)
            has_more |= not result.is_complete
    return done


def _call_for_more(call, result):
    """The same call, for more folds or rows than it had time for."""
    known = (result.measured["share_of_rows"], len(result.measured["folds"]))
    return replace(call, arguments=call.arguments | {"known": known})


def outcomes(
    phase: TrainingPhase,
    calls: Sequence[Call],
    deadline: float | None,
    progress: Progress,
    quietly: bool = False,
    keep: bool = False,
) -> Iterator[tuple[Call, Outcome, float]]:
    """Yield (call, Outcome, time.time() at which it began) as the calls come to an end.

    deadline, keep : see `Engine.run`. quietly : no line says that one has begun.
    """
    began: dict[str, float] = {}
    limit = phase.session.context.settings.model_time_limit_s
    for kind, call, payload in phase.session.engine.run(calls, deadline, limit, keep=keep):
        if kind == "start":
            began[call.name] = time.time()
            if not quietly:
                progress.say(f"{call.name} started")
            progress.step(call.name, "starting")
        elif kind == "event":
            progress.step(call.name, payload)
        else:
            progress.steps.pop(call.name, None)
            yield call, payload, began.get(call.name, time.time())


def _reuse_note(session, outcome, says_reuse):
    """Say how many folds an earlier run had finished; which run fitted a fold is no part of the result."""
    n_reused = outcome.result.pop("n_reused") if outcome.status == "ok" else 0
    of_all = f"{n_reused} of {len(session.data.folds)} folds"
    return f" ({of_all} finished by an earlier run: results are reused)" if n_reused and says_reuse else ""


def finished(phase: TrainingPhase, result: ModelResult, note: str, progress: Progress) -> ModelResult:
    """Take a result into the comparison; one that came to nothing does not replace one that did."""
    earlier = phase.rows.get(result.label)
    if result.status == "ok" or earlier is None or earlier.status != "ok":
        phase.rows[result.label] = result
    progress.finished(result.name, _line(result, phase) + note, **_facts(result, phase))
    return result


def _facts(result, phase):
    """For programs: what came of it, and which model is the best so far."""
    name, best = phase.session.metric.name, _best_so_far(phase)
    return {
        "status": result.status,
        "reason": result.reason or None,
        "metric": name,
        "score": result.cv(name),
        "best_model": best and best.label,
        "best": best and best.cv(name),
    }


def _best_so_far(phase):
    trained = [r for r in phase.every_result if r.status == "ok" and not r.is_dummy]
    return ranked(trained, phase.session.metric)[0] if trained else None


def _line(result, phase):
    if result.status != "ok":
        return f"{result.label} {result.status}: {result.reason}"
    name = phase.session.metric.name
    mean, std = result.cv(name), result.cv(name, "std")
    score = f"cv {name} {format_mean(mean, std)}" if mean is not None else f"{name} not defined"
    leader = _best_so_far(phase)
    best = f", best so far {leader.label}" if leader else ""
    note = f" ({result.note})" if result.note else ""
    return f"{result.label} {score}, fit {result.metric('training_time'):.2f} s{note}{best}"
