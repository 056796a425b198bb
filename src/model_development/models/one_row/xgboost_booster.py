"""XGBoost's booster without its scikit-learn interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .quick import Quick, Together


def quick_xgboost(model: Any) -> Quick | None:
    """model : XGBoostModel. None for boosters and objectives whose outputs are made in another way."""
    estimator = model.estimator
    if not estimator._can_use_inplace_predict() or estimator.objective == "multi:softmax":
        return None
    return _of_booster(estimator.get_booster(), estimator._get_iteration_range(None), estimator.missing)


def load_xgboost(folder: Path, rounds: tuple[int, int], missing: float) -> Quick:
    """The same from the file of a saved model. rounds : from the first to behind the last."""
    from xgboost import Booster

    return _of_booster(Booster(model_file=folder / "estimator.ubj"), tuple(rounds), missing)


def _of_booster(booster: Any, rounds: tuple[int, int], missing: float) -> Quick:
    def outputs(matrix: np.ndarray) -> np.ndarray:
        return booster.inplace_predict(
            matrix, iteration_range=rounds, missing=missing, validate_features=False
        )

    def probabilities(matrix: np.ndarray) -> np.ndarray:
        said = outputs(matrix)
        return said if said.ndim == 2 else np.stack([1.0 - said, said], axis=1)

    stored = {"kind": "xgboost", "rounds": [int(end) for end in rounds], "missing": np.array(missing)}
    return Quick(predict_proba=probabilities, predict=outputs, together=Together.AT_ONCE, stored=stored)
