"""LightGBM's booster, which the model asks at once already; here so that it can be read without the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .quick import Quick, Together


def quick_lightgbm(model: Any) -> Quick | None:
    """model : LightGBMModel. None for the first rounds of a longer one, which no file has."""
    if model.n_rounds is not None:
        return None
    stored = {"kind": "lightgbm", "task": model.task}
    return Quick(model.predict_proba, model.predict, Together.AT_ONCE, stored)


def load_lightgbm(folder: Path, task: str) -> Quick | None:
    """The same from the file of a saved model."""
    from ..lightgbm_models import load

    return quick_lightgbm(load(folder, task))
