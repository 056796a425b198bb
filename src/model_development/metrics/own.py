"""Metrics of the user's own, by the setting `own_metrics`: a function in a file, or a scikit-learn scorer.

They are rows of METRICS as long as the context that names them is at work; workers make the same rows.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SettingsError, did_you_mean
from ..tasks.predictions import Predictions
from . import constants
from .own_functions import called_with, functions_of, read_source, unknown_arguments
from .said import score_by_scorer
from .table import METRICS, Metric

if TYPE_CHECKING:
    from ..tasks.base import Task

ARGUMENTS = ("y_true", "y_pred", "y_proba", "classes", "positive_class")
CONSTANTS = {
    "classification": (constants.most_frequent, constants.positive, constants.shares),
    "regression": (constants.mean, constants.median, constants.quantile_10, constants.quantile_90),
}
HOW = (
    "Write it as `def {name}(y_true, y_pred)`, with `y_proba` (shape (n_rows, n_classes)), `classes` or "
    "`positive_class` as further arguments where it needs them; larger is better, unless "
    "`{name}.greater_is_better = False`."
)
_names: set[str] = set()  # of the rows in METRICS that are a user's


@dataclass(frozen=True)
class OwnMetric:
    """What a row is made from, as workers get it.

    place : "file.py:function", or the name of a scorer. source : the text of the file; "" of a scorer.
    classes : as they stand in the target column; () for regression.
    """

    name: str
    place: str
    source: str
    family: str
    classes: tuple[Any, ...] = ()

    def of_function(self, function: Callable[..., float]) -> Callable[[np.ndarray, Predictions], float]:
        """The function with labels as they stand in the target column, given what it asks for."""
        labels = np.array(self.classes)

        def score(truth, outcome):
            given = {
                "y_true": labels[truth] if self.classes else truth,
                "y_pred": labels[outcome.labels] if self.classes else outcome.labels,
                "y_proba": outcome.probabilities,
                "classes": labels,
                "positive_class": None if outcome.positive is None else self.classes[outcome.positive],
            }
            return called_with(function, given)

        return score

    def function(self) -> Callable[..., float]:
        """The user's function. Raises SettingsError where the file has none, or it cannot be run."""
        path, name = self.place.rsplit(":", 1)
        found = functions_of(self.source, path, "own_metrics", f"own_metrics.{self.name}")
        function = found.get(name)
        if function is None:
            near = did_you_mean(name, [key for key, value in found.items() if inspect.isfunction(value)])
            raise _wrong(f"{path} has no function {name!r}.{near} {HOW.format(name=name)}")
        odd = unknown_arguments(function, ARGUMENTS)
        if odd:
            raise _wrong(f"{self.place} takes unknown {', '.join(odd)}. {HOW.format(name=name)}")
        return function


@lru_cache(maxsize=64)
def row_of(own: OwnMetric) -> Metric:
    """Return the row of METRICS. Raises SettingsError where there is no such function or scorer."""
    if not own.source:
        score, better = score_by_scorer(own.place), True
    else:
        function = own.function()
        score, better = own.of_function(function), getattr(function, "greater_is_better", True)

    def definition(truth: np.ndarray, outcome: Predictions) -> float:
        try:
            return float(score(truth, outcome))
        except Exception as error:  # whatever the user's code does: the metric has no value then
            raise ValueError(f"{own.place}: {type(error).__name__}: {error}") from error

    constant = _best_constant(definition, CONSTANTS[own.family], better)
    return Metric(own.name, own.family, better, own.name, definition, constant, is_standard=False)


def _wrong(text):
    return SettingsError(f"`own_metrics`: {text}")


def read_own_metrics(places: Mapping[str, str], folder: Path, task: Task) -> tuple[OwnMetric, ...]:
    """Return what the setting `own_metrics` names, {name: place}, as OwnMetrics; files are below `folder`.

    Raises SettingsError where a name is taken, or a place holds no such function or scorer.
    """
    found = []
    for name, place in places.items():
        if name in METRICS and name not in _names:
            raise _wrong(f"{name!r} is a metric of the package. Take another name.")
        metric = OwnMetric(name, place, _source(place, folder), task.family, tuple(task.classes))
        row_of(metric)
        found.append(metric)
    return tuple(found)


def use_own_metrics(metrics: Sequence[OwnMetric]) -> None:
    """Let METRICS hold rows of these, and of no others of a user's."""
    for name in _names:
        METRICS.pop(name, None)
    _names.clear()
    for metric in metrics:
        METRICS[metric.name] = row_of(metric)
        _names.add(metric.name)


def metric_of(described: Mapping[str, Any]) -> Metric:
    """Return the primary metric that a file of ours names; of a user's own what sorting and charts need."""
    name, better = described["primary_metric"], described["greater_is_better"]
    return METRICS.get(name) or Metric(name, "", better, name, _is_not_here, _is_not_here)


def _is_not_here(*_: Any) -> Any:
    raise ValueError("a metric of a user's own is calculated where its context is at work")


def _source(place, folder):
    return read_source(place.rsplit(":", 1)[0], folder, "own_metrics") if ":" in place else ""


def _best_constant(definition, candidates, greater_is_better):
    """Of a metric that is not known, the best of what is best for others."""
    sign = 1 if greater_is_better else -1

    def constant(target: np.ndarray, like: Predictions) -> Predictions:
        said = [candidate(target, like) for candidate in candidates]
        values = []
        for one in said:
            try:
                value = sign * definition(target, one.take(np.zeros(len(target), dtype=int)))
            except ValueError:
                value = -math.inf
            values.append(value if math.isfinite(value) else -math.inf)
        return said[int(np.argmax(values))]

    return constant
