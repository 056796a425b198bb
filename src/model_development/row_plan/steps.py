"""Fitted steps of the preprocessors that make numbers of numbers, each as a function of plain arrays.

Categories need no such function: what a step makes of a level is looked up, see levels.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from ..features.piecewise import MOST, PiecewiseLinearEncoder, SinglePrecision, UnitFree

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Numbers = Callable[[np.ndarray], np.ndarray]  # shape (n_inputs,) to shape (n_outputs,)


def number_steps(step: Any) -> list[Numbers] | None:
    """Return a fitted step, or pipeline of steps, as functions to be called one after the other.

    None where one of them has no such form.
    """
    made = []
    for part in _parts(step):
        compile_step = STEPS.get(type(part))
        if compile_step is None:
            return None
        made.append(compile_step(part))
    return made


def _parts(step: Pipeline | Any) -> list[Any]:
    return [part for _, part in step.steps] if hasattr(step, "steps") else [step]


def _unit_free(step: UnitFree) -> Numbers:
    centers, units, precision = step.centers_, step.units_, np.float32 if step.single else np.float64

    def apply(numbers: np.ndarray) -> np.ndarray:
        return ((numbers - centers) / units).clip(-MOST, MOST).astype(precision, copy=False)

    return apply


def _imputed(step: SimpleImputer) -> Numbers:
    """Missing numbers filled in; behind them, an indicator for each column that had missing ones."""
    constant = step.strategy == "constant"
    fill = np.full(len(step.statistics_), step.fill_value) if constant else step.statistics_
    indicated = None if step.indicator_ is None else step.indicator_.features_

    def apply(numbers: np.ndarray) -> np.ndarray:
        missing = np.isnan(numbers)
        filled = np.where(missing, fill, numbers).astype(numbers.dtype, copy=False)
        return filled if indicated is None else np.concatenate([filled, missing[indicated]])

    return apply


def _standardised(step: StandardScaler) -> Numbers:
    means, scales = step.mean_, step.scale_
    return lambda numbers: (numbers - means) / scales


def _binned(step: PiecewiseLinearEncoder) -> Numbers:
    columns, starts, widths, (low, high) = step.columns_, step.starts_, step.widths_, step.bounds

    def apply(numbers: np.ndarray) -> np.ndarray:
        return ((numbers[columns] - starts) / widths).clip(low, high).astype(np.float32)

    return apply


def _single(step: SinglePrecision) -> Numbers:
    return lambda numbers: numbers.astype(np.float32)


STEPS: dict[type, Callable[[Any], Numbers]] = {
    UnitFree: _unit_free,
    SimpleImputer: _imputed,
    StandardScaler: _standardised,
    PiecewiseLinearEncoder: _binned,
    SinglePrecision: _single,
}
