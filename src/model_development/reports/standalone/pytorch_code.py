"""The training of a PyTorch network as code: plain tensors, one step after another."""

from __future__ import annotations

from ...models.architecture import MOMENTUM
from ...models.pytorch_training import BETA_1, BETA_2, EPSILON, MAX_BATCH, WEIGHT_DECAY
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

MODULES = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}
START = """
torch.set_num_threads({threads})
inputs = torch.as_tensor(X_train, dtype=torch.float32)
targets = torch.as_tensor(y_train, dtype=torch.{kind})
«row_weights = torch.as_tensor(weights, dtype=torch.float32)
»torch.manual_seed(seed)
layers = []
for n_in, n_out in zip(sizes[:-2], sizes[1:-1]):
    layers += [nn.Linear(n_in, n_out), nn.{module}(), nn.Dropout(dropout)]
network = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
"""
WEIGHTS = """
start = [weight.data.T if weight.dim() == 2 else weight.data[None] for weight in network.parameters()]
shapes = [weight.shape for weight in start]
flat = torch.cat([weight.flatten() for weight in start])[None]
sizes_in_flat = [shape.numel() for shape in shapes]
parts = flat.split(sizes_in_flat, dim=1)
weights_of_layers = [part.unflatten(1, shape).detach().requires_grad_() for part, shape in zip(parts, shapes)]
"""
OUTPUTS = """
share = torch.tensor(dropout)


def forward(x, generator=None):
    \"\"\"Shape (1, n_rows, n_outputs). generator : of the units that are dropped, in training.\"\"\"
    values = x[None]
    for matrix, vector in zip(weights_of_layers[:-2:2], weights_of_layers[1:-2:2]):
        values = nn.functional.ACTIVATION(torch.baddbmm(vector, values, matrix))
        if generator is not None:
            drawn = torch.rand(values.shape[1:], generator=generator)
            values = values * (drawn >= share) / (1 - share)
    return torch.baddbmm(weights_of_layers[-1], values, weights_of_layers[-2])
"""
LOSS = {
    True: """
def loss_of(outputs, y«, w»):
    every = nn.functional.cross_entropy(outputs[0], y, reduction="none")
    return (every« * w»).mean()
""",
    False: """
def loss_of(outputs, y«, w»):
    return (outputs[0, :, 0] - y).square().mean()
""",
}
STEP = """
first, second = torch.zeros_like(flat), torch.zeros_like(flat)


def learn(x, y«, w», rate, n_steps, generator):
    \"\"\"One step of the optimiser.\"\"\"
    gradients = torch.autograd.grad(loss_of(forward(x, generator), y«, w»), weights_of_layers)
    gradient = torch.cat([part.flatten(1) for part in gradients], dim=1)
UPDATE
"""
UPDATES = {
    "adamw": f"""\
    first.lerp_(gradient, 1 - {BETA_1})
    second.mul_({BETA_2}).addcmul_(gradient, gradient, value=1 - {BETA_2})
    size = (second / (1 - {BETA_2}**n_steps)).sqrt_().add_({EPSILON})
    pace = rate / (1 - {BETA_1}**n_steps)
    flat.mul_(1 - rate * {WEIGHT_DECAY}).addcdiv_(first * pace, size, value=-1)""",
    "sgd": f"""\
    first.mul_({MOMENTUM}).add_(gradient)
    flat.mul_(1 - rate * {WEIGHT_DECAY}).sub_(rate * (gradient + {MOMENTUM} * first))""",
}
TRAINING = f"""
rest = torch.as_tensor(rest)
watched = inputs[early_stopping_rows], targets[early_stopping_rows]«, row_weights[early_stopping_rows]»
batch = min({MAX_BATCH}, max(16, len(rest) // 20))
row_generator, generator = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
rate, waited, best_loss, history, n_steps = learning_rate, 0, np.inf, [], 0
for epoch in range(epochs):
    order = rest[torch.randperm(len(rest), generator=row_generator)]
    for rows in order.split(batch):
        n_steps += 1
        some = inputs[rows], targets[rows]«, row_weights[rows]»
        learn(*some, torch.tensor([[rate]]), n_steps, generator)
    with torch.inference_mode():
        loss = loss_of(forward(watched[0]), *watched[1:]).item()
""" + WATCH.format(copy="flat.clone()")
PREDICT = """
best_parts = best_weights.split(sizes_in_flat, dim=1)
for parameter, part, shape in zip(network.parameters(), best_parts, shapes):
    weight = part.reshape(shape)
    parameter.data = (weight.T if parameter.dim() == 2 else weight[0]).contiguous()
with torch.inference_mode():
    outputs = network.eval()(torch.tensor(X_validation, dtype=torch.float32)).numpy()
"""


def steps(fit: Fit) -> list[Step]:
    """Train a network on the matrix, and set `outputs`."""
    fit.imports.update({"import torch", "from torch import nn"})
    kind = "long" if fit.task.has_classes else "float32"
    activation, optimizer = fit.params["activation"], fit.params["optimizer"]
    return [
        settings_step(fit, {"epochs": fit.params["epochs"]}),
        *part_steps(fit),
        Step(
            TEXT_OF_START,
            fit.weighed(START.format(threads=fit.threads, kind=kind, module=MODULES[activation])),
        ),
        Step("Its weights as one row of numbers, of which each matrix is a view.", WEIGHTS),
        Step(TEXT_OF_OUTPUTS, OUTPUTS.replace("ACTIVATION", activation)),
        Step("The loss.", fit.weighed(LOSS[fit.task.has_classes])),
        Step(TEXT_OF_OPTIMIZER[optimizer], fit.weighed(STEP.replace("UPDATE", UPDATES[optimizer]))),
        Step(TEXT_OF_TRAINING, fit.weighed(TRAINING)),
        outputs_step(fit, PREDICT.strip("\n")),
    ]
