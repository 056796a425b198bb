"""The names by which saved files know our code; they stay when the modules behind them move.

A saved model lives longer than the layout of this package. skops writes the module of each class, MLflow that
of its loader: both find this module there. Each name stands for what is in the table, imported on first use.
"""

from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")
_HOME = {
    "CategoryCounts": "features.steps.categories",
    "CategoryMeans": "features.steps.categories",
    "ColumnSelection": "features.steps.selection",
    "DateDifferences": "features.steps.dates",
    "DateParts": "features.steps.dates",
    "ExtraForestClassifier": "models.forests",
    "ExtraForestRegressor": "models.forests",
    "FeatureSteps": "features.steps.feature_steps",
    "ForestClassifier": "models.forests",
    "ForestRegressor": "models.forests",
    "Lags": "features.steps.lags",
    "NumberPairs": "features.steps.number_pairs",
    "Past": "features.steps.past",
    "PiecewiseLinearEncoder": "features.piecewise",
    "PrincipalComponents": "features.steps.components",
    "SentenceEncoder": "features.sentences",
    "SinglePrecision": "features.piecewise",
    "TargetFolds": "features.target_folds",
    "TextStatistics": "features.steps.texts",
    "UnitFree": "features.piecewise",
    "_load_pyfunc": "tracking.flavor",  # the name that MLflow asks a loader module for
}


def saved_name(name: str) -> str:
    """The full name under which saved files know a class.

    >>> saved_name("ForestClassifier")
    'model_development.saved.ForestClassifier'
    """
    return f"{__name__}.{name}"


def known_as_saved(cls: type[T]) -> type[T]:
    """Let a class be known by the name in this module, wherever it is defined; for use as a decorator."""
    cls.__module__ = __name__
    return cls


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"model_development.{_HOME[name]}"), name)
