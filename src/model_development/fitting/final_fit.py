"""The model that is handed over: measured on the validation rows, then fitted on them too; in a worker."""

from __future__ import annotations

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
) -> Measured:
    """Fit on the training rows, measure on the validation rows, and save to `folder`.

    baseline_folder : the saved model to compare with.

    Returns the dict of `fit_and_measure`, with `improvement_95`: the 95 % interval of the improvement over
        the baseline on the validation rows in percent, (low, high) or None where it is not defined.
    """

    def work(options):
        data = read_rows(rows_path)
        measured, fitted = fit_and_measure(model_name, params, rows_path, options, folder, report)
        ours, theirs = (
            predicted(predictor, predictor.to_matrix(data.X_validation), data.task)
            for predictor in (fitted, load_folder(baseline_folder))
        )
        truth, metric = data.task.encode(data.y_validation), METRICS[metric_name]
        measured["improvement_95"] = paired_improvement(
            truth, ours, theirs, metric, options["seed"], data.groups_validation
        )
        return measured

    return on_cpu_if_full(work, options)[0]


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

    One that stops early holds no row back this time. stopped_at, history : of that model, see
    `fit_and_measure`.
    """
    pace = Pace(stopped_at, history)

    def work(options):
        data = read_rows(rows_path)
        final = prepare(model_name, params, data, options)
        X = pd.concat([data.X_train, data.X_validation], ignore_index=True)
        y = np.concatenate([data.y_train, data.y_validation])
        timed(partial(final.refit, X, y, pace))
        save_model(final, folder)

    on_cpu_if_full(work, options)
