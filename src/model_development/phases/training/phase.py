"""Phase 1: train every model alike, record it twice, compare, choose the best.

The notebook calls these functions from top to bottom.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Cause, Outcome
from ...models.table import MODELS, get_model, model_names
from ...reports.notebook import compact
from ...storage.checkpoints import work_key
from ...storage.progress_log import BEGAN, DONE
from ..clock import Clock, program_began, seconds_of_both
from ..data_report import report_data
from ..known_parameters import require_parameters
from ..session import Session, import_call, open_session
from .at_work import finished
from .comparison import Comparison, compare
from .feature_stage import FeatureFindings, steps_of_setting, try_features
from .order import longest_first, most_promising_first
from .recording import KEY_TAG, keep_result, load_result, record_result
from .results import ModelResult, choose_best, leaderboard
from .training import train_calls, training_call
from .variants import best_of_each, keep_best_of, names_of

if TYPE_CHECKING:
    from ...reports.progress import Progress
    from ...settings.parameters import TrainingParameters


STAGE = "training"


@dataclass
class TrainingPhase:
    """Phase 1 at work on one context: the session, and the results so far.

    rows : {label: ModelResult}, a row for each model and set of parameters; a later success replaces.
    """

    session: Session
    names: list[str]  # models to train
    clock: Clock  # of `time_budget_s`
    rows: dict[str, ModelResult] = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    charts: dict[str, Any] = field(default_factory=dict)  # see reports/chart.py
    features: FeatureFindings | None = None  # once they were tried

    def __repr__(self) -> str:
        n_ok = sum(result.status == "ok" for result in self.every_result)
        return f"TrainingPhase({self.session.context.project!r}, {n_ok} of {len(self.rows)} rows trained)"

    def _repr_html_(self) -> str:
        if not self.rows:
            return self.session._repr_html_()
        return compact(leaderboard(self)).to_html()

    @property
    def results(self) -> dict[str, ModelResult]:
        """{model: the best of its rows}, which is the one that is on disk and goes on to phase 2."""
        return best_of_each(self.rows.values(), self.session.metric)

    @property
    def all_results(self) -> list[ModelResult]:
        """One result of each model so far, in table order."""
        results = self.results
        return [results[name] for name in MODELS if name in results]

    @property
    def every_result(self) -> list[ModelResult]:
        """Every row so far, in table order, those of one model in the order of training."""
        return [row for name in MODELS for row in self.rows.values() if row.name == name]

    @property
    def comparison(self) -> Comparison | None:
        """The best row against every other; None where nothing can be chosen."""
        return compare(self.every_result, self.session.metric)

    def progress(self, total: int) -> Progress:
        """What says how far the training of so many models is."""
        return self.session.progress(STAGE, total, self.clock.seconds_left)


def start_training(parameters: TrainingParameters | None = None, **overrides: Any) -> TrainingPhase:
    """Read and check everything that phase 1 needs, and return a TrainingPhase.

    parameters : from `read_parameters(globals())` in the notebook; None takes the context's own.
    overrides : `context_path`, `models` or any setting, for use without a notebook.

    Raises a TemplateError in plain words before any training.
    """
    clock = Clock(began=program_began(), whole_s=seconds_of_both())
    given = parameters.model_dump() if parameters is not None else {}
    given |= overrides
    wanted = names_of(given.pop("models", None))
    specs = [get_model(name) for name in wanted or []]
    order = most_promising_first if given.get("time_budget_s") else longest_first
    soon = [import_call(spec) for spec in order(specs or MODELS.values()) if not spec.is_dummy]
    with clock.running():
        session = open_session(given.pop("context_path", None), soon=soon, **given)
        with session.engine.stopped_by_errors():
            report_data(session)
            steps_of_setting(session)
    clock.budget_s = session.context.settings.time_budget_s
    suitable = model_names(session.task.family)
    dummies = [name for name in suitable if MODELS[name].is_dummy]
    names = suitable if wanted is None else list(dict.fromkeys([*dummies, *(s.name for s in specs)]))
    session.record.progress_log.add(STAGE, BEGAN, total=len(names))
    return TrainingPhase(session, names, clock)


def train_dummy(phase: TrainingPhase) -> list[ModelResult]:
    """Train the models that ignore the features; returns their ModelResults."""
    return train_all(phase, [name for name in phase.names if MODELS[name].is_dummy])


def train_all(phase: TrainingPhase, names: Sequence[str] | None = None, **params: Any) -> list[ModelResult]:
    """Train models, worker processes side by side, each recorded as soon as it is done.

    names : rows of the table of models; default: those of the phase, but for a dummy that has been
    trained already. params : replace baseline parameters of all of them.

    What an earlier run has trained with the same rows, parameters, settings and versions is kept, unless
    the setting `resume` is false; of a model that it did not finish, the folds that it did.

    Returns the list of ModelResult, in table order; a model that fails or cannot run here is a row
    with its reason. Where it was trained before, with other parameters, that row stays in the comparison, and
    the better of them goes on to phase 2.

    Raises UnknownModelError, and SettingsError for a parameter that a model does not have.
    """
    session = phase.session
    names = names_of(names)
    if names is None:
        names = [n for n in phase.names if not (MODELS[n].is_dummy and n in phase.results)]
    specs = [get_model(name) for name in names]
    for spec in specs:
        require_parameters(session, spec, params)
    with phase.clock.running(), session.engine.stopped_by_errors():
        done = _restore_or_train(phase, specs, params)
        for name in done:
            keep_best_of(phase, name)
    if any(not spec.is_dummy for spec in specs):
        session.engine.stop_idle()
    return [done[name] for name in MODELS if name in done]


def _restore_or_train(phase, specs, params):
    """Return {model: ModelResult}: of an earlier run where it did the same, else of the training now."""
    progress, done = phase.progress(len(specs)), {}
    for spec in specs:
        settled = _settled(phase.session, spec, params)
        if settled is not None:
            result, note = settled
            done[spec.name] = finished(phase, result, note, progress)
            has_larger = phase.clock.budget_s is not None and spec.larger
            if has_larger and (second := _settled(phase.session, spec, spec.larger)):
                progress.total += 1
                result, note = second
                finished(phase, result, note, progress)
    missing = [spec for spec in specs if spec.name not in done]
    calls = [training_call(phase.session, spec, params) for spec in longest_first(missing)]
    if calls and (note := phase.session.engine.memory_note(calls)):
        progress.say(note)
    return done | train_calls(phase, calls, progress, larger_of=frozenset(spec.name for spec in specs))


def _settled(session, spec, params):
    """(result, note) of what needs no training: it was done earlier, or the model does not suit the task."""
    if session.task.family not in spec.tasks:
        reason = f"made for {' and '.join(spec.tasks)}, not for {session.task.family}"
        result = keep_result(session, spec, {}, Outcome(cause=Cause.CANNOT_RUN, reason=reason))
        return record_result(session, result, time.time()), ""
    earlier = load_result(session, spec, {**spec.baseline_of(session.task.family), **params})
    return None if earlier is None else (earlier, " (results of an earlier run are reused)")


def train_framework(framework: str, phase: TrainingPhase, **params: Any) -> list[ModelResult]:
    """Train the models of one framework. Returns the list of ModelResult, in table order.

    params : replace baseline parameters, for example `train_xgboost(phase, max_depth=3)`; of several models
        those that have these parameters are trained, and no dummy.

    Raises SettingsError, with the nearest name, for a parameter that none of them has.
    """
    names = [n for n in model_names(phase.session.task.family) if MODELS[n].framework == framework]
    if params:
        names = [n for n in names if not MODELS[n].is_dummy]
        names = [n for n in names if set(params) <= MODELS[n].named_parameters] or names[:1]
    return train_all(phase, names, **params) if names else []


train_sklearn = partial(train_framework, "sklearn")
train_xgboost = partial(train_framework, "xgboost")
train_lightgbm = partial(train_framework, "lightgbm")
train_catboost = partial(train_framework, "catboost")
train_tensorflow = partial(train_framework, "tensorflow")
train_pytorch = partial(train_framework, "pytorch")
train_statsmodels = partial(train_framework, "statsmodels")


def finish_training(phase: TrainingPhase) -> ModelResult:
    """Write every phase 1 file and the run `training_summary`; return the best ModelResult.

    Feature steps that the setting asks for are tried first, unless `try_features` has done so.
    Raises TrainingError when no model was trained; then nothing is written.
    """
    from .report import log_summary, write_files  # charts take a second, which no training has to wait for

    try_features(phase)
    session, results = phase.session, phase.all_results
    record = session.record
    best = choose_best(results, session.metric)
    key = work_key(runs=[result.run_id for result in phase.every_result], about=session.describe())
    tags = {"phase": 1, KEY_TAG: key}
    earlier = record.store.find_run("training_summary", tags)
    if earlier:  # of the same results: its files are written again, its metrics stay
        write_files(phase, best, earlier)
    else:
        with record.store.run("training_summary", started=phase.started, tags=tags) as run_id:
            log_summary(phase, best, run_id)
            write_files(phase, best, run_id)
    record.progress_log.add(STAGE, DONE, best_model=best.name, best=best.cv(session.metric.name))
    return best
