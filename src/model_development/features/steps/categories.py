"""Categories as numbers: how often a value occurs, and what the target is where it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...saved import known_as_saved
from ...tasks.table import codecs
from ..target_folds import TargetFolds
from .association import association, best_pairs, explained, target_columns
from .step import MakingStep, NewColumn, StepInput, named, side_by_side, texts_of

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema


MOST_CATEGORIES = 12  # that say most of the target by themselves, of which pairs are tried
MOST_PAIRS = 10
MOST_CLASSES = 5  # the most frequent ones, whose shares are columns
BETWEEN = "\x1f"  # the two values of a pair


@known_as_saved
class CategoryCounts(MakingStep):
    """log(1 + rows with this value) among the fitted rows, 0 for a new one; missing is a value as well.

    The same of the MOST_PAIRS pairs of categories whose counts say more of the target than those of either.
    """

    @staticmethod
    def most(schema: TableSchema) -> int:
        return _most_keys(schema)

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        names = given.schema.names("category")
        found = {name: pd.factorize(texts_of(given.table[name]), sort=True) for name in names}
        self.levels_ = {name: levels.tolist() for name, (_, levels) in found.items()}
        codes = {name: positions for name, (positions, _) in found.items()}
        rows = given.sample()
        target = target_columns(y[rows], given.family)

        def said(*key: str) -> float:
            of_key = self._of_key(codes, key)
            return association(_counts(of_key, *np.unique(of_key, return_counts=True))[rows], target)

        own = {name: said(name) for name in names}
        pairs = best_pairs(own, said, of=MOST_CATEGORIES, most=MOST_PAIRS)
        self.keys_ = [[name] for name in names] + [list(pair) for pair in pairs]
        self.counted_ = [np.unique(self._of_key(codes, key), return_counts=True) for key in self.keys_]
        labels = [", ".join(key) for key in self.keys_]
        wanted = [(f"count({label})", f"log(1 + rows with this {label})") for label in labels]
        columns = [(name, key, what) for (name, what), key in zip(wanted, self.keys_, strict=True)]
        return named(columns, given.taken)

    def values(self, table: pd.DataFrame) -> np.ndarray:
        codes = self._codes(table)
        of_keys = [self._of_key(codes, key) for key in self.keys_]
        counts = [_counts(of_key, *known) for of_key, known in zip(of_keys, self.counted_, strict=True)]
        return side_by_side([np.log1p(found) for found in counts], len(table))

    def _codes(self, table: pd.DataFrame) -> dict[str, np.ndarray]:
        """Position of each row's value among the levels, -1 for a new one."""
        levels = {name: pd.Index(values, dtype=object) for name, values in self.levels_.items()}
        return {name: index.get_indexer(texts_of(table[name])) for name, index in levels.items()}

    def _of_key(self, codes: Mapping[str, np.ndarray], key: Sequence[str]) -> np.ndarray:
        """One whole number for each row's values of one or two columns, -1 where one of them is new."""
        first, last = codes[key[0]].astype(np.int64), codes[key[-1]]
        together = first if len(key) == 1 else first * len(self.levels_[key[-1]]) + last
        return np.where((first < 0) | (last < 0), -1, together)


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
        return MOST_CLASSES * _most_keys(schema)

    def plan(self, given: StepInput, *, y: np.ndarray) -> list[NewColumn]:
        names = given.schema.names("category")
        self.family, self.seed = given.family, given.seed
        singles = [[name] for name in names if given.table[name].nunique() > 2]
        self.keys_ = singles + _best_pairs(given, names, y)
        classes, counts = np.unique(y, return_counts=True)
        has_shares = codecs()[given.family].has_classes and len(classes) > 2
        frequent = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
        self.frequent_ = classes[frequent] if has_shares else np.empty(0, dtype=int)
        self.classes_ = np.arange(len(frequent) if has_shares else 1)  # positions among the encoder's outputs
        self.n_outputs_ = len(frequent) + (len(classes) > len(frequent)) if has_shares else 1
        wanted = []
        for key in self.keys_:
            label = ", ".join(key)
            for number in frequent if has_shares else [0]:
                what = f"share of class {number}" if has_shares else "mean of the target"
                name = f"mean({label})" if not has_shares else f"share({number} | {label})"
                wanted.append((name, key, f"{what} where {label} is the same"))
        return named(wanted, given.taken)

    def fitted_values(self, table: pd.DataFrame, *, y: np.ndarray) -> np.ndarray:
        if not self.keys_:
            return np.empty((len(table), 0))
        from sklearn.preprocessing import TargetEncoder

        codec = codecs()[self.family]
        folds = TargetFolds(codec.has_classes, self.seed)
        self.encoder_ = TargetEncoder(target_type=codec.mean_type, cv=folds)
        return self._chosen(self.encoder_.fit_transform(self._words(table), self._few_classes(y)))

    def values(self, table: pd.DataFrame) -> np.ndarray:
        return self._chosen(self.encoder_.transform(self._words(table)))

    def _few_classes(self, y: np.ndarray) -> np.ndarray:
        """The target with all classes that are no columns as one: the encoder has an output for each."""
        if not len(self.frequent_):
            return y
        positions = np.searchsorted(self.frequent_, y).clip(max=len(self.frequent_) - 1)
        return np.where(self.frequent_[positions] == y, positions, len(self.frequent_))

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

    def together(a: str, b: str) -> float:
        both = codes[a] * (int(codes[b].max()) + 1) + codes[b]
        return explained(np.unique(both, return_inverse=True)[1], target)

    own = {name: explained(values, target) for name, values in codes.items()}
    return [list(pair) for pair in best_pairs(own, together, of=MOST_CATEGORIES, most=MOST_PAIRS)]


def _most_keys(schema: TableSchema) -> int:
    n = len(schema.names("category"))
    return n + min(MOST_PAIRS, n * (n - 1) // 2)


def _counts(codes: np.ndarray, known: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How often each code was counted. known : sorted codes, shape (n_known,). counts : theirs."""
    positions = np.searchsorted(known, codes).clip(max=len(known) - 1)
    return np.where(known[positions] == codes, counts[positions], 0)
