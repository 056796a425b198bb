"""Rows that are near in time depend on each other: stretches of time, which are drawn whole."""

from __future__ import annotations

import numpy as np

FEWEST = 10  # stretches, for a spread between them to be known
ALPHA = 0.05  # of the test whether rows of one moment are alike


def stretches_of_time(moments: np.ndarray, strata: np.ndarray) -> np.ndarray | None:
    """Return the stretch of time of each row, as groups that are drawn whole; None where rows stand alone.

    moments : numbers that put the rows in order, shape (n_rows,); rows of one moment stay together. strata :
        of the target, whole numbers, shape (n_rows,): errors are taken to depend on each other as it does.

    The stretches are as long as is best for the variance of a mean over an autoregressive series whose
    neighbours are as alike as these, and at least ten. None as well where there are fewer than ten moments.
    Source: Carlstein (1986), The Use of Subseries Values for Estimating the Variance of a General Statistic
    from a Stationary Sequence, Annals of Statistics 14(3).

    >>> stretches_of_time(np.arange(40), np.arange(40) // 10 % 2).tolist()[:9]
    [0, 0, 0, 0, 1, 1, 1, 1, 2]
    >>> stretches_of_time(np.arange(40), np.arange(40) % 2) is None
    True
    """
    when = np.unique(moments, return_inverse=True)[1]
    n_moments = int(when.max()) + 1 if len(when) else 0
    if n_moments < FEWEST:
        return None
    is_in = np.eye(int(strata.max()) + 1)[strata]
    sizes = np.bincount(when)
    means = np.stack([np.bincount(when, column) / sizes for column in is_in.T])
    length = min(round(_best_length(means)), n_moments // FEWEST)
    if length > 1:
        return np.minimum(when // length, n_moments // length - 1)
    return when if _are_alike(is_in, when, means, sizes) else None


def _best_length(series):
    """Carlstein's length for the correlation of neighbours; series : shape (n_series, n_moments)."""
    centred = series - series.mean(axis=1, keepdims=True)
    variance = (centred**2).sum()
    together = (centred[:, 1:] * centred[:, :-1]).sum() / variance if variance else 0.0
    likeness = min(max(together, 0.0), 0.99)
    return (2 * likeness / (1 - likeness**2)) ** (2 / 3) * series.shape[1] ** (1 / 3)


def _are_alike(is_in, when, means, sizes):
    """Do rows of one moment have more in common than rows of others? By an analysis of variance."""
    from scipy.stats import f

    n_rows, n_moments = len(when), len(sizes)
    if n_rows == n_moments:
        return False
    between = (sizes * (means - is_in.mean(axis=0)[:, None]) ** 2).sum() / (n_moments - 1)
    within = ((is_in - means.T[when]) ** 2).sum() / (n_rows - n_moments)
    if not within:
        return bool(between)
    # A row is in one stratum, so that of k strata k - 1 are free.
    free = max(1, is_in.shape[1] - 1)
    return bool(f.sf(between / within, free * (n_moments - 1), free * (n_rows - n_moments)) < ALPHA)
