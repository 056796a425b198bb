"""The figures of the final evaluation: every model on the test rows, and what the final one is given."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ...errors import TrainingError
from ...evaluation.evaluation_input import EvaluationInput, ScoredRows
from ...execution.protocol import Call
from ...fitting.out_of_fold import predict_out_of_fold
from ...fitting.test_rows import EvaluationRows, measure_on_test
from ...models.table import get_model
from ...reports.progress import Progress
from ...storage import files as artifacts
from ...storage.checkpoints import work_key
from .candidates import FINAL, TITLES
from .opening import EvaluationPhase, open_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...pipeline import TabularModel

OOF = "out-of-fold predictions"


def measure_models(phase: EvaluationPhase) -> None:
    """Open the test rows; measure each candidate on them, and predict out of fold what the final one says.

    Raises TrainingError where the final model cannot be measured; another one is left out, with the reason.
    """
    session = phase.session
    with session.engine.stopped_by_errors():
        open_rows(phase)
        evaluation_path = _write_rows(phase)
        calls = [_measure_call(phase, candidate, evaluation_path) for candidate in phase.candidates]
        results = run_calls(phase, [*_oof_calls(phase), *calls])
        if FINAL not in results:
            raise TrainingError(f"The final model cannot be measured: {phase.failed[FINAL]}")
        phase.measured = {c.role: results[c.role] for c in phase.candidates if c.role in results}
        phase.given = _given(phase, results.get(OOF))


def run_calls(phase: EvaluationPhase, calls: Sequence[Call]) -> dict[str, Any]:
    """Return {name of a call: its result}; why one has none goes to `phase.failed`."""
    progress, results = Progress(len(calls)), {}
    for kind, call, payload in phase.session.engine.run(calls, keep=True):
        title = TITLES.get(call.name, call.name)
        if kind == "event":
            progress.step(title, payload)
        elif kind == "outcome" and payload.status == "ok":
            results[call.name] = payload.result
            progress.finished(title, title)
        elif kind == "outcome":
            phase.failed[call.name] = payload.reason
            progress.finished(title, f"{title}: {payload.reason}")
    return results


def workspace(phase: EvaluationPhase, name: str) -> Path:
    """A file of this name that goes when the session does."""
    return Path(phase.session.rows_path).with_name(name)


def _write_rows(phase):
    data, path = phase.session.data, workspace(phase, "evaluation_rows.pkl")
    with open(path, "wb") as file:
        rows = EvaluationRows(data.task, data.schema, phase.parts, data.own_metrics)
        pickle.dump(rows, file, protocol=pickle.HIGHEST_PROTOCOL)
    return str(path)


def _measure_call(phase, candidate, evaluation_path):
    arguments = {
        "folder": str(candidate.folder),
        "evaluation_path": evaluation_path,
        "options": phase.session.options,
    }
    kind = get_model(candidate.name).framework
    reads = ("folder", "evaluation_path")
    return Call(candidate.role, kind, measure_on_test, arguments, reads=reads)


def _oof_calls(phase):
    """What predicts out of fold; nothing where phase 1, or an earlier evaluation, has done so."""
    session, final = phase.session, phase.final
    if _oof_key(phase) == session.record.checkpoints.key(artifacts.FINAL_OOF) and _oof_path(phase).is_file():
        return []
    if not final.improved and phase.baseline.is_complete and phase.baseline.oof_path.is_file():
        return []
    arguments = {
        "model_name": final.model_name,
        "params": final.best_params,
        "rows_path": session.rows_path,
        "options": session.options,
        "oof_path": str(session.record.oof_path(artifacts.FINAL_OOF)),
        "folds_folder": str(session.record.folds_folder(artifacts.FINAL_OOF, _oof_key(phase))),
    }
    spec = get_model(final.model_name)
    needs_mb = session.memory.worker_mb(spec, final.best_params)
    reads, writes = ("rows_path", "folds_folder"), ("oof_path", "folds_folder")
    return [Call(OOF, spec.framework, predict_out_of_fold, arguments, needs_mb, reads, writes)]


def _oof_key(phase):
    session, final = phase.session, phase.final
    return work_key(
        model=final.model_name,
        params=final.best_params,
        options=session.options,
        data=session.intake.fingerprint,
        split=session.intake.assignment.fingerprint,
    )


def _oof_path(phase):
    return phase.session.record.oof_path(artifacts.FINAL_OOF)


def _given(phase, measured_oof):
    session, final = phase.session, phase.candidates[0]
    path = phase.baseline.oof_path
    if measured_oof is not None:
        checkpoints, key = session.record.checkpoints, _oof_key(phase)
        checkpoints.save(artifacts.FINAL_OOF, key, {"cv": measured_oof["cv"]})
        session.record.drop_folds(artifacts.FINAL_OOF, key)
    known = session.record.checkpoints.load(artifacts.FINAL_OOF, _oof_key(phase))
    if known is not None:
        path = _oof_path(phase)
        phase.candidates[0] = replace(final, cv=known["cv"])
    return EvaluationInput(
        task=session.task,
        metric=session.metric,
        settings=session.context.settings,
        schema=session.data.schema,
        model=cast("TabularModel", None),  # each worker loads it
        out_of_fold=_out_of_fold(phase, pd.read_parquet(path)),
        test=_test(phase),
        seed=session.context.settings.seed,
    )


def _out_of_fold(phase, table):
    """The training rows that some fold left out, in their order."""
    train, task = phase.parts["train"], phase.session.task
    positions, groups = table["row"].to_numpy(), phase.session.data.groups
    return ScoredRows(
        train.rows[positions],
        train.X.iloc[positions].reset_index(drop=True),
        task.encode(train.y[positions]),
        task.read_output_table(table),
        train.others.iloc[positions].reset_index(drop=True),
        None if groups is None else np.asarray(groups)[positions],
    )


def _test(phase):
    test, said = phase.parts["test"], phase.measured[FINAL].said
    return ScoredRows(test.rows, test.X, phase.session.task.encode(test.y), said, test.others, test.groups)
