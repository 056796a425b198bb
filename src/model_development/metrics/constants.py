"""The best that can be said of every row alike, for each metric: what a model that learnt something beats.

Each function takes (target, like): the encoded target of the rows that are known, shape (n_rows,), and any
Predictions of the same task, which say how many classes there are and which is positive. It returns
Predictions for one row; `take` repeats them.
"""

import numpy as np

from ..tasks.predictions import Predictions


def most_frequent(target: np.ndarray, like: Predictions) -> Predictions:
    """The class that most rows have; every constant label has the same balanced accuracy and correlation."""
    return _label(int(np.bincount(target).argmax()), like)


def positive(target: np.ndarray, like: Predictions) -> Predictions:
    """The positive class, of which F1, recall and precision of any other label are 0; else most frequent."""
    return most_frequent(target, like) if like.positive is None else _label(like.positive, like)


def shares(target: np.ndarray, like: Predictions) -> Predictions:
    """The classes' shares as probabilities, the best constant of any proper score."""
    counts = np.bincount(target, minlength=like.by_class.shape[1])
    return Predictions(np.array([counts.argmax()]), counts[None] / len(target), like.positive)


def mean(target: np.ndarray, like: Predictions) -> Predictions:
    return _number(np.mean(target))


def median(target: np.ndarray, like: Predictions) -> Predictions:
    return _number(np.median(target))


def quantile_10(target: np.ndarray, like: Predictions) -> Predictions:
    return _number(np.quantile(target, 0.1))


def quantile_90(target: np.ndarray, like: Predictions) -> Predictions:
    return _number(np.quantile(target, 0.9))


def weighted_median(target: np.ndarray, like: Predictions) -> Predictions:
    """The median with weights of 1 / |target|, so that errors count as shares of it; zeros have none.

    Source: Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106(494), on MAPE.
    """
    values = np.sort(target[target != 0])
    if not len(values):
        return _number(0.0)
    reached = np.cumsum(1 / np.abs(values))
    return _number(values[np.searchsorted(reached, reached[-1] / 2)])


def _label(label: int, like: Predictions) -> Predictions:
    probabilities = np.eye(like.by_class.shape[1])[[label]]
    return Predictions(np.array([label]), probabilities, like.positive)


def _number(value: float) -> Predictions:
    return Predictions(np.array([float(value)]))
