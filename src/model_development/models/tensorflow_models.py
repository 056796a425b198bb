"""TensorFlow (Keras 3): a network of a few hidden layers, stopped when it no longer improves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from . import architecture
from .networks import Network, load_description, save_description
from .schedule import PATIENCE
from .tensorflow_training import train_together

if TYPE_CHECKING:
    from pathlib import Path


PACKAGES = ("tensorflow", "keras")
NETWORK_FILE = "network.keras"

BASELINE = {
    **architecture.BASELINE,
    "layer1_units": 128,
    "layer2_units": 64,
    "dropout": 0.2,
    "learning_rate": 0.001,
    "batch_size": None,  # a twentieth of the rows, within 16 and MAX_BATCH
}
SEARCH_SPACE = {
    "layer1_units": [32, 64, 128],
    "layer2_units": [16, 32, 64],
    "dropout": [0.2, 0.3, 0.5],
    "learning_rate": [0.001, 0.01, 0.1],
    "batch_size": [16, 32, 64],
}
MAX_BATCH = 256
MAX_EPOCHS = 200
WEIGHT_DECAY = 0.01
ROWS_PER_CALL = 8192


class KerasNetwork(Network):
    """Stops after MAX_EPOCHS at the latest."""

    n_epochs = MAX_EPOCHS

    def __init__(self, task: str, seed: int = 0, device: str = "cpu", **params: Any) -> None:
        super().__init__(task, seed, **params)
        self.device = device

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        fixed = {"max_epochs": self.n_epochs, "patience": PATIENCE, "max_batch_size": MAX_BATCH}
        return {**self.params, **fixed, "weight_decay": WEIGHT_DECAY}

    def _train(self, states, X, y, early_stopping_rows, weights):
        import keras
        import numpy as np
        import tensorflow as tf

        keras.utils.set_random_seed(self.seed)
        tf.config.experimental.enable_op_determinism()
        batch = self.params["batch_size"] or min(
            MAX_BATCH, max(16, (len(X) - len(early_stopping_rows)) // 20)
        )
        with self._placed():
            train_together(
                states,
                # Keras draws a seed for each layer that drops, and the first weights after it: with the
                # same share for all, networks of any dropout start alike, alone or together.
                self._network(dropout=0.5).get_weights(),
                tf.constant(np.asarray(X, dtype="float32")),
                tf.constant(y, "float32" if self.is_regression else "int32"),
                early_stopping_rows,
                None if weights is None else tf.constant(weights, "float32"),
                batch=batch,
                seed=self.seed,
                decay=WEIGHT_DECAY,
                kind=(self.activation, self.params["optimizer"]),
                on_step=self.on_step,
            )

    def _placed(self):
        """TensorFlow takes a GPU that it sees, asked or not: where the CPU is wanted, it has to be said."""
        import tensorflow as tf

        return tf.device("/CPU:0") if self.device == "cpu" else nullcontext()

    def _network(self, dropout):
        import keras

        network = keras.Sequential([keras.Input((self.sizes_[0],))])
        for units in self.sizes_[1:-1]:
            network.add(keras.layers.Dense(units, activation=self.activation))
            network.add(keras.layers.Dropout(dropout))
        network.add(keras.layers.Dense(self.sizes_[-1]))
        return network

    def _with_weights(self, weights):
        with self._placed():
            network = self._network(self.params["dropout"])
            network.set_weights(weights)
        return network

    def _outputs(self, X):
        """Call the network itself: `keras.Model.predict` costs 20 times more on a single row."""
        import numpy as np

        inputs = np.asarray(X, dtype="float32")
        with self._placed():
            chunks = [
                self.network_(inputs[start : start + ROWS_PER_CALL], training=False).numpy()
                for start in range(0, len(inputs), ROWS_PER_CALL)
            ]
        return np.concatenate(chunks)


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> KerasNetwork:
    _prepare(device)
    return KerasNetwork(task, seed=seed, device=device, **{**BASELINE, **params})


def save(model: KerasNetwork, folder: Path) -> None:
    """Write Keras' own format, and beside it the shape that holds the weights."""
    model.network_.save(folder / NETWORK_FILE)
    save_description(model, folder)


def load(folder: Path, task: str) -> KerasNetwork:
    """Build the network from its sizes and take the weights alone out of Keras' file.

    Keras itself would rebuild whatever layers and functions the file names, within its `safe_mode`, which has
    had holes (CVE-2025-9906, before Keras 3.11).
    """
    _prepare("cpu")
    model = load_description(KerasNetwork, task, folder, NETWORK_FILE)
    with model._placed():
        network = model._network(model.params["dropout"])
        _require_same_parts(network, folder / NETWORK_FILE)
        network.load_weights(folder / NETWORK_FILE)
    model.network_ = network
    return model


def _require_same_parts(network, path):
    """Raise ArtifactsError when the file names a layer or function that our network does not have.

    Nothing of it would be run here, but by people who open the file with Keras.
    """
    import json
    from zipfile import ZipFile

    import keras

    with ZipFile(path) as archive:
        found = json.loads(archive.read("config.json"))
    foreign = set(_parts(found)) - set(_parts(keras.saving.serialize_keras_object(network)))
    if foreign:
        names = ", ".join(sorted(" ".join(filter(None, part)) for part in foreign))
        raise ArtifactsError(f"{path} is refused: it holds {names}, which no network of ours has.")


def _parts(config):
    """(module, class, registered name) of every object in the nested config of a Keras model."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield tuple(str(config.get(k) or "") for k in ("module", "class_name", "registered_name"))
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _parts(item)


def ran_on_gpu(model: KerasNetwork) -> bool:
    return "GPU" in model.network_.weights[0].value.device


def _prepare(device):
    """Choose Keras' backend and TensorFlow's manners; both count only before the first import."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # noqa: F401
    import tensorflow as tf

    if device == "cuda":
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)
