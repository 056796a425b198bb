"""Numbers as models like them: networks between quantiles, trees about their middle.

>>> PiecewiseLinearEncoder(n_bins=2).fit_transform([[0.0], [1.0], [3.0]])
array([[0., 0.],
       [1., 0.],
       [1., 1.]], dtype=float32)
>>> SinglePrecision().fit_transform([[0.1]]).dtype
dtype('float32')
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from ..saved import known_as_saved

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


NUMBERS_AT_ONCE = 2**18  # in double precision, 2 MB: what a block of rows becomes before it is rounded
BINS_OF_ALL = 9_600  # columns together: 200 of 48 bins
MOST = 1e38  # that float32 holds, roughly
MOST_SPREADS = 5.0  # standard deviations, beyond which a plain number says no more
KEPT = 0.99  # of the values that can stay different must do so
SOME = 10_000  # values say how many stay different


@known_as_saved
class SinglePrecision(TransformerMixin, BaseEstimator):
    """Numbers in single precision, for models that compute in it: half of the memory, and the same model."""

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> SinglePrecision:
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return X, shape (n_rows, n_columns), as float32."""
        return np.asarray(X, dtype=np.float32)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> ArrayLike | None:
        return input_features


@known_as_saved
class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):
    """Each column becomes one column per bin: 0 below the bin, 1 above it, linear within.

    Networks then bend at the quantiles, and neither a heavy tail nor an outlier outweighs the rest.
    Where quantiles coincide (most values are 0), those of the different values take their place.

    n_bins : bins per column, at most; fewer where it has fewer different values, or there are many columns.
    plain : the number itself follows, standardised and within MOST_SPREADS, of each column of more than one
    bin: bins alone tell a network of many steps little of an order.

    Source: Gorishniy, Rubachev and Babenko (2022), On Embeddings for Numerical Features in Tabular
    Deep Learning, NeurIPS; quantile bins.
    """

    def __init__(self, n_bins: int = 48, plain: bool = False) -> None:
        self.n_bins = n_bins
        self.plain = plain

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> PiecewiseLinearEncoder:
        """Find the bins of X, numbers without missing values, shape (n_rows, n_columns)."""
        X = np.asarray(X, dtype=float)
        n_bins = min(self.n_bins, most_bins(X.shape[1]))
        edges = [_edges(X[:, column], n_bins) for column in range(X.shape[1])]
        widths = [np.diff(e) for e in edges]
        self.columns_ = np.repeat(np.arange(X.shape[1]), [len(width) for width in widths])
        self.starts_ = np.concatenate([e[:-1] for e in edges] or [np.empty(0)])
        self.widths_ = np.concatenate(widths or [np.empty(0)])
        self.lows_, self.highs_ = np.zeros(len(self.columns_)), np.ones(len(self.columns_))
        if self.plain:
            self._add_plain(X, [column for column, width in enumerate(widths) if len(width) > 1])
        self.n_features_in_ = X.shape[1]
        return self

    @property
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        """Least and largest number of each column of the result; of encoders saved earlier, of a bin."""
        return getattr(self, "lows_", 0.0), getattr(self, "highs_", 1.0)

    def _add_plain(self, X: np.ndarray, columns: Sequence[int]) -> None:
        found = np.array([_mean_and_spread(X[:, column]) for column in columns]).reshape(-1, 2)
        centers, spreads = found.T
        most = np.full(len(columns), MOST_SPREADS)
        self.columns_ = np.concatenate([self.columns_, np.array(columns, dtype=int)])
        self.starts_ = np.concatenate([self.starts_, centers])
        self.widths_ = np.concatenate([self.widths_, spreads])
        self.lows_, self.highs_ = np.concatenate([self.lows_, -most]), np.concatenate([self.highs_, most])

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return shape (n_rows, n_bins of all columns, and plain ones), numbers from 0 to 1 as float32.

        Calculated in double precision, block by block: a whole table of that would be twice the result.
        """
        X = np.asarray(X, dtype=float)
        result = np.empty((len(X), len(self.columns_)), dtype=np.float32)
        size = max(1, NUMBERS_AT_ONCE // max(1, len(self.columns_)))
        low, high = self.bounds
        for start in range(0, len(X), size):
            rows = slice(start, start + size)
            values = X[rows, self.columns_]
            values -= self.starts_
            values /= self.widths_
            result[rows] = np.clip(values, low, high, out=values)
        return result


def most_bins(n_columns: int) -> int:
    """How many bins a column may have beside so many: weights that few rows cannot set cost time alone."""
    return max(1, BINS_OF_ALL // max(1, n_columns))


def n_bins_of(values: np.ndarray, n_columns: int, n_bins: int = 48) -> int:
    """How many bins a PiecewiseLinearEncoder makes of a column beside others, `n_columns` in all.

    values : shape (n_rows,), none missing.
    """
    return len(_edges(values, min(n_bins, most_bins(n_columns)))) - 1


def _mean_and_spread(values: np.ndarray) -> tuple[float, float]:
    """Of a column of different numbers; calculated in parts of the largest, so that no square overflows."""
    unit = np.abs(values).max()
    mean, spread = (values / unit).mean() * unit, (values / unit).std() * unit
    return mean, spread if spread > 0 else unit


def _edges(values: np.ndarray, n_bins: int) -> np.ndarray:
    shares = np.linspace(0, 1, n_bins + 1)
    edges, different = np.unique(np.quantile(values, shares)), np.unique(values)
    if len(edges) < n_bins / 2 < len(different):
        edges = np.unique(np.concatenate([edges, np.quantile(different, shares)]))
    if len(different) <= n_bins / 2:
        edges = different
    return edges if len(edges) > 1 else np.array([edges[0], edges[0] + max(1.0, abs(edges[0]))])


@known_as_saved
class UnitFree(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Numbers about their middle and in units of their spread, missing ones left missing.

    For models that hold numbers as float32 and compare differences with fixed numbers: their order stays,
    and so do their differences, whatever the unit and wherever zero is. The unit is a power of two, which
    costs no digit. Where values would be lost beside the middle, since a column spans many powers of ten or
    is one number most often, the middle of the different values takes its place, or zero.

    single : give them as float32, for models that hold them so anyway.
    """

    def __init__(self, single: bool = False) -> None:
        self.single = single

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> UnitFree:
        """Find center and unit of each column of X, numbers or NaN, shape (n_rows, n_columns)."""
        X = np.asarray(X, dtype=float)
        units = [_center_and_unit(X[:, column]) for column in range(X.shape[1])]
        self.centers_, self.units_ = np.array(units).reshape(-1, 2).T.copy()
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return shape (n_rows, n_columns), within what float32 holds."""
        apart = (np.asarray(X, dtype=float) - self.centers_) / self.units_
        return np.clip(apart, -MOST, MOST, out=apart).astype(np.float32 if self.single else float, copy=False)


def _center_and_unit(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    # From a value of the column a difference is exact.
    ways = [
        (center, _unit_of(values - center)) for center in (_middle(values), _middle(np.unique(values)), 0.0)
    ]
    kept = [_n_different((values - center) / unit) for center, unit in ways]
    return next(way for way, n in zip(ways, kept, strict=True) if n >= KEPT * max(kept))


def _middle(values: np.ndarray) -> float:
    return np.partition(values, len(values) // 2)[len(values) // 2]


def _unit_of(values: np.ndarray) -> float:
    """The power of two next to the median of the values that are not zero, their sign aside."""
    sizes = np.abs(values[values != 0])
    return 2.0 ** np.clip(np.round(np.log2(np.median(sizes))), -1000, 1000) if len(sizes) else 1.0


def _n_different(values: np.ndarray) -> int:
    """How many of the values, of some of them where they are many, float32 tells apart."""
    some = values[:: len(values) // SOME + 1]
    return len(np.unique(np.clip(some, -MOST, MOST).astype(np.float32)))
