"""What a row of a group is worth: rows of one group are alike, and say less than as many others."""

from __future__ import annotations

import numpy as np

from .proportions import effective_rows
from .units import unit_codes

FEWEST = 20  # groups, below which their spread says too little: rows of one then count as one


def row_worth(codes: np.ndarray, groups: np.ndarray | None, *, is_ordered: bool = False) -> float:
    """Return how many independent rows one of these is worth, above 0 to 1; 1 without groups.

    codes : the level or bin of each row, shape (n_rows,). groups : whole numbers, shape (n_rows,).
    is_ordered : what counts is the share of rows up to each bin, not within it.

    Counts are multiplied by it before they are compared: their spread between groups is then that of
    independent rows. Source: Rao and Scott (1981), JASA 76(374), the first-order correction.

    >>> patients = np.repeat(np.arange(100), 10)
    >>> round(row_worth(patients % 2, patients), 2)  # one value for each patient
    0.1
    >>> row_worth(np.tile([0, 1], 500), patients)  # as many of both in each patient
    1.0
    """
    n = len(codes)
    of_group, levels = unit_codes(groups), unit_codes(codes)
    if of_group is None or levels is None or not n:
        return 1.0
    as_one, n_groups = float(effective_rows(of_group)[-1]) / n, of_group.max() + 1
    if n_groups < FEWEST or not levels.any():
        return as_one
    counts = np.zeros((n_groups, levels.max() + 1))
    np.add.at(counts, (of_group, levels), 1.0)
    sizes = counts.sum(axis=1, keepdims=True)
    if is_ordered:
        counts = counts.cumsum(axis=1)
    shares = counts.sum(axis=0) / n
    apart = counts - sizes * shares
    between = (apart**2).sum() * n_groups / (n_groups - 1)
    alone = n * (shares * (1 - shares)).sum()
    return float(np.clip(alone / between if between else 1.0, as_one, 1.0))
