"""Which parameters a model has: those of its row, and those of its library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError, TrainingError, did_you_mean
from ..execution.protocol import Call
from ..fitting.worker_steps import library_parameters
from ..models.class_weights import PARAMETER

if TYPE_CHECKING:
    from ..models.spec import ModelSpec
    from .session import Session


def named_parameters(session: Session, spec: ModelSpec) -> set[str]:
    """Names of the parameters that the row names, for the task of the session."""
    return spec.named_parameters - _without(session)


def _without(session):
    """What numbers do not have."""
    return set() if session.task.has_classes else {PARAMETER}


def known_parameters(session: Session, spec: ModelSpec) -> list[str]:
    """Names of all parameters that may be given: the table's, and those of the library."""
    known = named_parameters(session, spec)
    if not spec.open_parameters:
        return sorted(known)
    call = Call(
        "parameters",
        spec.framework,
        library_parameters,
        {"model_name": spec.name, "options": session.options},
    )
    outcome = next(payload for kind, _, payload in session.engine.run([call]) if kind == "outcome")
    if outcome.status != "ok":
        raise TrainingError(f"{spec.name} cannot be built: {outcome.reason}")
    return sorted(known | (set(outcome.result) - _without(session)))


def require_parameters(session: Session, spec: ModelSpec, params: Mapping[str, Any]) -> None:
    """Raise SettingsError, with the nearest name, for a parameter that a model does not have."""
    named = named_parameters(session, spec)
    if set(params) <= named:
        return
    known = known_parameters(session, spec)
    unknown = [name for name in params if name not in known]
    if unknown:
        raise SettingsError(
            f"{spec.name} has no parameter {unknown[0]!r}.{did_you_mean(unknown[0], known)} It names "
            f"{', '.join(sorted(named)) or 'none'}, and takes those of its library but for "
            "what is set for all models alike.",
            what=f"no parameter {unknown[0]!r}",
            where=spec.name,
            allowed=known,
        )
