"""The values of a column as counts: bins of numbers, dates and lengths, levels of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..late import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

N_BINS = 50  # of a column; the largest difference of two distribution functions is seen to a 50th
FEWEST = 5  # training rows of a bin on average, and of a level that is named
MOST_LEVELS = 250  # of a category that are named, the most frequent ones


def bin_edges(present: np.ndarray) -> tuple[float, ...]:
    """Return the edges of bins of about equal counts, each closed on its right; () without values.

    The first edge is the least value, the last the largest. A value that fills a bin alone has that bin.

    >>> bin_edges(np.array([0.0] * 30 + [1.0] * 20))
    (0.0, 0.0, 1.0)
    >>> bin_edges(np.array([0.0] + [1.0] * 99))
    (0.0, 0.0, 1.0)
    """
    if not len(present):
        return ()
    n_bins = max(1, min(N_BINS, len(present) // FEWEST))
    cuts = np.unique(np.quantile(present, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))
    low, high = float(present.min()), float(present.max())
    inner = cuts[cuts < high]
    if n_bins > 1 and low < high and not len(inner):  # nearly all rows have the largest value
        inner = present[present < high].max(keepdims=True)
    return (low, *inner.astype(float).tolist(), high)


def bin_counts(edges: Sequence[float], present: np.ndarray) -> np.ndarray:
    """Return how many values each bin holds, shape (len(edges) - 1,); the outer bins have no outer end.

    >>> bin_counts((0.0, 0.0, 1.0), np.array([-1.0, 0.0, 0.5, 9.0])).tolist()
    [2, 2]
    """
    return np.bincount(bin_codes(edges, present), minlength=len(edges) - 1)


def bin_codes(edges: Sequence[float], present: np.ndarray) -> np.ndarray:
    """Return the bin of each value, from 0 on, shape (n_values,); the outer bins have no outer end."""
    return np.searchsorted(np.asarray(edges[1:-1]), present, side="left")


def level_counts(present: np.ndarray) -> tuple[dict[str, int], int]:
    """Return ({level: rows} of the most frequent levels, rows of all others).

    >>> level_counts(np.array(["a"] * 6 + ["b"] * 4, dtype=object))
    ({'a': 6}, 4)
    """
    counts = pd.Series(present, dtype=object).value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    named = counts[counts >= FEWEST].head(MOST_LEVELS)
    return {str(level): int(n) for level, n in named.items()}, int(counts.sum() - named.sum())


def level_codes(levels: Iterable[str], present: np.ndarray) -> np.ndarray:
    """Return the position of each value among the levels, of all others the one behind them.

    >>> level_codes(["a", "b"], np.array(["b", "c", "a"], dtype=object)).tolist()
    [1, 2, 0]
    """
    position = {level: k for k, level in enumerate(levels)}
    return np.array([position.get(value, len(position)) for value in present], dtype=int)
