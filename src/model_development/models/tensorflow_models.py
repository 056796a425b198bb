"""TensorFlow (Keras 3): a network of two hidden layers, stopped when it no longer improves."""

import os

PACKAGES = ("tensorflow", "keras")

BASELINE = {
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
PATIENCE = 4  # epochs without improvement on the inner rows before the learning rate falls
SLOWDOWN, SLOWEST = 0.3, 0.02  # it falls by this factor, at the most to this share of the first one
STOP_AFTER = 13  # epochs without improvement: enough for the rate to fall three times
WEIGHT_DECAY = 0.01
INNER_SHARE = 0.1  # of the rows given to `fit`, watched to find the best epoch
ROWS_PER_CALL = 8192


class KerasNetwork:
    """Dense, ReLU, dropout, twice; cross-entropy or squared error on the standardised target.

    AdamW; the learning rate falls, and at last training stops, when the loss on inner rows no longer
    does; the weights of the best epoch are kept.

    `fit` raises ValueError when the loss leaves the finite numbers (learning rate too high).
    """

    def __init__(self, task, seed=0, **params):
        self.task, self.seed, self.params = task, seed, params

    def get_params(self, deep=True):
        fixed = {"max_epochs": MAX_EPOCHS, "patience": PATIENCE, "inner_share": INNER_SHARE}
        fixed["max_batch_size"] = MAX_BATCH
        return {**self.params, **fixed, "weight_decay": WEIGHT_DECAY, "optimizer": "AdamW"}

    def fit(self, X, y):
        import keras
        import numpy as np
        import tensorflow as tf

        keras.utils.set_random_seed(self.seed)
        tf.config.experimental.enable_op_determinism()
        self.center_, self.scale_ = 0.0, 1.0
        if self.task == "regression":
            self.center_, self.scale_ = float(y.mean()), float(y.std()) or 1.0
        targets = (y - self.center_) / self.scale_
        order = np.random.default_rng(self.seed).permutation(len(X))
        n_inner = max(1, round(len(X) * INNER_SHARE))
        inner, rest = order[:n_inner], order[n_inner:]
        inputs = np.asarray(X, dtype="float32")
        self.network_ = self._compiled(inputs.shape[1], 1 if self._is_regression else int(y.max()) + 1)
        rate = self.params["learning_rate"]
        epochs = self.network_.fit(
            inputs[rest],
            targets[rest],
            validation_data=(inputs[inner], targets[inner]),
            epochs=MAX_EPOCHS,
            batch_size=self.params["batch_size"] or min(MAX_BATCH, max(16, len(rest) // 20)),
            callbacks=[
                keras.callbacks.ReduceLROnPlateau(
                    factor=SLOWDOWN, patience=PATIENCE, min_delta=0.0, min_lr=SLOWEST * rate
                ),
                keras.callbacks.EarlyStopping(patience=STOP_AFTER, restore_best_weights=True),
                keras.callbacks.TerminateOnNaN(),
            ],
            verbose=0,
        )
        self.history_ = {
            "loss": epochs.history["loss"],
            "inner_loss": epochs.history["val_loss"],
            "learning_rate": [float(rate) for rate in epochs.history["learning_rate"]],
        }
        if not np.isfinite(self._outputs(inputs[:1])).all():
            raise ValueError("the loss left the finite numbers: lower learning_rate")
        return self

    def predict(self, X):
        outputs = self._outputs(X)
        if self._is_regression:
            return outputs[:, 0].astype(float) * self.scale_ + self.center_
        return outputs.argmax(axis=1)

    def predict_proba(self, X):
        import numpy as np

        probabilities = self._outputs(X).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    @property
    def _is_regression(self):
        return self.task == "regression"

    def _compiled(self, n_inputs, n_outputs):
        import keras

        layers = keras.layers
        network = keras.Sequential([keras.Input((n_inputs,))])
        for units in (self.params["layer1_units"], self.params["layer2_units"]):
            network.add(layers.Dense(units, activation="relu"))
            network.add(layers.Dropout(self.params["dropout"]))
        network.add(layers.Dense(n_outputs, activation=None if self._is_regression else "softmax"))
        network.compile(
            optimizer=keras.optimizers.AdamW(self.params["learning_rate"], weight_decay=WEIGHT_DECAY),
            loss="mse" if self._is_regression else "sparse_categorical_crossentropy",
            steps_per_execution=32,
        )
        return network

    def _outputs(self, X):
        """Call the network itself: `keras.Model.predict` costs 20 times more on a single row."""
        import numpy as np

        inputs = np.asarray(X, dtype="float32")
        chunks = [
            self.network_(inputs[start : start + ROWS_PER_CALL], training=False).numpy()
            for start in range(0, len(inputs), ROWS_PER_CALL)
        ]
        return np.concatenate(chunks)


def build(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    _prepare(device)
    return KerasNetwork(task, seed=seed, **{**BASELINE, **params})


def save(model, folder):
    """Write Keras' own format, and beside it the scaling of the target."""
    import json

    model.network_.save(folder / "network.keras")
    content = {"center_": model.center_, "scale_": model.scale_}
    (folder / "target_scaling.json").write_text(json.dumps(content), encoding="utf-8")


def load(folder, task):
    import json

    _prepare("cpu")
    import keras

    model = KerasNetwork(task)
    model.network_ = keras.saving.load_model(folder / "network.keras", compile=False, safe_mode=True)
    scaling = (folder / "target_scaling.json").read_text(encoding="utf-8")
    vars(model).update(json.loads(scaling))
    return model


def ran_on_gpu(model):
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
