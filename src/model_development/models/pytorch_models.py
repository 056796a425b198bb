"""PyTorch: a network of two hidden layers, stopped when it no longer improves."""

import copy

from .schedule import PATIENCE, FallingRate

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


class TorchNetwork:
    """Dense, ReLU, dropout, twice; cross-entropy or squared error on the standardised target.

    AdamW; the learning rate falls, and at last training stops, when the loss on inner rows no longer
    does; the weights of the best epoch are kept. None of it looks ahead to the number of epochs.

    `fit` raises ValueError when the loss leaves the finite numbers (learning rate too high).
    """

    def __init__(self, task, seed=0, device="cpu", **params):
        self.task, self.seed, self.device, self.params = task, seed, device, params
        self.on_step = None
        self.keep_epochs = ()  # epochs after which `fit` keeps a copy of the network

    def get_params(self, deep=True):
        fixed = {"max_batch_size": MAX_BATCH, "weight_decay": WEIGHT_DECAY, "patience": PATIENCE}
        return {**self.params, **fixed, "optimizer": "AdamW"}

    def fit(self, X, y, inner):
        import torch

        torch.manual_seed(self.seed)
        device = self._device()
        inputs, targets = self._tensors(X, y, device)
        self.shape_ = self._shape(X, y)
        self.network_ = _network(**self.shape_).to(device)
        self._train(inputs, targets, inner)
        self.gpu_used_ = next(self.network_.parameters()).is_cuda
        self.network_.to("cpu").eval()
        return self

    def predict(self, X):
        outputs = self._outputs(X)
        if self.task == "regression":
            return outputs[:, 0].astype(float) * self.scale_ + self.center_
        return outputs.argmax(axis=1)

    def predict_proba(self, X):
        from scipy.special import softmax

        return softmax(self._outputs(X).astype(float), axis=1)

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

    def _train(self, inputs, targets, inner):
        import numpy as np
        import torch

        loss_of = torch.nn.MSELoss() if self.task == "regression" else torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.AdamW(
            self.network_.parameters(), lr=self.params["learning_rate"], weight_decay=WEIGHT_DECAY
        )
        rest = np.setdiff1d(np.arange(len(inputs)), inner)
        schedule, best, self.kept_ = FallingRate(self.params["learning_rate"]), None, {}
        for epoch in range(1, self.params["epochs"] + 1):
            optimizer.param_groups[0]["lr"] = schedule.rate
            self._one_epoch(inputs[rest], targets[rest], loss_of, optimizer)
            if schedule.after_epoch(self._loss(inputs[inner], targets[inner], loss_of)):
                best = copy.deepcopy(self.network_.state_dict())
            if epoch in self.keep_epochs:
                self.kept_[epoch] = self._with_weights(best)
            if self.on_step:
                self.on_step(f"epoch {epoch}")
            if schedule.over:
                break
        self.network_.load_state_dict(best)
        self.history_, self.stopped_at_ = schedule.history, schedule.best_epoch
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
