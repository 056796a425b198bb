"""Which of two equally good combinations is the simpler one."""

import math
from collections.abc import Mapping
from typing import Any

LARGER_IS_MORE = (  # parameters with which a model grows
    *("n_estimators", "iterations", "epochs", "max_depth", "depth", "num_leaves", "max_leaf_nodes"),
    *("layer1_units", "layer2_units", "n_layers", "C"),
)
LARGER_IS_LESS = (  # parameters that hold it back
    *("min_samples_leaf", "min_samples_split", "min_child_samples", "min_child_weight"),
    *("reg_lambda", "reg_alpha", "l2_leaf_reg", "alpha", "gamma", "ccp_alpha", "dropout", "weight_decay"),
)
NO_LIMIT = 1000  # what a None of a parameter with which a model grows stands for


def complexity(params: Mapping[str, Any]) -> float:
    """Return a number that is larger for models that are larger or less held back, on a log scale.

    It orders combinations of one model's parameters, and says nothing of different models.

    >>> complexity({"max_depth": 3}) < complexity({"max_depth": 7}) < complexity({"max_depth": None})
    True
    >>> complexity({"max_depth": 3, "reg_lambda": 10}) < complexity({"max_depth": 3, "reg_lambda": 1})
    True
    """
    grown = [_number(params[name], NO_LIMIT) for name in LARGER_IS_MORE if name in params]
    held = [_number(params[name], 0) for name in LARGER_IS_LESS if name in params]
    return sum(map(math.log1p, grown)) - sum(map(math.log1p, held))


def _number(value: Any, otherwise: float) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if known else float(otherwise)
