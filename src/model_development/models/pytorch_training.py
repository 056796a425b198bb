"""Training of PyTorch networks of one shape as one program: their weights are stacked along a first axis.

Each network of the stack has its own learning rate, dropout and stopping, and is what it would be if
it were trained alone with the same seed, but for the rounding of the matrix products: all of them see the
same rows in the same order, start from the same weights, and drop units by the same random numbers.

AdamW is written here, since `torch.optim` has one learning rate for a tensor, and each row of the stack has
its own. Phase 1 trains by the same lines, as a stack of one, so that the scores of a search are those of
phase 1 and its baseline need not be fitted again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from .architecture import MOMENTUM

if TYPE_CHECKING:
    import numpy as np
    import torch

    from .schedule import NetworkState


MAX_BATCH = 512
WEIGHT_DECAY = 0.01
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # AdamW: Loshchilov and Hutter (2019), with its usual constants


def train_together(
    states: Sequence[NetworkState],
    start: Sequence[torch.Tensor],
    inputs: torch.Tensor,
    targets: torch.Tensor,
    early_stopping_rows: Sequence[int] | np.ndarray,
    weights: torch.Tensor | None = None,
    *,
    seed: int,
    kind: tuple[str, str] = ("relu", "adamw"),
    on_step: Callable[[str], None] | None = None,
) -> None:
    """Train every NetworkState from the weights `start`: a matrix (n_in, n_out), a vector (n_out,), ...

    inputs, targets : tensors of all rows, targets whole numbers for classification. early_stopping_rows :
    positions of the rows that are watched. weights : of the rows' losses, of mean 1; None where all count
    alike. kind : activation and optimiser, see architecture.py. on_step : told after each epoch.
    """
    import numpy as np
    import torch

    stack = _Stack(states, start, *kind)
    device = inputs.device
    rest = torch.as_tensor(np.setdiff1d(np.arange(len(inputs)), early_stopping_rows), device=device)
    tensors = inputs, targets, weights
    watched = _some(early_stopping_rows, *tensors)
    batch = min(MAX_BATCH, max(16, len(rest) // 20))
    rows_rng = torch.Generator().manual_seed(seed)
    drop_rng = torch.Generator(device).manual_seed(seed)
    epoch = 0
    while stack.states:
        epoch += 1
        stack.new_rates()
        order = rest[torch.randperm(len(rest), generator=rows_rng).to(device)]
        for rows in order.split(batch):
            x, y, w = _some(rows, *tensors)
            stack.step(x, y, w, drop_rng)
        losses = stack.losses(*watched).tolist()
        for position, (state, loss) in enumerate(zip(stack.states, losses, strict=True)):
            state.after_epoch(epoch, loss, partial(stack.copy_of, position))
        stack.drop_finished()
        if on_step:
            on_step(f"epoch {epoch}")
    for state in states:
        state.finish()


def _some(rows, *tensors):
    """Some rows of each tensor; None of None."""
    return [None if tensor is None else tensor[rows] for tensor in tensors]


class _Stack:
    """The weights of all states that are still in training, and AdamW's moments of them.

    All weights of a state are one row of `flat`, so that a step of AdamW is a few operations.
    """

    def __init__(self, states, start, activation, optimizer):
        import torch

        self.states, self.activation = list(states), getattr(torch.nn.functional, activation)
        self._update = {"adamw": self._adamw, "sgd": self._sgd}[optimizer]
        self.shapes = [weight.shape if weight.dim() == 2 else (1, len(weight)) for weight in start]
        self.flat = torch.cat([weight.flatten() for weight in start]).repeat(len(states), 1)
        self.first, self.second = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self.n_steps = 0
        self._new_states()

    def new_rates(self):
        """Take the learning rate of every state for the coming epoch."""
        import torch

        rates = [state.schedule.rate for state in self.states]
        self.rates = torch.tensor(rates, device=self.flat.device)[:, None]
        self.decay = 1 - self.rates * WEIGHT_DECAY

    def step(self, x, y, weights, rng):
        """One step of the optimiser for every state on the same rows."""
        import torch

        losses = self._losses(self._outputs(x, rng), y, weights)
        gradients = torch.autograd.grad(losses.sum(), self.weights)
        self.n_steps += 1
        self._update(torch.cat([part.flatten(1) for part in gradients], dim=1))

    def _adamw(self, gradient):
        self.first.lerp_(gradient, 1 - BETA_1)
        self.second.mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        size = (self.second / (1 - BETA_2**self.n_steps)).sqrt_().add_(EPSILON)
        pace = self.rates / (1 - BETA_1**self.n_steps)
        self.flat.mul_(self.decay).addcdiv_(self.first * pace, size, value=-1)

    def _sgd(self, gradient):
        self.first.mul_(MOMENTUM).add_(gradient)
        self.flat.mul_(self.decay).sub_(self.rates * (gradient + MOMENTUM * self.first))

    def losses(self, x, y, weights):
        """The mean loss of every state on these rows, shape (n_states,)."""
        import torch

        with torch.inference_mode():
            return self._losses(self._outputs(x), y, weights)

    def copy_of(self, position):
        return [w.detach()[position].cpu().clone() for w in self.weights]

    def drop_finished(self):
        going = [k for k, state in enumerate(self.states) if not state.is_done]
        if len(going) < len(self.states):
            self.states = [self.states[k] for k in going]
            self.flat, self.first, self.second = self.flat[going], self.first[going], self.second[going]
            self._new_states()

    def _new_states(self):
        """The weights as matrices, each a view of `flat`; and the share of units that each state drops."""
        import torch

        sizes = [n_in * n_out for n_in, n_out in self.shapes]
        parts = self.flat.split(sizes, dim=1)
        self.weights = [
            part.unflatten(1, shape).detach().requires_grad_(True)
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        shares = [state.dropout for state in self.states]
        self.dropout = torch.tensor(shares, device=self.flat.device)[:, None, None]

    def _outputs(self, x, rng=None):
        """Shape (n_states, n_rows, n_outputs). rng : drop units, as in training."""
        import torch

        values = x.expand(len(self.states), *x.shape)
        for matrix, vector in zip(self.weights[:-2:2], self.weights[1:-2:2], strict=True):
            values = self.activation(torch.baddbmm(vector, values, matrix))
            if rng is not None:
                drawn = torch.rand(values.shape[1:], generator=rng, device=x.device)
                values = values * (drawn >= self.dropout) / (1 - self.dropout)
        return torch.baddbmm(self.weights[-1], values, self.weights[-2])

    def _losses(self, outputs, y, weights):
        from torch.nn.functional import cross_entropy

        if y.is_floating_point():
            every = (outputs[:, :, 0] - y).square()
        else:
            every = cross_entropy(outputs.flatten(0, 1), y.repeat(len(outputs)), reduction="none")
            every = every.view(len(outputs), -1)
        return (every if weights is None else every * weights).mean(dim=1)
