"""The fits after the search: of the best combination, of the baseline again, and with the validation rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import TrainingError
from ...execution.protocol import Call, Cause
from ...fitting.final_fit import fit_all_rows, fit_final, seconds_of_refit
from ...fitting.measure import fit_and_save
from ...fitting.measured import Measured
from ...storage.files import replace_folder
from .time_left import has_time_for

if TYPE_CHECKING:
    from pathlib import Path

    from ...models.spec import ModelSpec
    from ..session import Session
    from .baseline import Baseline
    from .selection import FinalModel

ALL_ROWS, TRAINING_ROWS = "training and validation rows", "training rows"
HOPED_FOR = 0.5  # of the expected seconds: 9.9 were expected on 26 classes where it took 6


def fit_best(
    session: Session,
    spec: ModelSpec,
    params: Mapping[str, Any],
    baseline: Baseline,
    folder: Path,
    deadline: float | None,
) -> Measured | None:
    """Fit on the training rows and measure what is handed over, and save it to `folder`.

    Returns the dict of `fit_final`; None where there was no time.
    """
    more = {"baseline_folder": baseline.model_path, "metric_name": session.metric.name}
    call = _call(session, spec, "final model", fit_final, params, folder, **more)
    measured = _run(session, call, deadline)
    if measured is None:
        shutil.rmtree(folder, ignore_errors=True)  # saved, and not measured any more
    return measured


def refit_baseline(
    session: Session, spec: ModelSpec, baseline: Baseline, folder: str, deadline: float | None
) -> Measured | None:
    """Fit and measure the baseline on all training rows, where phase 1 had fewer, and save it to `folder`.

    Returns the dict of `fit_and_save`; None where there was no time.
    """
    return _run(session, _call(session, spec, "baseline", fit_and_save, baseline.params, folder), deadline)


def with_validation_rows(
    session: Session,
    spec: ModelSpec,
    baseline: Baseline,
    final: FinalModel,
    folder: Path,
    deadline: float | None,
) -> FinalModel:
    """Fit `final` on training and validation rows, where it is not and there is time for that.

    It is saved to `folder` in place of what is there; where the time ends before, or it fails, that stays.
    A model of some of the rows is fitted where half of the expected seconds are there: it has most to gain.
    """
    seconds = baseline.refit_s * (1 if baseline.share_of_rows == 1 else HOPED_FOR)
    if final.improved:
        seconds = seconds_of_refit(final.params, final.metrics.get("training_time"))
    if final.fitted_on == ALL_ROWS or not has_time_for(seconds, deadline):
        return final
    pace = {"stopped_at": final.stopped_at, "history": {"learning_rate": final.learning_rates}}
    again = session.record.new_model_folder(f"{spec.name}_on_all_rows")
    call = _call(session, spec, "final model", fit_all_rows, final.params, again, **pace)
    try:
        if _run(session, call, deadline, otherwise=False) is False:
            return final
    except TrainingError as error:  # what is there is measured, and good
        return replace(final, why_not_all=str(error).rstrip("."))
    replace_folder(again, folder)
    return replace(final, fitted_on=ALL_ROWS)


def _call(session, spec, name, function, params, folder, **more):
    arguments = {
        "model_name": spec.name,
        "params": params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(folder),
        **more,
    }
    reads = ("rows_path", *(name for name in more if name == "baseline_folder"))
    return Call(name, spec.framework, function, arguments, reads=reads, writes=("folder",))


def _run(session, call, deadline, otherwise=None):
    """Return the result of a call; `otherwise` where there was no time for it.

    Raises TrainingError, with the reason, where it failed.
    """
    outcome = next(payload for kind, _, payload in session.engine.run([call], deadline) if kind == "outcome")
    if outcome.cause == Cause.OUT_OF_TIME:
        return otherwise
    if outcome.status != "ok":
        raise TrainingError(f"The {call.name} could not be fitted: {outcome.reason}")
    return outcome.result
