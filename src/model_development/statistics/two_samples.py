"""Are two samples of one distribution? Tests on counts, how large the difference is, and which count.

With many rows any difference is significant, and with many tests some are by chance. So a difference counts
where it is significant among all that were tested and its size, with what chance may have added to it taken
off, is one that matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

DISCOVERY_LEVEL = 0.01  # false discovery rate
SMALLEST_EFFECT = 0.05  # that matters
MIN_EXPECTED = 5  # rows of a category, below which it is one with the other rare ones
CERTAINTY = 0.95  # one-sided, of the lower bound of an effect


@dataclass(frozen=True)
class Comparison:
    """How different two samples are, see `compare_bins` and `compare_levels`.

    effect : 0 to 1. low : what it is at least. p : of the test of no difference.
    """

    effect: float
    low: float
    p: float


NO_DIFFERENCE = Comparison(0.0, 0.0, 1.0)


def compare_bins(known: ArrayLike, new: ArrayLike) -> Comparison:
    """Compare counts of the same ordered bins; the effect is the largest difference of the shares below.

    known, new : shape (n_bins,), each with one row at least; of rows in groups see `row_worth`. Of values
    that are counted in bins the test of Kolmogorov and Smirnov is conservative, the less so the more bins
    there are.
    Source: Noether (1963), Note on the Kolmogorov statistic in the discrete case, Metrika 7.

    >>> found = compare_bins([100, 100, 100, 100], [20, 60, 80, 240])
    >>> found.effect, found.p < 1e-6, 0.2 < found.low < found.effect
    (0.35, True, True)
    """
    from scipy.special import kolmogorov

    known, new = np.asarray(known, dtype=float), np.asarray(new, dtype=float)
    n_known, n_new = known.sum(), new.sum()
    below = np.cumsum(known)[:-1] / n_known, np.cumsum(new)[:-1] / n_new
    if not len(below[0]):
        return NO_DIFFERENCE
    differences = np.abs(below[1] - below[0])
    at = int(differences.argmax())
    effect = float(differences[at])
    low = effect - _z() * _error((below[0][at], n_known), (below[1][at], n_new))
    p = float(kolmogorov(np.sqrt(n_known * n_new / (n_known + n_new)) * effect))
    return Comparison(effect, max(0.0, low), p)


def compare_levels(known: ArrayLike, new: ArrayLike) -> Comparison:
    """Compare counts of the same levels; the effect is the largest difference of the share of a set of them.

    known, new : shape (n_levels,), each with one row at least. Rare levels are counted as one. With many
    levels the effect is larger than 0 by chance alone; so much is taken off its lower bound.
    Source: Pearson's chi-square test; Cochran (1954), Biometrics 10(4), for the least expected counts.

    >>> compare_levels([50, 50], [50, 50]).p, round(compare_levels([500, 500], [300, 700]).effect, 3)
    (1.0, 0.2)
    """
    from scipy.stats import chi2_contingency

    counts = np.array([known, new], dtype=float)
    totals = counts.sum(axis=1)
    rare = counts.sum(axis=0) * totals.min() / totals.sum() < MIN_EXPECTED
    if rare.any():
        counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return NO_DIFFERENCE
    shares = counts / totals[:, None]
    effect = float(np.abs(shares[0] - shares[1]).sum() / 2)
    more = shares[1] > shares[0]
    reach = _z() * _error(*zip(shares[:, more].sum(axis=1), totals, strict=True))
    low = effect - reach - _by_chance(counts.sum(axis=0) / totals.sum(), totals)
    return Comparison(effect, max(0.0, low), float(chi2_contingency(counts).pvalue))


def discovered(p: ArrayLike, level: float = DISCOVERY_LEVEL) -> np.ndarray:
    """Say which of some tests count, bool, shape (n_tests,): of those, a share of `level` does so by chance.

    Source: Benjamini and Hochberg (1995), JRSS B 57(1).

    >>> discovered([0.001, 0.5, 0.0001]).tolist()
    [True, False, True]
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values)
    below = values[order] <= level * np.arange(1, len(values) + 1) / max(len(values), 1)
    chosen = np.zeros(len(values), dtype=bool)
    chosen[order[: int(np.flatnonzero(below)[-1]) + 1 if below.any() else 0]] = True
    return chosen


def differ(found: Sequence[Comparison], smallest: ArrayLike = SMALLEST_EFFECT) -> np.ndarray:
    """Say which comparisons count: discovered, and with an effect of `smallest` at least; bool.

    smallest : one for all, or shape (n_comparisons,).
    """
    low = np.array([comparison.low for comparison in found], dtype=float)
    return discovered([comparison.p for comparison in found]) & (low >= np.asarray(smallest))


def smallest_seen(n_known: float, n_new: float, n_tests: int) -> float:
    """The difference of distribution functions from which on one of so many tests counts, about.

    >>> round(smallest_seen(10_000, 1000, 20), 2)
    0.08
    """
    from scipy.special import kolmogi

    rows = n_known * n_new / (n_known + n_new)
    by_test = float(kolmogi(DISCOVERY_LEVEL / n_tests)) / np.sqrt(rows)
    return float(max(by_test, SMALLEST_EFFECT + _z() * 0.5 / np.sqrt(rows)))


def _error(*samples):
    """Standard error of the difference of two shares. samples : (share, rows) of each."""
    return float(np.sqrt(sum(share * (1 - share) / n for share, n in samples)))


def _by_chance(shares, totals):
    """The effect to be expected of two samples of one distribution."""
    errors = np.sqrt(shares * (1 - shares) * (1 / totals).sum())
    return float(np.sqrt(2 / np.pi) * errors.sum() / 2)


@cache
def _z():
    from scipy.stats import norm

    return float(norm.ppf(CERTAINTY))
