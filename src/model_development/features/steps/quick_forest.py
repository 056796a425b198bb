"""A small forest that says which columns matter; one and the same for classes and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

N_TREES = 40
DEPTH = 10
N_FOLDS = 2
N_REPEATS = 3  # permutations of each column on each fold


def importances(matrix: np.ndarray, target: np.ndarray, seed: int) -> np.ndarray:
    """Share of each column in the variance that the splits of a forest take away, shape (n_columns,).

    matrix : shape (n_rows, n_columns), single precision, NaN where missing. target : see `target_columns`.
    """
    return _forest(len(matrix), seed).fit(matrix, _flat(target)).feature_importances_


def permutation_costs(matrix: np.ndarray, target: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """By how much the squared error grows where a column is permuted, on rows that were not fitted.

    Returns (costs of the columns, costs of a shuffled copy of each, which the forests have seen beside them),
    shapes (n_columns,), means over N_FOLDS folds.
    """
    rng = np.random.default_rng(seed)
    n_rows, n_columns = matrix.shape
    shuffled = np.column_stack([rng.permutation(matrix[:, j]) for j in range(n_columns)])
    both = np.hstack([matrix, shuffled])
    folds = rng.permutation(np.arange(n_rows) % N_FOLDS)
    costs = np.zeros(both.shape[1])
    for number in range(N_FOLDS):
        held, forest = folds == number, _forest(n_rows, seed)
        forest.fit(both[~held], _flat(target[~held]))
        costs += _costs(forest, both[held], target[held], rng) / N_FOLDS
    return costs[:n_columns], costs[n_columns:]


def _costs(forest: Any, rows: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of each column; none of one that no tree asks."""
    error = _error(forest, rows, target)
    costs = np.zeros(rows.shape[1])
    for j in np.flatnonzero(forest.feature_importances_ > 0):
        permuted = rows.copy()
        for _ in range(N_REPEATS):
            permuted[:, j] = rng.permutation(rows[:, j])
            costs[j] += (_error(forest, permuted, target) - error) / N_REPEATS
    return costs


def _error(forest: Any, rows: np.ndarray, target: np.ndarray) -> float:
    trees = [tree.tree_.predict(rows) for tree in forest.estimators_]  # the forest's own way starts threads
    return float(np.mean((np.mean(trees, axis=0).reshape(target.shape) - target) ** 2))


def _forest(n_rows: int, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    least = max(2, n_rows // 500)
    return RandomForestRegressor(
        N_TREES, max_depth=DEPTH, min_samples_leaf=least, max_features=1 / 3, random_state=seed, n_jobs=1
    )


def _flat(target: np.ndarray) -> np.ndarray:
    return target[:, 0] if target.shape[1] == 1 else target
