"""The second value of combinations: of their folds, or of a model of all training rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ...execution.protocol import Call, Cause
from ...fitting.measure import fit_and_save
from .criteria import CRITERIA, Criterion
from .fit_cache import FitCache, part_of
from .trials import Trial

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ...search.strategies import Answer
    from ..session import Session

ALL_ROWS = "all training rows"  # in the place of a fold


class SecondValues:
    """Finds out what combinations have of a criterion.

    What a fit has told is kept with the fits of the folds: a search that is replayed is told the same, and of
    one combination it is asked once, though latencies differ from time to time.
    """

    def __init__(self, session: Session, spec: ModelSpec, known: FitCache, criterion: Criterion) -> None:
        self.session, self.spec, self.known, self.criterion = session, spec, known, criterion

    def answered(
        self,
        answers: Sequence[Answer],
        open_trials: Mapping[int, Trial],
        deadline: float | None,
        finish: Callable[[Trial], None],
    ) -> list[Answer]:
        """Return the Answers with their second values, without those for which there was no time.

        open_trials : by number, those that came to all folds. finish : called with each of them.
        """
        whole = [open_trials[answer.request.number] for answer in answers if answer.score is not None]
        settled = self.measure(whole, deadline)
        for trial in whole:
            finish(trial)
        costs = {trial.number: trial.cost for trial in whole}
        unknown = {trial.number for trial in whole} - settled
        return [
            replace(answer, second=None if cost is None else -cost)
            for answer, cost in ((answer, costs.get(answer.request.number)) for answer in answers)
            if answer.request.number not in unknown
        ]

    def measure(self, trials: Sequence[Trial], deadline: float | None) -> set[int]:
        """Let the trials have their `cost`; return the numbers of those of which it is known what came of it.

        deadline : time.monotonic() at which it ends with what there is.
        """
        if self.criterion.of_folds:
            for trial in trials:
                self._take(trial, {self.criterion.metric: trial.cv(self.criterion.metric)})
            return {trial.number for trial in trials}
        by_name = {str(trial.number): trial for trial in trials}
        parts = {name: self.known.parts(trial.params, 1.0, [ALL_ROWS]) for name, trial in by_name.items()}
        found = {name: part for name, (part, *_) in ((n, p) for n, p in parts.items() if p)}
        found |= self._fitted({name: by_name[name] for name in parts if name not in found}, deadline)
        for name, part in found.items():
            self._take(by_name[name], part["measured"].get("metrics", {}))
        return {by_name[name].number for name in found}

    def _fitted(self, missing, deadline):
        """{name: part} of the fits that came to an end in time."""
        found = {}
        if not missing:
            return found
        with TemporaryDirectory() as folder:
            calls = [fit_call(self.session, self.spec, trial, folder) for trial in missing.values()]
            for kind, call, outcome in self.session.engine.run(calls, deadline, keep=True):
                if kind == "outcome" and outcome.cause != Cause.OUT_OF_TIME:
                    part = part_of(outcome, _costs_of(outcome.result), 0.0)
                    self.known.add(1.0, ALL_ROWS, [(missing[call.name].params, part)])
                    found[call.name] = part
        return found

    def _take(self, trial, values):
        value = values.get(self.criterion.metric)
        if value is None:
            return
        trial.cost = self.criterion.cost(value)
        if not self.criterion.of_folds:  # what is of the folds is among the trial's metrics
            trial.second = {self.criterion.metric: value}


def fit_call(session: Session, spec: ModelSpec, trial: Trial, folder: Path | str) -> Call:
    """Fit a combination on all training rows, measure it and save it below `folder`, by its number."""
    arguments = {
        "model_name": spec.name,
        "params": trial.params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(Path(folder) / str(trial.number)),
    }
    name = str(trial.number)
    return Call(name, spec.framework, fit_and_save, arguments, reads=("rows_path",), writes=("folder",))


def _costs_of(result):
    if result is None:
        return None
    return {"metrics": {row.metric: result["metrics"][row.metric] for row in CRITERIA.values()}}
