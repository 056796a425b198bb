"""Phase 1: train every model alike, record it twice, compare, choose the best.

The notebook calls these functions from top to bottom.
"""

import time
from dataclasses import dataclass, field
from functools import partial

from ..handover.parameters import parse_parameters
from ..models.table import MODELS, get_model, model_names
from ..reports.notebook import listen
from ..reports.progress import Progress
from ..scoring.candidate import train_candidate
from ..search.engines import Call, Outcome
from .data_report import report_data
from .results import ModelResult, choose_best, ranked
from .session import Session, open_session
from .training_report import write_files


@dataclass
class TrainingPhase:
    """Phase 1 at work on one context: the session, and the results so far."""

    session: Session
    names: list  # models to train
    results: dict = field(default_factory=dict)  # by model name; training again replaces
    started: float = field(default_factory=time.time)

    @property
    def all_results(self):
        """Every result so far, in table order."""
        return [self.results[name] for name in MODELS if name in self.results]


def read_parameters(namespace):
    """Check the parameters of the running notebook; its first call: `read_parameters(globals())`.

    From here on its outputs are kept, for the copy that goes to the artifacts.

    Raises SettingsError that names every unknown or ill-typed parameter, and lists the known.
    """
    listen()
    return parse_parameters(namespace)


def start_training(parameters=None, **overrides):
    """Read and check everything that phase 1 needs, and return a TrainingPhase.

    parameters : from `read_parameters(globals())` in the notebook; None takes the context's own.
    overrides : `context_path`, `models` or any setting, for use without a notebook.

    Raises a TemplateError in plain words before any training.
    """
    given = parameters.model_dump() if parameters is not None else {}
    given |= overrides
    wanted = given.pop("models", None)
    specs = [get_model(name) for name in wanted or []]
    session = open_session(given.pop("context_path", None), **given)
    report_data(session)
    suitable = model_names(session.task.family)
    floors = [name for name in suitable if MODELS[name].is_floor]
    names = suitable if wanted is None else list(dict.fromkeys([*floors, *(s.name for s in specs)]))
    return TrainingPhase(session, names)


def train_floor(phase):
    """Train the models that ignore the features; returns their ModelResults."""
    return train_all(phase, [name for name in phase.names if MODELS[name].is_floor])


def train_all(phase, names=None, **params):
    """Train models, worker processes side by side, each recorded as soon as it is done.

    names : rows of the table of models; default: those of the phase, but for a floor that has been
    trained already. params : replace baseline parameters of all of them.

    Returns the list of ModelResult, in table order; a model that fails or cannot run here is a row
    with its reason.
    """
    session = phase.session
    if names is None:
        names = [n for n in phase.names if not (MODELS[n].is_floor and n in phase.results)]
    specs = [get_model(name) for name in names]
    suitable = [spec for spec in specs if session.task.family in spec.tasks]
    progress = Progress(len(specs))
    began = dict.fromkeys((spec.name for spec in specs), time.time())
    for spec in specs:
        if spec not in suitable:
            reason = f"made for {' and '.join(spec.tasks)}, not for {session.task.family}"
            _keep(phase, spec, {}, Outcome("skipped", reason=reason), began, progress)
    # Frameworks that take longest to start go first, so that no core waits for them at the end.
    calls = [_training_call(session, spec, params) for spec in reversed(suitable)]
    budget = session.context.settings.time_budget_s
    deadline = time.monotonic() + budget if budget else None
    for kind, call, payload in session.engine.run(calls, deadline):
        if kind == "start":
            began[call.name] = time.time()
            progress.say(f"{call.name} started")
        elif kind == "event":
            progress.say_if_quiet(f"{call.name}: {payload}")
        else:
            spec = get_model(call.name)
            _keep(phase, spec, call.arguments["params"], payload, began, progress)
    return [result for result in phase.all_results if result.name in {spec.name for spec in specs}]


def train_framework(framework, phase, **params):
    """Train the models of one framework. Returns the list of ModelResult, in table order.

    params : replace baseline parameters, for example `train_xgboost(phase, max_depth=3)`.
    """
    names = [n for n in model_names(phase.session.task.family) if MODELS[n].framework == framework]
    return train_all(phase, names, **params) if names else []


train_sklearn = partial(train_framework, "sklearn")
train_xgboost = partial(train_framework, "xgboost")
train_lightgbm = partial(train_framework, "lightgbm")
train_tensorflow = partial(train_framework, "tensorflow")
train_pytorch = partial(train_framework, "pytorch")
train_statsmodels = partial(train_framework, "statsmodels")


def finish_training(phase):
    """Write every phase 1 file and the run `training_summary`; return the best ModelResult.

    Raises TrainingError when no model was trained; then nothing is written.
    """
    session, results = phase.session, phase.all_results
    record = session.record
    best = choose_best(results, session.metric)
    with record.store.run("training_summary", started=phase.started, tags={"phase": 1}) as run_id:
        write_files(phase, best, run_id)
    return best


def _training_call(session, spec, params):
    arguments = {
        "model_name": spec.name,
        "params": {**spec.baseline, **params},
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(session.record.model_folder(spec.name)),
        "oof_path": str(session.record.oof_path(spec.name)),
    }
    return Call(spec.name, spec.framework, train_candidate, arguments)


def _keep(phase, spec, params, outcome, began, progress):
    """Record what became of a model, and say it."""
    session = phase.session
    ok = outcome.status == "ok"
    result = ModelResult(
        name=spec.name,
        framework=spec.framework,
        status=outcome.status,
        reason=outcome.reason,
        recommended=_is_recommended(spec, session.context.recommended),
        params=params,
        measured=outcome.result if ok else {},
        model_path=str(session.record.model_folder(spec.name)) if ok else None,
    )
    _record_run(session, result, began[spec.name])
    phase.results[spec.name] = result
    progress.finished(_line(result, phase))


def _record_run(session, result, began):
    """One MLflow run per model, created when its work is over, so that none stays open."""
    store, ended = session.record.store, time.time()
    tags = {"phase": 1, "framework": result.framework, "status": result.status}
    if result.recommended:
        tags["recommended"] = True
    if result.reason:
        tags["reason"] = result.reason
    tags |= {f"missing.{name}": why for name, why in result.measured.get("reasons", {}).items()}
    params = {**result.measured.get("estimator_params", {}), **result.params}
    status = "FAILED" if result.status == "failed" else "FINISHED"
    with store.run(result.name, status=status, started=began, ended=ended, tags=tags) as result.run_id:
        log_standardized_metrics(session, result, params)
        if result.status == "ok":
            result.model_uri = session.record.model(
                result.run_id, result.model_path, result.name, session.data
            )


def log_standardized_metrics(session, result, params=None):
    """Log the standardized metrics of a ModelResult, with its parameters, to its MLflow run."""
    described = session.describe()
    settings = {k: described[k] for k in ("problem_type", "data_fingerprint", "split_fingerprint")}
    batch = result.measured.get("inference_batch_size")
    settings |= {"inference_batch_size": batch} if batch else {}
    settings["seed"] = session.context.settings.seed
    session.record.store.log(
        result.run_id, params={**(params or {}), **settings}, metrics=result.flat_metrics()
    )


def _is_recommended(spec, recommended):
    """The analyst writes "XGBoost" or "random forest": compare letters alone."""

    def letters(text):
        return "".join(character for character in text.lower() if character.isalnum())

    wanted = [letters(name) for name in recommended]
    return any(name and (name in letters(spec.name) or name == spec.framework) for name in wanted)


def _line(result, phase):
    if result.status != "ok":
        return f"{result.name} {result.status}: {result.reason}"
    name = phase.session.metric.name
    mean, std = result.cv(name), result.cv(name, "std")
    score = f"cv {name} {mean:.4g} ± {std:.2g}" if mean is not None else f"{name} not defined"
    trained = [r for r in phase.all_results if r.status == "ok" and not r.is_floor]
    best = f", best so far {ranked(trained, phase.session.metric)[0].name}" if trained else ""
    return f"{result.name} {score}, fit {result.metric('training_time'):.2f} s{best}"
