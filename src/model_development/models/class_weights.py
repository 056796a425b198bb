"""How much rows count by their class: with many rows of one class and few of another, the few count more."""

from __future__ import annotations

from typing import Any

import numpy as np

PARAMETER = "class_weight"
BALANCED, SQRT_BALANCED = "balanced", "sqrt_balanced"
CHOICES = (None, BALANCED, SQRT_BALANCED)
IMBALANCED = 1.5  # times as many rows of the largest class as of the smallest


def row_weights(choice: str | None, y: np.ndarray) -> np.ndarray | None:
    """Return what each row weighs, with a mean of 1; None where all weigh alike.

    choice : of CHOICES. "balanced" lets all classes count alike: n_rows / (n_classes * rows of the class), as
    in King and Zeng (2001) and scikit-learn. "sqrt_balanced" is the square root of that, on the way to it.
    y : classes of the rows that are fitted, shape (n_rows,).

    >>> row_weights("balanced", np.array([0, 0, 0, 1])).round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    >>> row_weights("sqrt_balanced", np.array([0, 0, 0, 1])).round(2).tolist()
    [0.85, 0.85, 0.85, 1.46]
    """
    if choice is None:
        return None
    from sklearn.utils.class_weight import compute_sample_weight

    weights = compute_sample_weight("balanced", y)
    if choice == SQRT_BALANCED:
        weights = np.sqrt(weights)
        weights /= weights.mean()
    return weights


def both_weights(given: np.ndarray | None, of_classes: np.ndarray | None) -> np.ndarray | None:
    """The product of two weights of each row, where None stands for equal ones."""
    if given is None or of_classes is None:
        return of_classes if given is None else given
    return given * of_classes


def is_imbalanced(y: Any) -> bool:
    """Are there so many more rows of one class than of another that weights may matter?"""
    _, counts = np.unique(np.asarray(y), return_counts=True)
    return bool(counts.max() >= IMBALANCED * counts.min())
