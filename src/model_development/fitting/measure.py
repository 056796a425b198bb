"""Fit a model on all training rows, measure it on the validation rows, and save it; in a worker."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..features.rows_alone import steps_that_see_others
from ..models.table import get_model
from ..storage.model_folder import folder_size_mb, load_folder, save_model
from .coefficients import read_coefficients
from .measured import Measured
from .worker_steps import fit_rows_of, on_cpu_if_full, prepare, quiet, read_rows, score_matrix, steps_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ..pipeline import TabularModel
    from ..predictor import Predictor
    from ..tasks.base import Task


INFERENCE_BATCH = 1000  # rows, or all validation rows where there are fewer
INFERENCE_REPEATS = 5
ROUNDS = 3  # of the above, where several models are compared
TRAIN_SCORE_ROWS = 5000  # training rows on which the fitted model is scored, to see what it learnt by heart


def fit_and_save(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    report: Callable[[str], None],
    rows: np.ndarray | None = None,
) -> Measured:
    """Fit on all training rows, measure on the validation rows, and save the model to `folder`.

    Returns the dict of `fit_and_measure`.
    """

    def work(options):
        return fit_and_measure(model_name, params, rows_path, options, folder, report, rows)

    (measured, _), _ = on_cpu_if_full(work, options)
    return measured


def fit_and_measure(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    report: Callable[[str], None],
    rows: np.ndarray | None = None,
) -> tuple[Measured, TabularModel]:
    """Fit on all training rows, measure on the validation rows, and save the model to `folder`.

    rows : positions of the training rows to fit, where not all of them.

    Returns (what was measured, the fitted TabularModel). What was measured has `metrics` (those of the
    contract and some more), `train_metrics` (of rows that were fitted, at most 5,000), `reasons` (why one is
    missing), `inference_batch_size` (rows), `estimator_params`, of models that stop early `history` ({name:
    [value per epoch or round]}) and `stopped_at`, of linear ones `coefficients`, and `measuring_s`, the
    seconds of all this but for the fit.
    """
    began, data = time.monotonic(), read_rows(rows_path)
    predictor = prepare(model_name, params, data, options, steps_of("all training rows", report))
    rows = np.arange(len(data.X_train)) if rows is None else rows
    training_time = fit_rows_of(predictor, data, rows)
    X, y, seen = data.X_validation, data.y_validation, (data.X_train, data.y_train)
    values, reasons = score_matrix(predictor, predictor.to_matrix(X), y, data.task)
    served = _saved_and_loaded(predictor, folder)
    batch = X.iloc[:INFERENCE_BATCH]
    costs = {
        "training_time": training_time,
        "inference_time_ms": _inference_ms(served, batch),
        "inference_time_one_row_ms": _inference_ms(served, batch.iloc[:1]),
        "model_size_mb": folder_size_mb(folder),
        "gpu_used": int(get_model(model_name).ran_on_gpu(predictor.estimator_)),
    }
    return {
        "metrics": values | costs,
        "train_metrics": score_on_seen(predictor, *seen, data.task, rows, options["seed"]),
        "reasons": reasons,
        "inference_batch_size": len(batch),
        "estimator_params": _all_params(predictor),
        "history": getattr(predictor.estimator_, "history_", {}),
        "stopped_at": getattr(predictor.estimator_, "stopped_at_", None),
        "coefficients": read_coefficients(predictor),
        "measuring_s": time.monotonic() - began - training_time,
    }, predictor


def _saved_and_loaded(predictor, folder):
    """The model as it is served, on the CPU; what does not load again is a failed model, never the best."""
    save_model(predictor, folder)
    return load_folder(folder)


def score_on_seen(
    predictor: Predictor, X: pd.DataFrame, y: np.ndarray, task: Task, rows: np.ndarray, seed: int
) -> dict[str, float | None]:
    """Return the metrics on some of the rows that were fitted. rows : their positions in X and y."""
    drawn = np.random.default_rng(seed).permutation(rows)[:TRAIN_SCORE_ROWS]
    seen = np.sort(drawn)  # not the first ones: tables come sorted, by class or by date
    if steps_that_see_others(predictor):  # all rows, in which each of them has the rows before it
        return score_matrix(predictor, predictor.to_matrix(X)[seen], y[seen], task)[0]
    return score_matrix(predictor, predictor.to_matrix(X.iloc[seen]), y[seen], task)[0]


def time_predictions(
    folders: Mapping[str, str], rows_path: str, options: dict[str, Any], report: Callable[[str], None]
) -> dict[str, float]:
    """Return {name: ms for a batch of raw rows} of saved models, `folders`: {name: where it was saved}.

    The models take turns, so that what slows the machine for a while slows all of them.
    """
    batch = read_rows(rows_path).X_validation.iloc[:INFERENCE_BATCH]
    models = {name: load_folder(folder) for name, folder in folders.items()}
    rounds = [{name: _inference_ms(model, batch) for name, model in models.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(times[name] for times in rounds) for name in models}


def _inference_ms(predictor, batch):
    return statistics.median(prediction_times(predictor, batch, INFERENCE_REPEATS))


def prediction_times(predictor: Predictor, batch: pd.DataFrame, repeats: int) -> list[float]:
    """Return the ms that each of some predictions of a batch of raw rows takes, after one unrecorded call."""
    with quiet():
        predictor.predict(batch)
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            predictor.predict(batch)
            times.append((time.perf_counter() - started) * 1000)
    return times


def _all_params(predictor):
    params = predictor.estimator_.get_params()
    plain = (str, int, float, bool, type(None))
    return {name: value for name, value in params.items() if isinstance(value, plain)}
