"""The model that is handed over: measured on the validation rows, then fitted on them too; in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..metrics.table import METRICS
from ..statistics.uncertainty import paired_improvement
from ..storage.model_folder import load_folder, save_model
from .measure import fit_and_measure
from .measured import Measured
from .worker_steps import on_cpu_if_full, predicted, prepare, read_rows, timed

if TYPE_CHECKING:
    from pathlib import Path


def fit_final(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    baseline_folder: str,
    metric_name: str,
    report: Callable[[str], None],
) -> Measured:
    """Fit on the training rows and measure on the validation rows, then fit on both and save to `folder`.

    A model that stops early is the second time fitted as long as the first one was: no row is held back.

    baseline_folder : the saved model to compare with.

    Returns the dict of `fit_and_measure`, with `improvement_95`: the 95 % interval of the improvement over
        the baseline on the validation rows in percent, (low, high) or None where it is not defined.
    """

    def work(options):
        return _fit_final(
            model_name, params, rows_path, options, folder, baseline_folder, metric_name, report
        )

    return on_cpu_if_full(work, options)[0]


def _fit_final(model_name, params, rows_path, options, folder, baseline_folder, metric_name, report):
    data = read_rows(rows_path)
    measured, first = fit_and_measure(model_name, params, rows_path, options, folder, report)
    truth = data.task.encode(data.y_validation)
    ours, theirs = (
        predicted(predictor, predictor.to_matrix(data.X_validation), data.task)
        for predictor in (first, load_folder(baseline_folder))
    )
    measured["improvement_95"] = paired_improvement(
        truth, ours, theirs, METRICS[metric_name], options["seed"], data.groups_validation
    )
    report("fitting training and validation rows")
    final = prepare(model_name, params, data, options)
    X = pd.concat([data.X_train, data.X_validation], ignore_index=True)
    y = np.concatenate([data.y_train, data.y_validation])
    timed(partial(final.refit, X, y, first))
    save_model(final, folder)
    return measured
