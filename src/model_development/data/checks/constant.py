"""What a constant alone would reach: what a column or a formula explains is counted beyond it."""

import numpy as np

MIN_MISSED = 5  # rows that the best constant misses, from which on it means something to explain them


def best_constant(target: np.ndarray, tolerance: float = 0.0) -> float:
    """Return the number to which most values are as near as `tolerance`."""
    values = np.sort(target)
    n_near = np.searchsorted(values, values + 2 * tolerance, side="right") - np.arange(len(values))
    return values[np.argmax(n_near)] + tolerance


def is_missed(target: np.ndarray, constant: float, tolerance: float = 0.0) -> np.ndarray:
    """Which rows a constant misses by more than `tolerance`, shape (n_rows,)."""
    return np.abs(target - constant) > tolerance * (1 + 1e-9)


def explains_enough(wrong: np.ndarray, missed: np.ndarray, share: float) -> np.ndarray | np.bool_:
    """Are no more rows wrong than 1 - share of those that the best constant misses?

    wrong, missed : shape (n_rows,) or (n_rows, n_formulas). False where the constant misses a handful of
        rows only, of which nothing can be said.
    """
    n_missed = missed.sum(axis=0)
    return (n_missed >= MIN_MISSED) & (wrong.sum(axis=0) <= (1 - share) * n_missed)
