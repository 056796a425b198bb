"""The session of phase 2: as phase 1 had it, about the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError, TemplateError
from ...execution.hardware import available_cores
from ...models.table import get_model
from ...settings.context import DEFAULT_CONTEXT, read_context
from ...storage import files as artifacts
from ...storage.context_file import require_writable
from ...storage.model_file import read_model_file
from ..session import import_call, open_session
from ..training_result import TrainingResult, read_training_result

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session

THIS_RUN_ONLY = (
    "n_jobs",
    "device",
    "time_budget_s",
    "model_time_limit_s",
    "profile",
    "resume",
)  # settings that may differ between the phases


def open_tuning(
    context_path: Path | str | None, model: str | None, overrides: dict[str, Any]
) -> tuple[Session, ModelSpec, TrainingResult]:
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    model : name of the one to tune; None for the best. overrides : settings of this run; None leaves one as
        it is. Returns (Session, row of the table of models, what phase 1 has left).

    Phase 1's own settings hold, since notebook parameters may have changed the file's.
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    command = _phase_1_command(context.path)
    training = read_training_result(folder, produced_by=command)
    best = training.best
    _require_saved(training, command)
    spec = _tunable(model or best.best_model_name)
    changed = [
        f"setting {name}" for name in _changed_settings(context.settings_in_file, best.settings_in_file)
    ]
    _require_unchanged(changed, folder, command)
    require_writable(context.path)
    current = {name: getattr(context.settings, name) for name in THIS_RUN_ONLY}
    settings = {**best.settings, **current}
    given = {name: value for name, value in overrides.items() if value is not None}
    soon = [import_call(spec)] * available_cores()
    session = open_session(context.path, settings, with_checks=False, soon=soon, **given)
    with session.engine.stopped_by_errors():
        session.engine.worker_mb = session.memory.worker_mb(spec) + session.memory.cache_mb(spec)
        _require_unchanged(best.changes(session.describe()), folder, command)
    return session, spec, training


def _require_saved(training, command):
    """Raise ArtifactsError unless the best model is where it was saved."""
    name = training.best.best_model_name
    place = training.folder / artifacts.MODELS_FOLDER / name
    path = training.folder / artifacts.BEST_MODEL_INFO
    try:
        if read_model_file(place).get("model_name") != name:
            raise ArtifactsError(f"{place} holds another model than {name}.")
    except TemplateError as error:
        raise ArtifactsError(f"{path} cannot be used: {error} Write it anew with: {command}") from None


def _require_unchanged(changed, folder, command):
    if changed:
        raise ArtifactsError(
            f"{folder / artifacts.BEST_MODEL_INFO} belongs to other data or settings: {', '.join(changed)} "
            f"changed since phase 1. Run phase 1 again: {command}"
        )


def _changed_settings(now, then):
    names = sorted((set(now) | set(then)) - set(THIS_RUN_ONLY))
    return [name for name in names if now.get(name) != then.get(name)]


def _phase_1_command(path):
    command = "papermill epoch005-model-development/notebooks/model_training.ipynb OUT.ipynb"
    return command if path == DEFAULT_CONTEXT else f"{command} -p context_path {path}"


def _tunable(name):
    spec = get_model(name)
    if spec.is_dummy:
        raise ArtifactsError(
            f"{name} is the dummy baseline that models are compared with: there is nothing to tune."
        )
    return spec
