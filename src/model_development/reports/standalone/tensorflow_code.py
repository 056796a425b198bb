"""The training of a Keras network as code: one graph for a step."""

from __future__ import annotations

from ...models.architecture import MOMENTUM
from ...models.tensorflow_models import MAX_BATCH, MAX_EPOCHS, ROWS_PER_CALL, WEIGHT_DECAY
from ...models.tensorflow_training import BETA_1, BETA_2, EPSILON
from .cells import Step
from .fits import Fit
from .network_code import (
    TEXT_OF_OPTIMIZER,
    TEXT_OF_OUTPUTS,
    TEXT_OF_START,
    TEXT_OF_TRAINING,
    WATCH,
    outputs_step,
    part_steps,
    settings_step,
)

START = """
keras.utils.set_random_seed(seed)
tf.config.experimental.enable_op_determinism()
network = keras.Sequential([keras.Input((sizes[0],))])
for units in sizes[1:-1]:
    network.add(keras.layers.Dense(units, activation="ACTIVATION"))
    network.add(keras.layers.Dropout(0.5))  # takes no part: units are dropped below
network.add(keras.layers.Dense(sizes[-1]))
"""
WEIGHTS = """
start = network.get_weights()
shapes = [weight.shape for weight in start]
flat = tf.Variable(np.concatenate([np.ravel(weight) for weight in start])[None].astype("float32"))
first, second = tf.Variable(tf.zeros_like(flat)), tf.Variable(tf.zeros_like(flat))
n_steps = tf.Variable(0, dtype="int64")
inputs = tf.constant(np.asarray(X_train, dtype="float32"))
targets = tf.constant(y_train, "{kind}")
«row_weights = tf.constant(weights, "float32")
»"""
OUTPUTS = """
def forward(flat, x, share=None):
    \"\"\"Shape (1, n_rows, n_outputs). share : of the units that are dropped, in training.\"\"\"
    parts = [
        tf.reshape(part, (1, *(shape if len(shape) == 2 else (1, *shape))))
        for part, shape in zip(tf.split(flat, [int(np.prod(s)) for s in shapes], axis=1), shapes)
    ]
    values, n_layers = x[None], len(parts) // 2
    for layer in range(n_layers):
        values = tf.matmul(values, parts[2 * layer]) + parts[2 * layer + 1]
        if layer == n_layers - 1:
            break
        values = tf.nn.ACTIVATION(values)
        if share is not None:
            number = tf.stack([tf.constant(seed, "int64"), n_steps * n_layers + layer])
            drawn = tf.random.stateless_uniform(tf.shape(values)[1:], number)
            values = values * tf.cast(drawn >= share, "float32") / (1 - share)
    return values
"""
LOSS = {
    True: """
def loss_of(outputs, y«, w»):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y[None], logits=outputs)
    return tf.reduce_mean(losses« * w», axis=1)
""",
    False: """
def loss_of(outputs, y«, w»):
    return tf.reduce_mean(tf.square(outputs[:, :, 0] - y), axis=1)
""",
}
EPOCH = """
@tf.function(autograph=False, reduce_retracing=True)
def learn(rows, rate, share):
    \"\"\"One step of the optimiser.\"\"\"
    now, x, y = flat.read_value(), tf.gather(inputs, rows), tf.gather(targets, rows)
«    w = tf.gather(row_weights, rows)
»    with tf.GradientTape() as tape:
        tape.watch(now)
        total = tf.reduce_sum(loss_of(forward(now, x, share), y«, w»))
    gradient = tape.gradient(total, now)
    n_steps.assign_add(1)
UPDATE


@tf.function(autograph=False)
def loss_on(rows):
    outputs = forward(flat.read_value(), tf.gather(inputs, rows))
    return loss_of(outputs, tf.gather(targets, rows)«, tf.gather(row_weights, rows)»)
"""
UPDATES = {
    "adamw": f"""\
    n = tf.cast(n_steps, "float32")
    first.assign({BETA_1} * first + (1 - {BETA_1}) * gradient)
    second.assign({BETA_2} * second + (1 - {BETA_2}) * tf.square(gradient))
    size = tf.sqrt(second / (1 - {BETA_2}**n)) + {EPSILON}
    flat.assign(now * (1 - rate * {WEIGHT_DECAY}) - rate / (1 - {BETA_1}**n) * first / size)""",
    "sgd": f"""\
    first.assign({MOMENTUM} * first + gradient)
    flat.assign(now * (1 - rate * {WEIGHT_DECAY}) - rate * (gradient + {MOMENTUM} * first))""",
}
TRAINING = f"""
batch = batch_size or min({MAX_BATCH}, max(16, len(rest) // 20))
watched = tf.constant(early_stopping_rows, "int64")
share = tf.constant([dropout], "float32")[:, None, None]
row_generator = np.random.default_rng(seed)
rate, waited, best_loss, history = learning_rate, 0, np.inf, []
for epoch in range({MAX_EPOCHS}):
    order = tf.constant(row_generator.permutation(rest), "int64")
    for start in range(0, len(rest), batch):
        learn(order[start : start + batch], tf.constant([[rate]], "float32"), share)
    loss = float(loss_on(watched)[0])
""" + WATCH.format(copy="flat[0].numpy()")
PREDICT = f"""
parts = np.split(best_weights, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
network.set_weights([part.reshape(shape) for part, shape in zip(parts, shapes)])
numbers = np.asarray(X_validation, dtype="float32")
blocks = [numbers[start : start + {ROWS_PER_CALL}] for start in range(0, len(numbers), {ROWS_PER_CALL})]
outputs = np.concatenate([network(block, training=False).numpy() for block in blocks])"""


def steps(fit: Fit) -> list[Step]:
    """Train a network on the matrix, and set `outputs`."""
    fit.imports.update({"import keras", "import tensorflow as tf"})
    kind = "int32" if fit.task.has_classes else "float32"
    activation, optimizer = fit.params["activation"], fit.params["optimizer"]
    return [
        settings_step(fit, {"batch_size": fit.params["batch_size"]}),
        *part_steps(fit),
        Step(TEXT_OF_START, START.replace("ACTIVATION", activation)),
        Step("Its weights as one row of numbers, and the rows.", fit.weighed(WEIGHTS.format(kind=kind))),
        Step(TEXT_OF_OUTPUTS, OUTPUTS.replace("ACTIVATION", activation)),
        Step("The loss.", fit.weighed(LOSS[fit.task.has_classes])),
        Step(TEXT_OF_OPTIMIZER[optimizer], fit.weighed(EPOCH.replace("UPDATE", UPDATES[optimizer]))),
        Step(TEXT_OF_TRAINING, TRAINING),
        outputs_step(fit, PREDICT),
    ]
