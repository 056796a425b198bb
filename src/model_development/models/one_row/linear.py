"""Linear models as a product of matrices."""

from __future__ import annotations

import numpy as np

from .quick import Quick, softmax


def logistic(coefficients: np.ndarray, intercept: np.ndarray) -> Quick:
    """coefficients : shape (1, n_columns) for two classes, else (n_classes, n_columns)."""
    from scipy.special import expit

    across = coefficients.T

    def of_two(matrix: np.ndarray) -> np.ndarray:
        share = expit((matrix @ across + intercept).ravel())
        return np.stack([1 - share, share], axis=1)

    def of_several(matrix: np.ndarray) -> np.ndarray:
        return softmax(matrix @ across + intercept)

    stored = {"kind": "logistic", "coefficients": coefficients, "intercept": intercept}
    return Quick(predict_proba=of_two if len(coefficients) == 1 else of_several, stored=stored)


def linear(coefficients: np.ndarray, intercept: np.ndarray) -> Quick:
    """coefficients : shape (n_columns,). intercept : shape () or (1,)."""
    stored = {"kind": "linear", "coefficients": coefficients, "intercept": np.asarray(intercept)}
    return Quick(predict=lambda matrix: matrix @ coefficients + intercept, stored=stored)
