"""Candidates for slices in which a model is worse than elsewhere: one level of a column, or of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .levels import Levels

MOST = 12  # candidates: each takes power from the tests of the others
MAX_SHARE = 0.75  # of the rows: what nearly all rows are is no slice
PROMISING = 2.0  # standard errors that a slice is worse by than the rest, and a pair than each of its two
ALIKE = 0.5  # share of the rows in common (Jaccard), above which two slices are one
MAX_COLUMNS = 40  # the most promising ones, of which all pairs are looked at
LOOKED_AT = 300  # slices of the ranking


@dataclass(frozen=True)
class Slice:
    """Rows that have a level of each of one or two columns. codes : their positions in `labels`."""

    levels: tuple[Levels, ...]
    codes: tuple[int, ...]

    @property
    def label(self) -> str:
        parts = zip(self.levels, self.codes, strict=True)
        return " and ".join(levels.labels[code] for levels, code in parts)

    @property
    def columns(self) -> str:
        return ", ".join(levels.name for levels in self.levels)

    def inside(self, codes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Which rows are in it, bool, shape (n_rows,). codes : see `levels.codes_of`."""
        parts = [codes[level.name] == code for level, code in zip(self.levels, self.codes, strict=True)]
        return np.logical_and.reduce(parts)


@dataclass(frozen=True)
class _Cells:
    """Rows, sum of losses and sum of their squares, in the cells of one or two columns."""

    n: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    def summed(self, axis):
        return _Cells(
            *(getattr(self, name).sum(axis=axis, keepdims=True) for name in ("n", "total", "squares"))
        )

    def above(self, whole):
        """Standard errors by which the mean loss of a cell is above that of the rest of the whole."""
        rest = _Cells(whole.n - self.n, whole.total - self.total, whole.squares - self.squares)
        (mean, variance), (mean_of_rest, variance_of_rest) = self._moments(), rest._moments()
        with np.errstate(all="ignore"):
            t = (mean - mean_of_rest) / np.sqrt(variance / self.n + variance_of_rest / rest.n)
        return np.where((rest.n > 1) & (self.n > 1), t, np.nan)

    def _moments(self):
        with np.errstate(all="ignore"):
            mean = self.total / self.n
            return mean, np.maximum(self.squares / self.n - mean**2, 0.0)


def find_slices(
    levels: Sequence[Levels], codes: Mapping[str, np.ndarray], losses: np.ndarray, min_rows: int
) -> tuple[list[Slice], int]:
    """Return (at most MOST slices that look worse, the most promising first, how many were looked at).

    codes : see `levels.codes_of`; losses : shape (n_rows,). A pair counts where it looks worse than the rest
    of the rows of either of its levels, too.
    """
    max_rows = MAX_SHARE * len(losses)
    whole = _Cells(np.array(len(losses)), losses.sum(), (losses**2).sum())
    found, best_of = [], {}
    n_looked_at = 0
    for level in levels:
        cells = _cells([level], codes, losses)
        above, fits = cells.above(whole), (cells.n >= min_rows) & (cells.n <= max_rows)
        n_looked_at += int(fits.sum())
        best_of[level.name] = np.nanmax(np.where(fits, above, np.nan), initial=-np.inf)
        found += [(above[k], Slice((level,), (int(k),))) for k in np.flatnonzero(fits & (above > PROMISING))]
    promising = sorted(levels, key=lambda level: -best_of[level.name])[:MAX_COLUMNS]
    for pair in combinations(promising, 2):
        cells = _cells(pair, codes, losses)
        above, fits = cells.above(whole), (cells.n >= min_rows) & (cells.n <= max_rows)
        n_looked_at += int(fits.sum())
        fits &= above > PROMISING
        for axis in (0, 1):
            fits &= cells.above(cells.summed(axis)) > PROMISING
        found += [(above[at], Slice(pair, tuple(map(int, at)))) for at in zip(*np.nonzero(fits), strict=True)]
    found.sort(key=lambda item: -item[0])
    return _unlike([item[1] for item in found[:LOOKED_AT]], codes), n_looked_at


def _cells(levels, codes, losses):
    shape = tuple(len(level.labels) for level in levels)
    own = [codes[level.name] for level in levels]
    known = np.flatnonzero(np.logical_and.reduce([code >= 0 for code in own]))
    cell = np.ravel_multi_index([code[known] for code in own], shape)
    of_known, n_cells = losses[known], int(np.prod(shape))
    sums = [np.bincount(cell, weights, n_cells) for weights in (None, of_known, of_known**2)]
    return _Cells(*(values.reshape(shape) for values in sums))


def _unlike(slices, codes):
    """The first of those that are about the same rows."""
    chosen, insides = [], []
    for candidate in slices:
        inside = candidate.inside(codes)
        if all((inside & other).sum() <= ALIKE * (inside | other).sum() for other in insides):
            chosen.append(candidate)
            insides.append(inside)
        if len(chosen) == MOST:
            break
    return chosen
