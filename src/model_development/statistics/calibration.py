"""How far probabilities are from what happens: calibration error, Brier score in parts, a test."""

from __future__ import annotations

import numpy as np

from .resampling import FEWEST_GROUPS

N_BINS = 10
FEWEST_ROWS = 20  # of a bin
N_SIMULATED = 200
MOST_SIMULATED = 20_000  # rows


def reliability_bins(said: np.ndarray, n_bins: int = N_BINS) -> list[np.ndarray]:
    """Return the rows of each bin, of about equal size and at least 20; equal probabilities are together.

    said : probabilities, shape (n_rows,).
    """
    order = np.argsort(said, kind="stable")
    n_bins = max(1, min(n_bins, len(said) // FEWEST_ROWS))
    cuts = (np.arange(1, n_bins) * len(said)) // n_bins
    values = said[order]
    ends = np.unique(np.searchsorted(values, values[cuts - 1], side="right")) if len(cuts) else cuts
    ends = ends[ends < len(said)]
    return [rows for rows in np.split(order, ends) if len(rows)]


def calibration_error(happened: np.ndarray, said: np.ndarray) -> float:
    """Return the expected calibration error: the mean distance of said and happened over bins, by their rows.

    happened : booleans, shape (n_rows,). said : probabilities, shape (n_rows,).
    Source: Naeini, Cooper and Hauskrecht (2015), Obtaining Well Calibrated Probabilities, AAAI; bins of equal
    size as in Nixon et al. (2019), Measuring Calibration in Deep Learning.

    >>> calibration_error(np.array([True, False]), np.array([0.5, 0.5]))
    0.0
    """
    gaps = [abs(happened[rows].mean() - said[rows].mean()) * len(rows) for rows in reliability_bins(said)]
    return float(sum(gaps) / len(said))


def error_when_calibrated(
    happened: np.ndarray, said: np.ndarray, seed: int = 0, groups: np.ndarray | None = None
) -> tuple[float, float]:
    """Return (mean, 95 % quantile) of the calibration error where probabilities are right, simulated.

    happened, said : shape (n_rows,). Of more than 20,000 independent rows the simulation takes a sample, and
    scales what comes out to all of them. groups : whole numbers, shape (n_rows,); then what happened beyond
    what was said is given a random sign, one for each group: rows of one stay as alike as they are.
    Source: Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3), for groups.
    """
    rng = np.random.default_rng(seed)
    if groups is not None:
        return _mean_and_highest(_errors_of_signs(rng, happened - said, said, groups))
    taken = said if len(said) <= MOST_SIMULATED else rng.permutation(said)[:MOST_SIMULATED]
    bins = reliability_bins(taken)
    happened = rng.random((N_SIMULATED, len(taken))) < taken
    gaps = [np.abs(happened[:, rows].mean(axis=1) - taken[rows].mean()) * len(rows) for rows in bins]
    return _mean_and_highest(np.sum(gaps, axis=0) / len(taken) * np.sqrt(len(taken) / len(said)))


def _errors_of_signs(rng, beyond, said, groups):
    codes = np.unique(groups, return_inverse=True)[1]
    n_groups = codes.max() + 1
    bins = reliability_bins(said)
    sums = np.stack([np.bincount(codes[rows], beyond[rows], n_groups) for rows in bins], axis=1)
    signs = rng.choice([-1.0, 1.0], (N_SIMULATED, n_groups))
    return np.abs(signs @ sums).sum(axis=1) / len(said)


def _mean_and_highest(errors):
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def brier_parts(happened: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Return reliability, resolution and uncertainty of the Brier score, and what differs within bins.

    Brier score = reliability - resolution + uncertainty + within bins.
    Source: Murphy (1973), Journal of Applied Meteorology 12(4); for bins of different probabilities
    Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting 23(4).

    >>> parts = brier_parts(np.array([True, True, False, False]), np.array([0.9, 0.9, 0.9, 0.9]))
    >>> {name: round(value, 3) for name, value in parts.items()}
    {'reliability': 0.16, 'resolution': 0.0, 'uncertainty': 0.25, 'within bins': 0.0}
    """
    share = happened.mean()
    reliability = resolution = 0.0
    for rows in reliability_bins(said):
        part = len(rows) / len(said)
        reliability += part * (said[rows].mean() - happened[rows].mean()) ** 2
        resolution += part * (happened[rows].mean() - share) ** 2
    uncertainty = share * (1 - share)
    brier = np.mean((said - happened) ** 2)
    within = brier - (reliability - resolution + uncertainty)
    found = {"reliability": reliability, "resolution": resolution, "uncertainty": uncertainty}
    return {name: float(value) for name, value in {**found, "within bins": within}.items()}


def calibration_p_value(
    happened: np.ndarray, said: np.ndarray, groups: np.ndarray | None = None
) -> float | None:
    """Return the two-sided p-value of "the probabilities are right"; None where rows are too few or too sure.

    happened, said : shape (n_rows,). groups : whole numbers; then the spread is that between groups.
    Source: Spiegelhalter (1986), Probabilistic Prediction in Patient Management, Statistics in Medicine 5(5).
    """
    from scipy.stats import norm, t

    terms = (happened - said) * (1 - 2 * said)
    if groups is not None:
        sums = np.bincount(np.unique(groups, return_inverse=True)[1], terms)
        if len(sums) < FEWEST_GROUPS or not sums.any():
            return None
        statistic = sums.sum() / np.sqrt((sums**2).sum())  # the spread about 0, which the sums would have
        return float(2 * t.sf(abs(statistic), len(sums) - 1))
    variance = float(((1 - 2 * said) ** 2 * said * (1 - said)).sum())
    if variance < 1e-12 or len(said) < FEWEST_ROWS:
        return None
    return float(2 * norm.sf(abs(terms.sum()) / np.sqrt(variance)))
