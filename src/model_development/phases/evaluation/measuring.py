"""The figures of the final evaluation: every model on the test rows, and what the final one is given."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ...ensembles.table import framework_of
from ...errors import TrainingError
from ...evaluation.evaluation_input import EvaluationInput, ScoredRows
from ...execution.protocol import Call
from ...fitting.test_rows import EvaluationRows, measure_on_test
from ...storage import files as artifacts
from ..final_oof import NAME as OOF
from ..final_oof import FinalOutOfFold
from .candidates import FINAL, TITLES
from .opening import STAGE, EvaluationPhase, open_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...pipeline import TabularModel


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
    progress, results = phase.session.progress(STAGE, len(calls)), {}
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
    kind = framework_of(candidate.name)
    reads = ("folder", "evaluation_path")
    return Call(candidate.role, kind, measure_on_test, arguments, reads=reads)


def _final_oof(phase):
    return FinalOutOfFold(phase.session, phase.tuned.model_name, phase.tuned.best_params)


def _oof_calls(phase):
    """What predicts out of fold; nothing where phase 1, or an earlier evaluation, has done so."""
    tuned, found = phase.tuned, _final_oof(phase)
    if tuned.ensemble or found.is_made:
        return []
    if not tuned.improved and phase.baseline.is_complete and phase.baseline.oof_path.is_file():
        return []
    return [found.call()]


def _given(phase, measured_oof):
    session = phase.session
    return EvaluationInput(
        task=session.task,
        metric=session.metric,
        settings=session.context.settings,
        schema=session.data.schema,
        model=cast("TabularModel", None),  # each worker loads it
        out_of_fold=_out_of_fold(phase, pd.read_parquet(_oof_path(phase, measured_oof))),
        test=_test(phase),
        seed=session.context.settings.seed,
    )


def _oof_path(phase, measured_oof):
    """Where the out-of-fold predictions of the final model are; its candidate gets their scores."""
    final, found = phase.candidates[0], _final_oof(phase)
    if phase.tuned.ensemble:
        return phase.session.record.path(artifacts.ENSEMBLE_OOF)
    if measured_oof is not None:
        found.keep(measured_oof)
    known = found.measured()
    if known is None:
        return phase.baseline.oof_path
    phase.candidates[0] = replace(final, cv=known["cv"])
    return found.path


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
        phase.session.data.schema.decimal,
    )


def _test(phase):
    test, said = phase.parts["test"], phase.measured[FINAL].said
    return ScoredRows(test.rows, test.X, phase.session.task.encode(test.y), said, test.others, test.groups)
