"""What a network is made of and how it learns, beside its widths and pace: the choices of both frameworks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACTIVATIONS = ("relu", "gelu", "silu")
OPTIMIZERS = ("adamw", "sgd")
INPUT_FORMS = ("both", "scaled", "binned")  # kinds of preprocessing, see features/preprocessors.py
MOMENTUM = 0.9  # of "sgd", in Nesterov's form: Sutskever et al. (2013)

BASELINE = {"n_layers": 2, "activation": "relu", "optimizer": "adamw", "input_form": "both"}
RANGES = {
    "layer1_units": {"low": 32, "high": 256, "log": True},
    "layer2_units": {"low": 16, "high": 128, "log": True},  # of the second layer and of those after it
    "n_layers": {"low": 1, "high": 4},
    "activation": list(ACTIVATIONS),
    "optimizer": list(OPTIMIZERS),
    "input_form": list(INPUT_FORMS),
    "dropout": {"low": 0.0, "high": 0.6},
    "learning_rate": {"low": 2e-4, "high": 3e-2, "log": True},
}
LIMITS = {"dropout": 0.0, "n_layers": 1}
WHOLE = ("layer1_units", "layer2_units", "n_layers", "batch_size", "epochs")
CHOICES = {"activation": ACTIVATIONS, "optimizer": OPTIMIZERS}


def hidden_units(params: Mapping[str, Any]) -> list[int]:
    """Units of each hidden layer: the first has its own number.

    >>> hidden_units({"n_layers": 3, "layer1_units": 64, "layer2_units": 32})
    [64, 32, 32]
    """
    return [params["layer1_units"], *[params["layer2_units"]] * (params["n_layers"] - 1)]


def canonical_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A network of one layer has no second one, whatever stands there."""
    return {**params, "layer2_units": None} if params.get("n_layers") == 1 else params


def check(params: Mapping[str, Any]) -> None:
    """Raise ValueError for parameters that make no network."""
    for name in WHOLE:
        value = params.get(name)
        if value is not None and (value < 1 or value != int(value)):
            raise ValueError(f"{name} must be a whole number, 1 or more, not {value!r}")
    if not 0 <= params.get("dropout", 0) < 1:
        raise ValueError(f"dropout must be 0 or more and below 1, not {params['dropout']!r}")
    for name, allowed in CHOICES.items():
        if params.get(name, allowed[0]) not in allowed:
            raise ValueError(f"{name} is {params[name]!r}; allowed: {', '.join(allowed)}")
