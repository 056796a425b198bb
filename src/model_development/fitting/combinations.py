"""Score combinations of parameters on folds; those that can share their fits do, see shared_fits.py."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from time import perf_counter
from typing import Any

from ..features.preprocessors import make_preprocessor
from ..features.steps.feature_steps import FeatureSteps
from ..features.steps.in_params import split_params
from ..models.table import get_model
from .budget import sample_rows
from .byte_cache import ByteCache
from .measured import Measured
from .shared_fits import fits_of
from .summary import summarize
from .worker_steps import on_cpu_if_full, out_of_gpu_memory, prepare, quiet, read_rows, score_matrix

CACHE_MB = 256  # of folds as matrices, where no one says how much
MATRIX_AND_DATASET = 2  # boosting libraries keep what they make of a matrix as long as that lives
_folds = ByteCache(CACHE_MB * 2**20)


def try_combinations(
    model_name: str,
    combinations: Sequence[dict[str, Any]],
    rows_path: str,
    options: dict[str, Any],
    report: Callable[[Any], None],
    folds: Sequence[int] | None = None,
    share: float = 1.0,
    cache_mb: float = CACHE_MB,
) -> list[Measured | str]:
    """Cross-validate combinations of parameters that may share fits.

    combinations : list of params that differ in the model's shared parameters alone. folds : numbers of
        the folds to fit; None for all. share : of the rows that a fold fits, drawn by the seed.
    cache_mb : how much of the folds that were made into matrices stays for the next call.

    Returns a list, one entry per combination: the dict of `cross_validate` with `fit_cost_s` (its share
    of the seconds of the fits it took part in), `alone_cost_s` (what fits of its own would have taken, in
    proportion to a prefix; networks trained together count what they took) and `n_sharing`, or the text
    why the library refuses it. Where the memory of the GPU is too small they are fitted on the CPU.

    report : is told (params, entry) of those that are done while others are still to be fitted.
    """

    _folds.limit = cache_mb * 2**20

    def work(options):
        return _try_each(
            model_name,
            combinations,
            rows_path=rows_path,
            options=options,
            report=report,
            folds=folds,
            share=share,
        )

    return on_cpu_if_full(work, options)[0]


def _try_each(model_name, combinations, **how):
    try:
        return _try_together(model_name, combinations, **how)
    except _refusals(model_name) as error:
        if len(combinations) == 1:
            return [_refusal(model_name, error)]
    # One of them is refused, or diverges: each for itself, so that the others keep their own scores.
    results = []
    for params in combinations:
        try:
            results += _try_together(model_name, [params], **how)
        except _refusals(model_name) as error:
            results.append(_refusal(model_name, error))
    return results


def _refusals(model_name):
    """What libraries raise for values that they do not take; anything else is a failure."""
    refusals = getattr(get_model(model_name).library, "refusals", tuple)
    with suppress(ImportError):  # which is then what is wrong
        return ValueError, TypeError, *refusals()
    return ()


def _refusal(model_name, error):
    """Why a library does not take a combination; a card that is full is no such reason."""
    if out_of_gpu_memory(error):
        raise error
    reason = str(error).strip().partition("\n")[0]
    return f"{get_model(model_name).framework} refuses it: {reason}"


def _try_together(model_name, combinations, rows_path, options, report, folds, share):
    data = read_rows(rows_path)
    spec = get_model(model_name)
    numbers = list(range(len(data.folds)) if folds is None else folds)
    how = options | split_params(combinations[0])[1]  # all have the same feature steps
    fold_results, features = [[] for _ in combinations], spec.features_of(combinations[0])

    def entry(k):
        results = fold_results[k]
        if isinstance(results, str):
            return results
        return _summary(results, len(combinations)) | {"folds": numbers}

    for number in numbers:
        fold = _fold(rows_path, features, number, share, how)
        open_ones = [k for k, results in enumerate(fold_results) if not isinstance(results, str)]
        wanted = [combinations[k] for k in open_ones]
        n_left = len(wanted)
        # A model may stand for several combinations; the scores are never kept with it, since it is copied.
        scores = cache(partial(score_matrix, matrix=fold["X_score"], y=fold["y_score"], task=data.task))
        prepared = partial(prepare, model_name, data=data, options=options, columns=fold["columns"])
        for fit in fits_of(spec, wanted, prepared, fold):
            for position, model, *costs in fit:
                k = open_ones[position]
                if isinstance(model, Exception):
                    fold_results[k] = _refusal(model_name, model)
                else:
                    fold_results[k].append((*scores(model), *costs, fold["prepared_s"]))
            n_left -= len(fit)
            if n_left and number == numbers[-1]:
                for position, *_ in fit:
                    k = open_ones[position]
                    report((combinations[k], entry(k)))
    return [entry(k) for k in range(len(combinations))]


def _summary(results, n_sharing):
    """What came of one combination; its times of fitting are those of fits of its own, preprocessing too."""
    found = summarize([(values, reasons, alone + before) for values, reasons, _, alone, before in results])
    spent, alone = (sum(result[k] for result in results) for k in (2, 3))
    costs = {"fit_cost_s": spent, "alone_cost_s": alone}
    return found | costs | {"n_sharing": n_sharing}


def _fold(rows_path, features, number, share, options):
    """One fold as matrices: its preprocessing is fitted once for all combinations, as long as it is kept."""
    steps = tuple(options.get("steps") or ()), options.get("time_column"), options.get("group_column")
    key = rows_path, features, number, options["seed"], share, steps
    make = partial(_matrices_of, rows_path, features, number, share, options)
    return _folds.get(key, make, _bytes_of)


def _bytes_of(fold):
    return MATRIX_AND_DATASET * (fold["X_fit"].nbytes + fold["X_score"].nbytes)


def _matrices_of(rows_path, features, number, share, options):
    data, seed = read_rows(rows_path), options["seed"]
    fit_rows, score_rows = data.folds[number]
    if share < 1:
        fit_rows = fit_rows[
            sample_rows(len(fit_rows), share, seed, data.task.classes_of(data.y_train[fit_rows]))
        ]
    y_fit = data.y_train[fit_rows]
    started = perf_counter()
    with quiet():
        X_fit, X_score, columns = _fitted_matrices(features, data, fit_rows, score_rows, options)
    return {
        "prepared_s": perf_counter() - started,
        "columns": columns,
        "X_fit": X_fit,
        "y_fit": y_fit,
        "early_stopping_rows": data.early_stopping_rows(fit_rows, seed),
        "X_score": X_score,
        "y_score": data.y_train[score_rows],
    }


def _fitted_matrices(features, data, fit_rows, score_rows, options):
    """(matrix of the rows to fit, of those to score, schema of what steps have made; None without steps)."""
    family, schema, columns = data.task.family, data.schema, None
    clean, y = schema.clean(data.X_train.iloc[fit_rows]), data.task.encode(data.y_train[fit_rows])
    steps = FeatureSteps.of(options, family)
    if steps is not None:
        steps.require(schema)
        clean = steps.fit_transform(clean, schema, y=y)
        columns = steps.extended(schema)
    preprocessor = make_preprocessor(features, columns or schema, family)
    X_fit = preprocessor.fit_transform(clean, y)
    scored = schema.clean(data.X_train.iloc[score_rows])
    return X_fit, preprocessor.transform(scored if steps is None else steps.transform(scored)), columns
