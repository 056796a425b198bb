"""What split conformal prediction rests on: a quantile with its correction for few rows, and honest folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

LOWEST_LEVEL = 0.5
N_FOLDS = 5  # in which what is chosen is tried on rows that it was not made from
ROUNDING = 1e-9  # of sums of weights, in units


def conformal_quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    """Return the smallest value that holds the level for a new unit; infinite where there are too few.

    values, weights : shape (n_rows,); the weights of a unit, a row or a group of rows, sum to 1. The new unit
        may lie beyond all others, so it counts as one more at infinity.
    Source: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World; for groups Lee, Barber
    and Willett (2023), Distribution-Free Inference with Hierarchical Data.

    >>> conformal_quantile(np.arange(1.0, 10.0), np.ones(9), 0.9)
    9.0
    >>> conformal_quantile(np.arange(1.0, 9.0), np.ones(8), 0.9)
    inf
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    total = reached[-1] if len(reached) else 0.0
    position = np.searchsorted(reached, level * (total + 1) - ROUNDING)
    return float(values[order[position]]) if position < len(values) else np.inf


def unit_weights(n_rows: int, groups: np.ndarray | None) -> np.ndarray:
    """Return what each row counts so that every group counts once, shape (n_rows,)."""
    if groups is None:
        return np.ones(n_rows)
    _, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return 1.0 / counts[codes]


def folds(n_rows: int, groups: np.ndarray | None, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions to learn from, positions to try on); whole groups, drawn by the seed."""
    codes = np.arange(n_rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units = int(codes.max()) + 1
    fold_of_unit = np.random.default_rng(seed).permutation(n_units) % min(N_FOLDS, n_units)
    for fold in np.unique(fold_of_unit):
        held = fold_of_unit[codes] == fold
        yield np.flatnonzero(~held), np.flatnonzero(held)


def require_level(level: float, highest: float, n_units: float) -> None:
    """Raise ValueError for a level that is no share, or that so few rows cannot carry."""
    if not LOWEST_LEVEL <= level < 1:
        raise ValueError(f"`level` is {level!r}; give a share from {LOWEST_LEVEL} to below 1, such as 0.9.")
    if level > highest + ROUNDING:
        raise ValueError(
            f"`level` is {level!r}, which {n_units:.0f} independent rows cannot carry: the highest that "
            f"they can is {np.floor(1000 * highest) / 1000:g}."
        )


def rounded(values: np.ndarray) -> np.ndarray:
    """Return floats with eight digits, which are short in a file and come back as they were."""
    return np.array([float(f"{value:.8g}") for value in values])


def numbers_of(content: Mapping[str, Any], key: str) -> np.ndarray:
    """Return a list of finite numbers of a file's content as an array. Raises ValueError for all else."""
    values = content.get(key)
    plain = isinstance(values, list) and all(type(value) in (int, float) for value in values)
    if not plain or not np.isfinite(np.array(values, dtype=float)).all():
        raise ValueError(f"`{key}` must be a list of finite numbers")
    return np.array(values, dtype=float)
