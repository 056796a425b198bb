"""The session of phase 2: as phase 1 had it, about the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError
from ...execution.hardware import available_cores
from ...models.table import get_model
from ...settings.context import DEFAULT_CONTEXT, read_context
from ...storage import files as artifacts
from ...storage.context_file import require_writable
from ..session import import_call, open_session
from .baseline import read_best_model
from .report import leaderboard_lines

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
    "decisions",
    "business",
)  # settings that may differ between the phases


def open_tuning(
    context_path: Path | str | None, model: str | None, overrides: dict[str, Any]
) -> tuple[Session, ModelSpec]:
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    model : name of the one to tune; None for the best. overrides : settings of this run; None leaves one as
        it is. Returns (Session, row of the table of models).

    Phase 1's own settings hold, since notebook parameters may have changed the file's.
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    command = _phase_1_command(context.path)
    info = read_best_model(folder, produced_by=command)
    spec = _tunable(model or info.best_model_name)
    leaderboard_lines(folder)  # the summary at the end needs it: better to stop now than then
    changed = [
        f"setting {name}" for name in _changed_settings(context.settings_in_file, info.settings_in_file)
    ]
    _require_unchanged(changed, folder, command)
    require_writable(context.path)
    current = {name: getattr(context.settings, name) for name in THIS_RUN_ONLY}
    settings = {**info.settings, **current}
    given = {name: value for name, value in overrides.items() if value is not None}
    soon = [import_call(spec)] * available_cores()
    session = open_session(context.path, settings, with_checks=False, soon=soon, **given)
    with session.engine.stopped_by_errors():
        session.engine.worker_mb = session.memory.worker_mb(spec) + session.memory.cache_mb(spec)
        _require_unchanged(info.changes(session.describe()), folder, command)
    return session, spec


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
