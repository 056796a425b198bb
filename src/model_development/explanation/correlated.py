"""Raw columns that say much the same, so that a model may take one for the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .raw_values import RawValues


STRONG = 0.8
MOST_LEVELS = 50  # of a category; with more, levels say nearly nothing of their own
FEWEST_ROWS = 30


def correlated_groups(columns: Sequence[RawValues]) -> list[list[str]]:
    """Return groups of columns of which each is strongly associated with another one of the group.

    Between orders it is Spearman's correlation, between categories Cramér's V, between one and the other the
    correlation ratio of the ranks; rows in which one is missing are left out.
    """
    groups = {values.column.name: {values.column.name} for values in columns}
    for one, other in combinations(columns, 2):
        if association(one, other) >= STRONG:
            joined = groups[one.column.name] | groups[other.column.name]
            groups |= dict.fromkeys(joined, joined)
    order = [values.column.name for values in columns]
    found = {id(group): sorted(group, key=order.index) for group in groups.values() if len(group) > 1}
    return list(found.values())


def association(one: RawValues, other: RawValues) -> float:
    """Return a number from 0 to 1; 0 where there are too few rows or too many levels to tell."""
    both = ~one.is_missing & ~other.is_missing
    if both.sum() < FEWEST_ROWS:
        return 0.0
    a, b = (_ranks_or_codes(values, both) for values in (one, other))
    if a is None or b is None:
        return 0.0
    if one.numbers is not None and other.numbers is not None:
        return abs(_correlation(a, b))
    if one.numbers is None and other.numbers is None:
        return _cramer(a, b)
    return _ratio(b, a) if one.numbers is None else _ratio(a, b)


def _ranks_or_codes(values, rows):
    if values.numbers is not None:
        return pd.Series(values.numbers[rows]).rank().to_numpy()
    codes, levels = pd.factorize(values.texts[rows])
    return codes if values.has_grid and len(levels) <= MOST_LEVELS else None


def _correlation(a, b):
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread else 0.0


def _cramer(a, b):
    """Corrected for chance. Source: Bergsma (2013), J. Korean Statistical Society 42."""
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1)
    n, (r, c) = counts.sum(), counts.shape
    if min(r, c) < 2:
        return 0.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / n
    phi = ((counts - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (r - 1) * (c - 1) / (n - 1))
    rows, columns = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    least = min(rows, columns) - 1
    return float(np.sqrt(min(1.0, phi / least))) if least > 0 else 0.0


def _ratio(ranks, codes):
    """Root of the share of the ranks' variation between the levels, corrected for their number."""
    total, n, k = ranks.var(), len(ranks), codes.max() + 1
    if not total or k < 2 or n <= k:
        return 0.0
    sizes = np.bincount(codes)
    means = np.bincount(codes, ranks) / sizes
    within = total - (sizes * (means - ranks.mean()) ** 2).sum() / n
    return float(np.sqrt(max(0.0, 1 - (within * n / (n - k)) / (total * n / (n - 1)))))
