"""Score combinations that differ in one parameter with as few fits as give the same numbers.

Two kinds of sharing are declared in the table of models. Prefix: the model of 300 rounds holds those
of 50, 100 and 200, so it is fitted once and scored on the way. Plateau: a fit that converged before
its limit of iterations is also the fit of every larger limit. Both give each combination the scores
of a fit of its own, to the last bit; the tests hold them to it.
"""

import copy
from functools import lru_cache, partial

from ..data.features import make_preprocessor
from ..models.table import Plateau, Prefix, get_model
from .candidate import summarize
from .fitting import prepare, quiet, read_rows, score_matrix, timed


def try_combinations(model_name, combinations, rows_path, options, report):
    """Cross-validate combinations of parameters that may share fits.

    combinations : list of params that differ in the model's shared parameter alone.

    Returns a list, one entry per combination: the dict of `cross_validate` with `fit_cost_s` (its share
    of the seconds of the fits it took part in) and `n_sharing`, or the text why the library refuses it.
    """
    try:
        return _try_together(model_name, combinations, rows_path, options)
    except (ValueError, TypeError) as error:
        if len(combinations) == 1:
            return [_refusal(model_name, error)]
    # One of them is refused, or diverges: each for itself, so that the others keep their own scores.
    results = []
    for params in combinations:
        try:
            results += _try_together(model_name, [params], rows_path, options)
        except (ValueError, TypeError) as error:
            results.append(_refusal(model_name, error))
    return results


def _refusal(model_name, error):
    return f"{get_model(model_name).framework} refuses it: {error}"


def _try_together(model_name, combinations, rows_path, options):
    data = read_rows(rows_path)
    fold_results = [[] for _ in combinations]
    for number in range(len(data.folds)):
        fold = _fold(rows_path, get_model(model_name).features, number, options["seed"])
        for index, result in _score_fold(model_name, combinations, data, fold, options):
            fold_results[index].append(result)
    shares = {"n_sharing": len(combinations)}
    return [
        summarize([fold[:3] for fold in folds]) | shares | {"fit_cost_s": sum(fold[3] for fold in folds)}
        for folds in fold_results
    ]


def _score_fold(model_name, combinations, data, fold, options):
    """Yield (index, (values, reasons, seconds of the fit, this combination's share of them))."""
    sharing = get_model(model_name).sharing
    order = range(len(combinations))
    if isinstance(sharing, Prefix) and len(combinations) > 1:
        values = [params[sharing.parameter] for params in combinations]
        longest = combinations[values.index(max(values))]
        fitted, seconds = _fit(model_name, longest, data, fold, options, sharing, values)
        for index in order:
            view = copy.copy(fitted)
            view.estimator_ = sharing.at(fitted.estimator_, values[index])
            scores = score_matrix(view, fold["X_score"], fold["y_score"], data.task)
            yield index, (*scores, seconds, seconds / len(combinations))
        return
    if isinstance(sharing, Plateau):
        order = sorted(order, key=lambda index: combinations[index][sharing.parameter])
    fitted = scores = None
    for index in order:
        reused = fitted is not None and isinstance(sharing, Plateau) and sharing.converged(fitted.estimator_)
        if not reused:
            fitted, seconds = _fit(model_name, combinations[index], data, fold, options)
            scores = score_matrix(fitted, fold["X_score"], fold["y_score"], data.task)
        yield index, (*scores, seconds, 0.0 if reused else seconds)


def _fit(model_name, params, data, fold, options, sharing=None, values=()):
    predictor = prepare(model_name, params, data, options)
    if sharing is not None and sharing.keep is not None:
        sharing.keep(predictor.estimator_, values)
    return predictor, timed(partial(predictor.fit_matrix, fold["X_fit"], fold["y_fit"], fold["inner"]))


@lru_cache(maxsize=50)
def _fold(rows_path, features, number, seed):
    """One fold as matrices: its preprocessing is fitted once for all combinations."""
    data = read_rows(rows_path)
    fit_rows, score_rows = data.folds[number]
    preprocessor = make_preprocessor(features, data.schema, data.task.family)
    y_fit = data.y_train[fit_rows]
    with quiet():
        clean = data.schema.clean(data.X_train.iloc[fit_rows])
        X_fit = preprocessor.fit_transform(clean, data.task.encode(y_fit))
        X_score = preprocessor.transform(data.schema.clean(data.X_train.iloc[score_rows]))
    return {
        "X_fit": X_fit,
        "y_fit": y_fit,
        "inner": data.inner_rows(fit_rows, seed),
        "X_score": X_score,
        "y_score": data.y_train[score_rows],
    }
