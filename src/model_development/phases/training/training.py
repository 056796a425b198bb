"""Phase 1 at work: calls to workers, each result kept as soon as it is there, in the time that there is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Call
from ...fitting.budget import FEW_ROWS
from ...fitting.out_of_fold import predict_out_of_fold
from ...fitting.train_candidate import train_candidate
from ...models.table import get_model
from ...reports.notebook import listen
from ...reports.progress import Progress
from ..reserves import SECONDS_TO_FINISH
from .at_work import Taken, outcomes
from .larger import as_second_try, next_larger
from .more_time import end_of_fits, end_of_more_time, end_without_search
from .order import is_leading, most_promising_first
from .recording import result_key
from .results import ModelResult
from .time_left import LARGEST_SHARE, next_to_three_folds, take_gain, use_what_is_left

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session
    from .phase import TrainingPhase

LARGEST_RESERVE = 0.2  # share of `time_budget_s` that is kept to finish
SHARE_OF_LEADING = 0.8  # of the time left, for a model of which a winner or an ensemble is likely made
FEWEST_FITS = 1.8  # of all rows, without which there is no model on all rows: a fold of five, and the last
LEAST_SHARE = 0.3  # of the rows, for which a model is begun before leading ones have all of their folds
FEWEST_TO_GIVE_UP = 4 * FEW_ROWS  # rows of a table, of which a model may have a part
SHARE_OF_BOTH = 0.7  # of the time of both phases: a search is worth less than models to choose from
QUICK = 0.2  # `relative_cost`, up to which a model takes a moment
LEAST_SECONDS = 5.0  # for the quickest model, where there was no time for any


def training_call(
    session: Session, spec: ModelSpec, params: Mapping[str, Any], *, fresh: bool | None = None
) -> Call:
    """The Call that trains one model, for `train_calls`.

    fresh : are folds that are finished to be fitted again? None: unless the setting `resume` keeps them.
    """
    params = {**spec.baseline_of(session.task.family), **params}
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
        "turn_s": None,
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
    phase: TrainingPhase,
    calls: list[Call],
    progress: Progress,
    *,
    says_reuse: bool = True,
    larger_of: frozenset[str] = frozenset(),
) -> dict[str, ModelResult]:
    """Run the calls, given longest first; return {model: ModelResult}, each recorded as soon as it is done.

    Where there is a deadline, leading models are run first, each within a share of what is left, or one of
    them alone. What they leave is used up, and after it what is of more use here than in phase 2.
    says_reuse : name the folds that were there already as those of an earlier run. larger_of : models that
    may have a second try, see `next_larger`.
    """
    if any(not get_model(call.name).is_dummy for call in calls):
        listen().get_ready()
    deadline, taken = phase.clock.deadline(SECONDS_TO_FINISH, LARGEST_RESERVE), Taken(phase, says_reuse)
    waiting = calls
    if deadline is not None:
        deadline = max(deadline, _share_of_both(phase.clock) or deadline)
        alone, waiting = _in_order_of_promise(calls, phase.session.data, deadline - time.monotonic())
        if alone:
            _train(phase, alone, taken, larger_of, deadline, progress)
    while waiting:
        waiting = _train(phase, waiting, taken, larger_of, deadline, progress)
        deadline = _until(phase, deadline)
        waiting = [*_goes_first(phase, taken, larger_of, deadline, progress), *waiting]
    for call, outcome, began in _in_any_case(phase, calls, taken.late, progress):
        taken.take(call, outcome, began, progress)
    if deadline is not None:
        use_what_is_left(phase, taken, deadline)
        while (later := end_of_more_time(phase, taken)) is not None:
            progress.say(
                "Phase 1 goes on in the time of phase 2, which is of more use here than for a search"
            )
            if not use_what_is_left(phase, taken, later):
                break
    return taken.settle(progress)


def _train(phase, calls, taken, larger_of, deadline, progress):
    """Run calls; return those that are left where more of a leading model shall go before others."""
    done = set()
    for call, outcome, began in outcomes(phase, calls, deadline, progress):
        if call.function is predict_out_of_fold:
            take_gain(taken, call, outcome, began, progress)
        elif call.name in taken.larger:
            taken.take_larger(call, outcome, began, progress)
        else:
            taken.take(call, outcome, began, progress)
        done.add(call.name)
        left, until = [call for call in calls if call.name not in done], _until(phase, deadline)
        if until is None or any(call.largest_share > LARGEST_SHARE for call in left):
            continue  # leading models are on their way, which nothing shall interrupt
        if next_to_three_folds(phase, taken, until) or next_larger(phase, larger_of - taken.larger, until):
            taken.interrupted |= {call.name for call in left}
            return left
    return []


def _until(phase, deadline):
    """`deadline`, or a later time where no search of phase 2 has use for it; None without a budget."""
    return None if deadline is None else max(deadline, end_without_search(phase) or deadline)


def _goes_first(phase, taken, larger_of, deadline, progress):
    """What goes before models that promise less: calls for folds of leading models, and for larger trees."""
    calls = []
    while deadline is not None and (call := next_to_three_folds(phase, taken, deadline)):
        taken.grown.add(call.name)
        progress.total += 1
        progress.say(f"{call.name} gets three folds, which a comparison and an ensemble need")
        calls.append(call)
    if deadline is not None and (spec := next_larger(phase, larger_of - taken.larger, deadline)):
        taken.larger.add(spec.name)
        progress.say(f"{spec.name} was still learning in its last round: larger trees are tried")
        calls.append(as_second_try(training_call(phase.session, spec, spec.larger)))
    return calls


def _share_of_both(clock):
    """time.monotonic() until which training is of more use than a search; None where no search follows."""
    end, now = end_of_fits(clock), time.monotonic()
    return None if end is None else now + SHARE_OF_BOTH * (end - now)


def _in_order_of_promise(calls, data, seconds):
    """(Call that is run alone, on all cores, where there is one; the others, in order), as lists.

    Leading models first, where they can be done; of each kind those that promise most per second. Where none
    can be done on a core of its own, the most promising one has all cores, and as many rows as they allow;
    of a table of few rows and many columns, which has none to give up, what can be done comes first.
    Others then have their turn where there is time for a good part of their rows: a few hundred of them are
    of no use to a comparison or an ensemble, and folds of the leading ones are.
    """
    size = data.X_train.shape, len(data.task.classes), data.n_characters
    named = {call.name: call for call in calls}
    specs = most_promising_first(map(get_model, named), *size)
    longest = SHARE_OF_LEADING * seconds / FEWEST_FITS
    in_time = [spec for spec in specs if not spec.is_dummy and spec.expected_s(*size) < longest]
    first = [spec for spec in in_time if is_leading(spec)] or (
        in_time if len(data.X_train) < FEWEST_TO_GIVE_UP else []
    )
    alone = [] if first else [spec for spec in specs if is_leading(spec)][:1]
    leading = first or alone
    ordered = sorted(specs, key=lambda spec: not (spec.is_dummy or spec in first))

    def told(spec):
        least_share = LEAST_SHARE if leading and spec not in alone else 0.0
        return replace(
            named[spec.name],
            arguments=named[spec.name].arguments | {"least_share": least_share},
            largest_share=SHARE_OF_LEADING if spec in leading else LARGEST_SHARE,
            least_s=spec.start_s,
        )

    return [told(spec) for spec in alone], [told(spec) for spec in ordered if spec not in alone]


def _in_any_case(phase, calls, late, progress):
    """Yield what comes of the dummy, and of the quickest model where there was no time for any."""
    wanted = [call for call in calls if call.name in late]
    dummies = [call for call in wanted if get_model(call.name).is_dummy]
    others = [call for call in wanted if call not in dummies]
    models = sorted(others, key=lambda call: _how_quick(get_model(call.name)))
    if any(result.status == "ok" and not result.is_dummy for result in phase.all_results):
        models = []
    for call in dummies + models[:1]:
        progress.say(f"There was no time left: {call.name} is trained all the same")
        arguments = {"seconds_left": LEAST_SECONDS, "in_any_case": True}
        call = replace(call, arguments=call.arguments | arguments)  # and no deadline
        yield from outcomes(phase, [call], None, progress)


def _how_quick(spec):
    """Sorts the quick ones first, of them the one that promises most: a small tree says less than a line."""
    return max(spec.relative_cost, QUICK), -spec.promise
