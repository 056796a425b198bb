"""The session of a later phase: as phase 1 had it, about the same rows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..settings.context import DEFAULT_CONTEXT
from ..settings.overrides import overrides_of
from ..settings.settings import SETTINGS_KEY
from ..storage import files as artifacts
from ..storage.context_file import require_writable
from .session import open_session

if TYPE_CHECKING:
    from ..execution.protocol import Call
    from ..settings.context import Context
    from .session import Session
    from .training_result import TrainingResult

THIS_RUN_ONLY = (
    "n_jobs",
    "device",
    "time_budget_s",
    "model_time_limit_s",
    "profile",
    "resume",
    "engine",
    "ensemble",
)  # settings that may differ between the phases
OF_EVALUATION = ("decisions", "business", "fairness_columns")  # settings that training does not know
OF_THE_GATE = ("thresholds",)  # nor the evaluation these
MAY_DIFFER = (*THIS_RUN_ONLY, *OF_EVALUATION, *OF_THE_GATE)


def reopen_session(
    context: Context, training: TrainingResult, overrides: dict[str, Any], soon: Sequence[Call] = ()
) -> Session:
    """Open a Session with the settings of phase 1, since notebook parameters may have changed the file's.

    training : what phase 1 has left. overrides : settings of this run; None leaves one as it is. soon : see
    `open_session`.

    Raises ArtifactsError where the data or settings have changed since phase 1, or its models have.
    """
    folder, best = artifacts.epoch_folder(context), training.best
    command = phase_1_command(context)
    changed = [
        f"setting {name}" for name in _changed_settings(context.settings_in_file, best.settings_in_file)
    ]
    changed += _set_otherwise(context, best)
    _require_unchanged(changed, folder, command)
    require_writable(context.path)
    current = {name: value for name, value in context.settings.model_dump().items() if name in MAY_DIFFER}
    given = {name: value for name, value in overrides.items() if value is not None}
    session = open_session(context.path, {**best.settings, **current}, with_checks=False, soon=soon, **given)
    with session.engine.stopped_by_errors():
        _require_unchanged(best.changes(session.describe()), folder, command)
        _require_its_models(session, training, command)
    return session


def _require_its_models(session, training, command):
    """Models of other rows, which a later run of phase 1 has left in the middle, make room for its own."""
    trained = [model for model in training.models.values() if model.is_ok and model.key]
    others = [model.name for model in trained if not session.record.holds(model.name, model.key)]
    if others:
        raise ArtifactsError(
            f"The models of {', '.join(others)} in {session.record.folder} are of a later run of phase 1, of "
            f"other rows or settings, that did not come to its end. Run phase 1 again: {command}."
        )


def _set_otherwise(context, best):
    """Settings of this run that phase 1 had otherwise, and that cannot differ between the phases."""
    now, bound = context.settings.model_dump(), set(overrides_of(SETTINGS_KEY)) - {*MAY_DIFFER}
    return [f"setting {name} (--set)" for name in sorted(bound) if now[name] != best.settings.get(name)]


def phase_1_command(context: Context) -> str:
    """What writes the files of phase 1 anew."""
    command = "model-development train"
    is_default = context.path == DEFAULT_CONTEXT
    return command if is_default else f"{command} --context {shlex.quote(str(context.path))}"


def _require_unchanged(changed, folder, command):
    if changed:
        raise ArtifactsError(
            f"{folder / artifacts.BEST_MODEL_INFO} belongs to other data or settings: {', '.join(changed)} "
            f"changed since phase 1. Run phase 1 again: {command}; or repeat here what --set gave it."
        )


def _changed_settings(now, then):
    names = sorted((set(now) | set(then)) - {*MAY_DIFFER})
    return [name for name in names if now.get(name) != then.get(name)]
