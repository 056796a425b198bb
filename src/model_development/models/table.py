"""The table of models. Adding a model is one module and one row here.

The rows stand in order of complexity: of models that are equally good, the first is named the simplest.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..errors import UnknownModelError, did_you_mean
from ..tasks.target_unit import Freedom
from . import (
    architecture,
    networks,
    portfolios,
    pytorch_models,
    sklearn_models,
    statsmodels_models,
    tensorflow_models,
)
from .spec import BOTH, BatchedFit, ConvergedFit, ModelSpec, StagedFit
from .tree_table import TREES


def as_given(params: Mapping[str, Any]) -> Freedom:
    return Freedom.GIVEN


MODELS = {
    spec.name: spec
    for spec in (
        ModelSpec(
            name="dummy_floor",
            framework="sklearn",
            library=sklearn_models,
            tasks=BOTH,
            features="none",
            build=sklearn_models.build_dummy,
            target=as_given,
            baseline={},
            search_space={},
            is_dummy=True,
            relative_cost=0,
        ),
        ModelSpec(
            name="sklearn_logistic_regression",
            own_class_weight=True,
            framework="sklearn",
            library=sklearn_models,
            tasks=("classification",),
            features="scaled",
            build=sklearn_models.build_logistic,
            baseline=sklearn_models.LOGISTIC_BASELINE,
            search_space=sklearn_models.LOGISTIC_SPACE,
            open_parameters=True,
            ranges=sklearn_models.LOGISTIC_RANGES,
            sharing=(ConvergedFit("max_iter", sklearn_models.converged, is_effort=True),),
            relative_cost=0.2,
            promise=0.1,
        ),
        ModelSpec(
            name="sklearn_linear_regression",
            framework="sklearn",
            library=sklearn_models,
            tasks=("regression",),
            features="scaled",
            build=sklearn_models.build_linear,
            baseline=sklearn_models.LINEAR_BASELINE,
            search_space=sklearn_models.LINEAR_SPACE,
            ranges=sklearn_models.LINEAR_RANGES,
            relative_cost=0.1,
            promise=0.02,
        ),
        ModelSpec(
            name="sklearn_ridge",
            framework="sklearn",
            library=sklearn_models,
            tasks=("regression",),
            features="scaled",
            build=partial(sklearn_models.build_linear, regularization="ridge"),
            baseline=sklearn_models.RIDGE_BASELINE,
            search_space=sklearn_models.RIDGE_SPACE,
            ranges=sklearn_models.RIDGE_RANGES,
            relative_cost=0.1,
            promise=0.06,
        ),
        ModelSpec(
            name="sklearn_lasso",
            framework="sklearn",
            library=sklearn_models,
            tasks=("regression",),
            features="scaled",
            build=partial(sklearn_models.build_linear, regularization="lasso"),
            baseline=sklearn_models.LASSO_BASELINE,
            search_space=sklearn_models.LASSO_SPACE,
            ranges=sklearn_models.LASSO_RANGES,
            relative_cost=0.1,
            promise=0.03,
        ),
        ModelSpec(
            name="statsmodels_ols",
            framework="statsmodels",
            library=statsmodels_models,
            tasks=("regression",),
            features="design",
            build=statsmodels_models.build_ols,
            target=as_given,
            baseline=statsmodels_models.OLS_BASELINE,
            search_space=statsmodels_models.OLS_SPACE,
            relative_cost=0.1,
            library_mb=35,
            copies=4,
            promise=0.01,
            start_s=2.0,
        ),
        ModelSpec(
            name="statsmodels_glm",
            framework="statsmodels",
            library=statsmodels_models,
            tasks=("regression",),
            features="design",
            build=statsmodels_models.build_glm,
            target=as_given,
            baseline=statsmodels_models.GLM_BASELINE,
            search_space=statsmodels_models.GLM_SPACE,
            relative_cost=0.2,
            library_mb=35,
            copies=8,  # a fit that does not converge, on columns that add up, keeps one more each iteration
            promise=0.01,
            start_s=2.0,
        ),
        *TREES,
        ModelSpec(
            name="tensorflow_nn",
            framework="tensorflow",
            library=tensorflow_models,
            tasks=BOTH,
            features="both",
            build=tensorflow_models.build,
            baseline=tensorflow_models.BASELINE,
            search_space=tensorflow_models.SEARCH_SPACE,
            ranges=architecture.RANGES,
            input_forms=architecture.INPUT_FORMS,
            canonical_params=architecture.canonical_params,
            portfolio=portfolios.NETWORKS,
            limits=architecture.LIMITS,
            stops_early=True,
            sharing=(BatchedFit(("dropout", "learning_rate"), networks.fit_together, networks.fit_error),),
            relative_cost=3,
            library_mb=550,
            promise=0.2,
            start_s=8.0,
        ),
        ModelSpec(
            name="pytorch_nn",
            framework="pytorch",
            library=pytorch_models,
            tasks=BOTH,
            features="both",
            build=pytorch_models.build,
            baseline=pytorch_models.BASELINE,
            search_space=pytorch_models.SEARCH_SPACE,
            ranges=architecture.RANGES,
            input_forms=architecture.INPUT_FORMS,
            canonical_params=architecture.canonical_params,
            portfolio=portfolios.NETWORKS,
            limits=architecture.LIMITS,
            stops_early=True,
            sharing=(
                StagedFit("epochs", at=pytorch_models.at_epoch, keep=pytorch_models.keep_epochs),
                BatchedFit(("dropout", "learning_rate"), networks.fit_together, networks.fit_error),
            ),
            relative_cost=3.5,
            library_mb=30,
            promise=0.25,
            start_s=3.0,
        ),
    )
}


def get_model(name: str) -> ModelSpec:
    """Return the row called `name`. Raises UnknownModelError with the nearest name.

    >>> get_model("lightgbm_baseline").framework
    'lightgbm'
    """
    if name not in MODELS:
        raise UnknownModelError(
            f"No model is called {name!r}.{did_you_mean(name, MODELS)} Known: {', '.join(MODELS)}.",
            what=f"no model is called {name!r}",
            where="models",
            allowed=MODELS,
            do=did_you_mean(name, MODELS).strip() or None,
        )
    return MODELS[name]


def model_names(family: str | None = None) -> list[str]:
    """Names of all models, or of those for "classification" or "regression", in table order.

    >>> "statsmodels_ols" in model_names("classification")
    False
    """
    return [name for name, spec in MODELS.items() if family is None or family in spec.tasks]
