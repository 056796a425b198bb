"""TensorFlow (Keras 3): a network of two hidden layers, stopped when it no longer improves."""

import os

from .schedule import PATIENCE, FallingRate, Member, Replayed, rates_of
from .tensorflow_training import train_together

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
RANGES = {
    "layer1_units": {"low": 32, "high": 256, "log": True},
    "layer2_units": {"low": 16, "high": 128, "log": True},
    "dropout": {"low": 0.0, "high": 0.6},
    "learning_rate": {"low": 2e-4, "high": 3e-2, "log": True},
}
MAX_BATCH = 256
MAX_EPOCHS = 200
WEIGHT_DECAY = 0.01
ROWS_PER_CALL = 8192


class KerasNetwork:
    """Dense, ReLU, dropout, twice; cross-entropy or squared error on the standardised target.

    AdamW; the learning rate falls, and at last training stops, when the loss on inner rows no longer
    does; the weights of the best epoch are kept.

    `fit` raises ValueError when the loss leaves the finite numbers (learning rate too high).
    """

    def __init__(self, task, seed=0, **params):
        self.task, self.seed, self.params = task, seed, params
        self.on_step = None
        self.schedule = None  # to train by, instead of one that watches the inner rows

    def get_params(self, deep=True):
        fixed = {"max_epochs": MAX_EPOCHS, "patience": PATIENCE, "max_batch_size": MAX_BATCH}
        return {**self.params, **fixed, "weight_decay": WEIGHT_DECAY, "optimizer": "AdamW"}

    def fit(self, X, y, inner):
        fit_together([self], X, y, inner)
        if self.error_:
            raise self.error_
        return self

    def refit(self, X, y, first):
        """Fit all rows at the pace at which `first` has learned, up to the epoch that it kept."""
        self.schedule = Replayed(rates_of(first))
        return self.fit(X, y, [])

    def predict(self, X):
        outputs = self._outputs(X)
        if self._is_regression:
            return outputs[:, 0].astype(float) * self.scale_ + self.center_
        return outputs.argmax(axis=1)

    def predict_proba(self, X):
        from scipy.special import softmax

        return softmax(self._outputs(X).astype(float), axis=1)

    @property
    def _is_regression(self):
        return self.task == "regression"

    def _network(self, n_inputs, n_outputs):
        import keras

        layers = keras.layers
        network = keras.Sequential([keras.Input((n_inputs,))])
        for units in (self.params["layer1_units"], self.params["layer2_units"]):
            network.add(layers.Dense(units, activation="relu"))
            network.add(layers.Dropout(self.params["dropout"]))
        network.add(layers.Dense(n_outputs))
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


def fit_together(models, X, y, inner):
    """Fit models that have the same sizes, batches and seed as one graph; a failure is in `error_`."""
    import keras
    import numpy as np
    import tensorflow as tf

    first = models[0]
    center, scale = (float(y.mean()), float(y.std()) or 1.0) if first._is_regression else (0.0, 1.0)
    targets = tf.constant((y - center) / scale, "float32" if first._is_regression else "int32")
    inputs = tf.constant(np.asarray(X, dtype="float32"))
    n_outputs = 1 if first._is_regression else int(y.max()) + 1
    keras.utils.set_random_seed(first.seed)
    tf.config.experimental.enable_op_determinism()
    start = first._network(inputs.shape[1], n_outputs).get_weights()
    members = [_member(model) for model in models]
    batch = first.params["batch_size"] or min(MAX_BATCH, max(16, (len(X) - len(inner)) // 20))
    train_together(
        members,
        start,
        inputs,
        targets,
        inner,
        batch=batch,
        seed=first.seed,
        decay=WEIGHT_DECAY,
        on_step=first.on_step,
    )
    for model, member in zip(models, members, strict=True):
        model.center_, model.scale_, model.error_ = center, scale, member.error
        if not member.error:
            model.network_ = model._network(inputs.shape[1], n_outputs)
            model.network_.set_weights(member.weights)
            model.history_, model.stopped_at_ = member.schedule.history, member.schedule.best_epoch


def _member(model):
    schedule = model.schedule or FallingRate(model.params["learning_rate"])
    return Member(schedule, model.params["dropout"], MAX_EPOCHS)


def fit_error(model):
    """Why `fit_together` could not train this model, or None."""
    return model.error_


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
