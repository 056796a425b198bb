"""As few fits on a fold as give each of several combinations the model of a fit of its own.

Four kinds of sharing are declared in the table of models. In effect: what a library takes for the same
model is fitted once. Prefix: the model of 300 rounds holds those of 50, 100 and 200, so it is fitted once
and scored on the way. Plateau: a fit that did not come to its limit (of iterations, depth, leaves) is
also the fit of every larger limit, and so is a tree of a forest. These give each combination the scores of
a fit of its own, to the last bit. Together: networks of one shape are trained as one program; their
scores differ from those of networks trained alone by rounding. The tests hold all four to it.
"""

import copy
import math
from functools import partial

import joblib

from ..models.spec import Plateau, Prefix, Together
from .worker_steps import timed


def group_by_shared_fit(numbered, shared=(), in_effect=dict, shares=None):
    """Return lists of (number, params) that differ in `shared` only, in order of first occurrence.

    numbered : (number, dict of parameters) of each combination. shared : names of parameters; a combination
    that names none of them shares nothing. in_effect : (params) -> what a library makes of them, where it
    takes different ones for the same. shares : (params) -> can they share anything? None: all can.

    >>> group_by_shared_fit([(1, {"n": 50, "d": 3}), (2, {"n": 50, "d": 5}), (3, {"n": 100, "d": 3})], ["n"])
    [[(1, {'n': 50, 'd': 3}), (3, {'n': 100, 'd': 3})], [(2, {'n': 50, 'd': 5})]]
    """
    groups = {}
    for number, params in numbered:
        rest = joblib.hash({k: v for k, v in in_effect(params).items() if k not in shared})
        can_share = set(shared) & set(params) and (shares is None or shares(params))
        key = rest if can_share else number
        groups.setdefault(key, []).append((number, params))
    return list(groups.values())


def fits_of(spec, combinations, prepared, fold):
    """Yield for each fit, as it is done, a list of what came of its combinations.

    That is (position of the combination, its fitted Predictor or the error, and two times in seconds: its
    share of the fit, and what a fit of its own would have taken).
    """
    together, plateau, prefix = (_declared(spec, kind) for kind in (Together, Plateau, Prefix))
    lines = [[numbered] for numbered in enumerate(combinations)]
    if prefix:
        numbered = enumerate(combinations)
        lines = group_by_shared_fit(numbered, [prefix.parameter], spec.in_effect, prefix.shares)
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
            value = params[prefix.parameter] if len(line) > 1 else None
            if (key := (id(model), value)) not in views:
                error = together.error(model.estimator_) if together else None
                views[key] = error or model if value is None else _view(model, prefix, value)
            part = 1.0 if value is None else value / _largest(line, prefix)
            done.append((k, views[key], spent / len(line), alone * part))
        yield done


def _declared(spec, kind):
    """The sharing of this kind that a model declares, or None."""
    return next((sharing for sharing in spec.sharing if isinstance(sharing, kind)), None)


def _longest(line, prefix, prepared):
    """The unfitted model of a line's largest prefix, told which ones it is to keep."""
    if len(line) == 1:
        return prepared(line[0][1])
    values = [params[prefix.parameter] for _, params in line]
    model = prepared(line[values.index(_largest(line, prefix))][1])
    if prefix.keep is not None:
        prefix.keep(model.estimator_, values)
    return model


def _largest(line, prefix):
    return max(params[prefix.parameter] for _, params in line)


def _view(model, prefix, value):
    """The model as it was at a value of the prefix; the error where it never came to that."""
    view = copy.copy(model)
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
    for chain in group_by_shared_fit(numbered, [plateau.parameter], in_effect, plateau.shares):
        last, alone = None, 0.0
        for i, _ in sorted(chain, key=lambda link: _limit(link[1].get(plateau.parameter))):
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
    numbers = [model.numbers(fold["y_fit"]) for model in models][0]  # each is told classes or unit
    together.fit([model.estimator_ for model in models], fold["X_fit"], numbers, fold["inner"])
