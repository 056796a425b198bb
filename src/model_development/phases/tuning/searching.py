"""The search of phase 2 at work: what a strategy asks for is fitted once, kept, and recorded as a run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Call, Cause, Outcome
from ...fitting.combinations import try_combinations
from ...fitting.shared_fits import group_by_shared_fit
from ...search.strategies import NO_END, Answer, Strategy
from .fit_cache import FitCache, join_parts, part_of
from .run_writer import RunWriter
from .second_try import run_kept
from .second_values import SecondValues
from .trial_teller import CHATTER, TrialTeller
from .trials import NO_VALUE, TIME_WAS_UP, Trial

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session


LARGEST_PIECE = 48  # combinations; networks of one shape may be any number


class Search:
    """One search: combinations fitted on the folds of phase 1, each a run nested under the parent.

    known : FitCache; what stands there is not fitted again. best : the score to beat.
    continued : id of the parent run of a finished search that this one goes on with, where there is one.
    steps : parameters that say which feature steps every combination has, as the baseline does.
    second : of searches for two values.
    finished : the Trials, in the order in which they were done. was_cut : had it more to ask for?
    """

    def __init__(
        self,
        session: Session,
        spec: ModelSpec,
        known: FitCache,
        parent_run_id: str,
        best: float | None,
        continued: str | None = None,
        steps: Mapping[str, Any] | None = None,
        second: SecondValues | None = None,
    ) -> None:
        self.session, self.spec, self.known, self.parent = session, spec, known, parent_run_id
        self.metric, self.best, self.steps = session.metric, best, dict(steps or {})
        self.progress = session.progress("tuning", 0, self._seconds_left)
        self.finished, self.n_kept = [], 0
        self._with_new_fits = set()  # numbers of combinations that not all was known of
        store = session.record.store
        self._recorded = store.children(parent_run_id)
        self._inherited = store.children(continued) if continued else {}
        self.was_cut = False
        self._open = {}  # Trials on their way, by number
        self._until: Callable[[], float | None] = lambda: None  # no end
        self._teller, self.second = TrialTeller(), second

    def run(self, strategy: Strategy, until: Callable[[], float | None] | None = None) -> list[Trial]:
        """Do what `strategy` asks for until it has enough, or until time.monotonic() is `until()`.

        Combinations of which nothing was finished by then are not listed.
        until : asked again whenever a fit is done, since what was found may need more time afterwards.
        """
        self._until = until or self._until
        n_before = len(self.finished)
        with RunWriter(self.session.record.store, self.parent) as self._runs:
            while requests := strategy.ask():
                self.progress.total = n_before + strategy.n_planned
                limits = [self._until(), strategy.patience_s and time.monotonic() + strategy.patience_s]
                answers = self._answers(requests, min(filter(None, limits), default=None))
                if len(answers) < len(requests):
                    if strategy.on_timeout(answers):
                        continue
                    self.was_cut = True
                    self._prune({number: TIME_WAS_UP for number, t in self._open.items() if t.measured})
                    break
                strategy.tell(answers)
                without = {a.request.number: NO_VALUE for a in answers if a.score is None}
                self._prune(without | strategy.pruned)
        return self.finished[n_before:]

    def settle_runs(self) -> None:
        """Let the runs below the parent be those of this search.

        Those of the search that it continues move here; what an earlier attempt under the same parent has
        tried, and this one has not, is deleted.
        """
        store, names = self.session.record.store, {trial.name for trial in self.finished}
        inherited = {run_id for run_id, *_ in self._inherited.values()}
        store.move_runs([t.run_id for t in self.finished if t.run_id in inherited], self.parent)
        for name, (run_id, _, _) in self._recorded.items():
            if name not in names:
                store.client.delete_run(run_id)

    def _answers(self, requests, deadline):
        """One Answer for each request that was finished in time."""
        missing, answers = {}, []
        for request in requests:
            params = self.spec.completed(request.params, self.session.task.family) | self.steps
            self._open.setdefault(request.number, Trial(request.number, request.params, params))
            parts = self._known_parts(request)
            if len(parts) < len(request.folds):
                missing[request.number] = request
            else:
                if not self.known.were_there(params, request.share, request.folds):
                    self._with_new_fits.add(request.number)
                answers.append(self._take(request, join_parts(parts)))
        if missing and self.n_kept:
            self._say_kept()
        self._with_new_fits |= set(missing)
        for number, entry in self._fitted(missing, deadline):
            answers.append(self._take(missing[number], entry))
        # In one order, whichever was done first: a strategy that learns shall learn the same again.
        answers.sort(key=lambda answer: answer.request.number)
        return self.second.answered(answers, self._open, deadline, self._finish) if self.second else answers

    def _known_parts(self, request):
        """What is known of a request, fold by fold."""
        return self.known.parts(self._open[request.number].params, request.share, request.folds)

    def _fitted(self, missing, deadline):
        """Yield (number, what came of it) of each request, as the last of its folds is done."""
        pieces = self._pieces(missing) if missing else []
        parts = {number: self._known_parts(request) for number, request in missing.items()}
        alone, deaths = [], {}  # pieces for a second try of those whose worker died, and how it did
        for is_second, tries in enumerate((pieces, alone)):
            for call, numbers, outcome, seconds in self._outcomes(tries, deadline, is_second):
                (fold,), share = call.arguments["folds"], call.arguments["share"]
                if not is_second and outcome.cause == Cause.DIED:
                    alone += [self._piece([number], fold, share) for number in numbers]
                    deaths |= dict.fromkeys(numbers, outcome)
                    continue
                results = outcome.result if outcome.status == "ok" else [None] * len(numbers)
                done = [part_of(outcome, result, seconds / len(numbers)) for result in results]
                self.known.add(share, fold, zip(call.arguments["combinations"], done, strict=True))
                for number, part in zip(numbers, done, strict=True):
                    parts[number].append(part)
                    if len(parts[number]) == len(missing[number].folds):
                        deaths.pop(number, None)
                        yield number, join_parts(parts[number])
        for number, outcome in deaths.items():  # there was no time for the second try
            yield number, join_parts([part_of(outcome, None, 0.0)])

    def _outcomes(self, pieces, deadline, one_by_one):
        """Yield (call, its numbers, outcome, seconds) of the pieces that came to an end in time."""
        if not pieces:
            return
        numbers, began = {call.name: numbers for call, numbers in pieces}, {}
        calls = [call for call, _ in pieces]
        for kind, call, payload in run_kept(self.session.engine, calls, deadline, one_by_one):
            if kind == "start":
                began[call.name] = time.time()
            if kind == "event":
                self._keep(call, *payload)
            if kind == "outcome" and payload.cause != Cause.OUT_OF_TIME:
                yield call, numbers[call.name], payload, time.time() - began[call.name]
                end = self._until()
                if end is not None and time.monotonic() >= end:
                    return

    def _keep(self, call, params, result):
        """Write down what a call has fitted while it goes on, so that no kill loses it."""
        (fold,), seconds = call.arguments["folds"], 0.0 if isinstance(result, str) else result["fit_cost_s"]
        part = part_of(Outcome(), result, seconds)
        self.known.add(call.arguments["share"], fold, [(params, part)])

    def _pieces(self, missing):
        """Pieces of work: combinations that can share their fits, on one fold, as far as it is not known."""
        numbered = [(number, self._open[number].params) for number in missing]
        groups = [
            group[start : start + LARGEST_PIECE]
            for group in group_by_shared_fit(
                numbered, self.spec.shared_parameters, self.spec.canonical_params
            )
            for start in range(0, len(group), LARGEST_PIECE)
        ]
        one = next(iter(missing.values()))  # all agree on folds and share
        pieces = []
        for group, fold in itertools.product(groups, one.folds):
            open_ones = [n for n, params in group if not self.known.parts(params, one.share, [fold])]
            if open_ones:
                pieces.append(self._piece(open_ones, fold, one.share))
        return pieces

    def _piece(self, numbers, fold, share):
        """A Call, and the numbers of the combinations that it is about."""
        arguments = {
            "model_name": self.spec.name,
            "combinations": [self._open[number].params for number in numbers],
            "rows_path": self.session.rows_path,
            "options": self.session.options,
            "folds": (fold,),
            "share": share,
            "cache_mb": self.session.memory.cache_mb(self.spec),
        }
        name = f"{','.join(map(str, numbers))} on fold {fold}"
        return Call(name, self.spec.framework, try_combinations, arguments, reads=("rows_path",)), numbers

    def _take(self, request, entry):
        trial = self._open[request.number]
        trial.take(entry | {"share": request.share})
        n_folds, done = len(self.session.data.folds), trial.measured.get("folds", ())
        is_whole = request.share == 1 and len(done) == n_folds
        if trial.status != "ok" or (is_whole and not self.second):
            self._finish(trial)
        mean = entry["measured"].get("cv", {}).get(self.metric.name, {}).get("mean")
        score = mean if mean is None or self.metric.greater_is_better else -mean
        return Answer(request, score, entry["seconds"])

    def _prune(self, reasons):
        for number in [number for number in self._open if number in reasons]:
            trial = self._open[number]
            trial.status, trial.reason = "pruned", reasons[number]
            self._finish(trial)

    def _finish(self, trial):
        del self._open[trial.number]
        self.finished.append(trial)
        is_new = trial.number in self._with_new_fits
        trial.from_earlier = not is_new
        self.n_kept += trial.from_earlier
        recorded = self._inherited | self._recorded
        trial.run_id, status, tags = recorded.get(trial.name, (None, None, {}))
        said_so = tags.get("reason", "") == trial.reason != TIME_WAS_UP
        if status != "FINISHED" or not said_so:  # never begun, cut off, failed then, or without time
            self._runs.add(trial)
        self.progress.done += 1
        mean = trial.cv(self.metric.name)
        improved = self.metric.is_better(mean, self.best)
        self.best = mean if improved else self.best
        is_last = self.progress.done == self.progress.total
        self._teller.log(self, trial)
        if is_new and (improved or time.monotonic() - self.progress.last >= CHATTER or is_last):
            self.progress.say(self._teller.line(self, trial, "new best" if improved else trial.status))
        elif is_last and self.n_kept:
            self._say_kept()

    def _seconds_left(self):
        end = self._until()
        return None if end is None else end - time.monotonic()

    def _say_kept(self):
        of_all = f"of {self.progress.total} " if self.progress.total < NO_END else ""
        self.progress.say(f"{self.n_kept} {of_all}combinations reused from phase 1 or an earlier search")
        self.n_kept = 0
