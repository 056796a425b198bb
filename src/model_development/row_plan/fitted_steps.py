"""What scikit-learn and we have fitted, as the steps of a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from ..features.piecewise import MOST, PiecewiseLinearEncoder, SinglePrecision, UnitFree
from .steps import NumberStep

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def number_steps(step: Any) -> list[NumberStep] | None:
    """Return a fitted step, or pipeline of steps, as those that are to be taken one after the other.

    None where one of them has no such form.
    """
    made = []
    for part in _parts(step):
        compile_step = FITTED.get(type(part))
        if compile_step is None:
            return None
        made.append(compile_step(part))
    return made


def _parts(step: Pipeline | Any) -> list[Any]:
    return [part for _, part in step.steps] if hasattr(step, "steps") else [step]


def _unit_free(step: UnitFree) -> NumberStep:
    precision = "float32" if step.single else "float64"
    return NumberStep(
        "unit_free", {"centers": step.centers_, "units": step.units_, "most": MOST, "precision": precision}
    )


def _imputed(step: SimpleImputer) -> NumberStep:
    constant = step.strategy == "constant"
    fill = np.full(len(step.statistics_), step.fill_value) if constant else step.statistics_
    indicated = None if step.indicator_ is None else step.indicator_.features_
    return NumberStep("imputed", {"fill": fill, "indicated": indicated})


def _standardised(step: StandardScaler) -> NumberStep:
    return NumberStep("standardised", {"means": step.mean_, "scales": step.scale_})


def _binned(step: PiecewiseLinearEncoder) -> NumberStep:
    low, high = step.bounds
    named = {"columns": step.columns_, "starts": step.starts_, "widths": step.widths_}
    return NumberStep("binned", named | {"low": low, "high": high})


def _single(step: SinglePrecision) -> NumberStep:
    return NumberStep("single", {})


FITTED: dict[type, Callable[[Any], NumberStep]] = {
    UnitFree: _unit_free,
    SimpleImputer: _imputed,
    StandardScaler: _standardised,
    PiecewiseLinearEncoder: _binned,
    SinglePrecision: _single,
}
