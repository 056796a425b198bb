"""Categories as numbers: how often a value occurs, and what the target is where it does."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...saved import known_as_saved
from ...tasks.table import codecs
from .association import explained, target_columns
from .step import MakingStep, NewColumn, StepInput, named, side_by_side, texts_of

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema


MOST_CATEGORIES = 12  # that say most of the target by themselves, of which pairs are tried
MOST_PAIRS = 10
MOST_CLASSES = 5  # the most frequent ones, whose shares are columns
N_FOLDS = 5
BETWEEN = "\x1f"  # the two values of a pair


@known_as_saved
class CategoryCounts(MakingStep):
    """log(1 + rows with this value) among the fitted rows, 0 for a new one; missing is a value as well."""

    @staticmethod
    def most(schema: TableSchema) -> int:
        return len(schema.names("category"))

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        self.categories_ = given.schema.names("category")
        self.levels_, self.counts_ = [], []
        for name in self.categories_:
            codes, levels = pd.factorize(texts_of(given.table[name]))
            self.levels_.append(list(levels))
            self.counts_.append(np.bincount(codes, minlength=len(levels)))
        wanted = [(f"count({name})", [name], f"log(1 + rows with this {name})") for name in self.categories_]
        return named(wanted, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        found = []
        for name, levels, counts in zip(self.categories_, self.levels_, self.counts_, strict=True):
            positions = pd.Index(levels, dtype=object).get_indexer(texts_of(table[name]))
            found.append(np.log1p(np.where(positions < 0, 0, counts[positions])))
        return side_by_side(found, len(table))


@known_as_saved
class CategoryMeans(MakingStep):
    """Means of the target for each value of a category, and of pairs of categories, drawn to the mean of all.

    scikit-learn's TargetEncoder, cross-fitted: what a fitted row gets is learnt from other rows. Of more than
    two classes the shares of the MOST_CLASSES most frequent ones are columns. A category of two values says
    nothing new by its means and is taken within pairs alone: the MOST_PAIRS pairs that say most of the target
    beyond either category.
    Source: Micci-Barreca (2001), A preprocessing scheme for high-cardinality categorical attributes.
    """

    @staticmethod
    def most(schema: TableSchema) -> int:
        n = len(schema.names("category"))
        return MOST_CLASSES * (n + min(MOST_PAIRS, n * (n - 1) // 2))

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        names = given.schema.names("category")
        self.family, self.seed = given.family, given.seed
        singles = [[name] for name in names if given.table[name].nunique() > 2]
        self.keys_ = singles + _best_pairs(given, names, y)
        classes, counts = np.unique(y, return_counts=True)
        has_shares = codecs()[given.family].has_classes and len(classes) > 2
        frequent = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
        self.classes_ = frequent if has_shares else np.zeros(1, dtype=int)
        self.n_outputs_ = len(classes) if has_shares else 1
        wanted = []
        for key in self.keys_:
            label = ", ".join(key)
            for number in self.classes_:
                what = f"share of class {number}" if has_shares else "mean of the target"
                name = f"mean({label})" if not has_shares else f"share({number} | {label})"
                wanted.append((name, key, f"{what} where {label} is the same"))
        return named(wanted, given.taken)

    def fitted_values(self, table: pd.DataFrame, *, y: np.ndarray) -> np.ndarray:
        if not self.keys_:
            return np.empty((len(table), 0))
        from sklearn.preprocessing import TargetEncoder

        codec = codecs()[self.family]
        folds = _folds(y, codec.has_classes, self.seed)
        self.encoder_ = TargetEncoder(target_type=codec.mean_type, cv=folds)
        return self._chosen(self.encoder_.fit_transform(self._words(table), y))

    def values(self, table: pd.DataFrame) -> np.ndarray:
        return self._chosen(self.encoder_.transform(self._words(table)))

    def _chosen(self, means: np.ndarray) -> np.ndarray:
        """Of each key the classes that are columns; the encoder has those of one key side by side."""
        by_key = means.reshape(len(means), len(self.keys_), self.n_outputs_)
        return by_key[:, :, self.classes_].reshape(len(means), -1)

    def _words(self, table: pd.DataFrame) -> np.ndarray:
        texts = {name: texts_of(table[name]) for name in {name for key in self.keys_ for name in key}}
        words = np.empty((len(table), len(self.keys_)), dtype=object)
        for j, key in enumerate(self.keys_):
            of_key = zip(*(texts[name] for name in key), strict=True)
            words[:, j] = [BETWEEN.join(values) for values in of_key]
        return words


def _best_pairs(given: StepInput, names: list[str], y: np.ndarray) -> list[list[str]]:
    rows = given.sample()
    target = target_columns(y[rows], given.family)
    codes = {name: pd.factorize(texts_of(given.table[name].iloc[rows]))[0] for name in names}
    own = {name: explained(values, target) for name, values in codes.items()}
    best = sorted(sorted(own, key=lambda name: -own[name])[:MOST_CATEGORIES], key=names.index)
    gains = {}
    for first, second in combinations(best, 2):
        both = codes[first] * (int(codes[second].max()) + 1) + codes[second]
        together = explained(np.unique(both, return_inverse=True)[1], target)
        gains[first, second] = together - max(own[first], own[second])
    chosen = [pair for pair in sorted(gains, key=lambda pair: -gains[pair]) if gains[pair] > 0]
    return [list(pair) for pair in chosen[:MOST_PAIRS]]


def _folds(y: np.ndarray, has_classes: bool, seed: int) -> Any:
    """As many folds as the rows, or the rows of the largest class, allow."""
    from sklearn.model_selection import KFold, StratifiedKFold

    largest = int(np.unique(y, return_counts=True)[1].max())
    stratified = has_classes and largest > 1
    n_folds = min(N_FOLDS, largest if stratified else len(y))
    return (StratifiedKFold if stratified else KFold)(n_folds, shuffle=True, random_state=seed)
