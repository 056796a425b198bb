"""A figure of the user's own on some rows, with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .resampling import bootstrap_figures

if TYPE_CHECKING:
    from ..metrics.kpis import Kpi

WHOLE = ("classes", "positive_class")  # what is not of single rows


def kpi_with_interval(
    kpi: Kpi, known: Mapping[str, Any], n_rows: int, seed: int, groups: np.ndarray | None, n_draws: int
) -> tuple[float, tuple[float, float] | None]:
    """Return (value, ends of its 95 % interval); no ends where too few draws have a value.

    known : {argument: what functions may ask for, of n_rows rows}. groups : see `bootstrap_figures`.
    Raises ValueError, with the reason, where the figure has no value.
    """
    wanted = {name: values for name, values in known.items() if kpi.needs(name)}
    value = kpi.value(_of_rows(wanted, np.arange(n_rows)))

    def figure(weights: np.ndarray) -> np.ndarray:
        rows = (np.repeat(np.arange(n_rows), times.astype(int)) for times in weights)
        return np.array([[_value_or_nan(kpi, _of_rows(wanted, drawn))] for drawn in rows])

    (ends,) = bootstrap_figures(figure, n_rows, seed, groups, n_draws)
    return value, ends


def _of_rows(known, rows):
    """What a function needs, of some rows by position: copies, for it may change them."""
    return {name: values if name in WHOLE else _taken(values, rows) for name, values in known.items()}


def _taken(values, rows):
    if values is None:
        return None
    return values.iloc[rows].reset_index(drop=True) if isinstance(values, pd.DataFrame) else values[rows]


def _value_or_nan(kpi, known):
    try:
        return kpi.value(known)
    except ValueError:
        return np.nan
