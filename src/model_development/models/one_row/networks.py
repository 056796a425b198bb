"""Networks as the same few operations of their frameworks, without the layers around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .quick import Quick, Together, softmax


def quick_torch(model: Any) -> Quick | None:
    """model : TorchNetwork; None where its network is not on the CPU."""
    import torch

    layers = [layer for layer in model.network_ if isinstance(layer, torch.nn.Linear)]
    weights = [(layer.weight.detach(), layer.bias.detach()) for layer in layers]
    if any(part.device.type != "cpu" for pair in weights for part in pair):
        return None
    (last_weight, last_bias), linear = weights.pop(), torch.nn.functional.linear
    activation = getattr(torch.nn.functional, model.activation)

    def outputs(matrix: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            hidden = torch.tensor(matrix, dtype=torch.float32)
            for weight, bias in weights:
                hidden = activation(linear(hidden, weight, bias))
            return linear(hidden, last_weight, last_bias).numpy()

    return _of(outputs)


def quick_keras(model: Any) -> Quick | None:
    """model : KerasNetwork. TensorFlow's own operations: calling Keras' layers costs ten times as much."""
    import tensorflow as tf

    with model._placed():
        values = [tf.constant(value) for value in model.network_.get_weights()]
    layers = list(zip(values[::2], values[1::2], strict=True))
    (last_weight, last_bias), placed = layers.pop(), model._placed
    activation = getattr(tf.nn, model.activation)

    def outputs(matrix: np.ndarray) -> np.ndarray:
        with placed():
            hidden = tf.constant(np.asarray(matrix, dtype="float32"))
            for weight, bias in layers:
                hidden = activation(tf.nn.bias_add(tf.matmul(hidden, weight), bias))
            return tf.nn.bias_add(tf.matmul(hidden, last_weight), last_bias).numpy()

    return _of(outputs)


def _of(outputs: Callable[[np.ndarray], np.ndarray]) -> Quick:
    """As `models.networks.Network` makes predictions of outputs."""
    return Quick(
        predict_proba=lambda matrix: softmax(outputs(matrix).astype(float)),
        predict=lambda matrix: outputs(matrix)[:, 0].astype(float),
        together=Together.AS_FITTED,
    )
