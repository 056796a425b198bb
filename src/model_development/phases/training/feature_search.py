"""The trials of feature steps at work: one step after another, families of models side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Call, Cause, Outcome
from ...features.steps.in_params import with_steps
from ...fitting.feature_trials import try_on_folds
from ...models.table import get_model
from .at_work import outcomes
from .feature_text import trial_line
from .feature_trials import FamilyTrials, StepTrial, judge
from .recording import result_key

if TYPE_CHECKING:
    from ...fitting.measured import Measured
    from ...reports.progress import Progress
    from .feature_journal import FeatureJournal
    from .phase import TrainingPhase

LONGER = 1.5  # how much longer fits with a step may take than those without, in what is planned
NO_TIME = "not tried: no time was left"


class FeatureSearch:
    """Greedy, of each family: a step that earns its place stays, and the next is tried on top of it.

    families : FamilyTrials, to which what came of them is added. deadline : time.monotonic() at which all
    must be done, their rows too; None without a limit.
    """

    def __init__(
        self,
        phase: TrainingPhase,
        families: list[FamilyTrials],
        journal: FeatureJournal,
        deadline: float | None,
    ) -> None:
        self.phase, self.session, self.families, self.journal = phase, phase.session, families, journal
        reserve_s = sum(_final_s(family) for family in families)
        self.until = None if deadline is None else deadline - reserve_s
        self.progress: Progress = phase.progress(sum(len(family.waiting) for family in families))

    def run(self) -> None:
        """Try step after step, as long as there is one and there is time for it."""
        for family in self.families:
            said = family.note or f"{len(family.waiting)} are tried with {family.base.label}"
            self.progress.say(f"Feature steps of {family.family}: {said}")
        engine, memory = self.session.engine, self.session.memory
        needed = [memory.worker_mb(get_model(f.base.name), f.base.params) for f in self.families]
        engine.worker_mb = max(needed, default=0.0)
        while waiting := [family for family in self.families if self._has_more(family)]:
            calls = {family.base.name: (family, self._call(family)) for family in waiting}
            wanted = [call for _, call in calls.values()]
            done = outcomes(self.phase, wanted, self.until, self.progress, quietly=True, keep=True)
            for call, outcome, began in done:
                family = calls[call.arguments["model_name"]][0]
                self._take(family, call.arguments["params"], outcome, time.time() - began)

    def _has_more(self, family: FamilyTrials) -> bool:
        """Is a step left that there is time for? What an earlier run has tried is taken from there."""
        folds = set(family.base.measured["folds"])
        while family.waiting:
            params = self._params(family)
            entry = self.journal.find(self._key(family, params))
            if entry is None or not folds <= set(entry["measured"]["folds"]):
                break
            self._judge(family, params, entry["measured"], entry["seconds"], " (of an earlier run)")
        takes_s = LONGER * sum(family.base.measured["fold_seconds"])
        if self.until is not None and time.monotonic() + takes_s > self.until:
            family.give_up(NO_TIME)
        return bool(family.waiting)

    def _params(self, family: FamilyTrials) -> dict[str, Any]:
        """Parameters of the best model so far with the next step."""
        settings, steps = self.session.context.settings, [*family.kept, family.waiting[0]]
        group = settings.group_column if settings.group_column in self.session.data.schema.names() else None
        return with_steps(family.base.params, steps, settings.time_column, group)

    def _key(self, family: FamilyTrials, params: Mapping[str, Any]) -> str:
        return result_key(self.session, get_model(family.base.name), params)

    def _call(self, family: FamilyTrials) -> Call:
        session, spec, params = self.session, get_model(family.base.name), self._params(family)
        fresh = not session.context.settings.resume
        folder = session.record.begin_folds(spec.name, self._key(family, params), fresh=fresh)
        arguments = {
            "model_name": spec.name,
            "params": params,
            "rows_path": session.rows_path,
            "options": session.options,
            "folds": family.base.measured["folds"],
            "folds_folder": str(folder),
        }
        needs_mb, paths = session.memory.worker_mb(spec, params), ("rows_path", "folds_folder")
        name = f"{spec.name} with {family.waiting[0]}"
        return Call(name, spec.framework, try_on_folds, arguments, needs_mb, paths, paths[1:])

    def _take(
        self, family: FamilyTrials, params: Mapping[str, Any], outcome: Outcome, seconds: float
    ) -> None:
        if outcome.cause == Cause.OUT_OF_TIME:
            family.give_up(NO_TIME)
        elif outcome.status != "ok":
            why = f"{outcome.status}: {outcome.reason}"
            self._add(family, StepTrial(family.waiting[0], family.kept, why, seconds=seconds))
        else:
            key = self._key(family, params)
            outcome.result.pop("n_reused")
            self.journal.add(key, measured=outcome.result, seconds=seconds)
            if not self._judge(family, params, outcome.result, seconds):
                self.session.record.drop_folds(family.base.name, key)

    def _judge(
        self,
        family: FamilyTrials,
        params: Mapping[str, Any],
        measured: Measured,
        seconds: float,
        note: str = "",
    ) -> bool:
        """Does the step earn its place? Then it stays."""
        of_base = family.base.measured
        whole = measured | {"test_share": of_base["test_share"], "n_scored": of_base["n_scored"]}
        tried = replace(family.base, params=dict(params), measured=whole, model_path=None)
        trial = judge(family.waiting[0], tried, family.best, self.session.metric, family.n_steps, seconds)
        self._add(family, trial, note)
        if trial.is_kept:
            family.best = tried
        return trial.is_kept

    def _add(self, family: FamilyTrials, trial: StepTrial, note: str = "") -> None:
        family.trials.append(trial)
        family.waiting.remove(trial.step)
        line = trial_line(family, trial, self.session.metric) + note
        self.progress.finished(family.base.name, line, feature_step=trial.step, is_kept=trial.is_kept)


def _final_s(family):
    """Seconds in which the row of a family can be trained: its folds are there."""
    base = family.base
    return LONGER * (base.metric("training_time") or 0.0) + base.measured["measuring_s"]
