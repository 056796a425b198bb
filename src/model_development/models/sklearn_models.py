"""scikit-learn: logistic and linear regression, random forest, and the dummy baseline."""

import copy

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.utils.parallel import Parallel, delayed

from ..errors import ArtifactsError
from ..saved import known_as_saved, saved_name
from ..tasks.target_unit import Freedom
from . import skops_files

PACKAGES = ("scikit-learn",)
SKOPS_TYPES = (  # what the estimators hold beside what skops knows
    "sklearn.tree._tree.Tree",
    saved_name("ForestClassifier"),
    saved_name("ForestRegressor"),
)

LOGISTIC_BASELINE = {"C": 1.0, "solver": "lbfgs", "max_iter": 1000, "class_weight": None}
LOGISTIC_SPACE = {
    "C": [0.001, 0.01, 0.1, 1, 10, 100],
    "solver": ["lbfgs", "liblinear", "saga"],
    "max_iter": [500, 1000, 2000],
}
LOGISTIC_RANGES = {
    "C": {"low": 1e-4, "high": 1e3, "log": True},
    "class_weight": [None, "balanced"],
}
LINEAR_BASELINE = {"regularization": "none", "alpha": 0.0}
LINEAR_SPACE = {
    "regularization": ["ridge", "lasso"],
    "alpha": [0.0001, 0.001, 0.01, 0.1, 1, 10, 100],
}
LINEAR_RANGES = {
    "regularization": ["ridge", "lasso"],
    "alpha": {"low": 1e-5, "high": 1e3, "log": True},
}
FOREST_BASELINE = {
    "n_estimators": 200,
    "max_depth": None,
    "min_samples_split": 2,
    "min_samples_leaf": 2,
}
FOREST_SPACE = {
    "n_estimators": [50, 100, 200, 300],
    "max_depth": [5, 10, 20, None],
    "min_samples_split": [2, 5, 10],
    "min_samples_leaf": [1, 2, 4],
}
FOREST_RANGES = {
    "max_features": {"low": 0.1, "high": 1.0},
    "max_depth": [5, 10, 20, 40, None],
    "min_samples_leaf": {"low": 1, "high": 20, "log": True},
    "min_samples_split": {"low": 2, "high": 20, "log": True},
}
FOREST_LIMITS = {"max_features": 1.0, "min_samples_leaf": 1, "min_samples_split": 2}

SHARE_OF_ROWS_DRAWN = 0.63  # different rows in a bootstrap sample
LEAF_OVER_FEWEST = 3  # rows of a leaf over the fewest that it may have, as measured with noise in the target


class _Forest:
    """Takes over trees of a smaller forest, where it is told to, see `reuse_trees`."""

    taken_over_ = ()

    def fit(self, X, y, sample_weight=None):
        if not self.taken_over_:
            return super().fit(X, y, sample_weight)
        trees, self.taken_over_ = self.taken_over_, ()
        X, y = np.ascontiguousarray(X, dtype=np.float32), np.asarray(y, dtype=float)
        rows_of = zip(trees, self.estimators_samples_, strict=True)
        threads = Parallel(n_jobs=self.n_jobs, prefer="threads")
        self.estimators_ = threads(delayed(self._grown)(tree, X, y, rows) for tree, rows in rows_of)
        return self

    def _grown(self, tree, X, y, rows):
        """A tree that came to its limit is grown anew: what it draws below that depends on how it goes on."""
        if _is_free(tree, tree.max_depth):
            return tree
        weights = np.bincount(rows, minlength=len(X)).astype(float) if self.bootstrap else None
        return clone(tree).set_params(max_depth=self.max_depth).fit(X, y, weights)


@known_as_saved
class ForestClassifier(_Forest, RandomForestClassifier):
    """Asks tree after tree: for a single row scikit-learn's scheduling costs more than the answers."""

    def predict_proba(self, X):
        return _mean_of_trees(self, X)


@known_as_saved
class ForestRegressor(_Forest, RandomForestRegressor):
    """As ForestClassifier."""

    def predict(self, X):
        return _mean_of_trees(self, X)[:, 0]


def _mean_of_trees(forest, X):
    """The same numbers as scikit-learn's own, to the last bit."""
    rows = np.ascontiguousarray(X, dtype=np.float32)
    first, *others = forest.estimators_
    total = 0.0 + first.tree_.predict(rows)
    for tree in others:
        total += tree.tree_.predict(rows)
    return total / len(forest.estimators_)


def build_dummy(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    """A model that ignores the features: class shares, or the mean of the target."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if task == "regression":
        return DummyRegressor(strategy="mean", **params)
    return DummyClassifier(strategy="prior", random_state=seed, **params)


def build_logistic(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(random_state=seed, **params)


def build_linear(task, *, seed, device="cpu", n_jobs=1, feature_types=(), regularization="none", alpha=0.0):
    """Least squares; with `regularization` "ridge" or "lasso" of strength `alpha`."""
    from sklearn.linear_model import Lasso, LinearRegression, Ridge

    if regularization == "none":
        return LinearRegression()
    if regularization == "ridge":
        return Ridge(alpha=alpha, random_state=seed)
    if regularization == "lasso":
        return Lasso(alpha=alpha, random_state=seed, max_iter=5000)
    raise ValueError(f"regularization is {regularization!r}; allowed: none, ridge, lasso")


def build_forest(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    # Half of the columns at each split: all of them, scikit-learn's default, takes twice as long for no gain.
    if task == "regression":
        return ForestRegressor(random_state=seed, n_jobs=n_jobs, **{"max_features": 0.5, **params})
    return ForestClassifier(random_state=seed, n_jobs=n_jobs, **params)


def first_trees(forest, n):
    """The forest of the first `n` trees, which is what fitting `n` trees with the same seed gives."""
    shorter = copy.copy(forest)
    shorter.estimators_ = forest.estimators_[:n]
    shorter.n_estimators = n
    return shorter


def forest_mb(params, n_rows, n_classes):
    """MB of a fitted forest: 64 bytes a node, and its value."""
    leaf = params.get("min_samples_leaf", 1)
    fewest = leaf if isinstance(leaf, int) else max(1, leaf * n_rows)
    n_leaves = SHARE_OF_ROWS_DRAWN * n_rows / (LEAF_OVER_FEWEST * fewest)
    depth = params.get("max_depth")
    n_leaves = min(n_leaves, 2 ** min(depth, 60)) if depth else n_leaves
    return params.get("n_estimators", 100) * 2 * n_leaves * (64 + 8 * n_classes) / 2**20


def forest_canonical_params(params):
    """A node of fewer rows than two leaves is never split, whatever `min_samples_split` says."""
    split, leaf = params.get("min_samples_split"), params.get("min_samples_leaf")
    counts = isinstance(split, int) and isinstance(leaf, int) and split >= 2  # fewer are refused
    return {**params, "min_samples_split": max(split, 2 * leaf)} if counts else params


def forest_target(params):
    """Poisson's deviance is of numbers that are not negative."""
    return Freedom.SCALED if params.get("criterion") == "poisson" else Freedom.STANDARDISED


def has_depth_to_spare(forest) -> bool:
    """Did no tree come to the limit of depth?"""
    return all(_is_free(tree, forest.max_depth) for tree in forest.estimators_)


def reuse_trees(forest, smaller):
    """Let `forest` take over what does not depend on the limit of depth; return the share of such trees."""
    params = forest.get_params()
    if params.get("class_weight") or params["oob_score"]:  # the forest has a part in each tree, then
        return 0.0
    vars(forest).update({**vars(smaller), **params, "taken_over_": smaller.estimators_})
    return float(np.mean([_is_free(tree, smaller.max_depth) for tree in smaller.estimators_]))


def _is_free(tree, limit):
    """A pruned tree does not show how deep it was before."""
    return limit is None or (tree.tree_.max_depth < limit and not tree.ccp_alpha)


def converged(estimator):
    """Say whether the fit ended by itself, before its limit of iterations."""
    return max(estimator.n_iter_) < estimator.max_iter


def save(estimator, folder) -> None:
    """Write skops' own format: loading it runs no code but that of the types named above."""
    from zipfile import ZIP_DEFLATED

    skops_files.dump(
        estimator, folder / "estimator.skops", SKOPS_TYPES, compression=ZIP_DEFLATED, compresslevel=1
    )


def load(folder, task):
    """Raises ArtifactsError for other types, and for trees that lead out of their own arrays."""
    path = folder / "estimator.skops"
    estimator = skops_files.load(path, SKOPS_TYPES)
    for tree in getattr(estimator, "estimators_", ()):
        if not _stays_inside(tree.tree_):
            raise ArtifactsError(
                f"{path} is damaged: the nodes of a tree are no tree. Train the model again."
            )
    return estimator


def _stays_inside(tree):
    """Does each node lead to later ones of the same tree, and ask for a column that there is?"""
    left, right = tree.children_left, tree.children_right
    asks = left != -1
    nodes = np.arange(tree.node_count)
    later = (left > nodes) & (right > nodes) & (left < tree.node_count) & (right < tree.node_count)
    known = (tree.feature >= 0) & (tree.feature < tree.n_features)
    return bool((later & known)[asks].all())


def coefficients(estimator):
    """The intercept and then each column of the matrix, as {statistic: [value]}; None where there is none."""
    coefficients = getattr(estimator, "coef_", None)
    if coefficients is None or coefficients.size != estimator.n_features_in_:
        return None
    return {"coefficient": [*estimator.intercept_.ravel(), *coefficients.ravel()]}


def ran_on_gpu(estimator) -> bool:
    return False
