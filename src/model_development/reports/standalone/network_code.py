"""What the code of the networks of both frameworks has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.architecture import hidden_units
from ...models.schedule import PATIENCE, SLOWDOWN, SLOWEST
from .cells import Step
from .fits import EARLY_STOPPING, Fit

SOFTMAX = "outputs = softmax(outputs.astype(float), axis=1)"
NUMBERS = "outputs = outputs[:, 0].astype(float)"


def settings_step(fit: Fit, more: Mapping[str, Any]) -> Step:
    """Sizes and pace as variables. more : {variable: value} of one framework."""
    params = fit.params
    values = {
        "hidden": tuple(hidden_units(params)),
        "dropout": params["dropout"],
        "learning_rate": params["learning_rate"],
        **more,
        "seed": fit.seed,
    }
    n_outputs = "len(classes)" if fit.task.has_classes else "1"
    code = [f"{name} = {value!r}" for name, value in values.items()]
    return Step(
        "Sizes and pace of the network.",
        "\n".join([*code, f"sizes = [X_train.shape[1], *hidden, {n_outputs}]"]),
    )


WEIGHTS = """\
for part in (rest, early_stopping_rows):
    weights[part] /= weights[part].max()
    weights[part] /= weights[part].mean()"""


def part_steps(fit: Fit) -> list[Step]:
    """The rows that are learnt from, and those that are watched; each part with weights of mean 1."""
    if fit.class_weight is None:
        return [EARLY_STOPPING]
    return [EARLY_STOPPING, Step("Among either of them rows weigh 1 on average.", WEIGHTS)]


def outputs_step(fit: Fit, code: str) -> Step:
    """code : sets `outputs`, shape (n_rows, n_outputs), to what the network says of the validation rows."""
    if fit.task.has_classes:
        fit.imports.add("from scipy.special import softmax")
    end = SOFTMAX if fit.task.has_classes else NUMBERS
    return Step("What the network with the best weights says of the validation rows.", f"{code}\n{end}")


TEXT_OF_START = "The network, whose first weights are drawn by the seed."
TEXT_OF_OUTPUTS = (
    "What it says of rows: dense, activation, dropout for each hidden layer, and a last dense layer."
)
TEXT_OF_OPTIMIZER = {
    "adamw": "AdamW (Loshchilov and Hutter, 2019).",
    "sgd": "Gradient descent with Nesterov's momentum (Sutskever et al., 2013).",
}
TEXT_OF_TRAINING = (
    f"The learning rate is multiplied by {SLOWDOWN} when the loss on the early-stopping rows has not fallen "
    f"for {PATIENCE} epochs; below {SLOWEST:.0%} of the first rate training stops. The weights of the best "
    "epoch are kept."
)
WATCH = f"""\
    history.append(loss)
    if loss < best_loss:
        best_loss, best_weights, waited = loss, {{copy}}, 0
    else:
        waited += 1
        if waited == {PATIENCE}:
            rate, waited = rate * {SLOWDOWN}, 0
    if rate < {SLOWEST} * learning_rate:
        break
print(len(history), "epochs, the best", 1 + int(np.argmin(history)))"""
