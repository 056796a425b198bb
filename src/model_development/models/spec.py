"""What a row of the table of models says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..tasks.target_unit import Freedom
from . import class_weights

if TYPE_CHECKING:
    import numpy as np


ROWS_PER_SECOND = 4_000.0  # that a model of `relative_cost` 1 fits, roughly, with as many columns as these:
USUAL_COLUMNS = 12
CHARACTERS_PER_SECOND = 300_000.0  # of sentences that the preprocessing of a fit learns from, on a core
BOTH = ("classification", "regression")  # families of tasks


@dataclass(frozen=True)
class StagedFit:
    """Models with smaller values of `parameter` are on the way to the largest: one fit gives all.

    at : (fitted estimator, value) -> the estimator as it was at that value.
    keep : (unfitted estimator, values), where `fit` must be told what to keep; else None.
    unless : (params) -> do they make of each number another model, so that nothing is shared?
    """

    parameter: str
    at: Callable[[Any, int], Any]
    keep: Callable[[Any, Sequence[int]], None] | None = None
    unless: Callable[[Mapping[str, Any]], bool] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter,)

    def shares(self, params: Mapping[str, Any]) -> bool:
        """Can these parameters share a fit? Not with a number that a library refuses or reads otherwise."""
        return _is_count(params.get(self.parameter)) and not (self.unless and self.unless(params))


@dataclass(frozen=True)
class ConvergedFit:
    """`parameter` is a limit: a fit that did not come to it is also the fit of every larger one.

    converged : (fitted estimator) -> did it end by itself, before its limit?
    reuse : (unfitted estimator, the fitted one of a smaller limit) -> share of the fit that need not be done
        again, 0 to 1, since that part of it did not come to its limit; else None.
    is_effort : it says how long to try, not what the model may be: no value of it is an edge of the search.
    none_is_no_limit : None stands for no limit at all. largest : value that the library takes.
    """

    parameter: str
    converged: Callable[[Any], bool]
    reuse: Callable[[Any, Any], float] | None = None
    is_effort: bool = False
    none_is_no_limit: bool = False
    largest: float = math.inf

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter,)

    def shares(self, params: Mapping[str, Any]) -> bool:
        """Can these parameters share a fit? Not with a limit that the library refuses or reads otherwise."""
        limit = params.get(self.parameter)
        if limit is None:
            return self.none_is_no_limit
        return _is_count(limit) and limit <= self.largest


@dataclass(frozen=True)
class BatchedFit:
    """Models that differ in `parameters` alone are fitted as one program, for a part of the time.

    fit : (list of unfitted estimators, X, y, early-stopping rows, weights of rows or None).
    error : (estimator) -> why its fit failed, or None.
    """

    parameters: tuple[str, ...]
    fit: Callable[[Sequence[Any], np.ndarray, np.ndarray, np.ndarray, np.ndarray | None], None]
    error: Callable[[Any], Exception | None]


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One row.

    library : module of the framework: PACKAGES, save(estimator, folder), load(folder, task). Where it
        can use a card: ran_on_gpu(estimator). Where it has `refusals()`: errors, beside ValueError and
        TypeError, that the library raises for values that it does not take.
    build : (task, *, seed, device, n_jobs, feature_types, **params) -> unfitted estimator.
    features : the kind of preprocessing it wants, see features/preprocessors.py.
    search_space : the grid, {parameter: [values]}. ranges : the wider space of searches that learn as they
        go, {parameter: [values] or {"low", "high", "log"}}; without it they search the grid. portfolio :
        points of the ranges that were good on many tables, which such a search begins with. larger : what
        takes the place of baseline parameters on tables of which they do not learn all in their rounds.
    limits : {parameter: its least or largest possible value}, at which a search ends without a warning.
    canonical_params : (params) -> params, the same for combinations that the library makes the same model of.
    of_family : {family: {parameter: what its baseline has in place of the common one}}.
    in_search : what takes the place of baseline parameters where a combination names one that is shared as
        a StagedFit: a number of rounds, say, instead of early stopping.
    stops_early : its `fit` takes the positions of early-stopping rows as a third argument; afterwards it has
        `history_`, {name: [value per epoch or round]}, and `stopped_at_`, the epochs or rounds it kept. Where
        its attribute `on_step` is set, that is called with a text after each step. `refit(X, y, first)` fits
        all rows as long as `first`, another one, did before it stopped.
    target : (params) -> Freedom: what may be done to the target of a regression, so that no result depends on
        its unit. Of a model that is the same in any unit by itself: nothing.
    takes_weights : its `fit` takes `sample_weight`, and where it stops early its `refit`, too.
    own_class_weight : its library has a `class_weight` of its own, which is handed on where it is none of
        class_weights.CHOICES.
    input_forms : kinds of preprocessing that the parameter `input_form` may name in place of `features`.
    open_parameters : `build` hands parameters that are not named here on to the library.
    is_dummy : it ignores the features; every other model must beat it, and it is never chosen. Its scores are
        those of the best constant of each metric, see fitting/constant_baseline.py.
    copies : how many matrices of all rows are alive at once at the peak: the preprocessor's parts and their
        sum, or the one that is fitted and what the library makes of it. library_mb : MB of the imported
        framework. model_mb : (params, n_rows, n_classes) -> MB of a fitted model that grows with the rows.
    """

    name: str  # MLflow run name, and the key in every file we write
    framework: str
    library: ModuleType
    tasks: tuple[str, ...]
    features: str
    build: Callable[..., Any]
    baseline: Mapping[str, Any]
    search_space: Mapping[str, Any]
    of_family: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ranges: Mapping[str, Any] = field(default_factory=dict)
    portfolio: Sequence[Mapping[str, Any]] = ()
    larger: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    canonical_params: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    target: Callable[[Mapping[str, Any]], Freedom] = field(default=lambda params: Freedom.STANDARDISED)
    in_search: Mapping[str, Any] = field(default_factory=dict)
    stops_early: bool = False
    sharing: tuple[
        StagedFit | ConvergedFit | BatchedFit, ...
    ] = ()  # StagedFit, ConvergedFit, BatchedFit: what combinations of the grid can share
    takes_weights: bool = True
    own_class_weight: bool = False
    input_forms: tuple[str, ...] = ()
    open_parameters: bool = False
    relative_cost: float = 1.0  # of training it, roughly: what takes long is begun first
    class_exponent: float = 0.0  # of more than two classes: by which its fits take longer with their number
    column_exponent: float = 1.0  # of a target with classes: by which they do so with many columns
    start_s: float = 1.0  # seconds until its library is imported and it is measured beside its fits
    promise: float = 0.05  # what it is worth to have it, as the best model or in an ensemble: 0 to 1
    is_dummy: bool = False
    copies: float = 2.0
    library_mb: float = 0.0
    model_mb: Callable[[Mapping[str, Any], int, int], float] = lambda params, n_rows, n_classes: 0.0

    @property
    def named_parameters(self) -> set[str]:
        """The parameters that this row names; the library may have more."""
        of_classes = {class_weights.PARAMETER} if self.weighs_classes else set()
        return {*self.baseline, *self.search_space, *self.ranges, *of_classes}

    def expected_s(self, shape: tuple[int, int], n_classes: int = 2, n_characters: int = 0) -> float:
        """Roughly, seconds of a fit of so many (rows, columns). n_classes : 0 for numbers.

        n_characters : of all sentences, which each fit makes numbers of; a dummy does not.
        """
        n_rows, n_columns = shape
        n_times = n_classes**self.class_exponent if n_classes > 2 else 1
        exponent = self.column_exponent if n_classes and n_columns > USUAL_COLUMNS else 1
        n_numbers = n_rows * n_times * (n_columns / USUAL_COLUMNS) ** exponent
        texts_s = 0 if self.is_dummy else n_characters / CHARACTERS_PER_SECOND
        return self.start_s + texts_s + self.relative_cost * n_numbers / ROWS_PER_SECOND

    def baseline_of(self, family: str) -> dict[str, Any]:
        """Parameters of the baseline for "classification" or "regression"."""
        return {**self.baseline, **self.of_family.get(family, {})}

    @property
    def shared_parameters(self) -> tuple[str, ...]:
        """Parameters in which combinations may differ and still share their fits."""
        return tuple(name for rule in self.sharing for name in rule.parameters)

    @property
    def efforts(self) -> set[str]:
        """Parameters that say how long to try, see ConvergedFit."""
        limits = [rule for rule in self.sharing if isinstance(rule, ConvergedFit)]
        return {rule.parameter for rule in limits if rule.is_effort}

    @property
    def can_use_card(self) -> bool:
        return hasattr(self.library, "ran_on_gpu")

    def ran_on_gpu(self, estimator: Any) -> bool:
        """Was it fitted on a card?"""
        return self.can_use_card and bool(self.library.ran_on_gpu(estimator))

    @property
    def weighs_classes(self) -> bool:
        """Has it, where it is a classifier, the parameter `class_weight`?"""
        return "classification" in self.tasks and self.takes_weights and not self.is_dummy

    def split_class_weight(
        self, params: Mapping[str, Any], has_classes: bool
    ) -> tuple[str | None, dict[str, Any]]:
        """Return (what of CHOICES rows of a class weigh, the parameters that `build` takes).

        Raises ValueError for a value that is none of these, where the library has none of its own.
        """
        rest, name = dict(params), class_weights.PARAMETER
        choice = rest.pop(name, None)
        if choice is None:
            return None, rest
        if not (has_classes and self.weighs_classes):
            raise ValueError(f"{name} is {choice!r}, but there are no classes whose rows {self.name} weighs")
        if choice in class_weights.CHOICES:
            return choice, rest
        if self.own_class_weight:
            return None, dict(params)
        raise ValueError(f"{name} is {choice!r}; allowed: null, balanced, sqrt_balanced")

    def features_of(self, params: Mapping[str, Any]) -> str:
        """The kind of preprocessing that a model with these parameters wants.

        Raises ValueError for an `input_form` that there is not.
        """
        form = params.get("input_form", self.features) if self.input_forms else self.features
        if form not in (self.features, *self.input_forms):
            raise ValueError(f"input_form is {form!r}; allowed: {', '.join(self.input_forms)}")
        return form

    def completed(self, params: Mapping[str, Any], family: str = "classification") -> dict[str, Any]:
        """All parameters of a combination: what it does not name stands in the baseline.

        Where classes weigh alike, a baseline that does not say so need not either.
        """
        prefixes = {s.parameter for s in self.sharing if isinstance(s, StagedFit)}
        found = {**self.baseline_of(family), **(self.in_search if prefixes & set(params) else {}), **params}
        name = class_weights.PARAMETER
        if name not in self.baseline and found.get(name, "") is None:
            del found[name]
        return found
