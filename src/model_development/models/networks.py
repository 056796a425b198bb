"""What the networks of both frameworks have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ArtifactsError
from . import architecture
from .schedule import FixedSchedule, NetworkState, ReduceOnPlateau, rates_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


N = TypeVar("N", bound="Network")
DESCRIPTION_FILE = "network.json"
BYTES_PER_WEIGHT = 4


class Network(ABC):
    """Dense, activation, dropout, some times; cross-entropy or squared error on the standardised target.

    AdamW, or SGD with momentum; the learning rate falls, and at last training stops, when the loss on
    early-stopping rows no longer does; the weights of the best epoch are kept. None of it looks ahead to the
    number of epochs.

    Raises ValueError for sizes that make no network, and in `fit` when the loss leaves the finite numbers
    (learning rate too high).
    """

    sizes_: list[int]  # units of every layer, input and output too
    error_: ValueError | None

    def __init__(self, task: str, seed: int = 0, **params: Any) -> None:
        architecture.check(params)
        self.task, self.seed, self.params = task, seed, params
        self.on_step: Callable[[str], None] | None = None
        # To train by, instead of one that watches the early-stopping rows.
        self.schedule: FixedSchedule | None = None
        self.keep_epochs: tuple[int, ...] = ()  # epochs after which `fit` keeps a copy of the network

    @property
    @abstractmethod
    def n_epochs(self) -> int:
        """The most that it trains."""

    @abstractmethod
    def _train(self, states, X, y, early_stopping_rows, weights):
        """Train NetworkStates. weights : of the rows' losses, shape (n_rows,); None where all count alike."""

    @abstractmethod
    def _with_weights(self, weights):
        """The network that has these weights."""

    @abstractmethod
    def _outputs(self, X):
        """Shape (n_rows, n_outputs)."""

    @property
    def activation(self) -> str:
        """Its name, which both frameworks know."""
        return self.params.get("activation", "relu")

    @property
    def is_regression(self) -> bool:
        return self.task == "regression"

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        early_stopping_rows: Sequence[int] | np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> Network:
        """Rows of weight 0 are left out, early-stopping rows too; the others' losses are weighed."""
        fit_together([self], X, y, early_stopping_rows, sample_weight)
        if self.error_:
            raise self.error_
        return self

    def refit(
        self, X: np.ndarray, y: np.ndarray, first: Network, sample_weight: np.ndarray | None = None
    ) -> Network:
        """Fit all rows at the pace at which `first` has learned, up to the epoch that it kept."""
        self.schedule = FixedSchedule(rates_of(first))
        return self.fit(X, y, [], sample_weight)

    def predict(self, X: np.ndarray) -> np.ndarray:
        outputs = self._outputs(X)
        if self.is_regression:
            return outputs[:, 0].astype(float)
        return outputs.argmax(axis=1)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        from scipy.special import softmax

        return softmax(self._outputs(X).astype(float), axis=1)

    def _state(self):
        schedule = self.schedule or ReduceOnPlateau(self.params["learning_rate"])
        return NetworkState(schedule, self.params["dropout"], self.n_epochs, self.keep_epochs)

    def _take(self, state):
        """Become what a NetworkState has become."""
        self.error_ = state.error
        self.kept_ = {epoch: self._with_weights(weights) for epoch, weights in state.kept.items()}
        if not state.error:
            self.network_ = self._with_weights(state.weights)
            self.history_, self.stopped_at_ = state.schedule.history, state.schedule.best_epoch


def fit_together(
    models: Sequence[Network],
    X: np.ndarray,
    y: np.ndarray,
    early_stopping_rows: Sequence[int] | np.ndarray,
    sample_weight: np.ndarray | None = None,
) -> None:
    """Fit networks that have the same sizes and the same seed as one program; a failure is in `error_`."""
    n_outputs = 1 if models[0].is_regression else int(y.max()) + 1
    for model in models:
        hidden = architecture.hidden_units(model.params)
        model.sizes_ = [X.shape[1], *hidden, n_outputs]
    states, weights = [model._state() for model in models], None
    if sample_weight is not None:
        rows, early_stopping_rows, weights = _weighed(early_stopping_rows, sample_weight)
        X, y = X[rows], y[rows]
    models[0]._train(states, X, y, early_stopping_rows, weights)
    for model, state in zip(models, states, strict=True):
        model._take(state)


def _weighed(early_stopping_rows, sample_weight):
    """(positions of the rows that count, of the early-stopping rows among these, their weights).

    Weights have a mean of 1 among the rows that are fitted, and among those that are watched, so that the
    learning rate means what it does without; None where all are alike.

    Raises ValueError where no row counts that is fitted.
    """
    import numpy as np

    rows = np.flatnonzero(sample_weight)
    is_watched = np.isin(rows, np.asarray(early_stopping_rows, dtype=int))
    if is_watched.all():
        raise ValueError("sample_weight leaves no row to fit: all but early-stopping rows have weight 0.")
    weights = np.asarray(sample_weight, dtype=float)[rows]
    for part in (is_watched, ~is_watched):
        if part.any():
            weights[part] /= weights[part].max()  # so that no sum is too large, nor the smallest lost
            weights[part] /= weights[part].mean()
    return rows, np.flatnonzero(is_watched), None if (weights == 1).all() else weights


def fit_error(model: Network) -> Exception | None:
    """Why `fit_together` could not train this model, or None."""
    return model.error_


def save_description(model: Network, folder: Path) -> None:
    """Write what `load_description` needs to build the network in which the weights find their place."""
    content = {
        "sizes": model.sizes_,
        "dropout": model.params["dropout"],
        "activation": model.activation,
    }
    (folder / DESCRIPTION_FILE).write_text(json.dumps(content), encoding="utf-8")


def load_description(network_class: type[N], task: str, folder: Path, weights_file: str) -> N:
    """Return an instance of a Network's subclass without its weights.

    Raises ArtifactsError for sizes that are none, or whose weights the file cannot hold: they would be
    built in memory before anyone saw that.
    """
    content = json.loads((folder / DESCRIPTION_FILE).read_text(encoding="utf-8"))
    sizes, path = content["sizes"], folder / weights_file
    if type(sizes) is not list or len(sizes) < 2 or any(type(n) is not int or n < 1 for n in sizes):
        raise ArtifactsError(f"{folder / DESCRIPTION_FILE}: `sizes` must be whole numbers, 1 or more.")
    n_weights = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    if n_weights * BYTES_PER_WEIGHT > path.stat().st_size:
        raise ArtifactsError(
            f"{path} is too small for the {n_weights} weights of a network of sizes {sizes}."
        )
    model = network_class(task, dropout=content["dropout"], activation=content.get("activation", "relu"))
    model.sizes_ = sizes
    return model
