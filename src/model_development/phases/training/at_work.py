"""Calls of phase 1 at work, and what comes of them: kept, recorded, taken into the comparison."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...execution.protocol import Call, Cause, Outcome
from ...models.table import get_model
from ...reports.numbers import format_mean
from ...reports.progress import Progress
from .recording import keep_result, record_result
from .results import ModelResult, ranked
from .variants import best_of_each, keep_best_of

if TYPE_CHECKING:
    from .phase import TrainingPhase


class Taken:
    """What has come of calls so far.

    done : {model: ModelResult}. cut : {model: (call, ModelResult, when it began)} of those that gave up folds
    or rows, which are recorded in the end. late : {model: (call, Outcome, when)} of those without time.
    larger, grown : models that had a second try with larger trees, or a turn for three folds. interrupted :
    those that gave way to these; their folds are of this run.
    says_reuse : are folds that were there already named as those of an earlier run?
    """

    def __init__(self, phase: TrainingPhase, says_reuse: bool = True) -> None:
        self.phase, self.says_reuse = phase, says_reuse
        self.done: dict[str, ModelResult] = {}
        self.cut: dict[str, tuple[Call, ModelResult, float]] = {}
        self.late: dict[str, tuple[Call, Outcome, float]] = {}
        self.larger: set[str] = set()
        self.grown: set[str] = set()
        self.interrupted: set[str] = set()

    def take(
        self,
        call: Call,
        outcome: Outcome,
        began: float,
        progress: Progress,
        note: str = "",
        *,
        refitted: bool = True,
    ) -> None:
        """Keep what came of a call. refitted : is the model new, or do folds alone come to it?"""
        if outcome.cause == Cause.OUT_OF_TIME:
            self.late[call.name] = call, outcome, began
            return
        self.late.pop(call.name, None)
        self._keep(call, outcome, began, progress, note, refitted)

    def take_larger(self, call: Call, outcome: Outcome, began: float, progress: Progress) -> None:
        """Keep what came of a second try, as a row of its own; the better of both stays on disk."""
        if outcome.status != "ok":
            progress.say(f"Larger trees of {call.name}: {outcome.reason}")
            return
        progress.total += 1
        name, first, cut = call.name, self.done.get(call.name), self.cut.pop(call.name, None)
        if first is not None and cut is not None and self._is_better(call, outcome, first):
            record_result(self.phase.session, first, cut[2])  # while its files are there
            cut = None
        self._keep(call, outcome, began, progress, "", refitted=True)
        if self.phase.results[name].key == self.done[name].key:
            return
        if self.cut.pop(name, None):
            record_result(self.phase.session, self.done[name], began)
        keep_best_of(self.phase, name)
        self.done[name] = first or self.phase.results[name]
        if cut is not None:
            self.cut[name] = cut

    def _is_better(self, call, outcome, first):
        second = replace(first, params=dict(call.arguments["params"]), measured=outcome.result)
        return best_of_each([first, second], self.phase.session.metric)[call.name] is second

    def _keep(self, call, outcome, began, progress, note, refitted):
        session, spec = self.phase.session, get_model(call.name)
        says_reuse = self.says_reuse and call.name not in self.interrupted
        reused = _reuse_note(session, outcome, says_reuse)
        result = keep_result(session, spec, call.arguments["params"], outcome, refitted=refitted)
        if result.status == "ok" and not result.is_complete:
            self.cut[call.name] = call, result, began
        else:
            self.cut.pop(call.name, None)
            record_result(session, result, began)
        self.done[call.name] = finished(self.phase, result, note or reused, progress)

    def settle(self, progress: Progress) -> dict[str, ModelResult]:
        """Record what gave something up to the end, and what had no time; return {model: ModelResult}."""
        for call, outcome, began in self.late.values():
            self._keep(call, outcome, began, progress, "", refitted=True)
        for name, (_, _, began) in self.cut.items():
            record_result(self.phase.session, self.done[name], began)
        return self.done


def outcomes(
    phase: TrainingPhase,
    calls: Sequence[Call],
    deadline: float | None,
    progress: Progress,
    *,
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


def finished(phase: TrainingPhase, result: ModelResult, note: str, progress: Progress) -> ModelResult:
    """Take a result into the comparison; one that came to nothing does not replace one that did."""
    earlier = phase.rows.get(result.label)
    if result.status == "ok" or earlier is None or earlier.status != "ok":
        phase.rows[result.label] = result
    progress.finished(result.name, _line(result, phase) + note, **_facts(result, phase))
    return result


def _reuse_note(session, outcome, says_reuse):
    """Say how many folds an earlier run had finished; which run fitted a fold is no part of the result."""
    n_reused = outcome.result.pop("n_reused") if outcome.status == "ok" else 0
    of_all = f"{n_reused} of {len(session.data.folds)} folds"
    return f" ({of_all} finished by an earlier run: results are reused)" if n_reused and says_reuse else ""


def _facts(result, phase):
    """For programs: what came of it, and which model is the best so far."""
    name, best = phase.session.metric.name, _best_so_far(phase)
    return {
        "status": result.status,
        "reason": result.reason or None,
        "note": result.note or None,
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
