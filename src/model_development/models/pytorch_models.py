"""PyTorch: a network of a few hidden layers, stopped when it no longer improves."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from . import architecture
from .networks import Network, load_description, save_description
from .pytorch_training import MAX_BATCH, WEIGHT_DECAY, train_together
from .schedule import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


PACKAGES = ("torch",)
WEIGHTS_FILE = "weights.pt"

BASELINE = {
    **architecture.BASELINE,
    "layer1_units": 128,
    "layer2_units": 64,
    "dropout": 0.2,
    "learning_rate": 0.001,
    "epochs": 200,
}
SEARCH_SPACE = {
    "layer1_units": [32, 64, 128],
    "layer2_units": [16, 32, 64],
    "dropout": [0.2, 0.3, 0.5],
    "learning_rate": [0.001, 0.01, 0.1],
    "epochs": [50, 100, 200],
}


class TorchNetwork(Network):
    """`keep_epochs` gives the network after other numbers of epochs, see `at_epoch`."""

    def __init__(self, task: str, seed: int = 0, device: str = "cpu", **params: Any) -> None:
        super().__init__(task, seed, **params)
        self.device = device

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        fixed = {"max_batch_size": MAX_BATCH, "weight_decay": WEIGHT_DECAY, "patience": PATIENCE}
        return {**self.params, **fixed}

    @property
    def n_epochs(self) -> int:
        return self.params["epochs"]

    @property
    def device_(self) -> str:
        import torch

        return "cuda" if self.device == "cuda" and torch.cuda.is_available() else "cpu"

    def _train(self, states, X, y, early_stopping_rows, weights):
        import torch

        inputs = torch.as_tensor(X, dtype=torch.float32, device=self.device_)
        kind = torch.float32 if self.is_regression else torch.long
        targets = torch.as_tensor(y, dtype=kind, device=self.device_)
        if weights is not None:
            weights = torch.as_tensor(weights, dtype=torch.float32, device=self.device_)
        torch.manual_seed(self.seed)
        network = _network(self.sizes_, self.params["dropout"], self.activation)
        start = [_transposed(weight.data).to(self.device_) for weight in network.parameters()]
        train_together(
            states,
            start,
            inputs,
            targets,
            early_stopping_rows,
            weights,
            seed=self.seed,
            kind=(self.activation, self.params["optimizer"]),
            on_step=self.on_step,
        )

    def _with_weights(self, weights):
        network = _network(self.sizes_, self.params["dropout"], self.activation)
        for parameter, weight in zip(network.parameters(), weights, strict=True):
            parameter.data = _transposed(weight.reshape(parameter.shape[::-1])).contiguous()
        return network.eval()

    def _outputs(self, X):
        import torch

        with torch.inference_mode():  # on a copy, aligned as PyTorch does it: the last bits depend on that
            return self.network_(torch.tensor(X, dtype=torch.float32)).numpy()


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    **params: Any,
) -> TorchNetwork:
    import torch

    torch.set_num_threads(n_jobs)
    return TorchNetwork(task, seed=seed, device=device, **{**BASELINE, **params})


def _transposed(weight):
    return weight.T if weight.dim() == 2 else weight


def keep_epochs(model: TorchNetwork, epochs: Iterable[int]) -> None:
    """Ask the coming `fit` to keep the network as it is after these epochs."""
    model.keep_epochs = tuple(epochs)


def at_epoch(model: TorchNetwork, epoch: int) -> TorchNetwork:
    """The network after `epoch` epochs: nothing in the training looks ahead to the last one.

    Raises the ValueError of a training that diverged before it came to that.
    """
    if model.error_ and epoch not in model.kept_:
        raise model.error_
    earlier = copy.copy(model)
    earlier.network_ = model.kept_[epoch]
    return earlier


def save(model: TorchNetwork, folder: Path) -> None:
    """Write the weights as PyTorch's state dict, and beside them the shape that holds them."""
    import torch

    torch.save(model.network_.state_dict(), folder / WEIGHTS_FILE)
    save_description(model, folder)


def load(folder: Path, task: str) -> TorchNetwork:
    from pickle import UnpicklingError

    import torch

    model = load_description(TorchNetwork, task, folder, WEIGHTS_FILE)
    try:
        weights = torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True)
    except UnpicklingError:  # PyTorch's own text says how to run what stands in the file
        raise ArtifactsError(
            f"{folder / WEIGHTS_FILE} is refused: it is damaged, or holds more than weights. Train it again."
        ) from None
    model.network_ = _network(model.sizes_, model.params["dropout"], model.activation)
    model.network_.load_state_dict(weights)
    model.network_.eval()
    return model


def ran_on_gpu(model: TorchNetwork) -> bool:
    return model.device_ == "cuda"


def _network(sizes, dropout, activation):
    from torch import nn

    make, layers = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}[activation], []
    for n_in, n_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [nn.Linear(n_in, n_out), make(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
