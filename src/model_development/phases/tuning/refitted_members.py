"""The members of an ensemble that is handed over, fitted on the validation rows too, as a single model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...ensembles.table import GREEDY
from ...execution.protocol import Call
from ...fitting.final_fit import fit_all_rows
from ...models.table import get_model
from ...storage.ensemble_folder import save_ensemble
from .final_fits import ALL_ROWS
from .pool_models import Member, seconds_of_refits
from .time_left import has_time_for

if TYPE_CHECKING:
    from ..session import Session
    from ..training_result import TrainedModel, TrainingResult
    from .ensembling import EnsembleResult


def on_all_rows(
    session: Session,
    training: TrainingResult,
    result: EnsembleResult,
    members: Mapping[str, Member],
    deadline: float | None,
) -> EnsembleResult:
    """Return the ensemble with all its members fitted on training and validation rows, or as it is.

    members : those that take the place of a model of phase 1. deadline : time.monotonic() by which all of
    them must be fitted; where one is not, none is taken: weights are for members of the same rows.
    """
    models = {name: training.trained(name) for name in result.members}
    if not has_time_for(seconds_of_refits(session, list(models.values())), deadline):
        return replace(result, note=f" (there was no time for {ALL_ROWS})")
    calls = [_call(session, model, members.get(name)) for name, model in models.items()]
    outcomes = {call.name: o for kind, call, o in session.engine.run(calls, deadline) if kind == "outcome"}
    failed = [f"{name}: {outcome.reason}" for name, outcome in outcomes.items() if outcome.status != "ok"]
    if failed:
        return replace(result, note=f" (not on {ALL_ROWS}: {'; '.join(failed).rstrip('.')})")
    folders = {call.name: call.arguments["folder"] for call in calls}
    save_ensemble(GREEDY, result.blend, {name: folders[name] for name in result.members}, result.folder)
    return replace(result, fitted_on=ALL_ROWS)


def _call(session: Session, model: TrainedModel, member: Member | None) -> Call:
    """Fits a member as long as before, the tuned one where that has taken its place."""
    spec, is_tuned = get_model(model.name), member is not None and member.params is not None
    fitted = member if member is not None and is_tuned else model
    arguments = {
        "model_name": model.name,
        "params": fitted.params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(session.record.new_model_folder(f"member_{model.name}")),
        "stopped_at": fitted.stopped_at,
        "history": {"learning_rate": fitted.learning_rates},
    }
    needs_mb = session.memory.worker_mb(spec, fitted.params)
    return Call(model.name, spec.framework, fit_all_rows, arguments, needs_mb, ("rows_path",), ("folder",))
