"""PyTorch: a network of two hidden layers, stopped when it no longer improves."""

import copy
import math

PACKAGES = ("torch",)

BASELINE = {
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
MAX_BATCH = 512
WEIGHT_DECAY = 0.01
INNER_SHARE = 0.1  # of the rows given to `fit`, watched to find the best epoch
PATIENCE = 4  # epochs without improvement on the inner rows before the learning rate falls
SLOWDOWN, SLOWEST = 0.3, 0.02  # it falls by this factor; below this share of the first one training stops


class TorchNetwork:
    """Dense, ReLU, dropout, twice; cross-entropy or squared error on the standardised target.

    AdamW; the learning rate falls, and at last training stops, when the loss on inner rows no longer
    does; the weights of the best epoch are kept. None of it looks ahead to the number of epochs.

    `fit` raises ValueError when the loss leaves the finite numbers (learning rate too high).
    """

    def __init__(self, task, seed=0, device="cpu", **params):
        self.task, self.seed, self.device, self.params = task, seed, device, params
        self.keep_epochs = ()  # epochs after which `fit` keeps a copy of the network

    def get_params(self, deep=True):
        fixed = {"max_batch_size": MAX_BATCH, "weight_decay": WEIGHT_DECAY, "inner_share": INNER_SHARE}
        return {**self.params, **fixed, "patience": PATIENCE, "optimizer": "AdamW"}

    def fit(self, X, y):
        import torch

        torch.manual_seed(self.seed)
        device = self._device()
        inputs, targets = self._tensors(X, y, device)
        self.shape_ = self._shape(X, y)
        self.network_ = _network(**self.shape_).to(device)
        self._train(inputs, targets)
        self.gpu_used_ = next(self.network_.parameters()).is_cuda
        self.network_.to("cpu").eval()
        return self

    def predict(self, X):
        outputs = self._outputs(X)
        if self.task == "regression":
            return outputs[:, 0].astype(float) * self.scale_ + self.center_
        return outputs.argmax(axis=1)

    def predict_proba(self, X):
        import numpy as np

        logits = self._outputs(X).astype(float)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponents / exponents.sum(axis=1, keepdims=True)

    def _device(self):
        import torch

        return "cuda" if self.device == "cuda" and torch.cuda.is_available() else "cpu"

    def _tensors(self, X, y, device):
        import torch

        inputs = torch.as_tensor(X, dtype=torch.float32, device=device)
        if self.task == "classification":
            return inputs, torch.as_tensor(y, dtype=torch.long, device=device)
        self.center_, self.scale_ = float(y.mean()), float(y.std()) or 1.0
        scaled = (y - self.center_) / self.scale_
        return inputs, torch.as_tensor(scaled, dtype=torch.float32, device=device)[:, None]

    def _shape(self, X, y):
        n_outputs = 1 if self.task == "regression" else int(y.max()) + 1
        sizes = [X.shape[1], self.params["layer1_units"], self.params["layer2_units"], n_outputs]
        return {"sizes": sizes, "dropout": self.params["dropout"]}

    def _train(self, inputs, targets):
        import torch

        loss_of = torch.nn.MSELoss() if self.task == "regression" else torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.AdamW(
            self.network_.parameters(), lr=self.params["learning_rate"], weight_decay=WEIGHT_DECAY
        )
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=SLOWDOWN, patience=PATIENCE - 1, threshold=0.0
        )
        order = torch.randperm(len(inputs)).to(inputs.device)
        n_inner = max(1, round(len(inputs) * INNER_SHARE))
        inner, rest = order[:n_inner], order[n_inner:]
        best_loss, best, self.kept_ = math.inf, None, {}
        self.history_ = {"inner_loss": [], "learning_rate": []}
        for epoch in range(1, self.params["epochs"] + 1):
            self._one_epoch(inputs[rest], targets[rest], loss_of, optimizer)
            loss = self._loss(inputs[inner], targets[inner], loss_of)
            if not math.isfinite(loss):
                raise ValueError(f"the loss became {loss} in epoch {epoch}: lower learning_rate")
            self.history_["inner_loss"].append(loss)
            self.history_["learning_rate"].append(optimizer.param_groups[0]["lr"])
            if loss < best_loss:
                best_loss, best = loss, copy.deepcopy(self.network_.state_dict())
            if epoch in self.keep_epochs:
                self.kept_[epoch] = self._with_weights(best)
            schedule.step(loss)
            if optimizer.param_groups[0]["lr"] < SLOWEST * self.params["learning_rate"]:
                break
        self.network_.load_state_dict(best)
        for epoch in self.keep_epochs:
            self.kept_.setdefault(epoch, self._with_weights(best))  # stopped before it came to that

    def _one_epoch(self, inputs, targets, loss_of, optimizer):
        import torch

        self.network_.train()
        batch = min(MAX_BATCH, max(16, len(inputs) // 20))
        order = torch.randperm(len(inputs)).to(inputs.device)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            optimizer.zero_grad(set_to_none=True)
            loss_of(self.network_(inputs[rows]), targets[rows]).backward()
            optimizer.step()

    def _loss(self, inputs, targets, loss_of):
        import torch

        self.network_.eval()
        with torch.inference_mode():
            return loss_of(self.network_(inputs), targets).item()

    def _with_weights(self, weights):
        network = copy.deepcopy(self.network_)
        network.load_state_dict(weights)
        return network.to("cpu").eval()

    def _outputs(self, X):
        import torch

        with torch.inference_mode():
            return self.network_(torch.as_tensor(X, dtype=torch.float32)).numpy()


def build(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    import torch

    torch.set_num_threads(n_jobs)
    return TorchNetwork(task, seed=seed, device=device, **{**BASELINE, **params})


def keep_epochs(model, epochs):
    """Ask the coming `fit` to keep the network as it is after these epochs."""
    model.keep_epochs = tuple(epochs)


def at_epoch(model, epoch):
    """The network after `epoch` epochs: nothing in the training looks ahead to the last one."""
    earlier = copy.copy(model)
    earlier.network_ = model.kept_[epoch]
    return earlier


def save(model, folder):
    """Write the weights as PyTorch's state dict, and beside them the shape that holds them."""
    import json

    import torch

    torch.save(model.network_.state_dict(), folder / "weights.pt")
    scaling = {key: getattr(model, key) for key in ("center_", "scale_") if hasattr(model, key)}
    content = {"shape": model.shape_, "scaling": scaling}
    (folder / "network.json").write_text(json.dumps(content), encoding="utf-8")


def load(folder, task):
    import json

    import torch

    content = json.loads((folder / "network.json").read_text(encoding="utf-8"))
    model = TorchNetwork(task)
    model.network_ = _network(**content["shape"])
    model.network_.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    model.network_.eval()
    vars(model).update(content["scaling"])
    return model


def ran_on_gpu(model):
    return model.gpu_used_


def _network(sizes, dropout):
    from torch import nn

    layers = []
    for n_in, n_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
