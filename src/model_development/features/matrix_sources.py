"""Which raw column each column of the matrix is made from, missing indicators and parts of dates too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from .piecewise import PiecewiseLinearEncoder, SinglePrecision, UnitFree
from .sentences import SentenceEncoder

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema


def matrix_sources(
    preprocessor: Any, schema: TableSchema, origins: Mapping[str, Sequence[str]] | None = None
) -> np.ndarray | None:
    """Return for each column of the matrix the position of its raw column in `schema.names()`.

    preprocessor : a fitted one, see `make_preprocessor`. origins : {column of the table that it takes: raw
    columns}, where steps have made that table. Returns whole numbers, shape (n_matrix_columns,); None where
    nobody can say: of a preprocessor that is none of ours, and where a column is made from several.
    """
    if not isinstance(preprocessor, ColumnTransformer):
        return None
    positions = {name: position for position, name in enumerate(schema.names())}
    if origins is None:
        origins = {name: (name,) for name in positions}
        origins |= {part: (date,) for date, parts in schema.part_names.items() for part in parts}
    if any(len(raw) != 1 for raw in origins.values()):
        return None
    raw = {name: positions[sources[0]] for name, sources in origins.items()}
    sources = []
    for name, step, columns in preprocessor.transformers_:
        if name == "remainder":
            continue
        inputs = _inputs(step, len(columns))
        if inputs is None:
            return None
        sources.append(np.array([raw[column] for column in columns])[inputs])
    return np.concatenate(sources) if sources else np.empty(0, dtype=int)


def sources_of_model(model: Any) -> np.ndarray | None:
    """The same of a fitted model; None of an ensemble, too."""
    steps = getattr(model, "steps_", None)
    origins = None if steps is None else steps.origins
    return matrix_sources(getattr(model, "preprocessor_", None), model.schema_, origins)


def _inputs(step: Any, n_inputs: int) -> np.ndarray | None:
    """For each output of a fitted step the position of its input; None where that is not known."""
    if isinstance(step, Pipeline):
        inputs: np.ndarray | None = np.arange(n_inputs)
        for _, part in step.steps:
            further = None if inputs is None else _inputs(part, len(inputs))
            inputs = None if inputs is None or further is None else inputs[further]
        return inputs
    find = _STEPS.get(type(step))
    return None if find is None else find(step, n_inputs)


def _one_to_one(step: Any, n_inputs: int) -> np.ndarray:
    return np.arange(n_inputs)


def _imputed(step: Any, n_inputs: int) -> np.ndarray:
    """Values first, then an indicator for each column that had missing ones."""
    indicated = [] if step.indicator_ is None else step.indicator_.features_
    return np.concatenate([np.arange(n_inputs), np.asarray(indicated, dtype=int)])


def _binned(step: Any, n_inputs: int) -> np.ndarray:
    return step.columns_


def _one_hot(step: Any, n_inputs: int) -> np.ndarray:
    """By its own names of what comes out, in which each category is called as its column."""
    named = copy.copy(step).set_params(feature_name_combiner=lambda column, category: str(column))
    position = {str(name): number for number, name in enumerate(step.feature_names_in_)}
    return np.array([position[name] for name in named.get_feature_names_out()], dtype=int)


def _means(step: Any, n_inputs: int) -> np.ndarray:
    """Several classes have a mean each, those of one column side by side."""
    return np.repeat(np.arange(n_inputs), len(step.encodings_) // n_inputs)


def _sentences(step: Any, n_inputs: int) -> np.ndarray:
    return np.zeros(step.n_parts, dtype=int)


_STEPS: dict[type, Callable[[Any, int], np.ndarray]] = {
    UnitFree: _one_to_one,
    StandardScaler: _one_to_one,
    SinglePrecision: _one_to_one,
    OrdinalEncoder: _one_to_one,
    SimpleImputer: _imputed,
    PiecewiseLinearEncoder: _binned,
    OneHotEncoder: _one_hot,
    TargetEncoder: _means,
    SentenceEncoder: _sentences,
}
