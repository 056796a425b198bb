"""Score combinations of parameters with as few fits as give the same numbers.

Four kinds of sharing are declared in the table of models. In effect: what a library takes for the same
model is fitted once. Prefix: the model of 300 rounds holds those of 50, 100 and 200, so it is fitted once
and scored on the way. Plateau: a fit that did not come to its limit (of iterations, depth, leaves) is
also the fit of every larger limit, and so is a tree of a forest. These give each combination the scores of
a fit of its own, to the last bit. Together: networks of one shape are trained as one program; their
scores differ from those of networks trained alone by rounding. The tests hold all four to it.
"""

import copy
import math
from contextlib import suppress
from functools import lru_cache, partial

from ..data.features import make_preprocessor
from ..models.spec import Plateau, Prefix, Together
from ..models.table import get_model
from .budget import sample_rows
from .fitting import on_cpu_if_full, out_of_gpu_memory, prepare, quiet, read_rows, score_matrix, timed
from .prefix import group_by_shared_fit
from .summary import summarize


def try_combinations(model_name, combinations, rows_path, options, report, folds=None, share=1.0):
    """Cross-validate combinations of parameters that may share fits.

    combinations : list of params that differ in the model's shared parameters alone. folds : numbers of
        the folds to fit; None for all. share : of the rows that a fold fits, drawn by the seed.

    Returns a list, one entry per combination: the dict of `cross_validate` with `fit_cost_s` (its share
    of the seconds of the fits it took part in), `alone_cost_s` (what fits of its own would have taken, in
    proportion to a prefix; networks trained together count what they took) and `n_sharing`, or the text
    why the library refuses it. Where the memory of the GPU is too small they are fitted on the CPU.

    report : is told (params, entry) of those that are done while others are still to be fitted.
    """

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
    work = partial(_try_together, model_name, **how)
    try:
        return work(combinations)
    except _refusals(model_name) as error:
        if len(combinations) == 1:
            return [_refusal(model_name, error)]
    # One of them is refused, or diverges: each for itself, so that the others keep their own scores.
    results = []
    for params in combinations:
        try:
            results += work([params])
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
    fold_results = [[] for _ in combinations]

    def entry(k):
        results = fold_results[k]
        if isinstance(results, str):
            return results
        return _summary(results, len(combinations)) | {"folds": numbers}

    for number in numbers:
        fold = _fold(rows_path, spec.features, number, options["seed"], share)
        open_ones = [k for k, results in enumerate(fold_results) if not isinstance(results, str)]
        wanted = [combinations[k] for k in open_ones]
        n_left = len(wanted)
        for fit in _fits_of(spec, wanted, partial(prepare, model_name, data=data, options=options), fold):
            for position, model, *costs in fit:
                k = open_ones[position]
                if isinstance(model, Exception):
                    fold_results[k] = _refusal(model_name, model)
                else:
                    fold_results[k].append((*_scores(model, fold, data.task), *costs))
            n_left -= len(fit)
            if n_left and number == numbers[-1]:
                for position, *_ in fit:
                    k = open_ones[position]
                    report((combinations[k], entry(k)))
    return [entry(k) for k in range(len(combinations))]


def _summary(results, n_sharing):
    """What came of one combination; its times of fitting are those of fits of its own."""
    spent = sum(share for _, _, share, _ in results)
    found = summarize([(values, reasons, alone) for values, reasons, _, alone in results])
    costs = {"fit_cost_s": spent, "alone_cost_s": sum(found["fold_seconds"])}
    return found | costs | {"n_sharing": n_sharing}


def _scores(model, fold, task):
    """The scores of a fitted model; kept with it, since a model may stand for several combinations."""
    if not hasattr(model, "scores_"):
        model.scores_ = score_matrix(model, fold["X_score"], fold["y_score"], task)
    return model.scores_


def _fits_of(spec, combinations, prepared, fold):
    """Yield for each fit, as it is done, a list of what came of its combinations.

    That is (position of the combination, its fitted Predictor or the error, and two times in seconds: its
    share of the fit, and what a fit of its own would have taken).
    """
    together, plateau, prefix = (_declared(spec, kind) for kind in (Together, Plateau, Prefix))
    if prefix and prefix.unless and any(map(prefix.unless, combinations)):
        prefix = None
    shared = [prefix.parameter] if prefix else []
    lines = group_by_shared_fit(enumerate(combinations), shared, spec.in_effect)
    models = [_longest(line, prefix, prepared) for line in lines]
    if together and len(models) > 1:
        fits = _all_at_once(together, models, fold)
    elif plateau:
        fits = _upwards(plateau, models, fold, spec.in_effect)
    else:
        fits = _one_by_one(models, fold)
    views = {}  # one may stand for several combinations
    for i, model, spent, alone in fits:
        line, done = lines[i], []
        for k, params in line:
            value = params[prefix.parameter] if prefix and len(line) > 1 else None
            if (key := (id(model), repr(value))) not in views:
                error = together.error(model.estimator_) if together else None
                views[key] = error or model if value is None else _view(model, prefix, value)
            part = params[prefix.parameter] / _largest(line, prefix) if prefix else 1.0
            done.append((k, views[key], spent / len(line), alone * part))
        yield done


def _declared(spec, kind):
    """The sharing of this kind that a model declares, or None."""
    return next((sharing for sharing in spec.sharing if isinstance(sharing, kind)), None)


def _longest(line, prefix, prepared):
    """The unfitted model of a line's largest prefix, told which ones it is to keep."""
    if prefix is None:
        return prepared(line[0][1])
    values = [params[prefix.parameter] for _, params in line]
    model = prepared(line[values.index(_largest(line, prefix))][1])
    if prefix.keep is not None and len(line) > 1:
        prefix.keep(model.estimator_, values)
    return model


def _largest(line, prefix):
    return max(params[prefix.parameter] for _, params in line)


def _view(model, prefix, value):
    """The model as it was at a value of the prefix; the error where it never came to that."""
    view = copy.copy(model)
    if value < 1:  # which libraries take for "all of them"
        return ValueError(f"{prefix.parameter} must be 1 or more")
    try:
        view.estimator_ = prefix.at(model.estimator_, value)
    except ValueError as error:
        return error
    return view


def _one_by_one(models, fold):
    """Fit models; yield (position, model, seconds spent on it, seconds of a fit of its own)."""
    for i, model in enumerate(models):
        seconds = _fit(model, fold)
        yield i, model, seconds, seconds


def _all_at_once(together, models, fold):
    """The same of models that are fitted as one program."""
    seconds = timed(partial(_fit_together, together, models, fold)) / len(models)
    for i, model in enumerate(models):
        yield i, model, seconds, seconds


def _upwards(plateau, models, fold, in_effect):
    """The same of models that may differ in a limit, from the smallest up; one may stand for the next."""
    numbered = [(i, model.params) for i, model in enumerate(models)]
    for chain in group_by_shared_fit(numbered, [plateau.parameter], in_effect):
        last, alone = None, 0.0
        for i, _ in sorted(chain, key=lambda link: _limit(link[1][plateau.parameter])):
            if last and plateau.converged(last.estimator_):
                yield i, last, 0.0, alone
                continue
            reuse = plateau.reuse if last else None
            share = reuse(models[i].estimator_, last.estimator_) if reuse else 0.0
            last, spent = models[i], _fit(models[i], fold)
            alone = spent + share * alone
            yield i, last, spent, alone


def _limit(value):
    return math.inf if value is None else value


def _fit(model, fold):
    return timed(partial(model.fit_matrix, fold["X_fit"], fold["y_fit"], fold["inner"]))


def _fit_together(together, models, fold):
    numbers = [model.numbers(fold["y_fit"]) for model in models][0]  # each is told the classes
    together.fit([model.estimator_ for model in models], fold["X_fit"], numbers, fold["inner"])


@lru_cache(maxsize=50)
def _fold(rows_path, features, number, seed, share):
    """One fold as matrices: its preprocessing is fitted once for all combinations."""
    data = read_rows(rows_path)
    fit_rows, score_rows = data.folds[number]
    if share < 1:
        fit_rows = fit_rows[
            sample_rows(data.task.encode(data.y_train[fit_rows]), data.task.family, share, seed)
        ]
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
