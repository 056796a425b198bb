"""How much a column says of the target, cheaply: the target's variance between the column's bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np

from ...tasks.table import codecs

MOST_CLASSES = 10  # the most frequent ones, that columns are judged by
N_BINS = 16  # of equal numbers of rows; missing values are one more


def target_columns(y: np.ndarray, family: str) -> np.ndarray:
    """The target as standardised columns, shape (n_rows, n_columns): one per class, or the ranks of numbers.

    y : as `TargetCodec.for_preprocessor` gives it. Of two classes there is one column, of more those of the
    MOST_CLASSES most frequent. Ranks do not follow a heavy tail.
    """
    different, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if codecs()[family].has_classes:
        frequent = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        columns = codes[:, None] == (frequent[:1] if len(different) == 2 else frequent)
    else:
        columns = (np.cumsum(counts) - counts / 2)[codes][:, None]
    columns = columns - columns.mean(axis=0)
    spread = columns.std(axis=0)
    return columns / np.where(spread > 0, spread, 1.0)


def association(values: np.ndarray, target: np.ndarray) -> float:
    """Share of the target's variance between the bins of a column of numbers, 0 for none.

    values : shape (n_rows,), NaN where missing. target : see `target_columns`. The share is adjusted for the
    number of bins, so that it may be a little below 0.

    >>> target = target_columns(np.array([0, 0, 1, 1] * 10), "classification")
    >>> association(np.array([1.0, 1.0, 2.0, 2.0] * 10), target)
    1.0
    """
    known = np.isfinite(values)
    codes = np.full(len(values), N_BINS)
    if known.any():
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, N_BINS + 1)[1:-1], method="lower"))
        codes[known] = np.searchsorted(edges, values[known])
    return explained(codes, target)


def explained(codes: np.ndarray, target: np.ndarray) -> float:
    """The same of bins that are given. codes : whole numbers from 0, shape (n_rows,)."""
    counts = np.bincount(codes)
    sums = [np.bincount(codes, weights=column) for column in target.T]
    filled = counts > 0
    n_rows, n_bins = len(codes), int(filled.sum())
    if n_rows <= n_bins or not target.any():
        return 0.0
    between = np.mean([(total[filled] ** 2 / counts[filled]).sum() for total in sums]) / n_rows
    return float(1 - (1 - between) * (n_rows - 1) / (n_rows - n_bins))


def best_pairs(
    own: Mapping[str, float], together: Callable[[str, str], float], *, of: int, most: int
) -> list[tuple[str, str]]:
    """The pairs of columns, `most` at most, that say more of the target than either column, best first.

    own : what each column says. together : the same of a pair. of : columns, those that say most, whose
    pairs are tried.

    >>> best_pairs({"a": 0.1, "b": 0.2, "c": 0.0}, lambda a, b: 0.3 if a == "a" else 0.1, of=3, most=5)
    [('a', 'c'), ('a', 'b')]
    """
    tried = sorted(sorted(own, key=lambda name: -own[name])[:of], key=list(own).index)
    gains = {(a, b): together(a, b) - max(own[a], own[b]) for a, b in combinations(tried, 2)}
    return [pair for pair in sorted(gains, key=lambda pair: -gains[pair]) if gains[pair] > 0][:most]
