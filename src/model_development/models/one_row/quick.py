"""The face that all quick ways have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np


class Together(Enum):
    """How rows are answered together so that each gets what it gets alone, to the last bit.

    AT_ONCE : as one matrix, of which each row is a sum over trees of its own. ROW_BY_ROW : a product of
    matrices adds up in another order for several rows. AS_FITTED : that would take too long, as of networks:
    the model's own way, whose last digits may differ.
    """

    AT_ONCE = "at once"
    ROW_BY_ROW = "row by row"
    AS_FITTED = "as fitted"


def _absent(matrix: np.ndarray) -> np.ndarray:
    raise NotImplementedError("an estimator of the other family is asked")


@dataclass(frozen=True)
class Quick:
    """Outputs of matrices of one row: predict_proba, shape (1, n_classes), of a classifier; predict, shape
    (1,), of a regressor.

    together : see Together; matrices of several rows are taken where it is AT_ONCE. stored : what it can be
    made of again without the estimator, {"kind", ...} of arrays, numbers and texts, see stored.py; None where
    it cannot.
    """

    predict_proba: Callable[[np.ndarray], np.ndarray] = _absent
    predict: Callable[[np.ndarray], np.ndarray] = _absent
    together: Together = Together.ROW_BY_ROW
    stored: Mapping[str, Any] | None = None


def softmax(logits: np.ndarray) -> np.ndarray:
    """As SciPy calculates it, without its look at what kind of array it is."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
