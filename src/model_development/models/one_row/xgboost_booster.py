"""XGBoost's booster without its scikit-learn interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from .quick import Quick


def quick_xgboost(model: Any) -> Quick | None:
    """model : XGBoostModel. None for boosters and objectives whose outputs are made in another way."""
    estimator = model.estimator
    booster = estimator.get_booster()
    if not estimator._can_use_inplace_predict() or estimator.objective == "multi:softmax":
        return None
    rounds, missing = estimator._get_iteration_range(None), estimator.missing

    def outputs(matrix: np.ndarray) -> np.ndarray:
        return booster.inplace_predict(
            matrix, iteration_range=rounds, missing=missing, validate_features=False
        )

    def probabilities(matrix: np.ndarray) -> np.ndarray:
        said = outputs(matrix)
        return said if said.ndim == 2 else np.stack([1.0 - said, said], axis=1)

    return Quick(predict_proba=probabilities, predict=outputs)
