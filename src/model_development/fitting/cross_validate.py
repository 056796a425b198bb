"""Fit one candidate (a model with its parameters) on folds and on all training rows, timed.

These functions run in worker processes: arguments and results are plain and picklable. The rows
travel as the path of a pickle that the main process wrote, and are read once per worker.
"""

import statistics
import time
from functools import partial

import numpy as np

from ..execution.usage import watch_usage
from ..metrics.table import score
from ..models.table import get_model
from ..statistics.uncertainty import bootstrap_intervals
from ..storage.model_folder import folder_size_mb, load_folder, save_model
from .budget import make_plan
from .fold_results import FoldFiles, FoldResult, rows_fingerprint, save_out_of_fold
from .summary import summarize
from .worker_steps import on_cpu_if_full, predicted, prepare, quiet, read_rows, score_matrix, timed

INFERENCE_BATCH = 1000  # rows, or all validation rows where there are fewer
INFERENCE_REPEATS = 5
ROUNDS = 3  # of the above, where several models are compared
REPORT_EVERY = 0.5  # seconds
SEEN_ROWS = 5000  # training rows on which the fitted model is scored, to see what it learnt by heart


def cross_validate(model_name, params, rows_path, options, report, plan=None, saved=None):
    """Fit on every fold of the training rows and score the rows left out.

    options : dict of `seed`, `device`, `n_jobs` for the model. report : called with a text for each step.
    plan : Plan with fewer folds or rows, and with a time at which no further fold is begun.
    saved : FoldFiles; a fold that is found there is not fitted again, each other one is written there.

    Returns (dict of `summarize`, with `folds`, their numbers, and `n_reused`, how many of them were found;
    {number: (truth, Predictions)} of the rows that each fold left out).
    """
    data = read_rows(rows_path)
    plan = plan or make_plan(data, options["seed"], None, None)
    saved = saved or FoldFiles(None, options["device"])
    folds, n_reused = {}, 0
    for count, (number, (fit_rows, score_rows)) in enumerate(plan.folds.items(), start=1):
        name, rows = f"fold {count} of {len(plan.folds)}", rows_fingerprint(fit_rows, score_rows)
        result = saved.find(number, rows)
        if result:
            n_reused += 1
        elif folds and not plan.time_for(len(fit_rows), len(plan.rows)):
            continue
        else:
            predictor = prepare(model_name, params, data, options, _step_of(name, report))
            result = _fold_result(predictor, data, number, plan, rows)
            saved.save(result)
        folds[number] = result
        report(f"{name} done")
    folds = dict(sorted(folds.items()))
    summary = summarize([(result.values, result.reasons, result.seconds) for result in folds.values()])
    left_out = {n: (_truth(data, plan.folds[n][1]), result.predictions) for n, result in folds.items()}
    return summary | {"folds": list(folds), "n_reused": n_reused}, left_out


def _fold_result(predictor, data, number, plan, rows):
    """Fit and score one fold; return its FoldResult. rows : their fingerprint."""
    (fit_rows, score_rows), started = plan.folds[number], time.monotonic()
    seconds = fit_rows_of(predictor, data, fit_rows)
    outcome = predicted(predictor, predictor.transform(data.X_train.iloc[score_rows]), data.task)
    values, reasons = score(_truth(data, score_rows), outcome, data.task.family)
    cost_s = plan.noted(len(fit_rows), started)
    return FoldResult(
        number, rows, plan.share, len(fit_rows), values, reasons, seconds, cost_s, predictions=outcome
    )


def _truth(data, rows):
    return data.task.encode(data.y_train[rows])


def _step_of(name, report):
    """Report steps within a fit, a few in a second at most."""
    last = 0.0

    def say(step):
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            report(f"{name}, {step}")

    return say


def fit_rows_of(predictor, data, rows):
    """Fit on these training rows; return the seconds."""
    inner = data.inner_rows(rows, predictor.seed) if get_model(predictor.model_name).stops_early else None
    return timed(partial(predictor.fit, data.X_train.iloc[rows], data.y_train[rows], inner))


def fit_and_save(model_name, params, rows_path, options, folder, report, rows=None):
    """Fit on all training rows, measure on the validation rows, and save the model to `folder`.

    Returns the dict of `fit_and_measure`.
    """

    def work(options):
        return fit_and_measure(model_name, params, rows_path, options, folder, report, rows)

    (measured, _), _ = on_cpu_if_full(work, options)
    return measured


def fit_and_measure(model_name, params, rows_path, options, folder, report, rows=None):
    """Fit on all training rows, measure on the validation rows, and save the model to `folder`.

    rows : positions of the training rows to fit, where not all of them.

    Returns (what was measured, the fitted Predictor). What was measured is a dict of `metrics` (the
    standardized metrics of the contract and some more), `train_metrics` (the same on rows that were
    fitted, at most 5,000), `reasons` (why one is missing), `inference_batch_size` (rows),
    `estimator_params` (all of them, defaults too), and of models that stop early `history` ({name: [value
    per epoch or round]}) and `stopped_at`, and of linear ones `coefficients` ({"feature" or a statistic:
    [value]}).
    """
    data = read_rows(rows_path)
    rows = np.arange(len(data.X_train)) if rows is None else rows
    predictor = prepare(model_name, params, data, options, _step_of("all training rows", report))
    training_time = fit_rows_of(predictor, data, rows)
    matrix = predictor.transform(data.X_validation)
    values, reasons = score_matrix(predictor, matrix, data.y_validation, data.task)
    drawn = np.random.default_rng(options["seed"]).permutation(rows)[:SEEN_ROWS]
    seen = np.sort(drawn)  # not the first ones: tables come sorted, by class or by date
    on_seen, _ = score_matrix(
        predictor, predictor.transform(data.X_train.iloc[seen]), data.y_train[seen], data.task
    )
    batch = data.X_validation.iloc[:INFERENCE_BATCH]
    save_model(predictor, folder)
    gpu_used = int(get_model(model_name).library.ran_on_gpu(predictor.estimator_))
    served = load_folder(folder) if gpu_used else predictor  # loaded models predict on the CPU
    costs = {
        "training_time": training_time,
        "inference_time_ms": _inference_ms(served, batch),
        "inference_time_one_row_ms": _inference_ms(served, batch.iloc[:1]),
        "model_size_mb": folder_size_mb(folder),
        "gpu_used": gpu_used,
    }
    measured = {
        "metrics": values | costs,
        "train_metrics": on_seen,
        "reasons": reasons,
        "inference_batch_size": len(batch),
        "estimator_params": _all_params(predictor),
        "history": getattr(predictor.estimator_, "history_", {}),
        "stopped_at": getattr(predictor.estimator_, "stopped_at_", None),
        "coefficients": _coefficients(predictor),
    }
    return measured, predictor


def train_candidate(
    model_name, params, rows_path, options, folder, oof_path, report, seconds_left=None, folds_folder=None
):
    """Cross-validate, then fit and save: everything phase 1 wants to know of one model.

    oof_path : file for the out-of-fold predictions, see `save_out_of_fold`. seconds_left : in which it must be
        done, at the price of folds and rows; the `note` of the result says which, and
        `is_whole` whether none was given up. folds_folder : where each fold is written down, see `FoldFiles`.

    A model for which the memory of the GPU is too small is trained on the CPU; its `note` says so.
    """

    until = None if seconds_left is None else time.monotonic() + seconds_left

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        return _train(model_name, params, rows_path, options, report, folder, oof_path, until, saved)

    with watch_usage(options["device"]) as usage:
        measured, moved = on_cpu_if_full(work, options)
    measured["is_whole"] = not measured["note"]
    measured["note"] = "; ".join(filter(None, [moved, measured["note"]]))
    measured["usage"] = usage.history()
    measured["metrics"]["peak_memory_mb"] = max(measured["usage"]["system/process_memory_megabytes"])
    return measured


def _train(model_name, params, rows_path, options, report, folder, oof_path, until, saved):
    data = read_rows(rows_path)
    plan = make_plan(
        data,
        options["seed"],
        until,
        lambda rows: fit_rows_of(prepare(model_name, params, data, options), data, rows),
        saved.results.values(),
    )
    measured, left_out = cross_validate(model_name, params, rows_path, options, report, plan, saved)
    groups = {n: None if data.groups is None else data.groups[plan.folds[n][1]] for n in left_out}
    by_row = [(*said, groups[number]) for number, said in left_out.items()]
    for name, interval in bootstrap_intervals(by_row, data.task.family, options["seed"]).items():
        low, high = interval or (None, None)
        known = measured["cv"][name]["mean"] is not None
        measured["cv"][name] |= {"low": low if known else None, "high": high if known else None}
    sizes = [tuple(map(len, plan.folds[number])) for number in left_out]
    measured["test_share"] = float(np.mean([n_scored / n_fitted for n_fitted, n_scored in sizes]))
    measured["note"] = plan.note(len(left_out))
    save_out_of_fold(data, left_out, oof_path)
    report("fitting all training rows")
    return measured | fit_and_measure(model_name, params, rows_path, options, folder, report, plan.rows)[0]


def time_predictions(folders, rows_path, options, report):
    """Return {name: ms for a batch of raw rows} of saved models, `folders`: {name: where it was saved}.

    The models take turns, so that what slows the machine for a while slows all of them.
    """
    batch = read_rows(rows_path).X_validation.iloc[:INFERENCE_BATCH]
    models = {name: load_folder(folder) for name, folder in folders.items()}
    rounds = [{name: _inference_ms(model, batch) for name, model in models.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(times[name] for times in rounds) for name in models}


def _inference_ms(predictor, batch):
    """Median over repeats after one unrecorded call, in ms for the whole batch of raw rows."""
    with quiet():
        predictor.predict(batch)
        times = []
        for _ in range(INFERENCE_REPEATS):
            started = time.perf_counter()
            predictor.predict(batch)
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _coefficients(predictor):
    read = getattr(get_model(predictor.model_name).library, "coefficients", None)
    values = read(predictor.estimator_) if read else None
    if values is None:
        return None
    unit = getattr(predictor, "target_unit_", None)
    if unit:
        intercept, *slopes = (unit.scale * value for value in values["coefficient"])
        values = {**values, "coefficient": [intercept + unit.center, *slopes]}
    names = [name.partition("__")[2] for name in predictor.preprocessor_.get_feature_names_out()]
    return {"feature": ["intercept", *names], **values}


def _all_params(predictor):
    params = predictor.estimator_.get_params()
    plain = (str, int, float, bool, type(None))
    return {name: value for name, value in params.items() if isinstance(value, plain)}
