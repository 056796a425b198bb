"""The metrics once more, for many weightings of the same rows at once.

A bootstrap is nothing but rows with whole-number weights, so one pass of matrix products scores
hundreds of resamples in the time that scikit-learn takes for a few. Each function takes
(truth, outcome, weights): weights of shape (n_resamples, n_rows); it returns shape (n_resamples,).
With weights of one it is the metric of the same name in definitions.py; the tests hold it to that.
"""

import numpy as np

from ..tasks.predictions import Predictions
from .row_losses import brier_of_rows, log_loss_of_rows, pinball_of_rows

EXACT_ROWS = 2000  # up to so many, scores are not put into bins
N_BINS = 256
TINY = np.finfo(float).tiny
ROUNDING = 1e-12  # share of the mean square that a variance of equal values may come to


def accuracy(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(outcome.labels == truth, weights)


def precision(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _average(truth, outcome, weights, lambda hit, said, true: _ratio(hit, said))


def recall(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _average(truth, outcome, weights, lambda hit, said, true: _ratio(hit, true))


def f1_score(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _average(truth, outcome, weights, lambda hit, said, true: _ratio(2 * hit, said + true))


def balanced_accuracy(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    hit, _, true = _counts_of_all(truth, outcome, weights)
    return _ratio(hit, true).sum(axis=1) / np.maximum(1, (true > 0).sum(axis=1))


def matthews(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    """Source: Gorodkin (2004), Computational Biology and Chemistry 28(5-6), for any number of classes."""
    hit, said, true = _counts_of_all(truth, outcome, weights)
    total, hits, both = weights.sum(axis=1), hit.sum(axis=1), (said * true).sum(axis=1)
    apart = (total**2 - (said**2).sum(axis=1)) * (total**2 - (true**2).sum(axis=1))
    return _ratio(hits * total - both, np.sqrt(apart))


def log_loss(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(log_loss_of_rows(truth, outcome), weights)


def brier_score(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(brier_of_rows(truth, outcome), weights)


def roc_auc(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _one_against_rest(truth, outcome, weights, _roc_area)


def pr_auc(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _one_against_rest(truth, outcome, weights, _pr_area)


def mse(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean((outcome.labels - truth) ** 2, weights)


def rmse(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return np.sqrt(mse(truth, outcome, weights))


def mae(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(np.abs(outcome.labels - truth), weights)


def mape(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(np.abs((outcome.labels - truth) / truth), weights)


def r2_score(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return 1 - mse(truth, outcome, weights) / _variance(truth, weights)


def explained_variance(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return 1 - _variance(truth - outcome.labels, weights) / _variance(truth, weights)


def pinball_loss_10(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(pinball_of_rows(0.1)(truth, outcome), weights)


def pinball_loss_90(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    return _mean(pinball_of_rows(0.9)(truth, outcome), weights)


def median_absolute_error(truth: np.ndarray, outcome: Predictions, weights: np.ndarray) -> np.ndarray:
    errors = np.abs(outcome.labels - truth)
    order = np.argsort(errors)
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    low, high = (reached >= half).argmax(axis=1), (reached > half).argmax(axis=1)
    return (errors[order][low] + errors[order][high]) / 2


def _mean(values, weights):
    return weights @ np.asarray(values, dtype=float) / weights.sum(axis=1)


def _variance(values, weights):
    centred = values - values.mean()  # the same for any shift, and precise for this one
    squares = _mean(centred**2, weights)
    variance = squares - _mean(centred, weights) ** 2
    return np.where(variance > ROUNDING * squares, variance, 0.0)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole != 0)


def _counts(truth, outcome, weights, k):
    """(rightly called k, called k, k in truth), each shape (n_resamples,)."""
    said, true = outcome.labels == k, truth == k
    return weights @ (said & true).astype(float), weights @ said.astype(float), weights @ true.astype(float)


def _counts_of_all(truth, outcome, weights):
    """`_counts` of every class, each shape (n_resamples, n_classes)."""
    classes = np.arange(outcome.probabilities.shape[1])
    said, true = outcome.labels[:, None] == classes, truth[:, None] == classes
    return weights @ (said & true).astype(float), weights @ said.astype(float), weights @ true.astype(float)


def _average(truth, outcome, weights, score):
    """Of the positive class where there is one, else weighted by the classes' shares."""
    if outcome.positive is not None:
        return score(*_counts(truth, outcome, weights, outcome.positive))
    hit, said, true = _counts_of_all(truth, outcome, weights)
    return (score(hit, said, true) * true).sum(axis=1) / weights.sum(axis=1)


def _one_against_rest(truth, outcome, weights, area):
    """area : (is positive, scores, weights of shape (n_rows, n_resamples)) -> shape (n_resamples,)."""
    if len(np.unique(truth)) < outcome.by_class.shape[1]:
        return np.full(len(weights), np.nan)  # a class that no row has: see definitions.py
    columns = np.ascontiguousarray(weights.T)
    if outcome.positive is not None:
        return area(truth == outcome.positive, outcome.by_class[:, outcome.positive], columns)
    values, sizes = [], []
    for k in range(outcome.by_class.shape[1]):
        values.append(area(truth == k, outcome.by_class[:, k], columns))
        sizes.append(weights @ (truth == k).astype(float))
    shares = np.array(sizes)
    return np.where(shares > 0, np.nan_to_num(values) * shares, 0).sum(axis=0) / shares.sum(axis=0)


def _reached(is_positive, scores, columns):
    """Weight of positive and of all rows with at least each different score, from the highest to the lowest.

    Shape (n_scores, n_resamples).
    """
    order = np.argsort(-scores, kind="stable")
    ordered, in_order = scores[order], np.take(columns, order, axis=0)
    positive = np.cumsum(in_order * is_positive[order, None], axis=0)
    total = np.cumsum(in_order, axis=0, out=in_order)
    is_last = np.r_[ordered[1:] != ordered[:-1], True]
    return (positive, total) if is_last.all() else (positive[is_last], total[is_last])


def _reached_in_bins(is_positive, scores, columns):
    """As `_reached`, of about N_BINS bins, smaller ones towards the highest scores, which count most."""
    from scipy.sparse import csr_array

    n_rows = len(scores)
    ranks = np.unique(np.r_[np.geomspace(1, n_rows, N_BINS // 2), np.linspace(1, n_rows, N_BINS // 2)])
    ends = np.unique(np.sort(scores)[n_rows - ranks.astype(int)])  # the lowest score of each bin
    bins = len(ends) - np.searchsorted(ends, scores, side="right")  # the highest scores first
    n_bins = len(ends)
    chosen, ones = np.flatnonzero(is_positive), np.ones(n_rows)
    members = csr_array((ones, (bins, np.arange(n_rows))), shape=(n_bins, n_rows))
    positive = csr_array(
        (ones[: len(chosen)], (bins[chosen], np.arange(len(chosen)))), shape=(n_bins, len(chosen))
    )
    return np.cumsum(positive @ columns[chosen], axis=0), np.cumsum(members @ columns, axis=0)


def _are_many(scores, columns):
    """Of many rows in many resamples, scores that are next to each other count as one.

    That changes the ends of an interval by a few hundredths of the spread, for a part of the time.
    """
    return columns.shape[1] > 1 and len(scores) > EXACT_ROWS


def _roc_area(is_positive, scores, columns):
    """The area under the curve's straight pieces."""
    reached = _reached_in_bins if _are_many(scores, columns) else _reached
    positive, total = reached(is_positive, scores, columns)
    negative = np.subtract(total, positive, out=total)
    n_positive, n_negative = positive[-1].copy(), negative[-1].copy()
    area = positive[0] * negative[0] + np.einsum(
        "ij,ij->j", positive[1:] + positive[:-1], np.diff(negative, axis=0)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return area / (2 * n_positive * n_negative)


def _pr_area(is_positive, scores, columns):
    """Average precision: precision at each threshold, weighted by the recall that it adds."""
    if _are_many(scores, columns):
        return _pr_area_in_bins(*_reached_in_bins(is_positive, scores, columns))
    positive, total = _reached(is_positive, scores, columns)
    np.maximum(total, TINY, out=total)  # none is called above the first row that was drawn
    precision_there = np.divide(positive, total, out=total)
    area = precision_there[0] * positive[0] + np.einsum(
        "ij,ij->j", precision_there[1:], np.diff(positive, axis=0)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return area / positive[-1]


def _pr_area_in_bins(positive, total):
    """The same where the rows of a bin stand in any order: the mean precision on the way through each bin.

    From (P, T) to (P + p, T + t) it is the integral of (P + p x) / (T + t x) over x from 0 to 1.
    """
    p, t = np.diff(positive, axis=0, prepend=0.0), np.diff(total, axis=0, prepend=0.0)
    before_p, before_t = positive - p, total - t
    with np.errstate(invalid="ignore", divide="ignore"):
        growth = np.log1p(t / before_t)
        mean = p / t + (before_p * t - p * before_t) / t**2 * np.where(before_t > 0, growth, 0.0)
        return np.nansum(np.where(t > 0, mean * p, 0.0), axis=0) / positive[-1]
