"""A part of very many rows, where work for each row is dear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .evaluation_input import ScoredRows

MOST_ROWS = 50_000  # that intervals by bootstrap are made of; the values are those of all rows


def some_rows(rows: ScoredRows, seed: int, most: int = MOST_ROWS) -> ScoredRows:
    """Return at most so many of the rows, drawn by the seed, in their order."""
    if len(rows) <= most:
        return rows
    return rows.take(np.sort(np.random.default_rng(seed).permutation(len(rows))[:most]))


def holding(value: float | None, interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return an interval made of some of the rows, as wide as to hold the value of all of them.

    >>> holding(0.9988, (1.0, 1.0))
    (0.9988, 1.0)
    """
    if interval is None or value is None or value != value:
        return interval
    return min(interval[0], value), max(interval[1], value)
