"""The networks' schedule: the learning rate falls when learning slows down, and at last training stops.

And a NetworkState: one network among those that are trained together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .networks import Network

PATIENCE = 4  # epochs without improvement on the early-stopping rows before the learning rate falls
SLOWDOWN, SLOWEST = 0.3, 0.02  # it falls by this factor; below this share of the first one training stops


class ReduceOnPlateau:
    """Watches the loss on early-stopping rows, epoch after epoch; nothing in it looks ahead to a last epoch.

    rate : the learning rate of the coming epoch. over : no further epoch is worth it. best_epoch : the one
    with the lowest loss so far. history : {name: [value per epoch]}.
    """

    def __init__(self, rate: float) -> None:
        self.first = self.rate = rate
        self.best_loss, self.best_epoch = math.inf, 0
        self.waited = 0
        self.history = {"early_stopping_loss": [], "learning_rate": []}

    @property
    def over(self) -> bool:
        return self.rate < SLOWEST * self.first

    def after_epoch(self, loss: float) -> bool:
        """Take the loss after an epoch; say whether it is the best so far.

        Raises ValueError when it left the finite numbers.
        """
        self.history["early_stopping_loss"].append(loss)
        self.history["learning_rate"].append(self.rate)
        epoch = len(self.history["early_stopping_loss"])
        if not math.isfinite(loss):
            raise ValueError(f"the loss became {loss} in epoch {epoch}: lower learning_rate")
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.waited = loss, epoch, 0
            return True
        self.waited += 1
        if self.waited == PATIENCE:
            self.rate, self.waited = self.rate * SLOWDOWN, 0
        return False


class FixedSchedule:
    """The learning rates of an earlier training up to its best epoch, once more; no row is watched."""

    def __init__(self, rates: Iterable[float]) -> None:
        self._rates = list(rates)
        self.best_epoch = 0
        self.history = {"learning_rate": []}

    @property
    def rate(self) -> float:
        return self._rates[min(self.best_epoch, len(self._rates) - 1)]

    @property
    def over(self) -> bool:
        return self.best_epoch >= len(self._rates)

    def after_epoch(self, loss: float) -> bool:
        self.history["learning_rate"].append(self.rate)
        self.best_epoch += 1
        return True


@dataclass(frozen=True)
class Pace:
    """How long a model that stops early was fitted, and of a network its learning rates: see `refit`."""

    stopped_at_: int | None
    history_: dict[str, list[float]]


def rates_of(model: Network) -> list[float]:
    """The learning rates of a fitted network, or of its Pace, up to the epoch that it kept."""
    return model.history_["learning_rate"][: model.stopped_at_]


class NetworkState:
    """One network of a stack: what it is trained with, and what came of it.

    schedule : ReduceOnPlateau, or another of its kind. epochs : at most.
    weights, history, stopped_at : of its best epoch. kept : {epoch: the best weights up to then} of
    `keep_epochs`. error : why it could not be trained, or None.
    """

    def __init__(
        self,
        schedule: ReduceOnPlateau | FixedSchedule,
        dropout: float,
        epochs: int,
        keep_epochs: Sequence[int] = (),
    ) -> None:
        self.schedule, self.dropout = schedule, dropout
        self.epochs, self.keep_epochs = epochs, keep_epochs
        self.weights: Any = None
        self.kept: dict[int, Any] = {}
        self.error: ValueError | None = None
        self.is_done = False

    def after_epoch(self, epoch: int, loss: float, weights: Callable[[], Any]) -> None:
        """weights : a function that copies this network's weights."""
        try:
            if self.schedule.after_epoch(loss):
                self.weights = weights()
        except ValueError as error:
            self.error, self.is_done = error, True
            return
        if epoch in self.keep_epochs:
            self.kept[epoch] = self.weights
        self.is_done = self.schedule.over or epoch == self.epochs

    def finish(self) -> None:
        for epoch in () if self.error else self.keep_epochs:
            self.kept.setdefault(epoch, self.weights)  # stopped before it came to that
