"""Outputs of a model side by side, and rows to try it on."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from ..gate_input import GateInput

MOST_ROWS = 200  # test rows that a test looks at
CLOSE = (
    1e-5  # difference of a probability, or part of the outputs' spread, that sums in another order may make
)


def some_rows(given: GateInput) -> pd.DataFrame:
    """The first test rows, as the model takes them."""
    return given.X.head(MOST_ROWS).reset_index(drop=True)


def quiet_outputs(given: GateInput, X: pd.DataFrame) -> np.ndarray:
    """Outputs without the warnings that odd rows are to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return given.outputs(X)


def scale_of(given: GateInput) -> float:
    """What a difference is measured in: 1 of probabilities, the spread of the outputs of numbers."""
    if given.task.has_classes:
        return 1.0
    outputs = given.known_outputs
    return max(float(np.ptp(outputs)), float(np.abs(outputs).max()) * 1e-6, 1e-12)


def furthest(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference between two outputs of the same shape; infinite for others."""
    if a.shape != b.shape:
        return np.inf
    return float(np.abs(a - b).max()) if a.size else 0.0


def not_an_output(given: GateInput, outputs: np.ndarray, n_rows: int) -> str | None:
    """Say what is wrong with outputs; None where nothing is."""
    if len(outputs) != n_rows:
        return f"{n_rows} rows gave {len(outputs)} outputs"
    if not np.isfinite(outputs).all():
        return f"{int((~np.isfinite(outputs)).sum())} outputs are not finite"
    if not given.task.has_classes or not n_rows:
        return None
    if outputs.min() < -1e-9 or outputs.max() > 1 + 1e-9:
        return f"probabilities reach from {outputs.min():.4g} to {outputs.max():.4g}"
    off = np.abs(outputs.sum(axis=1) - 1).max()
    return f"probabilities sum to 1 only within {off:.2g}" if off > 1e-4 else None
