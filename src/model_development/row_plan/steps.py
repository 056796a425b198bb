"""Steps of preprocessors that make numbers of numbers, as functions of plain arrays of one row or of many.

Categories need no such function: what a step makes of a level is looked up, see levels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = Callable[[np.ndarray], np.ndarray]  # shape (..., n_inputs) to (..., n_outputs)


@dataclass(frozen=True)
class NumberStep:
    """kind : one of STEPS. values : what it is made of, arrays and None, as the function there takes them."""

    kind: str
    values: Mapping[str, Any]

    @property
    def function(self) -> Numbers:
        return STEPS[self.kind](**self.values)


def _unit_free(centers: np.ndarray, units: np.ndarray, most: float, precision: str) -> Numbers:
    kind = np.dtype(precision)

    def apply(numbers: np.ndarray) -> np.ndarray:
        return ((numbers - centers) / units).clip(-most, most).astype(kind, copy=False)

    return apply


def _imputed(fill: np.ndarray, indicated: np.ndarray | None) -> Numbers:
    """Missing numbers filled in; behind them, an indicator for each column that had missing ones."""

    def apply(numbers: np.ndarray) -> np.ndarray:
        missing = np.isnan(numbers)
        filled = np.where(missing, fill, numbers).astype(numbers.dtype, copy=False)
        return filled if indicated is None else np.concatenate([filled, missing[..., indicated]], axis=-1)

    return apply


def _standardised(means: np.ndarray, scales: np.ndarray) -> Numbers:
    return lambda numbers: (numbers - means) / scales


def _binned(
    columns: np.ndarray, starts: np.ndarray, widths: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Numbers:
    def apply(numbers: np.ndarray) -> np.ndarray:
        return ((numbers[..., columns] - starts) / widths).clip(low, high).astype(np.float32)

    return apply


def _single() -> Numbers:
    return lambda numbers: numbers.astype(np.float32)


STEPS: dict[str, Callable[..., Numbers]] = {
    "unit_free": _unit_free,
    "imputed": _imputed,
    "standardised": _standardised,
    "binned": _binned,
    "single": _single,
}
