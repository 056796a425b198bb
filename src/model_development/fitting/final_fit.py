"""The model that is handed over: measured on the validation rows, then fitted on them too; in a worker."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..metrics.table import METRICS
from ..models.schedule import Pace
from ..statistics.resampling import paired_improvement
from ..storage.model_folder import load_folder, save_model
from .measure import fit_and_measure
from .measured import Measured
from .worker_steps import on_cpu_if_full, predicted, prepare, read_rows, timed

if TYPE_CHECKING:
    from pathlib import Path

SLOWER = 1.3  # how much longer a fit takes with the validation rows too, at most
REFIT = 0.6  # of a fit that finds its number of rounds and then fits all rows: the second half of it


def seconds_of_refit(params: Mapping[str, Any], training_time: float | None) -> float:
    """About how long a model takes to be fitted with the validation rows too, as long as it was before.

    training_time : seconds of its fit on the training rows, with as many cores.
    """
    return SLOWER * (REFIT if params.get("early_stopping_rounds") else 1.0) * (training_time or 0.0)


def fit_final(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    baseline_folder: Path | str,
    metric_name: str,
    report: Callable[[str], None],
    seconds_left: float | None = None,
    training_folder: Path | str | None = None,
) -> Measured:
    """Fit on the training rows and measure on the validation rows, then fit on both and save to `folder`.

    A model that stops early is the second time fitted as long as the first one was: no row is held back.

    baseline_folder : the saved model to compare with. seconds_left : in which it must be done; where they are
        too few for the second fit, the first one is what is saved. training_folder : for a copy of
        the model of the training rows alone, which an ensemble is made of.

    Returns the dict of `fit_and_measure`, with `improvement_95`: the 95 % interval of the improvement over
        the baseline on the validation rows in percent, (low, high) or None where it is not defined; and
        `has_validation_rows`, whether the model that was saved was fitted on them.
    """
    until = None if seconds_left is None else time.monotonic() + seconds_left

    def work(options):
        how = {
            "metric_name": metric_name,
            "report": report,
            "until": until,
            "training_folder": training_folder,
        }
        return _fit_final(model_name, params, rows_path, options, folder, baseline_folder, **how)

    return on_cpu_if_full(work, options)[0]


def _fit_final(
    model_name,
    params,
    rows_path,
    options,
    folder,
    baseline_folder,
    *,
    metric_name,
    report,
    until,
    training_folder,
):
    data = read_rows(rows_path)
    measured, first = fit_and_measure(model_name, params, rows_path, options, folder, report)
    if training_folder is not None:
        shutil.copytree(folder, training_folder, dirs_exist_ok=True)
    truth = data.task.encode(data.y_validation)
    ours, theirs = (
        predicted(predictor, predictor.to_matrix(data.X_validation), data.task)
        for predictor in (first, load_folder(baseline_folder))
    )
    measured["improvement_95"] = paired_improvement(
        truth, ours, theirs, METRICS[metric_name], options["seed"], data.groups_validation
    )
    takes_s = seconds_of_refit(params, measured["metrics"]["training_time"])
    measured["has_validation_rows"] = until is None or time.monotonic() + takes_s < until
    if measured["has_validation_rows"]:
        report("fitting training and validation rows")
        _fit_all_rows(model_name, params, data, options, folder, first.estimator_)
    return measured


def fit_all_rows(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    stopped_at: int | None,
    history: dict[str, Any],
    report: Callable[[str], None],
) -> None:
    """Fit on training and validation rows as long as an earlier model was fitted, and save to `folder`.

    stopped_at, history : of that model, see `fit_and_measure`.
    """
    pace = Pace(stopped_at, history)

    def work(options):
        _fit_all_rows(model_name, params, read_rows(rows_path), options, folder, pace)

    on_cpu_if_full(work, options)


def _fit_all_rows(model_name, params, data, options, folder, pace):
    final = prepare(model_name, params, data, options)
    X = pd.concat([data.X_train, data.X_validation], ignore_index=True)
    y = np.concatenate([data.y_train, data.y_validation])
    timed(partial(final.refit, X, y, pace))
    save_model(final, folder)
