"""Do means differ between bins of rows? Tests that let the spread differ too."""

from __future__ import annotations

import numpy as np

FEWEST_ROWS = 8  # of a bin, for its spread to be known


def bin_means_p_value(
    values: np.ndarray, codes: np.ndarray, groups: np.ndarray | None = None
) -> float | None:
    """Return the p-value of "all bins have one mean"; None for fewer than two bins of at least 8 rows.

    values, codes : shape (n_rows,), the codes say the bin. groups : whole numbers, rows of one depend on each
    other; then the test is about means over rows, with the spread between groups.
    Source: Welch (1951), Biometrika 38(3-4); with groups Hotelling's T squared of Cochran's (1977, section
    9A) spread of means.
    """
    bins = [k for k in np.unique(codes) if (codes == k).sum() >= FEWEST_ROWS]
    if len(bins) < 2:
        return None
    if groups is None:
        return _welch([values[codes == k] for k in bins])
    return _between_groups(values, codes, groups, bins)


def _welch(samples):
    from scipy.stats import f

    k = len(samples)
    sizes = np.array([len(sample) for sample in samples])
    means = np.array([sample.mean() for sample in samples])
    variances = np.array([sample.var(ddof=1) for sample in samples])
    if (variances <= 0).any():
        return None
    weights = sizes / variances
    mean = (weights * means).sum() / weights.sum()
    uneven = ((1 - weights / weights.sum()) ** 2 / (sizes - 1)).sum()
    between = (weights * (means - mean) ** 2).sum() / (k - 1)
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * uneven)
    return float(f.sf(statistic, k - 1, (k**2 - 1) / (3 * uneven)))


def _between_groups(values, codes, groups, bins):
    from scipy.stats import f

    group = np.unique(groups, return_inverse=True)[1]
    n_groups, n_contrasts = int(group.max()) + 1, len(bins) - 1
    if n_groups < 2 * len(bins):
        return None
    means, parts = [], []
    for k in bins:
        inside = codes == k
        means.append(values[inside].mean())
        centred = (values[inside] - means[-1]) / inside.sum()
        parts.append(np.bincount(group[inside], centred, minlength=n_groups))
    contrasts = np.diff(np.eye(len(bins)), axis=0)
    spread = contrasts @ np.array(parts)
    covariance = spread @ spread.T * n_groups / (n_groups - 1)
    difference = contrasts @ np.array(means)
    if np.linalg.matrix_rank(covariance) < n_contrasts:
        return None
    squared = float(difference @ np.linalg.solve(covariance, difference))
    degrees = n_groups - n_contrasts
    return float(f.sf(squared * degrees / (n_contrasts * (n_groups - 1)), n_contrasts, degrees))
