"""As few fits on a fold as give each of several combinations the model of a fit of its own.

Four kinds of sharing are declared in the table of models. Canonical parameters: what a library takes for the
same model is fitted once. StagedFit: the model of 300 rounds holds those of 50, 100 and 200, so it is fitted
once and scored on the way. ConvergedFit: a fit that did not come to its limit (of iterations, depth, leaves)
is also the fit of every larger limit, and so is a tree of a forest. These give each combination the scores of
a fit of its own, to the last bit. BatchedFit: networks of one shape are trained as one program; their scores
differ from those of networks trained alone by rounding. The tests hold all four to it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import joblib

from ..models.spec import BatchedFit, ConvergedFit, ModelSpec, StagedFit
from .worker_steps import timed

if TYPE_CHECKING:
    import numpy as np

    from ..pipeline import TabularModel


def group_by_shared_fit(
    numbered: Iterable[tuple[int, dict[str, Any]]],
    shared: Collection[str] = (),
    canonical_params: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
    shares: Callable[[Mapping[str, Any]], bool] | None = None,
) -> list[list[tuple[int, dict[str, Any]]]]:
    """Return lists of (number, params) that differ in `shared` only, in order of first occurrence.

    numbered : (number, dict of parameters) of each combination. shared : names of parameters; a combination
    that names none of them shares nothing. canonical_params : (params) -> what a library makes of them, where
    it takes different ones for the same. shares : (params) -> can they share anything? None: all can.

    >>> group_by_shared_fit([(1, {"n": 50, "d": 3}), (2, {"n": 50, "d": 5}), (3, {"n": 100, "d": 3})], ["n"])
    [[(1, {'n': 50, 'd': 3}), (3, {'n': 100, 'd': 3})], [(2, {'n': 50, 'd': 5})]]
    """
    groups = {}
    for number, params in numbered:
        rest = joblib.hash({k: v for k, v in canonical_params(params).items() if k not in shared})
        can_share = set(shared) & set(params) and (shares is None or shares(params))
        key = rest if can_share else number
        groups.setdefault(key, []).append((number, params))
    return list(groups.values())


def fits_of(
    spec: ModelSpec,
    combinations: Sequence[dict[str, Any]],
    prepared: Callable[[Mapping[str, Any]], TabularModel],
    fold: Mapping[str, np.ndarray],
) -> Iterator[list[tuple[int, TabularModel | Exception, float, float]]]:
    """Yield for each fit, as it is done, a list of what came of its combinations.

    That is (position of the combination, its fitted TabularModel or the error, and two times in seconds: its
    share of the fit, and what a fit of its own would have taken).
    """
    batched, stages = _declared(spec, BatchedFit), _declared(spec, StagedFit)
    lines = [[numbered] for numbered in enumerate(combinations)]
    if stages:
        numbered = enumerate(combinations)
        lines = group_by_shared_fit(numbered, [stages.parameter], spec.canonical_params, stages.shares)
    models = [_longest(line, stages, prepared) for line in lines]
    views = {}  # one may stand for several combinations
    for i, model, spent, alone in _fits(spec, models, fold):
        line, done = lines[i], []
        for k, params in line:
            value = params[stages.parameter] if len(line) > 1 else None
            if (key := (id(model), value)) not in views:
                error = batched.error(model.estimator_) if batched else None
                views[key] = error or model if value is None else _view(model, stages, value)
            part = 1.0 if value is None else value / _largest(line, stages)
            done.append((k, views[key], spent / len(line), alone * part))
        yield done


def _fits(spec, models, fold):
    """Fit the models of lines by the first way of FITTING that the model declares, else one by one."""
    rules = [(rule, how) for kind, how in FITTING.items() if (rule := _declared(spec, kind))]
    rule, how = rules[0] if rules and len(models) > 1 else (None, _one_by_one)
    return how(rule, models, fold, spec.canonical_params)


def _declared(spec, kind):
    """The sharing of this kind that a model declares, or None."""
    return next((sharing for sharing in spec.sharing if isinstance(sharing, kind)), None)


def _longest(line, stages, prepared):
    """The unfitted model of a line's last stage, told which stages it is to keep."""
    if len(line) == 1:
        return prepared(line[0][1])
    values = [params[stages.parameter] for _, params in line]
    model = prepared(line[values.index(_largest(line, stages))][1])
    if stages.keep is not None:
        stages.keep(model.estimator_, values)
    return model


def _largest(line, stages):
    return max(params[stages.parameter] for _, params in line)


def _view(model, stages, value):
    """The model as it was at one of its stages; the error where it never came to that."""
    view = copy.copy(model)
    try:
        view.estimator_ = stages.at(model.estimator_, value)
    except ValueError as error:
        return error
    return view


def _one_by_one(rule, models, fold, canonical_params):
    """Fit models; yield (position, model, seconds spent on it, seconds of a fit of its own)."""
    for i, model in enumerate(models):
        seconds = _fit(model, fold)
        yield i, model, seconds, seconds


def _all_at_once(batched, models, fold, canonical_params):
    """The same of models that are fitted as one program."""
    seconds = timed(partial(_fit_together, batched, models, fold)) / len(models)
    for i, model in enumerate(models):
        yield i, model, seconds, seconds


def _upwards(convergence, models, fold, canonical_params):
    """The same of models that may differ in a limit, from the smallest up; one may stand for the next."""
    numbered = [(i, model.params) for i, model in enumerate(models)]
    for chain in group_by_shared_fit(numbered, [convergence.parameter], canonical_params, convergence.shares):
        last: TabularModel | None = None
        alone = 0.0
        for i, _ in sorted(chain, key=lambda link: _limit(link[1].get(convergence.parameter))):
            if last and convergence.converged(last.estimator_):
                yield i, last, 0.0, alone
                continue
            share = 0.0
            if last and convergence.reuse:
                share = convergence.reuse(models[i].estimator_, last.estimator_)
            last, spent = models[i], _fit(models[i], fold)
            alone = spent + share * alone
            yield i, last, spent, alone


FITTING = {BatchedFit: _all_at_once, ConvergedFit: _upwards}


def _limit(value):
    return math.inf if value is None else value


def _fit(model, fold):
    return timed(partial(model.fit_estimator, fold["X_fit"], fold["y_fit"], fold["early_stopping_rows"]))


def _fit_together(batched, models, fold):
    numbers = [model.encode_target(fold["y_fit"]) for model in models][0]  # each is told classes or unit
    weights = models[0].class_weights(numbers)  # in which those that are fitted together agree
    estimators = [model.estimator_ for model in models]
    batched.fit(estimators, fold["X_fit"], numbers, fold["early_stopping_rows"], weights)
