"""Folds that phase 1 had no time for, fitted with what phase 2 leaves: an ensemble needs them in common."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.budget import KNOWN
from ...fitting.out_of_fold import predict_out_of_fold
from ...models.table import get_model
from ..fold_plan import Unfinished, plan_folds
from ..training.recording import result_key
from .pool_models import Member, candidates

if TYPE_CHECKING:
    from ...fitting.measured import Measured
    from ..session import Session
    from ..training_result import TrainedModel, TrainingResult


def fit_more_folds(
    session: Session, training: TrainingResult, deadline: float, but: str | None = None
) -> dict[str, tuple[Member, Measured]]:
    """Return {model: (Member, dict of `predict_out_of_fold`)} of those that have more folds now.

    Folds of phase 1 are not fitted again. deadline : time.monotonic() by which they must be
    done. but : a model that is no member any more, since it was tuned.
    """
    n_folds = len(session.data.folds)
    whole = [m for m in candidates(session, training) if m.share_of_rows == 1 and m.name != but]
    lacking = [model for model in whole if len(model.folds) < n_folds]
    models = [_unfinished(model, n_folds) for model in lacking]
    seconds = (deadline - time.monotonic()) * KNOWN
    wanted = plan_folds(models, seconds, session.engine.n_workers)
    if not wanted:
        return {}
    by_name = {model.name: model for model in lacking}
    print(f"{seconds:.0f} s are left: more folds of {', '.join(wanted)}", flush=True)
    calls = [_call(session, by_name[name], most_folds) for name, most_folds in wanted.items()]
    found = {}
    for kind, call, outcome in session.engine.run(calls, deadline):
        model = by_name[call.name]
        if kind == "outcome" and outcome.status == "ok" and len(outcome.result["folds"]) > len(model.folds):
            member = Member(model.name, session.record.new_oof_path(_file(model.name)), model.folder)
            found[model.name] = member, outcome.result
    return found


def _unfinished(model: TrainedModel, n_folds: int) -> Unfinished:
    fold_s = model.mean("training_time") or 0.0
    return Unfinished(model.name, len(model.folds), n_folds, fold_s, get_model(model.name).start_s)


def _call(session, model, most_folds):
    spec = get_model(model.name)
    key = result_key(session, spec, model.params)
    arguments = {
        "model_name": spec.name,
        "params": model.params,
        "rows_path": session.rows_path,
        "options": session.options,
        "oof_path": str(session.record.new_oof_path(_file(spec.name))),
        "folds_folder": str(session.record.folds_folder(spec.name, key)),
        "metric_name": session.metric.name,
        "seconds_left": None,
        "most_folds": most_folds,
    }
    needs_mb = session.memory.worker_mb(spec, model.params)
    reads, writes = ("rows_path", "folds_folder"), ("oof_path", "folds_folder")
    return Call(spec.name, spec.framework, predict_out_of_fold, arguments, needs_mb, reads, writes, 1.0)


def _file(name):
    return f"more_folds_{name}"
