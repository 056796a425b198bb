"""scikit-learn's random forest and extremely randomised trees, quick on a row, and what they share."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.utils.parallel import Parallel, delayed

from ..saved import known_as_saved
from ..tasks.target_unit import Freedom

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BASELINE = {
    "n_estimators": 200,
    "max_depth": None,
    "min_samples_split": 2,
    "min_samples_leaf": 2,
}
SEARCH_SPACE = {
    "n_estimators": [50, 100, 200, 300],
    "max_depth": [5, 10, 20, None],
    "min_samples_split": [2, 5, 10],
    "min_samples_leaf": [1, 2, 4],
}
RANGES = {
    "max_features": {"low": 0.1, "high": 1.0},
    "max_depth": [5, 10, 20, 40, None],
    "min_samples_leaf": {"low": 1, "high": 20, "log": True},
    "min_samples_split": {"low": 2, "high": 20, "log": True},
}
EXTRA_BASELINE = {"n_estimators": 100, "max_depth": None, "min_samples_split": 2, "min_samples_leaf": 2}
EXTRA_SPACE = {"n_estimators": [100, 300], "max_depth": [10, 20, None], "min_samples_leaf": [1, 2, 5]}
LIMITS = {"max_features": 1.0, "min_samples_leaf": 1, "min_samples_split": 2}
COLUMN_EXPONENT = 0.5  # where there are classes, the root of all columns is looked at for each node
SHARE_OF_ROWS_DRAWN = 0.63  # different rows in a bootstrap sample
LEAF_OVER_FEWEST = 3  # rows of a leaf over the fewest that it may have, as measured with noise in the target


class _Forest:
    """Takes over trees of a smaller forest, where it is told to, see `reuse_trees`."""

    taken_over_: Sequence[Any] = ()
    estimators_: list[Any]
    estimators_samples_: list[np.ndarray]
    bootstrap: bool
    n_jobs: int | None
    max_depth: int | None

    def fit(self, X, y, sample_weight=None):
        if not self.taken_over_:
            return super().fit(X, y, sample_weight)  # type: ignore[misc]  # of scikit-learn's forest
        trees, self.taken_over_ = self.taken_over_, ()
        X, y = np.ascontiguousarray(X, dtype=np.float32), np.asarray(y, dtype=float)
        rows_of = zip(trees, self.estimators_samples_, strict=True)
        threads = Parallel(n_jobs=self.n_jobs, prefer="threads")
        weights = None if self.bootstrap else sample_weight  # a bootstrap draws by them
        self.estimators_ = threads(delayed(self._grown)(tree, X, y, rows, weights) for tree, rows in rows_of)
        return self

    def _grown(self, tree, X, y, rows, weights):
        """A tree that came to its limit is grown anew: what it draws below that depends on how it goes on."""
        if _is_free(tree, tree.max_depth):
            return tree
        if self.bootstrap:
            weights = np.bincount(rows, minlength=len(X)).astype(float)
        return clone(tree).set_params(max_depth=self.max_depth).fit(X, y, weights)


class _OfClasses(_Forest):
    """Asks tree after tree: for a single row scikit-learn's scheduling costs more than the answers."""

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        return _mean_of_trees(self, X)


class _OfNumbers(_Forest):
    """As _OfClasses."""

    def predict(self, X: ArrayLike) -> np.ndarray:
        return _mean_of_trees(self, X)[:, 0]


@known_as_saved
class ForestClassifier(_OfClasses, RandomForestClassifier):
    """scikit-learn's, quick on a single row."""


@known_as_saved
class ForestRegressor(_OfNumbers, RandomForestRegressor):
    """As ForestClassifier."""


@known_as_saved
class ExtraForestClassifier(_OfClasses, ExtraTreesClassifier):
    """As ForestClassifier."""


@known_as_saved
class ExtraForestRegressor(_OfNumbers, ExtraTreesRegressor):
    """As ForestClassifier."""


def _mean_of_trees(forest, X):
    """The same numbers as scikit-learn's own, to the last bit."""
    rows = np.ascontiguousarray(X, dtype=np.float32)
    first, *others = forest.estimators_
    total = 0.0 + first.tree_.predict(rows)
    for tree in others:
        total += tree.tree_.predict(rows)
    return total / len(forest.estimators_)


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> ForestClassifier | ForestRegressor:
    # Half of the columns at each split: all of them, scikit-learn's default, takes twice as long for no gain.
    if task == "regression":
        return ForestRegressor(random_state=seed, n_jobs=n_jobs, **{"max_features": 0.5, **params})
    return ForestClassifier(random_state=seed, n_jobs=n_jobs, **params)


def build_extra(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> ExtraForestClassifier | ExtraForestRegressor:
    """Trees of all rows that split at random values, Geurts et al. (2006): other errors than a forest's."""
    if task == "regression":
        return ExtraForestRegressor(random_state=seed, n_jobs=n_jobs, **params)
    return ExtraForestClassifier(random_state=seed, n_jobs=n_jobs, **params)


def first_trees(forest: Any, n: int) -> Any:
    """The forest of the first `n` trees, which is what fitting `n` trees with the same seed gives."""
    shorter = copy.copy(forest)
    shorter.estimators_ = forest.estimators_[:n]
    shorter.n_estimators = n
    return shorter


def model_mb(params: Mapping[str, Any], n_rows: int, n_classes: int) -> float:
    """MB of a fitted forest: 64 bytes a node, and its value."""
    return _mb(params, SHARE_OF_ROWS_DRAWN * n_rows, n_classes)


def extra_model_mb(params: Mapping[str, Any], n_rows: int, n_classes: int) -> float:
    """As `model_mb`: each tree has all rows."""
    return _mb(params, n_rows, n_classes)


def _mb(params, n_rows, n_classes):
    leaf = params.get("min_samples_leaf", 1)
    fewest = leaf if isinstance(leaf, int) else max(1, leaf * n_rows)
    n_leaves = n_rows / (LEAF_OVER_FEWEST * fewest)
    depth = params.get("max_depth")
    n_leaves = min(n_leaves, 2 ** min(depth, 60)) if depth else n_leaves
    return params.get("n_estimators", 100) * 2 * n_leaves * (64 + 8 * n_classes) / 2**20


def canonical_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A node of fewer rows than two leaves is never split, whatever `min_samples_split` says."""
    split, leaf = params.get("min_samples_split"), params.get("min_samples_leaf")
    if isinstance(split, int) and isinstance(leaf, int) and split >= 2:  # fewer are refused
        return {**params, "min_samples_split": max(split, 2 * leaf)}
    return params


def target(params: Mapping[str, Any]) -> Freedom:
    """Poisson's deviance is of numbers that are not negative."""
    return Freedom.SCALED if params.get("criterion") == "poisson" else Freedom.STANDARDISED


def has_depth_to_spare(forest: ForestClassifier | ForestRegressor) -> bool:
    """Did no tree come to the limit of depth?"""
    return all(_is_free(tree, forest.max_depth) for tree in forest.estimators_)


def reuse_trees(
    forest: ForestClassifier | ForestRegressor, smaller: ForestClassifier | ForestRegressor
) -> float:
    """Let `forest` take over what does not depend on the limit of depth; return the share of such trees."""
    params = forest.get_params()
    if params.get("class_weight") or params["oob_score"]:  # the forest has a part in each tree, then
        return 0.0
    forest.__dict__.update({**vars(smaller), **params, "taken_over_": smaller.estimators_})
    return float(np.mean([_is_free(tree, smaller.max_depth) for tree in smaller.estimators_]))


def _is_free(tree, limit):
    """A pruned tree does not show how deep it was before."""
    return limit is None or (tree.tree_.max_depth < limit and not tree.ccp_alpha)
