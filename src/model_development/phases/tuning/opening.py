"""The session of phase 2: as phase 1 had it, about the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ArtifactsError, TemplateError
from ...execution.hardware import available_cores
from ...models.table import get_model
from ...settings.context import read_context
from ...storage import files as artifacts
from ...storage.model_file import read_model_file
from ..reopening import phase_1_command, reopen_session
from ..session import import_call
from ..training_result import TrainingResult, read_training_result

if TYPE_CHECKING:
    from pathlib import Path

    from ...models.spec import ModelSpec
    from ..session import Session


def open_tuning(
    context_path: Path | str | None, model: str | None, overrides: dict[str, Any]
) -> tuple[Session, ModelSpec, TrainingResult]:
    """Open the session as phase 1 had it, and make sure that it is about the same rows.

    model : name of the one to tune; None for the best. overrides : settings of this run; None leaves one as
        it is. Returns (Session, row of the table of models, what phase 1 has left).
    """
    context = read_context(context_path)
    command = phase_1_command(context)
    training = read_training_result(artifacts.epoch_folder(context), produced_by=command)
    _require_saved(training, command)
    spec = _tunable(model or training.best.best_model_name)
    soon = [import_call(spec)] * available_cores()
    session = reopen_session(context, training, overrides, soon)
    session.engine.worker_mb = session.memory.search_mb(spec)
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


def _tunable(name):
    spec = get_model(name)
    if spec.is_dummy:
        raise ArtifactsError(
            f"{name} is the dummy baseline that models are compared with: there is nothing to tune."
        )
    return spec
