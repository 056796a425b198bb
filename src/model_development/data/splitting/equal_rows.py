"""Rows that are equal, but for what names them: they belong on one side of split and folds."""

import hashlib

import numpy as np
import pandas as pd

from ..columns.values import to_categories
from .chance import ALL_DIFFERENT, explains_pairs

TOO_FREQUENT = 0.05  # share of the rows that one value of all columns may have to be taken for copies
MOSTLY_DIFFERENT = 0.5  # share of different rows, from which on it costs little to keep equal ones together


def equal_rows(features: pd.DataFrame) -> np.ndarray | None:
    """Return the number of the set of equal rows to which each row belongs, shape (n_rows,).

    features : the raw feature columns. Columns that name the rows (numbers or texts, hardly one of them
        twice) are left aside where that brings copies to light which chance cannot explain.

    Each row is a set of its own where few columns of few values make most rows equal to others by chance, and
    so are rows that are so frequent that no fold could hold all of them. Returns None where no row is left
    that equals another.
    """
    keys, keys_of_others, naming = _no_keys(features), _no_keys(features), []
    for name in features.columns:
        hashes = _hashed(features[name])
        keys += hashes
        if _names_rows(features[name], hashes):
            naming.append(name)
        else:
            keys_of_others += hashes
    others = features.columns.difference(naming, sort=False)
    chosen = features
    if naming and len(others) and not _by_chance(features[others], keys_of_others):
        keys, chosen = keys_of_others, features[others]
    codes = pd.factorize(keys)[0]
    if codes.max() + 1 < MOSTLY_DIFFERENT * len(codes) and _by_chance(chosen, keys):
        return None
    return _but_for_frequent(codes)


def _but_for_frequent(codes):
    """Rows of a value that is too frequent for one fold become sets of their own."""
    sizes = np.bincount(codes)
    alone = sizes[codes] > max(2, TOO_FREQUENT * len(codes))
    codes[alone] = len(sizes) + np.arange(alone.sum())
    codes = pd.factorize(codes)[0]
    return codes if codes.max() + 1 < len(codes) else None


def joined(groups: np.ndarray, equal: np.ndarray) -> np.ndarray:
    """Return groups that hold whole groups and whole sets of equal rows, shape (n_rows,).

    Where equal rows would chain many groups to a large one, `groups` stay as they are.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n_groups = groups.max() + 1
    size = n_groups + equal.max() + 1
    links = coo_matrix((np.ones(len(groups)), (groups, n_groups + equal)), shape=(size, size))
    together = connected_components(links, directed=False)[1][groups]
    largest, before = np.bincount(together).max(), np.bincount(groups).max()
    return together if largest <= max(before, TOO_FREQUENT * len(groups)) else groups


def on_one_side(assigned: np.ndarray, sets: np.ndarray | None) -> np.ndarray:
    """Let each set of rows go where its first row was sent; `assigned` itself where no two rows are equal."""
    if sets is None:
        return assigned
    _, first, back = np.unique(sets, return_index=True, return_inverse=True)
    return assigned[first][back]


def fingerprint(sets: np.ndarray | None) -> str | None:
    """A short hash of which rows are equal; None where none are."""
    return None if sets is None else hashlib.sha256(sets.astype("int64").tobytes()).hexdigest()[:16]


def _no_keys(features):
    return np.zeros(len(features), dtype=np.uint64)


def _hashed(values):
    """A hash of each value that depends on the column's name, shape (n_rows,); missing is one more value."""
    odd = np.uint64(int(hashlib.sha256(str(values.name).encode()).hexdigest()[:16], 16) | 1)
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        return pd.util.hash_array(np.where(numbers == 0, 0.0, numbers)) * odd  # -0.0 is 0.0
    texts = values.astype(str) if _is_of_times(values) else pd.Series(to_categories(values), dtype=object)
    codes, different = pd.factorize(texts, use_na_sentinel=False)
    different = np.array([str(value) for value in different.tolist()], dtype=object)
    return (pd.util.hash_array(different, categorize=False) * odd)[codes]  # each of them is there once


def _is_of_times(values):
    return pd.api.types.is_datetime64_any_dtype(values.dtype) or values.dtype.kind == "m"


def _names_rows(values, hashes):
    """Whole numbers, dates or texts, hardly one of them twice; measurements do not name rows."""
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        if (np.mod(numbers[np.isfinite(numbers)], 1) != 0).any():
            return False
    return len(pd.unique(hashes)) >= ALL_DIFFERENT * len(hashes)


def _by_chance(features, keys):
    """Are there so many nearly equal rows that chance explains the equal ones? `keys` : of these features."""
    n_equal = _n_pairs(keys)
    if n_equal == 0:
        return True
    different = np.unique(keys, return_index=True)[1]
    for name in features.columns:
        hashes = _hashed(features[name])
        n_close = _n_pairs(keys - hashes) - n_equal
        if explains_pairs(pd.factorize(hashes[different])[0], n_equal, n_close):
            return True
    return False


def _n_pairs(keys):
    counts = np.unique(keys, return_counts=True)[1].astype(float)
    return (counts * (counts - 1) / 2).sum()
