"""Fit one candidate (a model with its parameters) on folds and on all training rows, timed.

These functions run in worker processes: arguments and results are plain and picklable. The rows
travel as the path of a pickle that the main process wrote, and are read once per worker.
"""

import pickle
import statistics
import warnings
from contextlib import contextmanager
from functools import lru_cache, partial
from time import perf_counter

import numpy as np
import pandas as pd

from ..errors import SkipModel
from ..handover.artifacts import replacing
from ..handover.model_folder import folder_size_mb, save_model
from ..models.table import get_model
from ..predictor import Predictor
from .measures import Predictions
from .metrics import score
from .uncertainty import bootstrap_intervals

INFERENCE_BATCH = 1000  # rows, or all validation rows where there are fewer
INFERENCE_REPEATS = 5
SEEN_ROWS = 5000  # training rows on which the fitted model is scored, to see what it learnt by heart


def cross_validate(model_name, params, rows_path, options, report):
    """Fit on every fold of the training rows and score the rows left out.

    options : dict of `seed`, `device`, `n_jobs` for the model. report : called with a text after
        each fold.

    Returns (dict of `summarize`, [(truth, Predictions, groups or None) of the rows that each fold left out]).
    """
    data = read_rows(rows_path)
    folds, left_out = [], []
    for number, (fit_rows, score_rows) in enumerate(data.folds, start=1):
        predictor = prepare(model_name, params, data, options)
        X, y = data.X_train.iloc[fit_rows], data.y_train[fit_rows]
        seconds = timed(partial(predictor.fit, X, y))
        truth = data.task.encode(data.y_train[score_rows])
        outcome = predicted(predictor, predictor.transform(data.X_train.iloc[score_rows]), data.task)
        folds.append((*score(truth, outcome, data.task.family), seconds))
        groups = None if data.groups is None else np.unique(data.groups[score_rows], return_inverse=True)[1]
        left_out.append((truth, outcome, groups))
        report(f"fold {number} of {len(data.folds)} done")
    return summarize(folds), left_out


def summarize(folds):
    """Join the (values, reasons, seconds of fit) of each fold.

    Returns dict of `fold_scores` ({metric: [value per fold]}), `fold_seconds`, `cv` ({metric:
    {"mean", "std"}}, None where a fold has no value) and `cv_reasons`.
    """
    values, reasons, seconds = zip(*folds, strict=True)
    by_metric = {name: [scores[name] for scores in values] for name in values[0]}
    cv = {name: _mean_and_std(scores) for name, scores in by_metric.items()}
    cv["training_time"] = _mean_and_std(seconds)
    why = {name: reason for missing in reasons for name, reason in missing.items()}
    return {"fold_scores": by_metric, "fold_seconds": list(seconds), "cv": cv, "cv_reasons": why}


def fit_and_save(model_name, params, rows_path, options, folder, report):
    """Fit on all training rows, measure on the validation rows, and save the model to `folder`.

    Returns dict of `metrics` (the standardized metrics of the contract and some more),
    `train_metrics` (the same on rows that were fitted, at most 5,000), `reasons` (why one is
    missing), `inference_batch_size` (rows), `estimator_params` (all of them, defaults too) and `history`
    ({name: [value per epoch]}, of models that have epochs).
    """
    data = read_rows(rows_path)
    predictor = prepare(model_name, params, data, options)
    training_time = timed(partial(predictor.fit, data.X_train, data.y_train))
    matrix = predictor.transform(data.X_validation)
    values, reasons = score_matrix(predictor, matrix, data.y_validation, data.task)
    seen = data.X_train.iloc[:SEEN_ROWS]
    on_seen, _ = score_matrix(predictor, predictor.transform(seen), data.y_train[:SEEN_ROWS], data.task)
    batch = data.X_validation.iloc[:INFERENCE_BATCH]
    save_model(predictor, folder)
    costs = {
        "training_time": training_time,
        "inference_time_ms": _inference_ms(predictor, batch),
        "inference_time_one_row_ms": _inference_ms(predictor, batch.iloc[:1]),
        "model_size_mb": folder_size_mb(folder),
        "gpu_used": int(get_model(model_name).library.ran_on_gpu(predictor.estimator_)),
    }
    return {
        "metrics": values | costs,
        "train_metrics": on_seen,
        "reasons": reasons,
        "inference_batch_size": len(batch),
        "estimator_params": _all_params(predictor),
        "history": getattr(predictor.estimator_, "history_", {}),
    }


def train_candidate(model_name, params, rows_path, options, folder, oof_path, report):
    """Cross-validate, then fit and save: everything phase 1 wants to know of one model.

    oof_path : file for the out-of-fold predictions, see `save_out_of_fold`.
    """
    data = read_rows(rows_path)
    measured, left_out = cross_validate(model_name, params, rows_path, options, report)
    for name, interval in bootstrap_intervals(left_out, data.task.family, options["seed"]).items():
        low, high = interval or (None, None)
        known = measured["cv"][name]["mean"] is not None
        measured["cv"][name] |= {"low": low if known else None, "high": high if known else None}
    measured["test_share"] = float(np.mean([len(score) / len(fit) for fit, score in data.folds]))
    save_out_of_fold(data, left_out, oof_path)
    report("fitting all training rows")
    return measured | fit_and_save(model_name, params, rows_path, options, folder, report)


def probability_column(label):
    """What the out-of-fold file calls the probabilities of a class."""
    return f"p_{label}"


def save_out_of_fold(data, left_out, path):
    """Write what each fold said of the rows that it left out, as Parquet.

    Columns: `row` (position among the training rows), `fold`, and `prediction` or, for each class, its
    probabilities as `p_` and the label. Rows that no fold left out (by time, the earliest) are absent.
    """
    regression = data.task.family == "regression"
    columns = ["prediction"] if regression else [probability_column(label) for label in data.task.classes]
    parts = []
    for number, ((_, rows), (_, outcome, _)) in enumerate(zip(data.folds, left_out, strict=True)):
        values = outcome.labels if outcome.probabilities is None else outcome.probabilities
        part = pd.DataFrame(values.reshape(len(rows), -1), columns=columns)
        part.insert(0, "fold", number)
        part.insert(0, "row", rows)
        parts.append(part)
    with replacing(path) as temporary:
        pd.concat(parts).sort_values("row").to_parquet(temporary, index=False)


@lru_cache(maxsize=1)
def read_rows(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def prepare(model_name, params, data, options):
    try:
        return Predictor(model_name, data.task.family, data.schema, params, **options).prepare()
    except ImportError as error:
        packages = " ".join(get_model(model_name).library.PACKAGES)
        raise SkipModel(f"{error}. Install it: pip install {packages}") from error


def timed(fit):
    """Seconds of `fit` alone; scoring and saving come after."""
    with quiet():
        started = perf_counter()
        fit()
        return perf_counter() - started


def score_matrix(predictor, matrix, y, task):
    """Return (values, reasons) of every metric on rows that `predictor.transform` made a matrix of."""
    with quiet():
        return score(task.encode(y), predicted(predictor, matrix, task), task.family)


def predicted(predictor, matrix, task):
    """Return the Predictions for rows that `predictor.transform` made a matrix of."""
    outputs = _finite(predictor.predict_matrix(matrix))
    if task.family == "regression":
        return Predictions(outputs)
    # A fold may lack a class: its model's columns are spread over those of the task.
    probabilities = np.zeros((len(matrix), len(task.classes)))
    probabilities[:, task.encode(predictor.classes_)] = outputs
    return Predictions(probabilities.argmax(axis=1), probabilities, task.positive_index)


def _finite(outputs):
    if not np.isfinite(outputs).all():
        raise ValueError("the model predicts values that are not finite")
    return outputs


def _inference_ms(predictor, batch):
    """Median over repeats after one unrecorded call, in ms for the whole batch of raw rows."""
    with quiet():
        predictor.predict(batch)
        times = []
        for _ in range(INFERENCE_REPEATS):
            started = perf_counter()
            predictor.predict(batch)
            times.append((perf_counter() - started) * 1000)
    return statistics.median(times)


def _mean_and_std(values):
    if any(value is None for value in values):
        return {"mean": None, "std": None}
    return {"mean": float(np.mean(values)), "std": float(np.std(values, ddof=1))}


def _all_params(predictor):
    params = predictor.estimator_.get_params()
    plain = (str, int, float, bool, type(None))
    return {name: value for name, value in params.items() if isinstance(value, plain)}


@contextmanager
def quiet():
    """Libraries warn about convergence and the like once per fold; the scores tell the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
