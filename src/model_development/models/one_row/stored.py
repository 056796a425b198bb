"""Quick ways that are made again of plain values, without the estimator and its library's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .lightgbm_booster import load_lightgbm
from .linear import linear, logistic
from .quick import Quick
from .xgboost_booster import load_xgboost

STORED: dict[str, Callable[..., Quick | None]] = {
    "linear": lambda folder, **values: linear(**values),
    "logistic": lambda folder, **values: logistic(**values),
    "xgboost": lambda folder, rounds, missing: load_xgboost(folder, rounds, float(missing)),
    "lightgbm": lambda folder, task: load_lightgbm(folder, task),
}


def quick_of_stored(stored: Mapping[str, Any], folder: Path) -> Quick | None:
    """Return what `Quick.stored` was made of. folder : of the saved model, which holds its files.

    Raises KeyError, TypeError or ValueError for values that are none.
    """
    return STORED[stored["kind"]](folder, **{name: part for name, part in stored.items() if name != "kind"})
