"""The inner rows: those among the rows to fit that say when a model has learnt enough."""

import numpy as np

FEW_ROWS = 2000  # below, a tenth of the rows says too little about when to stop
SHARE, SHARE_OF_FEW = 0.1, 0.2


def inner_rows(y, family, seed, groups=None, moments=None):
    """Return positions of the rows to watch, sorted, shape (n_inner,); the others are learnt from.

    They lie to the others as the rows that a fold leaves out do: later in time where there are
    `moments`, whole groups where there are `groups` (both of shape (n_rows,)), else a sample that
    keeps the shares of the classes or the spread of the numbers. Every class stays among the others.
    """
    share = SHARE if len(y) >= FEW_ROWS else SHARE_OF_FEW
    if moments is not None:
        watched = moments > np.quantile(moments, 1 - share)
    elif groups is not None:
        watched = _whole_groups(groups, share, seed)
    else:
        watched = _evenly(y, round(1 / share), seed)
    if family == "classification":
        watched = watched.copy()
        for code in np.setdiff1d(y, y[~watched]):
            watched[np.flatnonzero(y == code)[0]] = False
    if watched.any() and not watched.all():
        return np.flatnonzero(watched)
    return np.arange(len(y))[-max(1, round(share * len(y))) :]  # a single time, a single group


def _whole_groups(groups, share, seed):
    codes, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(codes))
    n_groups = 1 + int(np.searchsorted(np.cumsum(sizes[order]), share * len(groups)))
    return np.isin(groups, codes[order[:n_groups]])


def _evenly(y, step, seed):
    """Every `step`-th row in the order of y, rows of equal y shuffled."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    watched = np.zeros(len(y), dtype=bool)
    watched[order[step // 2 :: step]] = True
    return watched
