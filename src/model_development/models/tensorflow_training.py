"""Training of Keras networks of one shape as one graph: their weights are stacked along a first axis.

As in `pytorch_training`, each network of the stack has its own learning rate, dropout and stopping, and is
what it would be if it were trained alone with the same seed, but for the rounding of the matrix products.
The graph of a shape is traced once in a process and serves every fit: tracing takes as long as training on
a small table.

`keras.Model.fit` is not used for a network alone either: it shuffles and drops by draws of its own, so that
phase 1 and a search would score the same parameters differently, and it traces every model anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from .architecture import MOMENTUM

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from .schedule import NetworkState


BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # AdamW: Loshchilov and Hutter (2019), with Keras' constants


def train_together(
    states: Sequence[NetworkState],
    start: Sequence[np.ndarray],
    inputs: tf.Tensor,
    targets: tf.Tensor,
    early_stopping_rows: Sequence[int] | np.ndarray,
    weights: tf.Tensor | None = None,
    *,
    batch: int,
    seed: int,
    decay: float,
    kind: tuple[str, str] = ("relu", "adamw"),
    on_step: Callable[[str], None] | None = None,
) -> None:
    """Train every NetworkState from the weights `start`: a matrix (n_in, n_out), a vector (n_out,), ...

    The other arguments are those of `pytorch_training.train_together`. decay : of the weights, as in AdamW.
    """
    import numpy as np
    import tensorflow as tf

    shapes = tuple(weight.shape for weight in start)
    program = _program(shapes, targets.dtype.is_floating, weights is not None, kind, inputs.device)
    weights = tf.zeros(0) if weights is None else weights
    program.begin(start, len(states), seed)
    rest = np.setdiff1d(np.arange(len(inputs)), early_stopping_rows)
    watched = tf.constant(early_stopping_rows, "int64")
    rng, open_states, epoch = np.random.default_rng(seed), list(states), 0
    while open_states:
        epoch += 1
        rates = tf.constant([state.schedule.rate for state in open_states], "float32")
        dropout = tf.constant([state.dropout for state in open_states], "float32")
        order = tf.constant(rng.permutation(rest), "int64")
        program.one_epoch(inputs, targets, weights, order, batch, rates, dropout, decay)
        losses = [0.0] * len(open_states)
        if len(early_stopping_rows):
            losses = program.losses(inputs, targets, weights, watched).numpy()
        for position, (state, loss) in enumerate(zip(open_states, losses, strict=True)):
            state.after_epoch(epoch, float(loss), partial(program.copy_of, position))
        going = [k for k, state in enumerate(open_states) if not state.is_done]
        if len(going) < len(open_states):
            open_states = [open_states[k] for k in going]
            program.keep(going)
        if on_step:
            on_step(f"epoch {epoch}")


@lru_cache(maxsize=8)
def _program(shapes, is_regression, is_weighted, kind, device):
    return _Program(shapes, is_regression, is_weighted, *kind)


class _Program:
    """The graphs of one shape, for any number of networks and rows.

    All weights of a network are one row of `flat`, so that a step of AdamW is a few operations.
    """

    def __init__(self, shapes, is_regression, is_weighted, activation, optimizer):
        import numpy as np
        import tensorflow as tf

        self.shapes, self.is_regression, self.is_weighted = shapes, is_regression, is_weighted
        self.activation = getattr(tf.nn, activation)
        self._update = {"adamw": self._adamw, "sgd": self._sgd}[optimizer]
        self.sizes = [int(np.prod(shape)) for shape in shapes]
        unknown = tf.TensorShape([None, sum(self.sizes)])
        empty = tf.zeros((0, sum(self.sizes)))
        self.flat, self.first, self.second = (
            tf.Variable(empty, shape=unknown, trainable=False) for _ in range(3)
        )
        self.n_steps = tf.Variable(0, dtype="int64", trainable=False)
        self.seed = tf.Variable(0, dtype="int64", trainable=False)
        X = tf.TensorSpec((None, shapes[0][0]), "float32")
        y = tf.TensorSpec((None,), "float32" if is_regression else "int32")
        rows, numbers = tf.TensorSpec((None,), "int64"), tf.TensorSpec((None,), "float32")
        one_epoch = [
            X,
            y,
            numbers,
            rows,
            tf.TensorSpec((), "int64"),
            numbers,
            numbers,
            tf.TensorSpec((), "float32"),
        ]
        # AutoGraph writes its code to TMPDIR, where it stays when a worker is killed.
        self.one_epoch = tf.function(self._one_epoch, input_signature=one_epoch, autograph=False)
        on_rows = [X, y, numbers, rows]
        self.losses = tf.function(self._losses_on, input_signature=on_rows, autograph=False)

    def begin(self, start, n_states, seed):
        """Give every network the weights `start`."""
        import numpy as np

        row = np.concatenate([np.ravel(weight) for weight in start]).astype("float32")
        self.flat.assign(np.tile(row, (n_states, 1)))
        for moment in (self.first, self.second):
            moment.assign(np.zeros((n_states, len(row)), "float32"))
        self.n_steps.assign(0)
        self.seed.assign(seed)

    def keep(self, positions):
        """Go on with some of the networks only."""
        for variable in (self.flat, self.first, self.second):
            variable.assign(variable.numpy()[positions])

    def copy_of(self, position):
        """The weights of one network, as Keras has them."""
        import numpy as np

        parts = np.split(self.flat[position].numpy(), np.cumsum(self.sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def _one_epoch(self, inputs, targets, weights, order, batch, rates, dropout, decay):
        import tensorflow as tf

        n_rows = tf.shape(order, "int64")[0]

        def next_batch(start):
            rows = order[start : start + batch]
            some = tf.gather(inputs, rows), tf.gather(targets, rows), self._of_rows(weights, rows)
            self._step(*some, rates[:, None], dropout, decay)
            return (start + batch,)

        tf.while_loop(lambda start: start < n_rows, next_batch, (tf.constant(0, "int64"),))

    def _of_rows(self, weights, rows):
        import tensorflow as tf

        return tf.gather(weights, rows) if self.is_weighted else None

    def _step(self, x, y, weights, rates, dropout, decay):
        import tensorflow as tf

        flat = self.flat.read_value()
        with tf.GradientTape() as tape:
            tape.watch(flat)
            total = tf.reduce_sum(self._losses(self._outputs(flat, x, dropout), y, weights))
        self.n_steps.assign_add(1)
        self._update(flat, tape.gradient(total, flat), rates, decay)

    def _adamw(self, flat, gradient, rates, decay):
        import tensorflow as tf

        n = tf.cast(self.n_steps, "float32")
        self.first.assign(BETA_1 * self.first + (1 - BETA_1) * gradient)
        self.second.assign(BETA_2 * self.second + (1 - BETA_2) * tf.square(gradient))
        size = tf.sqrt(self.second / (1 - BETA_2**n)) + EPSILON
        pace = rates / (1 - BETA_1**n)
        self.flat.assign(flat * (1 - rates * decay) - pace * self.first / size)

    def _sgd(self, flat, gradient, rates, decay):
        self.first.assign(MOMENTUM * self.first + gradient)
        self.flat.assign(flat * (1 - rates * decay) - rates * (gradient + MOMENTUM * self.first))

    def _losses_on(self, inputs, targets, weights, rows):
        """The mean loss of every network on these rows, shape (n_networks,)."""
        import tensorflow as tf

        outputs = self._outputs(self.flat.read_value(), tf.gather(inputs, rows))
        return self._losses(outputs, tf.gather(targets, rows), self._of_rows(weights, rows))

    def _outputs(self, flat, x, dropout=None):
        """Shape (n_networks, n_rows, n_outputs). dropout : share of units that each drops, in training."""
        import tensorflow as tf

        n_networks = tf.shape(flat)[0]
        parts = [
            tf.reshape(part, (n_networks, *(shape if len(shape) == 2 else (1, *shape))))
            for part, shape in zip(tf.split(flat, self.sizes, axis=1), self.shapes, strict=True)
        ]
        values, n_layers = x[None], len(parts) // 2
        for layer in range(n_layers):
            values = tf.matmul(values, parts[2 * layer]) + parts[2 * layer + 1]
            if layer == n_layers - 1:
                break
            values = self.activation(values)
            if dropout is not None:
                seed = tf.stack([self.seed, self.n_steps * n_layers + layer])
                drawn = tf.random.stateless_uniform(tf.shape(values)[1:], seed)
                share = dropout[:, None, None]
                values = values * tf.cast(drawn >= share, "float32") / (1 - share)
        return values

    def _losses(self, outputs, y, weights):
        import tensorflow as tf

        if self.is_regression:
            losses = tf.square(outputs[:, :, 0] - y)
        else:
            labels = tf.repeat(y[None], tf.shape(outputs)[0], axis=0)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs)
        return tf.reduce_mean(losses if weights is None else losses * weights, axis=1)
