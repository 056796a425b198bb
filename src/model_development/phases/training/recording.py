"""What is kept of each trained model, in MLflow and on disk, so that a later run can resume from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...storage import files as artifacts
from ...storage.checkpoints import work_key
from ...storage.model_file import MODEL_FILE
from ...storage.model_folder import package_versions
from .results import ModelResult

if TYPE_CHECKING:
    from ...execution.protocol import Outcome
    from ...models.spec import ModelSpec
    from ..session import Session


KEY_TAG = "work_key"


def result_key(session: Session, spec: ModelSpec, params: Mapping[str, Any]) -> str:
    """Fingerprint of all that the result of a model depends on: rows, parameters, packages, code."""
    task = session.task
    return work_key(
        model=spec.name,
        params=dict(params),
        options=session.options,
        data=session.intake.fingerprint,
        split=session.intake.assignment.fingerprint,
        schema=session.data.schema.to_dict(),
        own_metrics=[vars(metric) for metric in session.data.own_metrics],
        task=[task.kind, task.target, task.classes, task.positive_class],
        packages=package_versions(spec.name, session.data.schema),
    )


def kept_result(session: Session, name: str, key: str) -> ModelResult | None:
    """Return the ModelResult of a model that an earlier run has kept; None where there is none of this key.

    key : of `result_key`.
    """
    content = session.record.checkpoints.load(name, key)
    return None if content is None else ModelResult(**content)


def load_result(session: Session, spec: ModelSpec, params: Mapping[str, Any]) -> ModelResult | None:
    """Return the ModelResult of an earlier run that did the same work; None where it is to be done.

    A run that was killed after training and before its MLflow run was ended is recorded anew.
    """
    key = result_key(session, spec, params)
    if session.record.checkpoints.key(spec.name) != key:
        session.record.restore(spec.name, key)
    result = kept_result(session, spec.name, key)
    if result is None or not session.context.settings.resume:
        return None
    of_this_budget = result.measured["time_budget_s"] == session.context.settings.time_budget_s
    if not (result.is_complete or of_this_budget) or not _files_exist(session, spec.name):
        return None
    result.model_path = str(session.record.model_folder(spec.name))  # the project may have been moved
    result.recommended = is_recommended(spec, session.context.recommended)
    result.run_id = session.record.store.find_run(result.name, {KEY_TAG: key})
    if result.run_id is None and not result.is_complete:
        return None  # cut off before it had what was left of the time: the folds that it has are found again
    if result.run_id is None:
        record_run(session, result, key, time.time())
    elif result.model_uri is None:
        result.model_uri = session.record.store.models.uri(result.run_id)
    return result


def _files_exist(session, name):
    model = session.record.model_folder(name) / MODEL_FILE
    return model.is_file() and session.record.oof_path(name).is_file()


def keep_result(
    session: Session,
    spec: ModelSpec,
    params: Mapping[str, Any],
    outcome: Outcome,
    *,
    refitted: bool = True,
) -> ModelResult:
    """Return the ModelResult of an Outcome; a model that was trained is on disk from then on.

    refitted : False where its folds alone are new, and the model is the one that is kept.
    That comes before `record_result`, so that nothing is trained twice.
    """
    ok, key = outcome.status == "ok", result_key(session, spec, params)
    budget = {"time_budget_s": session.context.settings.time_budget_s}
    result = ModelResult(
        name=spec.name,
        framework=spec.framework,
        status=outcome.status,
        reason=outcome.reason,
        recommended=is_recommended(spec, session.context.recommended),
        params=dict(params),
        measured=outcome.result | budget if ok else {},
        model_path=str(session.record.model_folder(spec.name)) if ok else None,
        key=key,
    )
    if ok:
        session.record.archive(spec.name, but=key)
        session.record.publish(spec.name, with_model=refitted)
        session.record.checkpoints.save(spec.name, key, vars(result) | {"model_path": None})
        if result.is_complete:
            session.record.drop_folds(spec.name, key)
    return result


def record_result(session: Session, result: ModelResult, began: float) -> ModelResult:
    """Record a ModelResult in MLflow, and return it with its run.

    What could not be trained is one run, however often it is tried and skipped for the same reason.
    """
    key = result.key
    if result.status != "ok":
        key = work_key(tried=key, reason=result.reason)
    if result.status == "skipped":
        result.run_id = session.record.store.find_run(result.name, {KEY_TAG: key})
    if result.run_id is None:
        record_run(session, result, key, began)
    return result


def record_run(session: Session, result: ModelResult, key: str, began: float) -> None:
    """One MLflow run per model, created when its work is over, so that none stays open."""
    store, ended = session.record.store, time.time()
    tags = {"phase": 1, "framework": result.framework, "status": result.status}
    tags[KEY_TAG] = key
    if result.recommended:
        tags["recommended"] = True
    tags |= {key: text for key, text in (("reason", result.reason), ("note", result.note)) if text}
    tags |= {f"missing.{name}": why for name, why in result.measured.get("reasons", {}).items()}
    params = {**result.measured.get("estimator_params", {}), **result.params}
    status = "FAILED" if result.status == "failed" else "FINISHED"
    with store.run(result.name, status=status, started=began, ended=ended, tags=tags) as run_id:
        result.run_id = run_id
        log_standardized_metrics(session, result, params)
        if result.status == "ok" and result.model_path:
            store.log_history(run_id, result.measured.get("history", {}))
            store.log_history(run_id, result.measured.get("usage", {}))
            store.log_file(run_id, session.record.oof_path(result.name), artifacts.OOF_FOLDER)
            result.model_uri = session.record.model(run_id, result.model_path, session.data)


def log_standardized_metrics(
    session: Session, result: ModelResult, params: Mapping[str, Any] | None = None
) -> None:
    """Log the standardized metrics of a ModelResult, with its parameters, to its MLflow run."""
    if result.run_id is None:
        raise ValueError(f"{result.name} has no run that metrics could be logged to.")
    described = session.describe()
    settings = {k: described[k] for k in ("problem_type", "data_fingerprint", "split_fingerprint")}
    batch = result.measured.get("inference_batch_size")
    settings |= {"inference_batch_size": batch} if batch else {}
    settings["seed"] = session.context.settings.seed
    session.record.store.log(
        result.run_id, params={**(params or {}), **settings}, metrics=result.flat_metrics()
    )


def is_recommended(spec: ModelSpec, recommended: Iterable[str]) -> bool:
    """The analyst writes "XGBoost" or "random forest": compare letters alone."""

    def letters(text):
        return "".join(character for character in text.lower() if character.isalnum())

    wanted = [letters(name) for name in recommended]
    return any(name and (name in letters(spec.name) or name == spec.framework) for name in wanted)
