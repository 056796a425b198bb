"""The session of phase 2: as phase 1 had it, about the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError
from ...execution.hardware import available_cores
from ...models.table import get_model
from ...settings.context import read_context
from ...storage import files as artifacts
from ..reopening import phase_1_command, reopen_session
from ..session import import_call
from .baseline import read_best_model
from .report import leaderboard_lines

if TYPE_CHECKING:
    from pathlib import Path

    from ...models.spec import ModelSpec
    from ..session import Session


def open_tuning(
    context_path: Path | str | None, model: str | None, overrides: dict[str, Any]
) -> tuple[Session, ModelSpec]:
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    model : name of the one to tune; None for the best. overrides : settings of this run; None leaves one as
        it is. Returns (Session, row of the table of models).
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    info = read_best_model(folder, produced_by=phase_1_command(context))
    spec = _tunable(model or info.best_model_name)
    leaderboard_lines(folder)  # the summary at the end needs it: better to stop now than then
    session = reopen_session(context, info, overrides, soon=[import_call(spec)] * available_cores())
    session.engine.worker_mb = session.memory.worker_mb(spec) + session.memory.cache_mb(spec)
    return session, spec


def _tunable(name):
    spec = get_model(name)
    if spec.is_dummy:
        raise ArtifactsError(
            f"{name} is the dummy baseline that models are compared with: there is nothing to tune."
        )
    return spec
