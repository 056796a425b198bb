"""What is left of phase 1's time: for folds and rows that models gave up, then for models without a turn."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.budget import KNOWN
from ...fitting.of_folds import GIVEN_UP
from ...fitting.out_of_fold import predict_out_of_fold
from ...models.table import get_model
from ...statistics.uncertainty import FEWEST_FOLDS
from ..fold_plan import Unfinished, plan_folds
from ..reserves import WORTHWHILE
from .at_work import Taken, outcomes
from .order import is_leading, most_promising_first
from .results import ranked

if TYPE_CHECKING:
    from ...execution.protocol import Outcome
    from ...fitting.measured import Measured
    from ...reports.progress import Progress
    from .phase import TrainingPhase
    from .results import ModelResult

LARGEST_SHARE = 0.5  # of the time left, for a model of unknown length: others after it keep as much
NOTABLY = 1.25  # times the rows that it had must be within reach, for a model to be fitted anew
OF_THE_LAST_FIT = ("folder", "turn_s", "known", "least_share")  # arguments that folds alone do not take
WITH_TIME_LEFT = " (with the time that was left)"


def use_what_is_left(phase: TrainingPhase, taken: Taken, deadline: float) -> bool:
    """Give the time until `deadline`, a time.monotonic(), to what is not complete; return whether it gained.

    First all that is known to fit, see `plan_folds`; then models on more rows than they had, and those that
    had no turn, on as many folds and rows as there is time for. What gains nothing is not tried again.
    """
    stuck: set[str] = set()
    has_gained = False
    while deadline - time.monotonic() > WORTHWHILE:
        calls = _planned(phase, taken, stuck, deadline) or _hoped_for(phase, taken, stuck, deadline)
        if not calls:
            break
        progress = phase.progress(len(calls))
        for call, outcome, began in outcomes(phase, calls, deadline, progress, quietly=True):
            stuck.add(call.name)
            if take_gain(taken, call, outcome, began, progress):
                stuck.discard(call.name)
                has_gained = True
            elif outcome.status != "ok" and call.name in taken.late:
                taken.take(call, outcome, began, progress)
    return has_gained


def next_to_three_folds(phase: TrainingPhase, taken: Taken, deadline: float) -> Call | None:
    """The call for three folds of a leading model on all rows that had fewer, where there is time for them.

    Without them neither a test nor an ensemble can use it, which is worth more than what others promise.
    """
    seconds = (deadline - time.monotonic()) * KNOWN
    for result in _lacking(phase, taken, taken.grown):
        spec = get_model(result.name)
        model = unfinished(result, len(phase.session.data.folds), spec.start_s)
        is_short = result.measured["share_of_rows"] == 1 and 0 < model.seconds(FEWEST_FOLDS) < seconds
        if is_leading(spec) and is_short:
            return _call_for_more(taken.cut[result.name][0], result, FEWEST_FOLDS)
    return None


def take_gain(taken: Taken, call: Call, outcome: Outcome, began: float, progress: Progress) -> bool:
    """Take what came of a call for more folds or rows; return whether it is more than there was."""
    if outcome.status != "ok" or not _gains(taken, call, outcome.result):
        return False
    _take_more(taken, call, outcome, began, progress)
    return True


def _gains(taken, call, measured):
    """Has it more than before? A fold is not begun where its worker sees that there is no time for it."""
    if call.name not in taken.cut or call.function is not predict_out_of_fold:
        return True
    return len(measured["folds"]) > len(taken.cut[call.name][1].measured["folds"])


def _take_more(taken, call, outcome, began, progress):
    """Join new folds with the model that they are about; a model that was fitted anew replaces it."""
    first, result, first_began = taken.cut.get(call.name, (call, None, began))
    refitted = call.function is not predict_out_of_fold
    if not refitted:
        outcome = replace(outcome, result=with_more_folds(result.measured, outcome.result))
    taken.take(first, outcome, first_began, progress, WITH_TIME_LEFT, refitted=refitted)


def with_more_folds(before: Measured, folds: Measured) -> Measured:
    """What was measured of a model, with what is now known of more of its folds."""
    kept = [text for text in before["note"].split("; ") if text and not text.startswith(GIVEN_UP)]
    notes = dict.fromkeys([*kept, *filter(None, folds["note"].split("; "))])
    return before | folds | {"note": "; ".join(notes)}


def unfinished(result: ModelResult, n_folds: int, start_s: float) -> Unfinished:
    """What a model that gave something up lacks, and what its own fits say of how long that takes."""
    measured = result.measured
    share = measured["share_of_rows"]
    fold_s = measured.get("fold_cost_s") or fmean(measured["fold_seconds"])
    if share == 1:
        return Unfinished(result.name, len(measured["folds"]), n_folds, fold_s, start_s)
    times = share ** -measured.get("cost_exponent", 1.0)
    whole_s = (measured["metrics"]["training_time"] or fold_s) * times + measured["measuring_s"]
    return Unfinished(result.name, 0, n_folds, fold_s * times, start_s, whole_s)


def _planned(phase, taken, stuck, deadline):
    """Calls of which earlier fits say that they are done in time."""
    lacking = _lacking(phase, taken, stuck)
    models = [unfinished(r, len(phase.session.data.folds), get_model(r.name).start_s) for r in lacking]
    seconds = (deadline - time.monotonic()) * KNOWN
    wanted = plan_folds(models, seconds, phase.session.engine.n_workers)
    return [
        _call_for_more(taken.cut[name][0], taken.cut[name][1], n_folds) for name, n_folds in wanted.items()
    ]


def _lacking(phase, taken, stuck):
    """ModelResults that gave something up, the best first: what they promise is known by now."""
    results: Iterable[ModelResult] = [result for _, result, _ in taken.cut.values()]
    wanted = [r for r in results if r.name not in stuck and not r.is_dummy]
    return ranked(wanted, phase.session.metric)


def _call_for_more(call: Call, result: ModelResult, n_folds: int | None = None) -> Call:
    """The call for more folds than it had; where it had a part of the rows, for more of these."""
    more = {"most_folds": n_folds}
    if result.measured["share_of_rows"] == 1:
        arguments = {k: v for k, v in call.arguments.items() if k not in OF_THE_LAST_FIT}
        writes = tuple(name for name in call.writes if name != "folder")
        call = replace(call, function=predict_out_of_fold, arguments=arguments | more, writes=writes)
    else:
        known = (result.measured["share_of_rows"], len(result.measured["folds"]))
        call = replace(call, arguments=call.arguments | more | {"known": known})
    return replace(call, largest_share=1.0, least_s=0.0)


def _hoped_for(phase, taken, stuck, deadline):
    """Calls of models on a part of the rows, where more are within reach, and of those without a turn."""
    n_folds, left = len(phase.session.data.folds), deadline - time.monotonic()
    calls = []
    for result in _lacking(phase, taken, stuck):
        model = unfinished(result, n_folds, get_model(result.name).start_s)
        if result.measured["share_of_rows"] * NOTABLY * model.seconds(1) <= left * KNOWN and model.before_s:
            calls.append(_call_for_more(taken.cut[result.name][0], result))
    late = {name: call for name, (call, _, _) in taken.late.items() if name not in stuck}
    data = phase.session.data
    size = data.X_train.shape, len(data.task.classes), data.n_characters
    order = most_promising_first(map(get_model, late), *size)
    calls += [late[spec.name] for spec in order]
    any_rows = {"least_share": 0.0}
    return [replace(call, arguments=call.arguments | any_rows, largest_share=LARGEST_SHARE) for call in calls]
