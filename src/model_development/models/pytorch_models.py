"""PyTorch: a network of two hidden layers, stopped when it no longer improves."""

import copy

from .pytorch_training import MAX_BATCH, WEIGHT_DECAY, train_together
from .schedule import PATIENCE, FallingRate, Member, Replayed, rates_of

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
RANGES = {
    "layer1_units": {"low": 32, "high": 256, "log": True},
    "layer2_units": {"low": 16, "high": 128, "log": True},
    "dropout": {"low": 0.0, "high": 0.6},
    "learning_rate": {"low": 2e-4, "high": 3e-2, "log": True},
}


class TorchNetwork:
    """Dense, ReLU, dropout, twice; cross-entropy or squared error on the standardised target.

    AdamW; the learning rate falls, and at last training stops, when the loss on inner rows no longer
    does; the weights of the best epoch are kept. None of it looks ahead to the number of epochs.

    `fit` raises ValueError when the loss leaves the finite numbers (learning rate too high).
    """

    def __init__(self, task, seed=0, device="cpu", **params):
        self.task, self.seed, self.device, self.params = task, seed, device, params
        self.on_step = None
        self.schedule = None  # to train by, instead of one that watches the inner rows
        self.keep_epochs = ()  # epochs after which `fit` keeps a copy of the network

    def get_params(self, deep=True):
        fixed = {"max_batch_size": MAX_BATCH, "weight_decay": WEIGHT_DECAY, "patience": PATIENCE}
        return {**self.params, **fixed, "optimizer": "AdamW"}

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
        if self.task == "regression":
            return outputs[:, 0].astype(float) * self.scale_ + self.center_
        return outputs.argmax(axis=1)

    def predict_proba(self, X):
        from scipy.special import softmax

        return softmax(self._outputs(X).astype(float), axis=1)

    def _shape(self, X, y):
        n_outputs = 1 if self.task == "regression" else int(y.max()) + 1
        sizes = [X.shape[1], self.params["layer1_units"], self.params["layer2_units"], n_outputs]
        return {"sizes": sizes, "dropout": self.params["dropout"]}

    def _take(self, member):
        """Become what a Member of a stack has become."""
        self.error_ = member.error
        self.kept_ = {epoch: self._with_weights(weights) for epoch, weights in member.kept.items()}
        if member.error:
            return
        self.network_ = self._with_weights(member.weights)
        self.history_, self.stopped_at_ = member.schedule.history, member.schedule.best_epoch

    def _with_weights(self, weights):
        network = _network(**self.shape_)
        for parameter, weight in zip(network.parameters(), weights, strict=True):
            parameter.data = _transposed(weight.reshape(parameter.shape[::-1])).contiguous()
        return network.eval()

    def _outputs(self, X):
        import torch

        with torch.inference_mode():
            return self.network_(torch.as_tensor(X, dtype=torch.float32)).numpy()


def build(task, *, seed, device="cpu", n_jobs=1, feature_types=(), **params):
    import torch

    torch.set_num_threads(n_jobs)
    return TorchNetwork(task, seed=seed, device=device, **{**BASELINE, **params})


def fit_together(models, X, y, inner):
    """Fit models that have the same sizes and the same seed as one program; a failure is in `error_`."""
    import torch

    first = models[0]
    device = "cuda" if first.device == "cuda" and torch.cuda.is_available() else "cpu"
    inputs = torch.as_tensor(X, dtype=torch.float32, device=device)
    center, scale = (float(y.mean()), float(y.std()) or 1.0) if first.task == "regression" else (0.0, 1.0)
    if first.task == "regression":
        targets = torch.as_tensor((y - center) / scale, dtype=torch.float32, device=device)
    else:
        targets = torch.as_tensor(y, dtype=torch.long, device=device)
    torch.manual_seed(first.seed)
    start = [_transposed(weight.data).to(device) for weight in _network(**first._shape(X, y)).parameters()]
    members = [_member(model) for model in models]
    train_together(members, start, inputs, targets, inner, seed=first.seed, on_step=first.on_step)
    for model, member in zip(models, members, strict=True):
        model.shape_, model.center_, model.scale_ = model._shape(X, y), center, scale
        model.gpu_used_ = inputs.is_cuda
        model._take(member)


def _transposed(weight):
    return weight.T if weight.dim() == 2 else weight


def _member(model):
    params = model.params
    schedule = model.schedule or FallingRate(params["learning_rate"])
    return Member(schedule, params["dropout"], params["epochs"], model.keep_epochs)


def keep_epochs(model, epochs):
    """Ask the coming `fit` to keep the network as it is after these epochs."""
    model.keep_epochs = tuple(epochs)


def fit_error(model):
    """Why `fit_together` could not train this model, or None."""
    return model.error_


def at_epoch(model, epoch):
    """The network after `epoch` epochs: nothing in the training looks ahead to the last one.

    Raises the ValueError of a training that diverged before it came to that.
    """
    if epoch not in model.kept_:
        raise model.error_
    earlier = copy.copy(model)
    earlier.network_ = model.kept_[epoch]
    return earlier


def save(model, folder):
    """Write the weights as PyTorch's state dict, and beside them the shape that holds them."""
    import json

    import torch

    torch.save(model.network_.state_dict(), folder / "weights.pt")
    scaling = {"center_": model.center_, "scale_": model.scale_}
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
