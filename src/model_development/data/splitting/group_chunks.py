"""Groups in chunks of about equal size and classes, each group whole in one of them."""

from __future__ import annotations

import numpy as np

MANY = 20_000  # groups: scikit-learn weighs each against all chunks, half a millisecond a group


def group_chunks(strata: np.ndarray, groups: np.ndarray, n_chunks: int, seed: int) -> np.ndarray:
    """Return the chunk of each row, 0 to n_chunks - 1, shape (n_rows,).

    strata, groups : whole numbers, shape (n_rows,). Of very many groups, which balance each other, one after
    the other goes to the next chunk, in the order of the stratum of one of its rows and of its size; so they
    do where every stratum has fewer rows than there are chunks, which scikit-learn refuses.
    """
    codes = np.unique(groups, return_inverse=True)[1]
    if int(codes.max()) >= MANY or np.bincount(strata).max() < n_chunks:
        return _dealt_out(strata, codes, n_chunks, seed)
    from sklearn.model_selection import StratifiedGroupKFold

    splitter, found = (
        StratifiedGroupKFold(n_chunks, shuffle=True, random_state=seed),
        np.empty(len(codes), int),
    )
    for number, (_, rows) in enumerate(splitter.split(codes, strata, groups)):
        found[rows] = number
    return found


def _dealt_out(strata, codes, n_chunks, seed):
    order = np.random.default_rng(seed).permutation(len(codes))
    some_row = order[np.unique(codes[order], return_index=True)[1]]  # of each group, drawn
    sizes, tie = np.bincount(codes), np.random.default_rng(seed + 1).random(len(some_row))
    dealt = np.empty(len(some_row), dtype=int)
    dealt[np.lexsort((tie, -sizes, strata[some_row]))] = np.arange(len(some_row)) % n_chunks
    return dealt[codes]
