"""The early-stopping rows: those among the rows to fit that say when a model has learnt enough."""

import numpy as np

FEW_ROWS = 2000  # below, a tenth of the rows says too little about when to stop
SHARE, SHARE_OF_FEW = 0.1, 0.2
TOO_MANY = 0.5  # of the rows: where one time or one group holds so many, they are no early-stopping rows


def draw_early_stopping_rows(
    y: np.ndarray,
    seed: int,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    moments: np.ndarray | None = None,
) -> np.ndarray:
    """Return positions of the rows to watch, sorted, shape (n_watched,); the others are learnt from.

    They lie to the others as the rows that a fold leaves out do: later in time where there are
    `moments`, whole groups where there are `groups` (both of shape (n_rows,)), else, or where that
    would take more than half of the rows, a sample that keeps the shares of the classes or the spread of
    the numbers. Of `classes`, shape (n_rows,), each stays among the others.
    """
    share = SHARE if len(y) >= FEW_ROWS else SHARE_OF_FEW
    watched = np.zeros(len(y), dtype=bool)
    if moments is not None:
        watched = _latest(moments, share)
    elif groups is not None:
        watched = _whole_groups(groups, share, seed)
    if not 0 < watched.mean() <= TOO_MANY:
        watched = _evenly(y, round(1 / share), seed)
    if classes is not None:
        for code in np.setdiff1d(classes, classes[~watched]):
            watched[np.flatnonzero(classes == code)[0]] = False
    return np.flatnonzero(watched) if watched.any() else np.array([len(y) - 1])  # a handful of rows


def _latest(moments, share):
    """From the change of time that is nearest to the share; nothing where all rows have one time."""
    times, sizes = np.unique(moments, return_counts=True)
    n_from = np.cumsum(sizes[::-1])[::-1][1:]  # rows from the second time on, from the third, ...
    if not len(n_from):
        return np.zeros(len(moments), dtype=bool)
    return moments >= times[1 + np.argmin(abs(n_from - share * len(moments)))]


def _whole_groups(groups, share, seed):
    codes, sizes = np.unique(groups, return_counts=True)
    wanted, chosen = share * len(groups), []
    for k in np.random.default_rng(seed).permutation(len(codes)):
        if sizes[k] < 2 * wanted:  # with it the share is nearer than without
            chosen.append(codes[k])
            wanted -= sizes[k]
        if wanted <= 0:
            break
    return np.isin(groups, chosen or codes[[np.argmin(sizes)]])


def _evenly(y, step, seed):
    """Every `step`-th row in the order of y, rows of equal y shuffled."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    watched = np.zeros(len(y), dtype=bool)
    watched[order[step // 2 :: step]] = True
    return watched
