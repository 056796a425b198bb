"""Shapley values by the definition, over all coalitions of raw columns and all rows of a background."""

from itertools import combinations
from math import factorial

import numpy as np


def brute_force(say, row, background, columns):
    """Shape (n_columns, n_outputs). say : raw rows -> outputs; row : DataFrame of one row."""
    m = len(columns)

    def worth(coalition):
        rows = background.copy()
        for name in coalition:
            rows[name] = [row[name].iloc[0]] * len(rows)
        return say(rows).mean(axis=0)

    known = {s: worth(s) for size in range(m + 1) for s in combinations(columns, size)}
    values = []
    for name in columns:
        total = 0.0
        for coalition, value in known.items():
            if name not in coalition:
                joined = tuple(c for c in columns if c in coalition or c == name)
                weight = factorial(len(coalition)) * factorial(m - len(coalition) - 1) / factorial(m)
                total = total + weight * (known[joined] - value)
        values.append(total)
    return np.array(values)
